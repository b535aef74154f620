//! What the sections of the config share: durations, secrets, and the report of values that cannot work.
//!
//! Each section belongs to the part that uses it, which declares its keys, defaults, documentation and checks in one place.
//! `config` collects the sections and adds the file, line and column of each error.

pub mod duration;
mod live;
mod secret;

pub use live::Live;
pub use secret::{SecretString, revealed};

/// A value that cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOption {
    /// The key within its section.
    pub key: String,
    /// What is wrong, and what to write instead; reads on from the key.
    pub message: String,
}

/// Collects the values of a section that cannot work.
#[derive(Debug, Default)]
pub struct Checks(Vec<InvalidOption>);

impl Checks {
    /// Reports the value of `key` unless the condition holds.
    pub fn require(&mut self, holds: bool, key: &str, message: impl Into<String>) {
        if !holds {
            self.0.push(InvalidOption { key: key.to_owned(), message: message.into() });
        }
    }

    /// Reports each value that is zero.
    pub fn positive<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, usize)>) {
        for (key, value) in values {
            self.require(value > 0, key, "must be at least 1");
        }
    }

    /// Reports the values of a table within the section.
    pub fn nested(&mut self, table: &str, invalid: Vec<InvalidOption>) {
        let within = |option: InvalidOption| InvalidOption { key: format!("{table}.{}", option.key), ..option };
        self.0.extend(invalid.into_iter().map(within));
    }

    /// Returns what was reported, in order.
    pub fn finish(self) -> Vec<InvalidOption> {
        self.0
    }
}
