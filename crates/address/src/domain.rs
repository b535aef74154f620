//! The parts of a host's name, by the [Public Suffix List](https://publicsuffix.org/).
//!
//! The list is compiled to code, about a megabyte wherever it is asked from: so it is asked from here only.

/// A name's public suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicSuffix<'a> {
    /// The suffix, such as `co.uk`.
    pub text: &'a str,
    /// Whether the list has it. Otherwise it is the last label.
    pub is_listed: bool,
}

/// Returns the public suffix of a host's name.
pub fn public_suffix(host: &str) -> Option<PublicSuffix<'_>> {
    let suffix = psl::suffix(host.as_bytes())?;
    let text = std::str::from_utf8(suffix.as_bytes()).ok()?;
    Some(PublicSuffix { text, is_listed: suffix.is_known() })
}

/// Returns the registrable domain of a host's name: its public suffix and the label before it (`news.example.co.uk` →
/// `example.co.uk`). `None` if there is no label before it.
pub fn registrable_domain(host: &str) -> Option<&str> {
    psl::domain_str(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_by_the_list() {
        for (host, suffix, is_listed, domain) in [
            ("news.example.co.uk", "co.uk", true, Some("example.co.uk")),
            ("example.org", "org", true, Some("example.org")),
            ("a.b.github.io", "github.io", true, Some("b.github.io")),
            ("co.uk", "co.uk", true, None),
            ("wiki.intranet", "intranet", false, Some("wiki.intranet")),
        ] {
            assert_eq!(public_suffix(host), Some(PublicSuffix { text: suffix, is_listed }), "{host}");
            assert_eq!(registrable_domain(host), domain, "{host}");
        }
    }
}
