//! Errors in a config or feed list, and their places.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
    /// Creates the report of one error.
    pub fn one(place: Place, message: impl Into<String>) -> Self {
        Self(vec![ConfigError { place, message: message.into() }])
    }

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
    lines: Rc<[usize]>,
    /// Where the part begins whose offsets are asked for.
    part: usize,
    /// The last position that was asked for: a list may be one line, so columns are not counted from its start each
    /// time.
    last: Rc<Cell<Position>>,
}

#[derive(Clone, Copy, Default)]
struct Position {
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { path, text, lines, part: 0, last: Rc::default() }
    }

    /// Returns the same file for offsets that count from the start of this part of it.
    pub(super) fn part(&self, start: usize) -> Self {
        Self { lines: Rc::clone(&self.lines), part: start, last: Rc::clone(&self.last), ..*self }
    }

    /// Returns the text at a range of byte offsets.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Option<&'a str> {
        self.text.get(self.part + range.start..self.part + range.end)
    }

    /// Returns the place of a byte offset.
    pub(super) fn at(&self, offset: usize) -> Place {
        Place::File(self.path.to_owned(), Some(self.position(offset)))
    }

    /// Returns line and column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = (self.part + offset).min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let last = self.last.get();
        let from = if last.line == line && last.offset <= offset {
            last
        } else {
            Position { offset: self.lines[line - 1], line, column: 1 }
        };
        // The bytes that begin a character.
        let begun = self.text.as_bytes()[from.offset..offset].iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        self.last.set(Position { offset, line, column: from.column + begun });
        (line, from.column + begun)
    }
}

/// Returns where a key was set, or the nearest table around it.
pub(super) fn place_of<'a>(key: &str, places: &'a BTreeMap<String, Place>) -> Option<&'a Place> {
    let mut key = key;
    loop {
        let within = || places.range(format!("{key}.")..format!("{key}/")).next().map(|(_, place)| place);
        match places.get(key).or_else(within) {
            Some(place) => return Some(place),
            None => key = key.rsplit_once('.')?.0,
        }
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
