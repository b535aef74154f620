//! The current feed list, and changes to it: each is written to its file, then loaded in the same way as on SIGHUP.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::{Change, ConfigErrors, FeedConfig, FeedHandle, FeedList, FeedListError, SharedFeeds};
use crate::pipeline::Control;

/// The time limit for an answer of the daemon.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the config and the feed lists again.
pub type Reload = Box<dyn Fn() -> Result<SharedFeeds, ConfigErrors> + Send + Sync>;

/// The feed list of a running daemon.
pub struct LiveFeedList {
    list: RwLock<FeedList>,
    reload: Reload,
    control: mpsc::Sender<Control>,
    /// Allows one change at a time.
    turn: Mutex<()>,
}

impl std::fmt::Debug for LiveFeedList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveFeedList").finish_non_exhaustive()
    }
}

/// Why the list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The feed is not listed.
    #[error(transparent)]
    Unknown(FeedListError),
    /// The feed or its id is listed already.
    #[error(transparent)]
    Taken(FeedListError),
    /// The given values are wrong.
    #[error(transparent)]
    Wrong(FeedListError),
    /// The feed is paused, so it cannot be polled.
    #[error("`{0}` is paused; resume it first")]
    Paused(String),
    /// This list cannot be changed here.
    #[error(transparent)]
    Fixed(FeedListError),
    /// A file cannot be read.
    #[error(transparent)]
    Failed(FeedListError),
    /// The lists have errors after the change, which was reverted.
    #[error("nothing was changed, because the lists have errors:\n{0}")]
    Invalid(#[source] ConfigErrors),
    /// The lists have errors after the change, which could not be reverted.
    #[error("the lists have errors, and the change could not be reverted ({error}):\n{errors}")]
    NotReverted {
        /// The errors of the lists.
        errors: ConfigErrors,
        /// Why the old text could not be written.
        #[source]
        error: FeedListError,
    },
    /// The daemon does not answer.
    #[error("the daemon is stopping, or waiting for its journal")]
    Stopping,
}

impl From<FeedListError> for ChangeError {
    fn from(error: FeedListError) -> Self {
        match error {
            FeedListError::Unknown { .. } => Self::Unknown(error),
            FeedListError::Listed { .. } | FeedListError::IdTaken(_) => Self::Taken(error),
            FeedListError::Id(_) | FeedListError::Url(_) | FeedListError::Page(_) => Self::Wrong(error),
            FeedListError::NoTomlList
            | FeedListError::InOpml { .. }
            | FeedListError::ReadOnly(_)
            | FeedListError::Write { .. } => Self::Fixed(error),
            FeedListError::Read { .. } => Self::Failed(error),
        }
    }
}

impl LiveFeedList {
    /// Creates the editor of a list; sends changes to `control`.
    pub fn new(list: FeedList, reload: Reload, control: mpsc::Sender<Control>) -> Arc<Self> {
        Arc::new(Self { list: RwLock::new(list), reload, control, turn: Mutex::default() })
    }

    fn list(&self) -> FeedList {
        self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Returns the feeds in their order.
    pub fn feeds(&self) -> SharedFeeds {
        self.list().feeds().clone()
    }

    /// Returns the feed with this id.
    pub fn find(&self, id: &str) -> Result<Arc<FeedHandle>, ChangeError> {
        Ok(Arc::clone(self.list().get(id)?))
    }

    /// Reads the lists again and sends them to the daemon.
    pub async fn reload(self: &Arc<Self>) -> Result<(), ConfigErrors> {
        let _turn = self.turn.lock().await;
        let this = Arc::clone(self);
        let feeds = blocking(move || (this.reload)()).await?;
        self.replace(feeds).await;
        Ok(())
    }

    async fn replace(&self, feeds: SharedFeeds) {
        let list = self.list().with_feeds(feeds);
        let feeds = list.feeds().clone();
        *self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner) = list;
        // A daemon that is stopping no longer receives; it reads the file at its next start.
        let _ = self.control.send(Control::Feeds(feeds)).await;
    }

    /// Adds a feed, with its URL as a list declares it. Returns the feed as listed.
    pub async fn add(self: &Arc<Self>, feed: FeedConfig) -> Result<FeedConfig, ChangeError> {
        self.change(move |list| list.add(feed)).await
    }

    /// Removes a feed from its list.
    pub async fn remove(self: &Arc<Self>, id: &str) -> Result<(), ChangeError> {
        let id = id.to_owned();
        self.change(move |list| Ok(((), list.remove(list.get(&id)?)?))).await
    }

    /// Pauses or resumes a feed.
    pub async fn pause(self: &Arc<Self>, id: &str, paused: bool) -> Result<(), ChangeError> {
        if self.find(id)?.paused == paused {
            return Ok(());
        }
        let id = id.to_owned();
        self.change(move |list| Ok(((), list.pause(list.get(&id)?, paused)?))).await
    }

