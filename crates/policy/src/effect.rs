//! What a compiled policy does to a request on its way, as far as it is known when it is loaded: for warnings about what
//! would reach a backend.

use crate::{BackendEntity, TokenPlace};

/// What a policy does to who the backend takes the request to come from, and to where it goes.
#[derive(Clone, Debug, Default)]
pub enum Effect {
    /// Nothing of that.
    #[default]
    Other,
    /// It validates a token of the caller that stands there, and leaves it there.
    ValidatesToken(TokenPlace),
    /// What the caller sent there goes, or something else takes its place.
    Replaces(TokenPlace),
    /// It puts a credential into the request, or may do so.
    SignsIn,
    /// It sends the request to a URL, which has no credential of its own.
    ToUrl,
    /// It sends the request to a backend or pool; none when only the request tells to which.
    ToBackend(Option<BackendEntity>),
    /// It answers the request itself.
    Answers,
    /// It sends the request.
    Forwards,
}
