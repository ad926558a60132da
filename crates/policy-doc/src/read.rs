//! stub
use crate::{Document, Limits};
use source::{Diagnostics, SourceFile};
use std::sync::Arc;

/// Reads a policy document.
#[must_use]
pub fn read(file: &Arc<SourceFile>) -> (Document, Diagnostics) {
    read_with(file, Limits::DOCUMENT)
}

/// Reads within limits.
#[must_use]
pub fn read_with(file: &Arc<SourceFile>, limits: Limits) -> (Document, Diagnostics) {
    let _ = limits;
    (Document { file: Arc::clone(file), nodes: Vec::new() }, Diagnostics::new())
}
