//! Follows the artifact folder: notices that it changed, waits until that is over, and has it read.
//!
//! A folder that cannot be read changes nothing; it is looked at again, less and less often.

use std::sync::Arc;
use std::time::Duration;

use catalog::{CannotWatch, Scope};
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::Running;
use super::renew::Cause;
use crate::settings::{Configuration, Follow};

/// How often a watched folder is looked at though nobody told of a change: what leads to it may have been mounted anew.
const LOOK: Duration = Duration::from_secs(30);

/// First and longest pause after a folder could not be read.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Follows the folder, for ever.
pub(super) async fn follow_folder(running: Arc<Running>, settings: Configuration) {
    let folder = Folder {
        running,
        poll: Duration::from_secs(settings.poll_seconds),
        quiet: Duration::from_millis(settings.quiet_milliseconds),
        delay: Duration::from_millis(settings.delay_milliseconds),
    };
    match settings.follow {
        Follow::Off => {}
        Follow::Poll => folder.poll().await,
        Follow::Watch => {
            let Err(why) = folder.watch().await;
            tracing::warn!(%why, "the folder cannot be watched; it is looked at again and again instead");
            folder.poll().await;
        }
    }
}

/// Follows the override file, which may be anywhere, for ever.
pub(super) async fn follow_overrides(running: Arc<Running>, settings: Configuration) {
    let Some(file) = running.loader.over.overrides.clone().filter(|_| settings.follow != Follow::Off) else {
        return;
    };
    let look = || std::fs::metadata(&file).and_then(|about| Ok((about.modified()?, about.len()))).ok();
    let mut seen = look();
    loop {
        tokio::time::sleep(Duration::from_secs(settings.poll_seconds)).await;
        let now = look();
        if now != seen {
            tokio::time::sleep(Duration::from_millis(settings.quiet_milliseconds)).await;
            seen = now;
            let _reloaded = running.renew(Cause::Changed).await;
        }
    }
}

struct Folder {
    running: Arc<Running>,
    poll: Duration,
    quiet: Duration,
    delay: Duration,
}

impl Folder {
    /// Waits for the system to tell of changes.
    async fn watch(&self) -> Result<std::convert::Infallible, CannotWatch> {
        let news = Arc::new(Notify::new());
        let told = Arc::clone(&news);
        let catalog = &self.running.loader.catalog;
        let mut watching = block_in_place(|| catalog.watch(Arc::new(move || told.notify_one())))?;
        let mut retry = Retry::default();
        loop {
            tokio::select! {
                () = news.notified() => {}
                () = tokio::time::sleep(retry.or(LOOK)) => {}
            }
            let is_same =
                block_in_place(|| catalog.differs(Scope::Changed)).is_ok_and(|stamp| stamp.is_none());
            if is_same && !self.serves_saved() {
                retry = Retry::default();
                continue;
            }
            self.until_quiet(&news).await;
            retry.after(self.read().await);
            block_in_place(|| watching.renew())?;
        }
    }

    /// Whether what was saved is served because the folder could not be read: it may be the very same when it is back.
    fn serves_saved(&self) -> bool {
        let latest = self.running.latest.read();
        latest.from_saved && latest.reread.as_ref().is_some_and(|reread| reread.unread().is_some())
    }

    /// Waits until nothing has been told for a while; not for ever, if changes never end.
    async fn until_quiet(&self, news: &Notify) {
        let end = tokio::time::sleep(self.delay);
        tokio::pin!(end);
        loop {
            tokio::select! {
                biased;
                () = &mut end => return,
                () = news.notified() => {}
                () = tokio::time::sleep(self.quiet) => return,
            }
        }
    }

    /// Looks at the folder again and again.
    async fn poll(&self) {
        let catalog = &self.running.loader.catalog;
        let look = || block_in_place(|| catalog.differs(Scope::Everything));
        let mut retry = Retry::default();
        loop {
            tokio::time::sleep(retry.or(self.poll)).await;
            let mut seen = look();
            let mut waited = Duration::ZERO;
            while seen != Ok(None) && waited < self.delay {
                tokio::time::sleep(self.quiet).await;
                waited += self.quiet.max(Duration::from_millis(1));
                let now = look();
                if now == seen {
                    break;
                }
                seen = now;
            }
            match seen {
                Ok(None) if !self.serves_saved() => retry = Retry::default(),
                Ok(_) | Err(_) => retry.after(self.read().await),
            }
        }
    }

    /// Whether it could be read.
    async fn read(&self) -> bool {
        let _reloaded = self.running.renew(Cause::Changed).await;
        self.running.latest.read().reread.as_ref().is_none_or(|reread| reread.unread().is_none())
    }
}

/// The pause after failures.
#[derive(Default)]
struct Retry(Option<Duration>);

impl Retry {
    fn or(&self, pause: Duration) -> Duration {
        self.0.unwrap_or(pause)
    }

    fn after(&mut self, could_be_read: bool) {
        let (first, longest) = RETRY;
        let next = self.0.map_or(first, |pause| (pause * 2).min(longest));
        self.0 = (!could_be_read).then_some(next);
    }
}
