//! Errors in a config or feed list, and their places.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An error in a config or feed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file or the environment variable.
    pub place: Place,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// The place of a value or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file; line and column count from 1 where they are known.
    File(PathBuf, Option<(usize, usize)>),
    /// An environment variable.
    Environment(String),
    /// The built-in default.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some((line, column))) => write!(f, "{}:{line}:{column}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// All errors of a config, one per line.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let end = if i + 1 < self.0.len() { "\n" } else { "" };
            write!(f, "{error}{end}")?;
        }
        Ok(())
    }
}

/// The maximum number of warnings shown for one list, which may have one per feed.
const MAX_SHOWN: usize = 50;

impl ConfigErrors {
    /// Returns a line for each of the first errors, and one with the number of the others.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = self.0.len().saturating_sub(MAX_SHOWN);
        let more = (more > 0).then(|| format!("\u{2026} and {more} more"));
        self.0.iter().take(MAX_SHOWN).map(ConfigError::to_string).chain(more)
    }

    pub(super) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.0.push(ConfigError { place, message: message.into() });
    }
}

/// A text file and the start of each line.
pub(super) struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    /// Byte offset of the start of each line.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { path, text, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// Returns the place of a byte offset.
    pub(super) fn at(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = String::from_utf8_lossy(&self.text.as_bytes()[start..offset]).chars().count() + 1;
        Place::File(self.path.to_owned(), Some((line, column)))
    }
}

/// Reads a regular file of at most `max` bytes as text.
pub(super) fn read_text(path: &Path, max: u64) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let mut text = String::new();
    file.take(max + 1).read_to_string(&mut text)?;
    if text.len() as u64 > max {
        return Err(std::io::Error::other(format!("larger than {max} bytes")));
    }
    Ok(text)
}
