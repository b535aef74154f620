//! Faults in a config or feed list, and their places.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file or the environment variable.
    pub place: Place,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// The place of a value or fault.
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

/// All faults, one per line.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            let end = if i + 1 < self.0.len() { "\n" } else { "" };
            write!(f, "{fault}{end}")?;
        }
        Ok(())
    }
}

/// The warnings shown for one list; a list may have one per feed.
const SHOWN: usize = 50;

impl Faults {
    /// Returns a line for each of the first faults, and one that counts the others.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = self.0.len().saturating_sub(SHOWN);
        let more = (more > 0).then(|| format!("\u{2026} and {more} more"));
        self.0.iter().take(SHOWN).map(Fault::to_string).chain(more)
    }

    pub(super) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.0.push(Fault { place, message: message.into() });
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
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { path, text, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// Returns the place of a byte offset.
    pub fn at(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = String::from_utf8_lossy(&self.text.as_bytes()[start..offset]).chars().count() + 1;
        Place::File(self.path.to_owned(), Some((line, column)))
    }
}

/// Reads a regular file of at most `most` bytes as text.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, String> {
    let read = || -> std::io::Result<String> {
        let file = std::fs::File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("this is no regular file"));
        }
        let mut text = String::new();
        file.take(most + 1).read_to_string(&mut text)?;
        if text.len() as u64 > most {
            return Err(std::io::Error::other(format!("larger than {most} bytes")));
        }
        Ok(text)
    };
    read().map_err(|error| error.to_string())
}
