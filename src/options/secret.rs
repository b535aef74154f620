//! Secrets of the config, which are never printed.

use serde::{Deserialize, Serialize, Serializer};

/// A password, a token or a URL that may hold one. Its value appears neither in `Debug` output nor in serialized settings.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct SecretString(pub String);

impl std::fmt::Debug for SecretString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretString(\u{2026})")
    }
}

impl Serialize for SecretString {
    /// Writes only that there is one.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("\u{2026}")
    }
}
