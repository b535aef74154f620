//! The feed list: as a table that can be sorted and searched, and changes to it.

mod difference;
mod list;
mod live_list;
mod reload;

pub(super) use list::{Row, Sort, View, list, row};
pub(super) use live_list::APPLY_TIMEOUT;
pub use live_list::{ChangeError, LiveFeedList};
pub use reload::{Reload, ReloadReport, Reloaded};
