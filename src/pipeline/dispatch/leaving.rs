//! Partitions that go to other instances.

use std::collections::BTreeSet;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::journal::Slot;

/// Partitions that were revoked and are given up once what is open is committed.
#[derive(Debug)]
pub(super) struct Leaving {
    pub slots: BTreeSet<Slot>,
    pub until: Instant,
    pub left: Option<oneshot::Sender<()>>,
}
