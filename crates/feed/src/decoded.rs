//! A document's text and the encoding that it was decoded from.

/// A document as text.
pub(super) struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// WHATWG name, or that of a code page; lower case.
    pub encoding: String,
    /// Whether bytes had to be replaced by U+FFFD.
    pub replaced: bool,
}
