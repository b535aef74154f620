//! The Robots Exclusion Protocol (RFC 9309): a plain matcher of one file.
//!
//! The crates for it are no longer maintained; the tests compare this matcher with two of them.

use std::time::Duration;

use url::Url;

/// Our product token in a file.
const TOKEN: &str = "dateline";
/// The maximum number of bytes read of a file.
pub(super) const MAX_BYTES: usize = 500 * 1024;
/// The maximum numbers of rules per file and of wildcards per rule; more are a mistake or an attack.
const MAX_RULES: usize = 5_000;
const MAX_STARS: usize = 16;
/// The maximum number of sitemaps per file.
const MAX_SITEMAPS: usize = 50;

/// The rules of a file that apply to us.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    /// The minimum time between two requests (`Crawl-delay`).
    pub crawl_delay: Option<Duration>,
    /// The sitemaps that the file names.
    pub sitemaps: Vec<Url>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    pattern: String,
    allow: bool,
}

impl Robots {
    /// Returns rules that disallow everything, for a host whose file could not be fetched.
    pub(super) fn disallow_all() -> Self {
        Self { rules: vec![Rule { pattern: "/".into(), allow: false }], ..Self::default() }
    }

    /// Parses a file: the groups that name us, or the groups for everyone if none does.
    pub(super) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(MAX_BYTES)]);
        let (mut ours, mut everyones) = (None::<Self>, Self::default());
        let mut sitemaps = Vec::new();
        // Whether the current group is for us or for everyone, and whether its list of user agents has ended.
        let (mut for_us, mut for_all, mut agents_ended) = (false, false, true);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if agents_ended {
                    (for_us, for_all, agents_ended) = (false, false, false);
                }
                // A product token may be followed by a version.
                let name = value.split(['/', ' ']).next().unwrap_or_default();
                for_us |= name.eq_ignore_ascii_case(TOKEN);
                for_all |= name == "*";
                if for_us {
                    ours.get_or_insert_default();
                }
                continue;
            }
            let allow = match key.as_str() {
                "allow" => Some(true),
                "disallow" => Some(false),
                "crawl-delay" => None,
                "sitemap" => {
                    sitemaps.extend(Url::parse(value).ok().filter(|_| sitemaps.len() < MAX_SITEMAPS));
                    continue;
                }
                _ => continue, // other records belong to no group
            };
            agents_ended = true;
            let groups = [ours.as_mut().filter(|_| for_us), Some(&mut everyones).filter(|_| for_all)];
            for group in groups.into_iter().flatten() {
                match allow {
                    Some(allow) if !value.is_empty() && group.rules.len() < MAX_RULES => {
                        group.rules.push(Rule { pattern: normal(value), allow });
                    }
                    Some(_) => {}
                    None => group.crawl_delay = delay(value).or(group.crawl_delay),
                }
            }
        }
        Self { sitemaps, ..ours.unwrap_or(everyones) }
    }

    /// Returns whether the URL may be fetched: the longest matching rule decides; of equally long ones, the one that allows.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let path = normal(&url[url::Position::BeforePath..url::Position::AfterQuery]);
        if path == "/robots.txt" {
            return true;
        }
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }
}

/// Parses seconds, which may have a fraction.
fn delay(value: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value.parse().ok()?).ok()
}

/// Normalizes a path for comparison: non-ASCII letters percent-encoded, needless encodings undone, hex digits in capitals.
pub(super) fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let escaped = (bytes[i] == b'%').then(|| path.get(i + 1..i + 3)).flatten();
        let (byte, step, was_escaped) = match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (byte, 3, true),
            None => (bytes[i], 1, false),
        };
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || (byte.is_ascii() && !was_escaped) {
            out.push(char::from(byte));
        } else {
            let hex = |digit: u8| char::from(b"0123456789ABCDEF"[usize::from(digit)]);
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
        i += step;
    }
    out
}

