//! Hosts as users list them in `fetch.no_proxy`, `fetch.deny` and `NO_PROXY`: domains, addresses and networks.

use std::net::IpAddr;

use url::{Host, Url};

/// An entry of a host list is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host; write a domain, an address or a network, such as \"example.org\" or \"10.0.0.0/8\"")]
pub struct HostListError(String);

/// A list of hosts, each on one port or on all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostList(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: Pattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    All,
    /// The domain and its subdomains.
    Domain(String),
    /// Addresses that share this number of leading bits.
    Network(IpAddr, u8),
}

impl HostList {
    /// Parses entries such as `example.org`, `.example.org`, `10.1.2.3:8080`, `10.0.0.0/8`, `[fd00::1]:80`, `fd00::/8`
    /// and `*`. A domain includes its subdomains.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, HostListError> {
        let entries = entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|text| Entry::parse(text).ok_or_else(|| HostListError(text.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Parses the comma-separated `NO_PROXY`. Ignores invalid entries, as other programs do.
    pub fn from_variable(text: &str) -> Self {
        let entries = text.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
        Self(entries.filter_map(Entry::parse).collect())
    }

    /// Returns whether the URL's host and port are listed.
    pub fn has(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        let port = url.port_or_known_default();
        self.0.iter().any(|entry| entry.port.is_none_or(|listed| Some(listed) == port) && entry.host.has(&host))
    }

    /// Returns whether the address is listed on all ports.
    pub fn has_address(&self, address: IpAddr) -> bool {
        self.0.iter().any(|entry| entry.port.is_none() && entry.host.has_address(address))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
            return Some(Self { host: Pattern::Network(address, bits), port: None });
        }
        // More than one colon without brackets means an IPv6 address.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Pattern::Network(address, width(address)),
            Err(_) if bare == "*" => Pattern::All,
            Err(_) => match Host::parse(bare.strip_prefix('*').unwrap_or(bare).trim_matches('.')).ok()? {
                Host::Domain(domain) => Pattern::Domain(domain),
                Host::Ipv4(address) => Pattern::Network(address.into(), 32),
                Host::Ipv6(address) => Pattern::Network(address.into(), 128),
            },
        };
        Some(Self { host, port })
    }
}

impl Pattern {
    fn has(&self, host: &Host<&str>) -> bool {
        match host {
            Host::Ipv4(address) => self.has_address((*address).into()),
            Host::Ipv6(address) => self.has_address((*address).into()),
            Host::Domain(name) => match self {
                Self::All => true,
                Self::Domain(domain) => {
                    let rest = name.trim_end_matches('.').strip_suffix(domain.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                }
                Self::Network(..) => false,
            },
        }
    }

    fn has_address(&self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Domain(_) => false,
            Self::Network(network, bits) => {
                // `::ffff:10.0.0.1` is 10.0.0.1; a network of IPv6 addresses stays an IPv6 network.
                let address = if network.is_ipv4() { address.to_canonical() } else { address };
                match (network, address) {
                    (IpAddr::V4(network), IpAddr::V4(address)) => {
                        let differ = u32::from(*network) ^ u32::from(address);
                        differ.leading_zeros() >= u32::from(*bits)
                    }
                    (IpAddr::V6(network), IpAddr::V6(address)) => {
                        let differ = u128::from(*network) ^ u128::from(address);
                        differ.leading_zeros() >= u32::from(*bits)
                    }
                    _ => false,
                }
            }
        }
    }
}

/// Returns the number of bits in an address of this family.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(entry: &str, url: &str) -> bool {
        HostList::parse([entry]).unwrap().has(&Url::parse(url).unwrap())
    }

    #[test]
    fn hosts_are_listed_as_domains_addresses_and_networks() {
        for (entry, url, listed) in [
            ("example.org", "https://example.org/x", true),
            ("example.org", "https://news.example.org:8443/", true),
            (".Example.org", "https://news.example.org/", true),
            ("*.example.org", "https://example.org/", true),
            ("example.org", "https://badexample.org/", false),
            ("example.org", "https://example.org.evil.com/", false),
            ("example.org", "https://example.org./", true),
            ("example.org:8080", "http://example.org:8080/", true),
            ("example.org:8080", "http://example.org/", false),
            ("localhost", "http://LOCALHOST/", true),
            ("münchen.example", "https://xn--mnchen-3ya.example/", true),
            ("10.0.0.0/8", "http://10.200.3.4/", true),
            ("10.0.0.0/8", "http://[::ffff:a01:203]/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("0.0.0.0/0", "http://8.8.8.8/", true),
            ("127.0.0.1", "http://2130706433/", true),
            ("127.0.0.1:18080", "http://0x7f.1:18080/", true),
            ("fd00::/8", "http://[fdab::1]/", true),
            ("fd00::1", "http://[fd00::2]/", false),
            ("[fd00::1]:81", "http://[fd00::1]:81/", true),
            ("*", "http://anything.example/", true),
            ("*", "http://1.2.3.4/", true),
        ] {
            assert_eq!(has(entry, url), listed, "{entry} {url}");
        }
    }

    #[test]
    fn invalid_hosts_are_rejected_in_the_config_and_ignored_in_the_environment() {
        for wrong in ["http://example.org/", "10.0.0.0/33", "a b", "example.org:port", "fd00::/129", "[::1"] {
            assert!(HostList::parse([wrong]).unwrap_err().to_string().contains("is not a host; write"), "{wrong}");
        }
        let list = HostList::from_variable("localhost, a b:c ,,10.0.0.0/40,.corp.example");
        assert!(list.has(&Url::parse("http://localhost:1/").unwrap()));
        assert!(list.has(&Url::parse("http://x.corp.example/").unwrap()));
        assert_eq!(HostList::parse([" ", ""]).unwrap(), HostList::default());
    }

    #[test]
    fn addresses_are_matched_where_no_port_limits_them() {
        let list = HostList::parse(["203.0.113.0/24", "198.51.100.7:80", "example.org"]).unwrap();
        assert!(list.has_address("203.0.113.9".parse().unwrap()));
        assert!(!list.has_address("198.51.100.7".parse().unwrap()), "only port 80 is listed");
    }
}
