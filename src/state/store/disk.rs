//! Reads the committed state, and keeps the first failure.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::journal::disk::{CommittedState, DiskError};
use crate::journal::{Reason, StatePartition};

/// The committed state.
#[derive(Debug)]
pub(super) struct Disk {
    state: Arc<CommittedState>,
    /// Why it could not be read: what was decided since then may be wrong and must not be committed.
    failure: OnceLock<Arc<DiskError>>,
}

impl Disk {
    pub(super) fn new(state: Arc<CommittedState>) -> Self {
        Self { state, failure: OnceLock::new() }
    }

    /// Reads; the first failure is kept.
    pub(super) fn read<T>(&self, read: impl FnOnce(&CommittedState) -> Result<T, DiskError>) -> Option<T> {
        match read(&self.state) {
            Ok(value) => Some(value),
            Err(error) => {
                let error = Arc::new(error);
                let chain = Reason::new("reading the state failed", Arc::clone(&error));
                tracing::error!(error = format!("{chain:#}"), "state cannot be read; nothing more is committed");
                self.failure.get_or_init(|| error);
                None
            }
        }
    }

    pub(super) fn failure(&self) -> Option<Arc<DiskError>> {
        self.failure.get().cloned()
    }

    pub(super) fn partitions(&self) -> BTreeSet<StatePartition> {
        self.state.partitions()
    }
}
