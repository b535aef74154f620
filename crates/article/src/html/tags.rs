//! Tags in markup: names, attributes, and the properties of an element by its name.

use std::sync::LazyLock;

/// The longest element name, in bytes.
const MAX_NAME: usize = 40;

/// The name of an element as a number: up to 16 letters as they are (lower case), of longer names a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(u128);

impl Name {
    /// Returns the number of a lower-case name of at most 16 bytes.
    pub(crate) const fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let (mut number, mut i) = (0, 0);
        while i < bytes.len() {
            number = number << 8 | bytes[i] as u128;
            i += 1;
        }
        Self(number)
    }

    /// Returns what is known of such elements.
    pub(crate) fn traits(self) -> Traits {
        TRAITS.binary_search_by_key(&self, |known| known.0).map_or(Traits(0), |at| TRAITS[at].1)
    }

    /// Returns the name at the start of a tag, up to white space, `/` or `>`, appended in lower case; what no name has is left out.
    fn read(raw: &str, out: &mut String) -> Self {
        let before = out.len();
        let letters = raw.bytes().take(MAX_NAME).filter(|b| b.is_ascii_alphanumeric() || *b == b'-');
        out.extend(letters.map(|b| char::from(b.to_ascii_lowercase())));
        let name = &out[before..];
        if name.len() <= 16 { Self::of(name) } else { Self(xxhash_rust::xxh3::xxh3_128(name.as_bytes()) | 1 << 127) }
    }
}

/// The properties of elements with a name, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits(u8);

impl Traits {
    /// Without content and end tag.
    pub(crate) const VOID: Self = Self(1);
    /// Its content is not markup.
    pub(crate) const RAW: Self = Self(2);
    /// An end tag outside of it closes nothing inside.
    pub(crate) const BARRIER: Self = Self(4);
    /// It only styles or links words: its end tag closes no structure.
    pub(crate) const INLINE: Self = Self(8);
    /// It ends an open paragraph.
    pub(crate) const ENDS_P: Self = Self(16);

    /// Returns whether the set holds all of another.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

static TRAITS: LazyLock<Vec<(Name, Traits)>> = LazyLock::new(|| {
    let mut known: Vec<(Name, Traits)> = Vec::new();
    for (traits, names) in [
        (Traits::VOID, "area base br col embed hr img input link meta param source track wbr"),
        (Traits::RAW, "script style title textarea noscript iframe xmp noembed noframes plaintext svg"),
        (Traits::BARRIER, "table td th object button svg math template select"),
        (
            Traits::INLINE,
            "a abbr acronym b bdi bdo big cite code data em font i ins kbd label mark q s samp small span strike strong \
             sub sup time tt u var del",
        ),
        (
            Traits::ENDS_P,
            "address article aside blockquote center details dir div dl dd dt fieldset figcaption figure footer form h1 h2 h3 \
             h4 h5 h6 header hr li main menu nav ol p pre section summary table ul",
        ),
    ] {
        for name in names.split_ascii_whitespace().map(Name::of) {
            match known.iter_mut().find(|(other, _)| *other == name) {
                Some((_, all)) => all.0 |= traits.0,
                None => known.push((name, traits)),
            }
        }
    }
    known.sort_unstable_by_key(|(name, _)| *name);
    known
});

/// A tag without its `<` or `</`.
pub(crate) struct Tag<'a> {
    /// Its name.
    pub name: Name,
    /// The text between the name and `>`.
    pub attributes: &'a str,
    /// The text after `>`.
    pub after: &'a str,
}

/// Reads a tag whose input starts at its name; the name is appended to `out`.
pub(crate) fn tag<'a>(input: &'a str, out: &mut String) -> Tag<'a> {
    let bytes = input.as_bytes();
    let ends_name = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/');
    let name_end = bytes.iter().position(ends_name).unwrap_or(bytes.len());
    let mut at = name_end;
    // A quotation mark opens a value only straight after `=`.
    let mut before_value = false;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'>' => break,
            b'"' | b'\'' if before_value => {
                at += 1;
                at += bytes[at..].iter().position(|&c| c == b).unwrap_or(bytes.len() - at);
                before_value = false;
            }
            b'=' => before_value = true,
            _ => before_value &= b.is_ascii_whitespace(),
        }
        at += 1;
    }
    let at = at.min(bytes.len());
    Tag {
        name: Name::read(&input[..name_end], out),
        attributes: &input[name_end..at],
        after: &input[(at + 1).min(bytes.len())..],
    }
}

/// Returns the attributes of a tag: names, and values with their quotation marks.
pub(crate) fn attributes(mut rest: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        // A name may start with `=`.
        let name_end = rest.bytes().skip(1).position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/'));
        let (name, after) = rest.split_at(rest.ceil_char_boundary(name_end.map_or(rest.len(), |at| at + 1)));
        let value = after.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start);
        let (value, after) = match value {
            None => ("", after),
            Some(value) => match value.as_bytes().first() {
                Some(&quote @ (b'"' | b'\'')) => {
                    let end = value[1..].find(char::from(quote)).map_or(value.len(), |at| at + 2);
                    value.split_at(end)
                }
                _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
            },
        };
        rest = after;
        Some((name, value))
    })
}

/// Returns where the end tag of a raw text element starts.
pub(crate) fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|&at| {
        let after = &text.as_bytes()[at + 2..];
        after.len() >= name.len()
            && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && after.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_any_case() {
        for (input, written, name, attributes, after) in [
            ("DIV class=a>b", "div", Name::of("div"), " class=a", "b"),
            ("br/>b", "br", Name::of("br"), "/", "b"),
            ("a href='x>y' b=\">\" c'>'d", "a", Name::of("a"), " href='x>y' b=\">\" c'", "'d"),
            ("x-y", "x-y", Name::of("x-y"), "", ""),
            ("p title=\"open", "p", Name::of("p"), " title=\"open", ""),
        ] {
            let mut out = String::new();
            let read = tag(input, &mut out);
            assert_eq!((out.as_str(), read.name, read.attributes, read.after), (written, name, attributes, after));
        }
        let mut out = String::new();
        let long = |name: &str, out: &mut String| tag(name, out).name;
        assert_ne!(long("a-name-of-many-letters-1", &mut out), long("a-name-of-many-letters-2", &mut out));
        assert!(Name::of("td").traits().has(Traits::BARRIER) && !Name::of("td").traits().has(Traits::ENDS_P));
        assert_eq!(Name::of("x-y").traits(), Traits(0));
    }

    #[test]
    fn attributes_are_read_as_browsers_do() {
        let read = |text| attributes(text).collect::<Vec<_>>();
        assert_eq!(
            read(" a=1 b = '2 3' c/d=\"4\"e"),
            [("a", "1"), ("b", "'2 3'"), ("c", ""), ("d", "\"4\""), ("e", "")]
        );
        assert_eq!(read(" =x=y é=ü "), [("=x", "y"), ("é", "ü")]);
    }
}
