//! Files that sources read: federated tokens, certificates, challenges.

use std::path::Path;

use tokio::io::AsyncReadExt as _;

/// The text of a file of at most `limit` bytes, without blanks around it. The error names the file.
pub(super) async fn read(path: &Path, limit: u64) -> Result<secret::Secret, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("`{shown}` cannot be read: {error}");
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    let facts = file.metadata().await.map_err(failed)?;
    if !facts.is_file() {
        return Err(format!("`{shown}` is not a file"));
    }
    let mut text = String::new();
    // A file that grows while it is read is bounded too.
    (&mut file).take(limit.saturating_add(1)).read_to_string(&mut text).await.map_err(failed)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > limit) {
        return Err(format!("`{shown}` is larger than {limit} bytes"));
    }
    match text.trim() {
        "" => Err(format!("`{shown}` is empty")),
        trimmed => Ok(secret::Secret::new(trimmed)),
    }
}

/// Whether a text can stand in an `Authorization` header: visible ASCII, not empty.
pub(super) fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
