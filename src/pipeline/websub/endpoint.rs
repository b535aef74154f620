//! The URL of a hub or topic: of a private feed it may carry the feed's secret, so that its query is kept in memory alone.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::address::{Credentials, Place, without_user_info};

/// A URL that a hub is asked by. Printed, serialized and remembered as what may be told of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    told: String,
    credentials: Credentials,
}

impl Endpoint {
    /// What is asked, and what may be told of it: of a `private` feed's endpoint not the query.
    pub(super) fn new(url: &str, private: bool) -> Self {
        match Url::parse(url) {
            Ok(url) => {
                let url = Place::of(&url).url().clone();
                let (told, credentials) = Credentials::split(url, private);
                Self { told: told.into(), credentials }
            }
            Err(_) => Self { told: without_user_info(url).into_owned(), credentials: Credentials::default() },
        }
    }

    /// What may be told.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// What a hub is sent or compares. Not to be shown.
    pub(super) fn whole(&self) -> String {
        self.credentials.join(&self.told).map_or_else(|_| self.told.clone(), String::from)
    }

    /// Whether both may be told alike.
    pub(super) fn is_like(&self, other: &Self) -> bool {
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
