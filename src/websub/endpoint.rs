//! The URL of a hub or topic. That of a private feed may contain the feed's secret, so its query is kept only in
//! memory.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::address::{Credentials, Place, without_user_info};

/// A hub or topic URL. It is printed, serialized and remembered without secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    told: String,
    credentials: Credentials,
}

impl Endpoint {
    /// Splits a URL into what may be shown and the rest; for a `private` feed the query may not be shown.
    pub(crate) fn new(url: &str, private: bool) -> Self {
        match Url::parse(url) {
            Ok(url) => {
                let url = Place::of(&url).url().clone();
                let (told, credentials) = Credentials::split(url, private);
                Self { told: told.into(), credentials }
            }
            Err(_) => Self { told: without_user_info(url).into_owned(), credentials: Credentials::default() },
        }
    }

    /// Returns what may be shown.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// Returns what a hub is sent or compares. It must not be shown.
    pub(crate) fn whole(&self) -> String {
        self.credentials.join(&self.told).map_or_else(|_| self.told.clone(), String::from)
    }

    /// Returns whether the two are equal in what may be shown.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.told == other.told
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.told)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.told)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?, false))
    }
}
