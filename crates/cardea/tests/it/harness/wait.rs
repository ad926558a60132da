//! Waiting for what must come, without guessing how long it takes.

use std::time::Duration;

/// How long anything may take before a test fails. Nothing waits this long when it works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until there is something, and gives it. Fails, naming what was waited for, when it never comes.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, found).await {
        Ok(found) => found,
        Err(_) => panic!("never came: {what}"),
    }
}
