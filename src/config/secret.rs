//! Secrets of the config: never printed, whatever prints the settings.

use serde::{Deserialize, Serialize};

/// A token or password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(\u{2026})")
    }
}
