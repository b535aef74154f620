//! The current feed list, and changes to it: each is written to its file, then loaded in the same way as on SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::{self, FeedEntry, edit};
use crate::pipeline::Control;

/// Reads the config and the feed lists again; an error says what is wrong with them.
pub type Reload = Box<dyn Fn() -> Result<Vec<FeedEntry>, String> + Send + Sync>;

/// The feed list.
pub struct LiveFeedList {
    feeds: RwLock<Arc<Vec<FeedEntry>>>,
    files: Vec<PathBuf>,
    reload: Reload,
    control: mpsc::Sender<Control>,
    /// Allows one change at a time.
    turn: Mutex<()>,
}

impl std::fmt::Debug for LiveFeedList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveFeedList").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why the list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The feed is not listed.
    #[error("no feed has the id `{0}`")]
    Unknown(String),
    /// The feed or its id is listed already.
    #[error("{0}")]
    Taken(String),
    /// The given values are wrong.
    #[error("{0}")]
    Wrong(String),
    /// This list cannot be changed here.
    #[error("{0}")]
    Fixed(String),
    /// The change failed.
    #[error("{0}")]
    Failed(String),
}

impl LiveFeedList {
    /// Creates the list as it was read from these files, and sends changes to `control`.
    pub fn new(
        feeds: Vec<FeedEntry>,
        files: Vec<PathBuf>,
        reload: Reload,
        control: mpsc::Sender<Control>,
    ) -> Arc<Self> {
        Arc::new(Self { feeds: RwLock::new(Arc::new(feeds)), files, reload, control, turn: Mutex::default() })
    }

    /// Returns the feeds in their order.
    pub fn feeds(&self) -> Arc<Vec<FeedEntry>> {
        Arc::clone(&self.feeds.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Returns the feed with this id.
    pub fn find(&self, id: &str) -> Result<FeedEntry, ChangeError> {
        let feeds = self.feeds();
        feeds.iter().find(|feed| feed.id == id).cloned().ok_or_else(|| ChangeError::Unknown(id.to_owned()))
    }

    /// Reads the lists again and sends them to the daemon.
    pub async fn reload(self: &Arc<Self>) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let roster = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || (roster.reload)()).await;
        let feeds = read.map_err(|error| error.to_string())??;
        self.take(feeds).await;
        Ok(())
    }

    async fn take(&self, feeds: Vec<FeedEntry>) {
        *self.feeds.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(feeds.clone());
        // A daemon that is stopping no longer receives; it reads the file at its next start.
        let _ = self.control.send(Control::Feeds(feeds)).await;
    }

    /// Adds a feed, with its URL as it must be written, to the first TOML list. Returns the feed as listed.
    pub async fn add(self: &Arc<Self>, mut feed: FeedEntry) -> Result<FeedEntry, ChangeError> {
        let _turn = self.turn.lock().await;
        let url = config::feed_url(&feed.url, feed.private).map_err(ChangeError::Wrong)?;
        feed.set_url(url);
        let feeds = self.feeds();
        if let Some(known) = feeds.iter().find(|known| known.is_at_same_place(&feed)) {
            return Err(ChangeError::Taken(format!("this feed is listed already, as `{}`", known.id)));
        }
        let taken = |id: &str| feeds.iter().any(|known| known.id == id);
        if feed.id.is_empty() {
            feed.id = config::fresh_id(&feed.url, taken);
        } else if taken(&feed.id) {
            return Err(ChangeError::Taken(format!("the id `{}` is taken; give another", feed.id)));
        }
        if feed.id.len() > 200 || feed.id.chars().any(char::is_control) {
            return Err(ChangeError::Wrong("an id must be at most 200 bytes without control characters".into()));
        }
        let path = self.files.iter().find(|path| is_toml(path)).cloned().ok_or_else(|| {
            ChangeError::Fixed(
                "the config names no TOML feed list; write `files = [\"feeds.toml\"]` under [feeds]".into(),
            )
        })?;
        let added = feed.clone();
        self.write(path, move |text| Some(edit::add(text, std::slice::from_ref(&added)))).await?;
        Ok(feed)
    }

    /// Removes a feed from its list.
    pub async fn remove(self: &Arc<Self>, id: &str) -> Result<(), ChangeError> {
        let _turn = self.turn.lock().await;
        let (feed, feeds) = (self.find(id)?, self.feeds());
        self.edit(&feed.clone(), move |text| edit::take_out(text, &feed, &feeds)).await
    }

    /// Pauses or resumes a feed.
    pub async fn pause(self: &Arc<Self>, id: &str, paused: bool) -> Result<(), ChangeError> {
        let _turn = self.turn.lock().await;
        let feed = self.find(id)?;
        if feed.paused == paused {
            return Ok(());
        }
        self.edit(&feed.clone(), move |text| edit::pause(text, &feed, paused)).await
    }

    /// Schedules a poll of the feed soon and returns its time.
    pub async fn poll(&self, id: &str) -> Result<DateTime<Utc>, ChangeError> {
        if self.find(id)?.paused {
            return Err(ChangeError::Wrong(format!("`{id}` is paused; resume it first")));
        }
        let (answer, due) = oneshot::channel();
        let stopping = || ChangeError::Failed("the daemon is stopping, or waits for its journal".into());
        let sent = tokio::time::timeout(PATIENCE, self.control.send(Control::Poll(id.to_owned(), answer))).await;
        sent.map_err(|_| stopping())?.map_err(|_| stopping())?;
        let due = tokio::time::timeout(PATIENCE, due).await.map_err(|_| stopping())?.map_err(|_| stopping())?;
        due.ok_or_else(|| ChangeError::Unknown(id.to_owned()))
    }

