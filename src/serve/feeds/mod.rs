//! The feed list: as a table that can be sorted and searched, and changes to it.

mod list;
mod roster;

pub(super) use list::{Row, Sort, View, list, row};
pub use roster::{ChangeError, Reload, Roster};
