//! Partitions that move to other instances.

use std::collections::BTreeSet;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::journal::StatePartition;

/// Revoked partitions, which are given up once their open work is committed.
#[derive(Debug)]
pub(super) struct Leaving {
    pub partitions: BTreeSet<StatePartition>,
    pub until: Instant,
    pub left: Option<oneshot::Sender<()>>,
}
