//! How a replay opens topics.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::journal::{JournalError, Reader};
use crate::record::Topic;

/// Opens a topic from its oldest record to what is committed now.
pub type Opener = Arc<dyn Fn(Topic) -> BoxFuture<'static, Result<Box<dyn Reader>, JournalError>> + Send + Sync>;
