//! Partitions that move to other instances.

use std::collections::BTreeSet;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::journal::Slot;

/// Revoked partitions, which are given up once their open work is committed.
#[derive(Debug)]
pub(super) struct Revocation {
    pub slots: BTreeSet<Slot>,
    pub until: Instant,
    pub released: Option<oneshot::Sender<()>>,
}
