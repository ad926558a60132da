//! The policy of the service when the configuration has none.

use std::sync::Arc;

use source::SourceFile;

/// COMPAT: `forward-request` is present by default at global scope (`policies-a.md` 4.1).
const TEXT: &str = "<policies>
  <inbound />
  <backend>
    <forward-request />
  </backend>
  <outbound />
  <on-error />
</policies>
";

/// Its document.
pub(crate) fn file() -> Arc<SourceFile> {
    SourceFile::new("(built-in)/policy.xml", TEXT)
}