    /// Schedules a poll of the feed soon and returns its time.
    pub async fn poll(&self, id: &str) -> Result<DateTime<Utc>, ChangeError> {
        if self.find(id)?.paused {
            return Err(ChangeError::Paused(id.to_owned()));
        }
        let (answer, due) = oneshot::channel();
        let sent = tokio::time::timeout(TIMEOUT, self.control.send(Control::Poll(id.to_owned(), answer))).await;
        let Ok(Ok(())) = sent else { return Err(ChangeError::Stopping) };
        let Ok(Ok(due)) = tokio::time::timeout(TIMEOUT, due).await else { return Err(ChangeError::Stopping) };
        due.ok_or_else(|| ChangeError::Unknown(FeedListError::Unknown { id: id.to_owned(), nearest: None }))
    }

    /// Makes a change, writes it and loads the list. If the new list has errors, reverts the change.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&FeedList) -> Result<(T, Change), FeedListError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let _turn = self.turn.lock().await;
        let this = Arc::clone(self);
        let (changed, feeds) = blocking(move || {
            let (changed, change) = change(&this.list())?;
            change.write()?;
            let feeds = (this.reload)().map_err(|errors| match change.revert() {
                Ok(()) => ChangeError::Invalid(errors),
                Err(error) => ChangeError::NotReverted { errors, error },
            })?;
            Ok::<_, ChangeError>((changed, feeds))
        })
        .await?;
        self.replace(feeds).await;
        Ok(changed)
    }
}

/// Runs file work off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    fn live_list(folder: &Path, list: &str) -> (Arc<LiveFeedList>, mpsc::Receiver<Control>) {
        let files = vec![folder.join("feeds.toml"), folder.join("more.opml")];
        std::fs::write(&files[0], list).unwrap();
        let opml = "<opml version=\"2.0\"><body><outline xmlUrl=\"https://opml.example/rss\"/></body></opml>";
        std::fs::write(&files[1], opml).unwrap();
        let lists = files.clone();
        let reload: Reload = Box::new(move || config::read_lists(&lists));
        let (control, orders) = mpsc::channel(8);
        (LiveFeedList::new(FeedList::new(files, reload().unwrap()), reload, control), orders)
    }

    fn feed(url: &str) -> FeedConfig {
        FeedConfig { url: url.into(), ..FeedConfig::default() }
    }

    #[tokio::test]
    async fn changes_go_to_the_file_and_to_the_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let list = "# Ours.\n[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n";
        let (live_list, mut orders) = live_list(folder.path(), list);
        let text = || std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap();
        let added = live_list.add(feed("https://b.example/rss.xml")).await.unwrap();
        assert_eq!(added.id, "b.example-rss");
        assert!(text().starts_with(list));
        let Some(Control::Feeds(feeds)) = orders.recv().await else { panic!("not sent") };
        assert_eq!(feeds.len(), 3);
        live_list.pause("a", true).await.unwrap();
        assert!(
            text().contains("url = \"https://a.example/rss\"\npaused = true\n") && live_list.find("a").unwrap().paused
        );
        live_list.pause("a", false).await.unwrap();
        assert!(!text().contains("paused"));
        live_list.remove("b.example-rss").await.unwrap();
        assert_eq!((text().as_str(), live_list.feeds().len()), (list, 2));
        assert!(matches!(live_list.remove("b.example-rss").await, Err(ChangeError::Unknown(_))));
        assert!(matches!(live_list.add(feed("https://a.example/rss")).await, Err(ChangeError::Taken(_))));
        assert!(matches!(live_list.add(feed("javascript:alert(1)")).await, Err(ChangeError::Wrong(_))));
        assert!(matches!(live_list.remove("opml.example-rss").await, Err(ChangeError::Fixed(_))));
    }

    #[tokio::test]
    async fn a_list_that_is_read_only_or_would_have_errors_stays_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let (live_list, _orders) = live_list(folder.path(), "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n");
        let path = folder.path().join("feeds.toml");
        let broken = "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n\n[[feed]]\nurl = \"nonsense\"\n";
        std::fs::write(&path, broken).unwrap();
        let Err(error) = live_list.add(feed("https://b.example/")).await else { panic!("added") };
        let message = error.to_string();
        assert!(message.contains("feeds.toml:5:1") && message.starts_with("nothing was changed"), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        let mut mode = path.metadata().unwrap().permissions();
        mode.set_readonly(true);
        std::fs::set_permissions(&path, mode).unwrap();
        let Err(ChangeError::Fixed(error)) = live_list.add(feed("https://b.example/")).await else { panic!("written") };
        assert!(error.to_string().contains("it is read-only"), "{error}");
    }
}
