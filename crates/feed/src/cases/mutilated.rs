//! Documents that are cut, spliced and scrambled at random: reading them must end soon and never panic.

#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "random numbers")]

use std::time::{Duration, Instant};

use crate::{Hints, parse};

const SEEDS: [&str; 10] = [
    include_str!("../../../../fuzz/seeds/feed/atom"),
    include_str!("../../../../fuzz/seeds/feed/broken"),
    include_str!("../../../../fuzz/seeds/feed/cdf"),
    include_str!("../../../../fuzz/seeds/feed/dates"),
    include_str!("../../../../fuzz/seeds/feed/json"),
    include_str!("../../../../fuzz/seeds/feed/media"),
    include_str!("../../../../fuzz/seeds/feed/rdf"),
    include_str!("../../../../fuzz/seeds/feed/rss"),
    include_str!("../../../../fuzz/seeds/sitemap/news"),
    include_str!("../../../../fuzz/xml.dict"),
];

/// Numbers that are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % bound.max(1)
    }
}

/// Returns the seeds cut, spliced and scrambled without end; the same in every run.
pub(crate) fn scrambled(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut numbers = Numbers(seed);
    std::iter::repeat_with(move || {
        let mut body = SEEDS[numbers.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=numbers.below(6) {
            let at = numbers.below(body.len() + 1);
            match numbers.below(5) {
                0 => body.truncate(at),
                1 => body.insert(at, numbers.below(256) as u8),
                2 => drop(body.drain(at..(at + numbers.below(20)).min(body.len()))),
                3 => body.insert(at, b"<>&'\"/=;[]!? :"[numbers.below(14)]),
                _ => {
                    let other = SEEDS[numbers.below(SEEDS.len())].as_bytes();
                    let from = numbers.below(other.len());
                    let to = (from + numbers.below(60)).min(other.len());
                    body.splice(at..at, other[from..to].iter().copied());
                }
            }
        }
        body
    })
}

#[test]
fn nothing_panics_or_hangs() {
    for (round, body) in scrambled(0x2024_0603).take(50_000).enumerate() {
        let begin = Instant::now();
        let url = Some("https://isles.example/feed");
        let _ = parse(&body, &Hints { url, ..Hints::default() });
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(2), "round {round} took {took:?}: {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn time_grows_with_length_only() {
    for part in [
        "<",
        "<a ",
        "<a='",
        "<a b=\"",
        "<a b='<",
        "<!--",
        "<![CDATA[",
        "</",
        "</a",
        "&",
        "&#",
        "<a>",
        "<item>",
        "<item><title>",
        "<description>",
        "<!DOCTYPE x [",
        "]",
        "<img ",
        "<?",
        "<a xmlns:b='c'>",
        "<link rel=self>",
        "<category>x",
        "<item/>",
        "<title><![CDATA[<img ",
        "&lt;img src=x width=1&gt;",
        "<b xml:base='/a/'>",
        "<b xml:lang='a'>",
        "a@b.c ",
        "\u{e9}",
    ] {
        for head in ["<rss><channel>", "<rss><item><description>", "<feed><entry><content type='xhtml'>", ""] {
            ends_soon(head, part);
        }
    }
    for part in
        ["{", "[", "\"", "\\", ",", ", ", "[,", "\"\\u", "\"\\ud83d", "{\"a\":", "{},", "1", "\u{1}", "\"\u{1}\","]
    {
        for head in ["{\"items\":[", "{\"items\":[{\"title\":\"", "{"] {
            ends_soon(head, part);
        }
    }
}

/// A megabyte of the same.
fn ends_soon(head: &str, part: &str) {
    let body = format!("{head}{}", part.repeat((1 << 20) / part.len()));
    let begin = Instant::now();
    let _ = parse(body.as_bytes(), &Hints::default());
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(5), "{head}{part}…: {took:?}");
}
