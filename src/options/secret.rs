//! Secrets of the config, which are never printed.

use serde::{Deserialize, Serialize};

/// A password, a token or a URL that may hold one. Its value does not appear in `Debug` output.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretString(pub String);

impl std::fmt::Debug for SecretString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretString(\u{2026})")
    }
}
