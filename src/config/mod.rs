//! Typed settings, the origin of each value, and errors with file and line.
//!
//! [`load`] reads the config file, the environment (`DATELINE__KAFKA__BROKERS`) and the feed lists. It collects all errors and
//! reports them together, each with its place and what to write instead. Each section of the file is declared by the part
//! that uses it; [`Settings`] collects them.

mod change;
mod check;
mod error;
mod feed;
mod feed_list;
mod labels;
mod load;
mod page_feed;
mod rules;
mod section;
mod settings;
mod shared_feeds;
mod toml_text;
mod tree;

pub use change::{AFTER_RESTART, KeyChange, SettingsUpdate, changes, changes_line};
pub use error::{ConfigError, ConfigErrors};
pub use feed::FeedConfig;
pub use feed_list::{
    Change, FeedKeys, FeedList, FeedListError, IdError, Opml, UrlError, feed_url, fresh_id, opml, parse_opml,
    read_lists, read_opml, slug, to_toml,
};
pub use labels::{LabelError, Labels};
pub use load::{Loaded, Origin, load};
pub use page_feed::{FeedKind, InvalidSelector, PageSelectors, Selector};
pub use rules::{RuleTable, RuleTableError, read_rules};
pub use section::{
    Articles, Commit, Duplicates, Extract, Feeds, Log, LogFormat, Pages, Pipeline, Reservations, RuleOptions, Serve,
    Site, Websub,
};
pub use settings::Settings;
pub use shared_feeds::{ById, FeedHandle, SharedFeeds};

pub use crate::options::{SecretString, duration};
