//! The kind of text that an element declares.

/// The kind of a text value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Plain text.
    Text,
    /// HTML, its entities decoded once.
    Html,
    /// XHTML taken from the document's own tree.
    Xhtml,
    /// Nominally text, but often HTML; RSS does not declare it.
    Unsaid,
    /// Another media type.
    Other(String),
}

impl Kind {
    /// Its media type.
    pub(crate) fn media_type(&self) -> &str {
        match self {
            Self::Text => "text/plain",
            Self::Html | Self::Unsaid => "text/html",
            Self::Xhtml => "application/xhtml+xml",
            Self::Other(kind) => kind,
        }
    }

    /// Returns the kind that a `type` attribute states.
    pub(crate) fn stated(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "text" | "plain" | "text/plain" => Self::Text,
            "html" | "text/html" | "escaped" | "cdata" => Self::Html,
            "xhtml" | "application/xhtml+xml" => Self::Xhtml,
            other => Self::Other(other.to_owned()),
        }
    }
}
