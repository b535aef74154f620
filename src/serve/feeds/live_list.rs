//! The current feed list, and changes to it: each is written to its file, then loaded in the same way as on SIGHUP.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, mpsc, oneshot};
use tracing::info;

use super::difference::changed_keys;
use super::reload::{Reload, ReloadReport, Reloaded};
use crate::config::{
    self, Change, ConfigErrors, FeedConfig, FeedHandle, FeedKeys, FeedList, FeedListError, RuleTable, SharedFeeds,
};
use crate::pipeline::{Control, Readmission};
use crate::serve::audit::AUDIT;

/// The time limit for an answer of the daemon.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for looking at all blocked entries.
pub(in crate::serve) const APPLY_TIMEOUT: Duration = Duration::from_secs(60);

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
    /// The feed or the rule does not exist.
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
            FeedListError::Unknown { .. } | FeedListError::UnknownRule(_) => Self::Unknown(error),
            FeedListError::Listed { .. } | FeedListError::IdTaken(_) => Self::Taken(error),
            FeedListError::Id(_) | FeedListError::Url(_) | FeedListError::Page(_) => Self::Wrong(error),
            FeedListError::NoTomlList
            | FeedListError::NoConfig
            | FeedListError::Changed(_)
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

    /// Reads the config and its lists again and applies them. An error changes nothing.
    pub async fn reload(self: &Arc<Self>) -> Result<ReloadReport, ConfigErrors> {
        let _turn = self.turn.lock().await;
        let this = Arc::clone(self);
        let reloaded = blocking(move || (this.reload)()).await?;
        Ok(self.replace(reloaded).await)
    }

    async fn replace(&self, reloaded: Reloaded) -> ReloadReport {
        let Reloaded { feeds, files, changed, after_restart, apply } = reloaded;
        let before = self.list();
        let list = before.with_feeds(feeds, files);
        let feeds = list.feeds().clone();
        let report = ReloadReport::new((changed, after_restart), (before.feeds(), &feeds));
        apply();
        *self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner) = list;
        report.log();
        // A daemon that is stopping no longer receives; it reads the file at its next start.
        let _ = self.control.send(Control::Feeds(feeds)).await;
        if !report.changed.is_empty() {
            let is_schedule_changed = report.changed.iter().any(|change| change.key.starts_with("schedule."));
            let _ = self.control.send(Control::Settings { is_schedule_changed }).await;
        }
        report
    }

    /// Adds a feed, with its URL as a list declares it. Returns the feed as listed.
    pub async fn add(self: &Arc<Self>, who: &str, feed: FeedConfig) -> Result<FeedConfig, ChangeError> {
        let add = move |list: &FeedList| list.add(feed).map(|(feed, change)| (feed.id.clone(), feed, change));
        self.change(who, "feed added", add).await
    }

    /// Removes a feed from its list.
    pub async fn remove(self: &Arc<Self>, who: &str, id: &str) -> Result<(), ChangeError> {
        let id = id.to_owned();
        self.change(who, "feed removed", move |list| {
            let change = list.remove(list.get(&id)?)?;
            Ok((id, (), change))
        })
        .await
    }

    /// Sets keys of a feed.
    pub async fn set(self: &Arc<Self>, who: &str, id: &str, keys: FeedKeys) -> Result<(), ChangeError> {
        let id = id.to_owned();
        self.change(who, "feed changed", move |list| {
            let change = list.set(list.get(&id)?, &keys)?;
            Ok((id, (), change))
        })
        .await
    }

    /// Pauses or resumes a feed.
    pub async fn pause(self: &Arc<Self>, who: &str, id: &str, paused: bool) -> Result<(), ChangeError> {
        if self.find(id)?.paused == paused {
            return Ok(());
        }
        let id = id.to_owned();
        self.change(who, if paused { "feed paused" } else { "feed resumed" }, move |list| {
            let change = list.pause(list.get(&id)?, paused)?;
            Ok((id, (), change))
        })
        .await
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

    /// Applies the present keep and block rules to the blocked entries that are kept. Logs who asked for it.
    pub async fn apply_rules(&self, who: &str) -> Result<Readmission, ChangeError> {
        let (answer, begun) = oneshot::channel();
        let sent = tokio::time::timeout(TIMEOUT, self.control.send(Control::ApplyRules(answer))).await;
        let Ok(Ok(())) = sent else { return Err(ChangeError::Stopping) };
        // All of them are looked at before the answer.
        match tokio::time::timeout(APPLY_TIMEOUT, begun).await {
            Ok(Ok(readmission)) => {
                let Readmission { blocked, readmitted, feeds } = readmission;
                info!(target: AUDIT, who, blocked, readmitted, feeds, "rules applied to blocked entries");
                Ok(readmission)
            }
            _ => Err(ChangeError::Stopping),
        }
    }

    /// Sets a rule of the config, or of a feed's own, or removes it. Logs who did.
    pub async fn set_rule(
        self: &Arc<Self>,
        who: &str,
        of_feed: Option<String>,
        id: String,
        rule: Option<RuleTable>,
    ) -> Result<(), ChangeError> {
        let _turn = self.turn.lock().await;
        let what = if rule.is_some() { "rule set" } else { "rule removed" };
        let name = of_feed.as_ref().map_or_else(|| id.clone(), |feed| format!("{feed}/{id}"));
        self.written(move |list| {
            let change = match of_feed {
                None => list.set_rule(&id, rule.as_ref())?,
                Some(feed) => list.set_feed_rule(list.get(&feed)?, &id, rule.as_ref())?,
            };
            Ok(((), change))
        })
        .await?;
        info!(target: AUDIT, who, rule = name, "{what}");
        Ok(())
    }

    /// Makes a change of the feed whose id it returns, and loads it. Logs who changed what.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        who: &str,
        what: &'static str,
        change: impl FnOnce(&FeedList) -> Result<(String, T, Change), FeedListError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let _turn = self.turn.lock().await;
        let before = self.feeds();
        let change = |list: &FeedList| change(list).map(|(id, changed, change)| ((id, changed), change));
        let (id, changed) = self.written(change).await?;
        let (old, new) = (before.get(&id).map(|feed| &feed.config), self.find(&id).ok());
        let keys = changed_keys(old, new.as_ref().map(|feed| &feed.config));
        info!(target: AUDIT, who, feed = id, keys = config::changes_line(&keys), "{what}");
        Ok(changed)
    }

    /// Writes a change and loads the config with it. If the config then has errors, reverts the change.
    async fn written<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&FeedList) -> Result<(T, Change), FeedListError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let this = Arc::clone(self);
        let (changed, reloaded) = blocking(move || {
            let (changed, change) = change(&this.list())?;
            change.write()?;
            let reloaded = (this.reload)().map_err(|errors| match change.revert() {
                Ok(()) => ChangeError::Invalid(errors),
                Err(error) => ChangeError::NotReverted { errors, error },
            })?;
            Ok::<_, ChangeError>((changed, reloaded))
        })
        .await?;
        self.replace(reloaded).await;
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
        let reload: Reload = Box::new(move || config::read_lists(&lists).map(Into::into));
        let (control, orders) = mpsc::channel(8);
        (LiveFeedList::new(FeedList::new(files, reload().unwrap().feeds), reload, control), orders)
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
        let added = live_list.add("me", feed("https://b.example/rss.xml")).await.unwrap();
        assert_eq!(added.id, "b.example-rss");
        assert!(text().starts_with(list));
        let Some(Control::Feeds(feeds)) = orders.recv().await else { panic!("not sent") };
        assert_eq!(feeds.len(), 3);
        live_list.pause("me", "a", true).await.unwrap();
        assert!(
            text().contains("url = \"https://a.example/rss\"\npaused = true\n") && live_list.find("a").unwrap().paused
        );
        live_list.pause("me", "a", false).await.unwrap();
        assert!(!text().contains("paused"));
        let labels = toml_edit::Array::from_iter(["politics"]);
        live_list.set("me", "a", vec![("labels", Some(labels.into()))]).await.unwrap();
        assert!(text().contains("labels = [\"politics\"]\n") && live_list.find("a").unwrap().has_label("politics"));
        let wrong = toml_edit::Array::from_iter(["a", "A"]);
        let refused = live_list.set("me", "a", vec![("labels", Some(wrong.into()))]).await.unwrap_err();
        assert!(refused.to_string().contains("the label `A` repeats `a`"), "{refused}");
        live_list.set("me", "a", vec![("labels", None)]).await.unwrap();
        live_list.remove("me", "b.example-rss").await.unwrap();
        assert_eq!((text().as_str(), live_list.feeds().len()), (list, 2));
        assert!(matches!(live_list.remove("me", "b.example-rss").await, Err(ChangeError::Unknown(_))));
        assert!(matches!(live_list.add("me", feed("https://a.example/rss")).await, Err(ChangeError::Taken(_))));
        assert!(matches!(live_list.add("me", feed("javascript:alert(1)")).await, Err(ChangeError::Wrong(_))));
        assert!(matches!(live_list.remove("me", "opml.example-rss").await, Err(ChangeError::Fixed(_))));
    }

    #[tokio::test]
    async fn a_list_that_is_read_only_or_would_have_errors_stays_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let (live_list, _orders) = live_list(folder.path(), "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n");
        let path = folder.path().join("feeds.toml");
        let broken = "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\n\n[[feed]]\nurl = \"nonsense\"\n";
        std::fs::write(&path, broken).unwrap();
        let Err(error) = live_list.add("me", feed("https://b.example/")).await else { panic!("added") };
        let message = error.to_string();
        assert!(message.contains("feeds.toml:5:1") && message.starts_with("nothing was changed"), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        let mut mode = path.metadata().unwrap().permissions();
        mode.set_readonly(true);
        std::fs::set_permissions(&path, mode).unwrap();
        let Err(ChangeError::Fixed(error)) = live_list.add("me", feed("https://b.example/")).await else {
            panic!("written")
        };
        assert!(error.to_string().contains("it is read-only"), "{error}");
    }
}
