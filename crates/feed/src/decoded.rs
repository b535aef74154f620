//! The text of a document and its encoding.

/// A decoded document.
pub(super) struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// WHATWG name, or that of a code page; lower case.
    pub encoding: String,
    /// Whether bytes had to be replaced by U+FFFD.
    pub replaced: bool,
}
