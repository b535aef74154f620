//! How far a feed's fields identify its entries.

use serde::{Deserialize, Serialize};

/// What identifies a feed's entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Their guids.
    #[default]
    Guid,
    /// Their links.
    Link,
    /// Their titles, texts and dates.
    Content,
}

/// How far a feed's guids and links are trusted to identify its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    /// The first field that identifies.
    pub basis: Basis,
    /// Whether links change from poll to poll (session tokens) and so identify nothing.
    pub unstable_links: bool,
}

impl Trust {
    pub(crate) fn guids(self) -> bool {
        self.basis == Basis::Guid
    }

    pub(crate) fn links(self) -> bool {
        self.basis != Basis::Content && !self.unstable_links
    }
}
