//! Types that APIM allows and that are not built: naming one is refused with "not yet supported".
//!
//! A type that gets a file of its own is removed here.

use super::TypeSpec;

pub(super) const TYPES: &[TypeSpec] = &[
];
