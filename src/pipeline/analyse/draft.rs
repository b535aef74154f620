//! The input of the stage.

use std::sync::Arc;

use url::Url;
use uuid::Uuid;

use crate::article::{EntryText, Learned, SiteRules};
use crate::config::{FeedHandle, Pages};
use crate::feed::{Entry, Feed};
use crate::pipeline::message::{EntryWay, FetchedPage};
use crate::state::identity::Naming;

/// The input from which an article is built.
pub(in crate::pipeline) struct Draft {
    pub feed: Arc<FeedHandle>,
    pub about: Arc<Feed>,
    pub entry: Entry,
    pub key: u128,
    pub naming: Naming,
    pub article: Option<Uuid>,
    pub asked: Option<Url>,
    pub page: Option<FetchedPage>,
    /// The entry's own text, if it was read before.
    pub text: Option<EntryText>,
    /// Hand-written rules for the page.
    pub rules: Option<Arc<SiteRules>>,
    /// Blocks that repeat in the feed's articles.
    pub learned: Arc<Learned>,
    pub pages: Pages,
    pub way: EntryWay,
}