/// Returns whether the pattern matches the start of the path; `*` stands for anything, a final `$` for the end.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = pattern.strip_suffix('$').map_or((pattern, false), |start| (start, true));
    let mut pieces = pattern.splitn(MAX_STARS + 1, '*');
    let Some(mut rest) = path.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return !to_end || rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() && to_end {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        Robots::parse(file.as_bytes()).allows(&Url::parse("https://example.org").unwrap().join(path).unwrap())
    }

    #[test]
    fn the_longest_rule_decides() {
        let file = "User-agent: *\nDisallow: /\nAllow: /news/\nDisallow: /news/private\nAllow: /news/private/but$\n";
        for (path, allowed) in [
            ("/", false),
            ("/news/story", true),
            ("/news/private/x", false),
            ("/news/private/but", true),
            ("/news/private/but/not", false),
            ("/robots.txt", true),
        ] {
            assert_eq!(allows(file, path), allowed, "{path}");
        }
        assert!(allows("User-agent: *\nDisallow: /page\nAllow: /page\n", "/page"), "of equals the one that allows");
        assert!(allows("User-agent: *\nDisallow:\n", "/x"), "an empty rule forbids nothing");
    }

    #[test]
    fn wildcards_and_ends() {
        for (rule, path, forbidden) in [
            ("/fish*", "/fishheads.html", true),
            ("/*.php", "/folder/any.php?x=1", true),
            ("/*.php", "/", false),
            ("/*.php$", "/file.php", true),
            ("/*.php$", "/file.php?x", false),
            ("/a*b*c", "/aXbYc", true),
            ("/a*b*c", "/aXcYb", false),
            ("/*$", "/anything", true),
            ("/Fish", "/fish", false),
            ("/ä", "/%C3%A4/x", true),
            ("/%7Ejoe/", "/~joe/index.html", true),
            ("/a%2fb", "/a%2Fb", true),
            ("/a%2Fb", "/a/b", false),
            ("/*?print=", "/story?print=1", true),
        ] {
            assert_eq!(!allows(&format!("User-agent: *\nDisallow: {rule}"), path), forbidden, "{rule} {path}");
        }
    }

    #[test]
    fn a_group_that_names_us_counts_alone() {
        let file = "User-agent: *\nDisallow: /all\n\nuser-agent: other\nUser-Agent: DateLine/1.0\nDisallow: /us # why\n\
                    Crawl-delay: 2.5\nSitemap: https://example.org/s.xml\nDisallow: /too\n\nUser-agent: dateline\nDisallow: /three";
        for (path, allowed) in [("/all", true), ("/us", false), ("/too", false), ("/three", false)] {
            assert_eq!(allows(file, path), allowed, "{path}");
        }
        let robots = Robots::parse(file.as_bytes());
        assert_eq!(robots.crawl_delay, Some(Duration::from_millis(2_500)));
        assert_eq!(robots.sitemaps[0].as_str(), "https://example.org/s.xml", "sitemaps belong to no group");
        assert!(allows("User-agent: dateliner\nDisallow: /\n", "/"), "another's longer name is not ours");
    }

    /// Compares with another matcher on random files that begin with one of the first two lines.
    fn agree(lines: &[&str], other: impl Fn(&str, &str) -> bool) {
        const PATHS: &[&str] = &[
            "/",
            "/news",
            "/news/",
            "/news/story",
            "/news/private",
            "/news/private/open",
            "/news/private/opening",
            "/newspaper/s",
            "/a/b/c",
            "/axbxc?d",
            "/file.pdf",
            "/file.pdf?x=1",
            "/story?print=1",
            "/other/open",
        ];
        let mut seed = 1_u64;
        let mut draw = |count: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % count
        };
        let mut forbidden = 0;
        for _ in 0..4_000 {
            let first = lines[draw(2)];
            let rest = (0..draw(12)).map(|_| lines[draw(lines.len())]);
            let file = [first].into_iter().chain(rest).collect::<Vec<_>>().join("\n");
            for path in PATHS {
                let ours = allows(&file, path);
                assert_eq!(ours, other(&file, &format!("https://example.org{path}")), "{path} by\n{file}");
                forbidden += usize::from(!ours);
            }
        }
        assert!((5_000..50_000).contains(&forbidden), "{forbidden} of 56,000 forbidden");
    }

    #[test]
    fn a_port_of_googles_matcher_agrees() {
        // Without wildcards, which the port matches wrongly, and without other records, which end a group's list of
        // names there.
        let lines = [
            "User-agent: *",
            "USER-AGENT: dateline/2.0 # the daemon",
            "user-agent: Other",
            "Disallow: /",
            "Disallow:",
            "disallow : /news",
            "Disallow: /news/private # no end",
            "Disallow: /file.pdf$",
            "Allow: /news/",
            "Allow: /news/private/open$",
            "Allow: /$",
            "Allow: /a",
            "",
            "# a remark",
        ];
        agree(&lines, |file, url| robotstxt::DefaultMatcher::default().one_agent_allowed_by_robots(file, TOKEN, url));
    }

    #[test]
    fn texting_robots_agrees() {
        // Without lines that its stricter parser skips.
        let lines = [
            "User-agent: *",
            "User-agent: dateline",
            "User-agent: other",
            "Disallow: /",
            "Disallow: /*.pdf$",
            "Disallow: /*?print=",
            "Disallow: /a*b*c",
            "Disallow: /n*/s$",
            "Disallow: /news/p*e",
            "Allow: /*/open",
            "Allow: /*news/*$",
            "Allow: /$",
        ];
        agree(&lines, |file, url| texting_robots::Robot::new(TOKEN, file.as_bytes()).unwrap().allowed(url));
    }

    #[test]
    fn hostile_files_end_soon() {
        let started = std::time::Instant::now();
        let stars = format!("User-agent: *\nDisallow: /{}x\n", "*a".repeat(200_000));
        assert!(allows(&stars, &format!("/{}", "a".repeat(2_000))));
        let many = "User-agent: *\nDisallow: /*a*a*a*a*b\n".repeat(20_000);
        assert!(allows(&many, &format!("/{}", "a".repeat(2_000))));
        assert!(allows("Crawl-delay: nan\n\u{0}\u{feff}:::", "/"));
        assert_eq!(Robots::parse(b"User-agent: *\nCrawl-delay: -1\nCrawl-delay: 1e400").crawl_delay, None);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}
