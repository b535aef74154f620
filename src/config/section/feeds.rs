//! The section `[feeds]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The feed lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feeds {
    /// Feed lists, `.toml` or `.opml`, relative to the config file.
    pub files: Vec<PathBuf>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self { files: vec![PathBuf::from("feeds.toml")] }
    }
}
