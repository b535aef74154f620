//! What a partition keeps of a feed whose state left it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where the state of a feed went. Who asks this partition for it must look there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedAway {
    /// The site that it belonged to.
    pub from: Arc<str>,
    /// The site that it belongs to now.
    pub to: Arc<str>,
    /// Distinguishes this move from all others.
    pub mark: Uuid,
}

impl MovedAway {
    /// Notes a move.
    pub fn new(from: &Arc<str>, to: &Arc<str>) -> Self {
        Self { from: Arc::clone(from), to: Arc::clone(to), mark: Uuid::new_v4() }
    }
}
