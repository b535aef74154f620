//! The state that request handlers share.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::activity::RecentActivity;
use super::feeds::LiveFeedList;
use crate::fetch::Client;
use crate::filter::EntryFilter;
use crate::options::Live;

/// The state that request handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub activity: Arc<RecentActivity>,
    pub feed_list: Arc<LiveFeedList>,
    pub access: Arc<Access>,
    /// The HTTP client for feed discovery, used for one site at a time.
    pub discovery: Arc<Mutex<Live<Client>>>,
    /// The number of open event streams.
    pub followers: Arc<AtomicUsize>,
    /// The current keep and block rules.
    pub filter: Live<EntryFilter>,
    pub stop: CancellationToken,
}
