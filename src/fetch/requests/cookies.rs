//! Cookies that a user sets by hand. The daemon stores none that a server sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::options::SecretString;

/// Cookies by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Cookies(pub BTreeMap<String, SecretString>);

/// Cookies as a config has them: a table, or a text as browsers show it (`a=1; b=2`).
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(SecretString),
    Table(BTreeMap<String, SecretString>),
}

impl From<Written> for Cookies {
    fn from(written: Written) -> Self {
        let SecretString(text) = match written {
            Written::Table(cookies) => return Self(cookies),
            Written::Text(text) => text,
        };
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let cookie = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or(("", part));
            (name.trim().to_owned(), SecretString(value.trim().to_owned()))
        };
        Self(parts.map(cookie).collect())
    }
}

impl Cookies {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the value of the header `Cookie`.
    pub(super) fn header(&self) -> String {
        let pair = |(name, SecretString(value)): (&String, &SecretString)| format!("{name}={value}");
        self.0.iter().map(pair).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_from_a_table_and_from_one_text() {
        let read = |value| serde_json::from_value::<Cookies>(value).unwrap();
        let table = read(serde_json::json!({ "session": "a=b", "consent": "yes" }));
        assert_eq!(table, read(serde_json::json!("session=a=b; consent=yes;")));
        assert_eq!(table.header(), "consent=yes; session=a=b");
        assert_eq!(read(serde_json::json!("loose")).names().collect::<Vec<_>>(), [""], "reported by the check");
    }
}
