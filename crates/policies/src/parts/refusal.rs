//! Refusing what API Management has and we do not run yet. It is never skipped: a document that needs it is not
//! loaded.

use policy::{CompileCx, Reader, Reported};
use source::Diagnostic;

/// Refuses an attribute that is there.
pub(crate) fn attribute(reader: &Reader<'_>, name: &str, cx: &mut CompileCx<'_>) -> Result<(), Reported> {
    let Some(found) = reader.element().attribute(name) else { return Ok(()) };
    let message = format!("`{name}` of `{}` is not yet supported", reader.name());
    Err(cx.report(Diagnostic::error("not-yet-supported", message).at(found.location())))
}

/// Warns that an attribute that is there does nothing, and says why.
pub(crate) fn without_effect(reader: &Reader<'_>, name: &str, why: &str, cx: &mut CompileCx<'_>) {
    let Some(found) = reader.element().attribute(name) else { return };
    let message = format!("`{name}` of `{}` has no effect here", reader.name());
    cx.report(Diagnostic::warning("no-effect", message).at(found.location()).help(why));
}

/// Refuses two attributes of which only one may be there.
pub(crate) fn both(
    reader: &Reader<'_>,
    one: &str,
    other: &str,
    cx: &mut CompileCx<'_>,
) -> Result<(), Reported> {
    if !reader.has(one) {
        return Ok(());
    }
    let Some(found) = reader.element().attribute(other) else { return Ok(()) };
    let message = format!("`{}` cannot have both `{one}` and `{other}`", reader.name());
    let diagnostic = Diagnostic::error("exclusive-attributes", message).at(found.location());
    Err(cx.report(diagnostic.help("leave one of them out")))
}
