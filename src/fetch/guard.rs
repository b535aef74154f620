//! Which addresses may be fetched: public ones, and private ones that the user named.
//!
//! A link or redirect from outside must not reach into the user's own network (server-side request forgery). Where we connect
//! directly, the check applies to the address of the connection (see `resolver`), so a name whose address changes between
//! check and use gains nothing. Behind a proxy only the proxy knows that address, so the name itself is checked. The
//! standard library's `IpAddr::is_global` would do part of this, but is not stable.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, RwLock};

use url::{Host, Url};

use super::host_list::HostList;
use crate::address::public_suffix;

/// What the user allowed.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// Hosts that may lie anywhere.
    hosts: Arc<HostList>,
    /// `host:port` of the listed feeds.
    feeds: RwLock<Arc<HashSet<String>>>,
}

impl Allowed {
    pub(super) fn new(hosts: Arc<HostList>) -> Self {
        Self { hosts, feeds: RwLock::default() }
    }

    /// Returns the same with the listed feeds of another one.
    pub(super) fn with_feeds_of(&self, other: &Self) -> Self {
        let feeds = other.feeds.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Self { feeds: RwLock::new(Arc::clone(&feeds)), hosts: Arc::clone(&self.hosts) }
    }

    pub(super) fn set_feeds(&self, places: Arc<HashSet<String>>) {
        *self.feeds.write().unwrap_or_else(std::sync::PoisonError::into_inner) = places;
    }

    /// Returns whether the user named this place, which may then lie in a private network.
    pub(super) fn names(&self, url: &Url) -> bool {
        let Some(place) = host_and_port(url) else { return false };
        let feeds = self.feeds.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.hosts.has(url) || feeds.contains(&place)
    }
}

/// Returns whether the URL's host is written as a private address.
pub(super) fn is_private_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Returns whether the URL's host is a name that does not exist in the public DNS, and can only lead into a private network:
///
/// - a single label such as `intranet`, which a search list completes;
/// - a name whose top-level domain is not delegated. Among these are `localhost`, `test` and `invalid` (RFC 6761), `local` (RFC 6762),
///   `intranet`, `internal`, `private`, `corp`, `home` and `lan` (RFC 6762, appendix G; ICANN reserved `internal` for good in 2024).
///   The Public Suffix List has every delegated one. `example` is not included: applications should not treat it as special
///   (RFC 6761, section 6.5);
/// - a name below `home.arpa` (RFC 8375).
pub(super) fn is_private_name(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return false };
    let name = name.trim_end_matches('.');
    if !name.contains('.') || name == "home.arpa" || name.ends_with(".home.arpa") {
        return true;
    }
    let is_delegated = public_suffix(name).is_some_and(|suffix| suffix.is_listed);
    !is_delegated && !name.ends_with(".example")
}

/// Returns whether an address is publicly reachable (not in IANA's special-purpose registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local() // 169.254.169.254, the clouds' metadata, among them
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // shared address space, RFC 6598
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19)); // benchmarking, RFC 2544
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    // An IPv4 address embedded in IPv6: mapped, compatible, NAT64, 6to4.
    let inner = match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    };
    if let Some(inner) = inner {
        return is_public_v4(inner);
    }
    // Global unicast is 2000::/3, except for documentation and Teredo addresses.
    (s[0] & 0xe000) == 0x2000 && !(s[0] == 0x2001 && (s[1] == 0xdb8 || s[1] == 0)) && s[0] != 0x3fff
}

/// Returns `host:port`, the format of the list of named places.
pub fn host_and_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn strange_spellings_of_loopback_are_addresses_all_the_same() {
        for url in [
            "http://0x7f.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://127.1:8080/",
            "http://127.0.0.1./",
            "http://\u{ff11}27.0.0.1/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::169.254.169.254]/",
        ] {
            assert!(is_private_literal(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn names_that_the_public_dns_does_not_have_are_private() {
        for private in [
            "localhost",
            "LOCALHOST.",
            "app.localhost",
            "intranet",
            "wiki.internal",
            "intranet.brack-corp.internal",
            "printer.local",
            "nas.lan",
            "files.corp",
            "router.home",
            "fritz.box.home.arpa",
            "home.arpa",
            "www.test",
            "no-such-host.invalid",
            "localhost.localdomain",
            "api.default.svc",
            "api.default.svc.cluster.local.",
            "metadata.google.internal",
        ] {
            assert!(is_private_name(&Url::parse(&format!("http://{private}/x")).unwrap()), "{private}");
        }
        for public in [
            "www.brack-news.com",
            "brack-news.co.uk",
            "news.brack.news",
            "brack.github.io",
            "www.ck",
            "news.foo.ck",
            "xn--e1afmkfd.xn--p1ai",
            "пример.рф",
            "新闻.中国",
            "local.example.org",
            "internal.com",
            "gazette.example",
            "1.1.1.1",
        ] {
            assert!(!is_private_name(&Url::parse(&format!("http://{public}/x")).unwrap()), "{public}");
        }
    }

    #[test]
    fn a_listed_feed_opens_its_own_port_and_no_other() {
        let listed = HostList::parse(["News.internal", "10.1.2.0/24", "10.9.9.9:8080"]).unwrap();
        let allowed = Allowed::new(Arc::new(listed));
        let feeds = host_and_port(&Url::parse("http://127.0.0.1:8099/feed").unwrap());
        allowed.set_feeds(Arc::new(feeds.into_iter().collect()));
        let names = |url: &str| allowed.names(&Url::parse(url).unwrap());
        assert!(names("http://127.0.0.1:8099/x") && names("https://NEWS.internal/x"));
        assert!(!names("http://127.0.0.1/x") && !names("http://127.0.0.1:6379/"));
        assert!(names("http://10.1.2.200:81/") && !names("http://10.1.3.1/"), "a network");
        assert!(names("http://10.9.9.9:8080/") && !names("http://10.9.9.9/"), "one port");
    }
}