    /// Changes the list that contains the feed.
    async fn edit(
        self: &Arc<Self>,
        feed: &FeedEntry,
        change: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<(), ChangeError> {
        for path in self.files.iter().filter(|path| is_toml(path)) {
            if read(path).is_ok_and(|text| change(&text).is_some()) {
                return self.write(path.clone(), change).await;
            }
        }
        Err(ChangeError::Fixed(format!(
            "`{}` stands in an OPML list, which is not changed here; change the outline with xmlUrl=\"{}\" in the file",
            feed.id, feed.url
        )))
    }

    /// Writes a list and loads it. If the new list cannot be read, restores the old one.
    async fn write(
        self: &Arc<Self>,
        path: PathBuf,
        change: impl Fn(&str) -> Option<String> + Send + 'static,
    ) -> Result<(), ChangeError> {
        let roster = Arc::clone(self);
        let changed = tokio::task::spawn_blocking(move || {
            let name = path.display();
            let fixed = |why: &dyn std::fmt::Display| {
                ChangeError::Fixed(format!("{name} cannot be changed ({why}); change it where it is kept, and reload"))
            };
            let old = read(&path).map_err(|error| ChangeError::Failed(format!("{name}: {error}")))?;
            if path.metadata().is_ok_and(|metadata| metadata.permissions().readonly()) {
                return Err(fixed(&"it is read-only"));
            }
            let new = change(&old).ok_or_else(|| ChangeError::Failed(format!("{name} has changed meanwhile")))?;
            edit::write(&path, &new).map_err(|error| fixed(&error))?;
            (roster.reload)().map_err(|faults| match edit::write(&path, &old) {
                Ok(()) => ChangeError::Failed(format!("nothing was changed, since the lists have faults:\n{faults}")),
                Err(error) => ChangeError::Failed(format!("{name} could not be put back ({error}):\n{faults}")),
            })
        });
        let feeds = changed.await.map_err(|error| ChangeError::Failed(error.to_string()))??;
        self.take(feeds).await;
        Ok(())
    }
}

/// How long the daemon may take to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "toml")
}

/// Reads a list. A missing file counts as an empty list.
fn read(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(folder: &Path, list: &str) -> (Arc<LiveFeedList>, mpsc::Receiver<Control>) {
        let files = vec![folder.join("feeds.toml"), folder.join("more.opml")];
        std::fs::write(&files[0], list).unwrap();
        let opml = "<opml version=\"2.0\"><body><outline xmlUrl=\"https://opml.example/rss\"/></body></opml>";
        std::fs::write(&files[1], opml).unwrap();
        let lists = files.clone();
        let reload: Reload = Box::new(move || config::read_lists(&lists).map_err(|faults| faults.to_string()));
        let (control, orders) = mpsc::channel(8);
        (LiveFeedList::new(reload().unwrap(), files, reload, control), orders)
    }

    fn feed(url: &str) -> FeedEntry {
        FeedEntry { url: url.into(), ..FeedEntry::default() }
    }

    #[tokio::test]
    async fn changes_go_to_the_file_and_to_the_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let list = "# Ours.\n[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n";
        let (roster, mut orders) = roster(folder.path(), list);
        let text = || std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap();
        let added = roster.add(feed("https://b.example/rss.xml")).await.unwrap();
        assert_eq!(added.id, "b.example-rss");
        assert!(text().starts_with(list));
        let Some(Control::Feeds(feeds)) = orders.recv().await else { panic!("not told") };
        assert_eq!(feeds.len(), 3);
        roster.pause("a", true).await.unwrap();
        assert!(
            text().contains("url = \"https://a.example/rss\"\npaused = true\n") && roster.find("a").unwrap().paused
        );
        roster.pause("a", false).await.unwrap();
        assert!(!text().contains("paused"));
        roster.remove("b.example-rss").await.unwrap();
        assert_eq!((text().as_str(), roster.feeds().len()), (list, 2));
        assert!(matches!(roster.remove("b.example-rss").await, Err(ChangeError::Unknown(_))));
        assert!(matches!(roster.add(feed("https://a.example/rss")).await, Err(ChangeError::Taken(_))));
        assert!(matches!(roster.add(feed("javascript:alert(1)")).await, Err(ChangeError::Wrong(_))));
        assert!(matches!(roster.remove("opml.example-rss").await, Err(ChangeError::Fixed(_))));
    }

    #[tokio::test]
    async fn a_list_that_is_read_only_or_would_have_faults_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (roster, _orders) = roster(folder.path(), "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n");
        let path = folder.path().join("feeds.toml");
        let broken = "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n\n[[feed]]\nurl = \"nonsense\"\n";
        std::fs::write(&path, broken).unwrap();
        let Err(ChangeError::Failed(told)) = roster.add(feed("https://b.example/")).await else { panic!("taken") };
        assert!(told.contains("feeds.toml:5:1") && told.starts_with("nothing was changed"), "{told}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        let mut mode = path.metadata().unwrap().permissions();
        mode.set_readonly(true);
        std::fs::set_permissions(&path, mode).unwrap();
        let Err(ChangeError::Fixed(told)) = roster.add(feed("https://b.example/")).await else { panic!("written") };
        assert!(told.contains("it is read-only"), "{told}");
    }
}
