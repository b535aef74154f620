//! Elements that contain text or markup: Atom's text constructs, RSS' descriptions.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::kind::Kind;
use super::plain::{collapse, guess, plain};
use super::xml::{Node, TextMode};

/// A value with what it is.
#[derive(Debug)]
pub(super) struct Construct {
    pub value: String,
    pub kind: Kind,
    /// The base of relative links in it, if the document states one.
    pub base: Option<Url>,
}

impl Construct {
    /// As text on one line.
    pub(crate) fn into_text(self) -> Option<String> {
        let text = match self.kind {
            Kind::Text => collapse(&self.value),
            Kind::Unsaid => guess(&self.value),
            _ => plain(&self.value),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// Reads an element that holds text or markup; `unsaid` is what it is if it does not say.
pub(super) fn read(node: Node, unsaid: Kind) -> Option<Construct> {
    let stated = node.filled("type").map(Kind::stated);
    let mode = node.filled("mode").map(str::to_ascii_lowercase);
    let mut kind = stated.unwrap_or(unsaid);
    let inline = node.has_elements() && mode.as_deref() != Some("base64");
    let mut source = node;
    let value = if inline {
        let xml = matches!(&kind, Kind::Other(kind) if kind.ends_with("xml"));
        let escapes = matches!(kind, Kind::Html | Kind::Unsaid) && mode.as_deref() != Some("xml");
        let words = match kind {
            Kind::Xhtml => TextMode::Text,
            _ if xml => TextMode::Text,
            _ if escapes && node.has_escaped_markup() => TextMode::EscapedHtml,
            _ => TextMode::Html,
        };
        // Text that holds elements is markup, whatever it says.
        if matches!(kind, Kind::Text | Kind::Unsaid) {
            kind = Kind::Html;
        }
        source = node.wrapper().filter(|_| kind == Kind::Xhtml).unwrap_or(node);
        source.markup(words)
    } else {
        let text = node.text();
        let encoded = mode.as_deref() == Some("base64") || matches!(&kind, Kind::Other(kind) if is_binary(kind));
        let decoded = encoded.then(|| from_base64(&text)).flatten();
        match decoded {
            Some(decoded) => decoded,
            // A picture is not text.
            None if matches!(&kind, Kind::Other(kind) if is_medium(kind)) => return None,
            None => {
                // Words directly in XHTML are escaped, unless they are markup that was.
                if kind == Kind::Xhtml && !text.contains('<') { node.markup(TextMode::Text) } else { text.into_owned() }
            }
        }
    };
    let value = value.trim();
    (!value.is_empty()).then(|| Construct { value: value.to_owned(), kind, base: source.stated_base().cloned() })
}

/// Decodes Base64 as feeds carry it: in either alphabet, padded or not, on any number of lines.
fn from_base64(text: &str) -> Option<String> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let letters: String = text.split_ascii_whitespace().collect();
    let letters = letters.replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(letters).ok()?;
    String::from_utf8(bytes).ok()
}

/// Returns whether RFC 4287 has content of this type in Base64.
fn is_binary(kind: &str) -> bool {
    !kind.starts_with("text/") && !kind.ends_with("xml") && !kind.starts_with("multipart/") && kind.contains('/')
}

fn is_medium(kind: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|medium| kind.starts_with(medium))
}

/// Returns a title or another short field as text.
pub(super) fn text(node: Node, unsaid: Kind) -> Option<String> {
    read(node, unsaid)?.into_text()
}
