//! Identifies the languages that are written in Latin letters, with the method and the data of the whatlang crate.
//!
//! whatlang looks up each of the 11,100 trigrams of these languages among those of the text. Here the trigrams of the text, 600
//! at most, are looked up among those of all languages, which gives the same result in a quarter of the time.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "all numbers are below the length of the sample"
)]

use std::sync::LazyLock;

use whatlang::Lang;

/// Trigrams of each language.
const PROFILE: i32 = 300;
/// The most frequent trigrams of a text that are compared.
const COMPARED: i32 = 600;
/// The least confidence of a reliable result.
const RELIABLE: f64 = 0.9;

/// What is known of all languages.
struct Languages {
    langs: Vec<Lang>,
    /// The letters of all alphabets in order, with the languages that have them, a bit each.
    letters: Vec<(char, u64)>,
    /// The trigrams of all languages in order, and where their places begin.
    trigrams: Vec<(u64, u32)>,
    /// The languages that have each trigram, and its place there.
    places: Vec<(u8, i32)>,
}

static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| {
    let mut all = Languages { langs: Vec::new(), letters: Vec::new(), trigrams: Vec::new(), places: Vec::new() };
    let mut found = Vec::new();
    for (number, line) in include_str!("latin.txt").lines().filter(|line| !line.starts_with('#')).enumerate() {
        let mut words = line.split(' ');
        all.langs.extend(words.next().and_then(Lang::from_code));
        for letter in words.next().into_iter().flat_map(str::chars) {
            match all.letters.binary_search_by_key(&letter, |known| known.0) {
                Ok(at) => all.letters[at].1 |= 1 << number,
                Err(at) => all.letters.insert(at, (letter, 1 << number)),
            }
        }
        for (place, trigram) in (0..).zip(words) {
            let packed = trigram.chars().map(edge_or_letter).fold(0, pack);
            found.push((packed, number as u8, place));
        }
    }
    found.sort_unstable();
    for same in found.chunk_by(|a, b| a.0 == b.0) {
        all.trigrams.push((same[0].0, all.places.len() as u32));
        all.places.extend(same.iter().map(|&(_, lang, place)| (lang, place)));
    }
    all
});

/// Returns whether most letters of a text are Latin.
pub(crate) fn is_mostly_latin(text: &str) -> bool {
    let (mut latin, mut others) = (0usize, 0usize);
    for c in text.chars().filter(|&c| !is_stop(c)) {
        if is_latin(c) { latin += 1 } else { others += 1 }
    }
    latin > others
}

/// Returns the language of a text most of whose letters are Latin, if it is certain.
pub(crate) fn language(text: &str) -> Option<Lang> {
    let lower = text.to_lowercase();
    let all = &*LANGUAGES;
    let (letters, shares) = alphabets(all, &lower);
    let (trigrams, distances) = distances(all, &lower);
    most_likely(all, (letters, &shares), (trigrams, &distances))
}

/// Returns the number of letters of a text, and for each language how many more of them it has than it lacks.
fn alphabets(all: &Languages, text: &str) -> (usize, Vec<usize>) {
    let mut counts = vec![0; all.letters.len()];
    let mut ascii = [0; 128];
    let mut letters = 0;
    for c in text.chars().filter(|&c| !is_stop(c)) {
        letters += 1;
        if c.is_ascii() {
            ascii[c as usize] += 1;
        } else if let Ok(at) = all.letters.binary_search_by_key(&c, |known| known.0) {
            counts[at] += 1;
        }
    }
    for (count, known) in counts.iter_mut().zip(&all.letters).filter(|(_, known)| known.0.is_ascii()) {
        *count = ascii[known.0 as usize];
    }
    let mut own = vec![0usize; all.langs.len()];
    for (&(_, langs), count) in all.letters.iter().zip(counts).filter(|(_, count)| *count > 0) {
        for (number, own) in own.iter_mut().enumerate() {
            *own += if langs >> number & 1 == 1 { count } else { 0 };
        }
    }
    (letters, own.into_iter().map(|own| (2 * own).saturating_sub(letters)).collect())
}

/// Returns the number of a text's trigrams that are compared, and how far each language's are from them.
fn distances(all: &Languages, text: &str) -> (i32, Vec<i32>) {
    let mut found = trigrams(text);
    found.sort_unstable();
    let counted: Vec<(u64, usize)> = found.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect();
    // Where those of each count begin: the most frequent stand first, of equals the last in order.
    let mut starts = vec![0i32; counted.iter().map(|(_, count)| *count).max().unwrap_or(0) + 1];
    for (_, count) in &counted {
        starts[*count] += 1;
    }
    starts.iter_mut().rev().fold(0, |sum, start| sum + std::mem::replace(start, sum));
    let mut nearer = vec![0; all.langs.len()];
    let (mut known, mut end) = (all.trigrams.as_slice(), all.places.len());
    for &(trigram, count) in counted.iter().rev() {
        let place = starts[count];
        starts[count] += 1;
        if place >= COMPARED {
            continue;
        }
        while let Some((&(last, start), others)) = known.split_last().filter(|((last, _), _)| *last >= trigram) {
            if last == trigram {
                for &(lang, there) in &all.places[start as usize..end] {
                    nearer[usize::from(lang)] += PROFILE - (place - there).abs();
                }
            }
            (known, end) = (others, start as usize);
        }
    }
    let compared = (counted.len() as i32).min(COMPARED);
    let most = PROFILE * compared.min(PROFILE);
    (compared, nearer.into_iter().map(|nearer| (most - nearer).min(PROFILE * PROFILE)).collect())
}

/// Returns the language that letters and trigrams together suggest, unless another is nearly as likely.
fn most_likely(all: &Languages, letters: (usize, &[usize]), trigrams: (i32, &[i32])) -> Option<Lang> {
    // The longer the text, the more its trigrams count.
    let weight = (-(letters.0 as f64 / 300.0) + 2.0 / 3.0).clamp(1.0 / 3.0, 2.0 / 3.0);
    let most = trigrams.0 * PROFILE;
    let mut best = (0.0, None);
    let mut second = 0.0;
    for (&lang, (&own, &distance)) in all.langs.iter().zip(letters.1.iter().zip(trigrams.1)) {
        let by_letters = own as f64 / letters.0 as f64;
        let by_trigrams = f64::from(most - distance) / f64::from(most);
        let score = by_letters * weight + by_trigrams * (1.0 - weight);
        if score > best.0 {
            second = best.0;
            best = (score, Some(lang));
        } else if score > second {
            second = score;
        }
    }
    let confidence =
        if second == 0.0 { best.0 } else { (best.0 - second) / second / (3.0 / f64::from(trigrams.0) + 0.015) };
    best.1.filter(|_| confidence > RELIABLE)
}

/// Returns the trigrams of a text; a run of other characters is one edge.
fn trigrams(text: &str) -> Vec<u64> {
    const EDGE: u64 = ' ' as u64;
    let mut found = Vec::with_capacity(text.len());
    let mut chars = text.chars().map(|c| if is_stop(c) { ' ' } else { c }).chain([' ']);
    let mut last = pack(pack(0, ' '), chars.next().unwrap_or(' '));
    for c in chars {
        let trigram = pack(last, c);
        let [before, middle] = [trigram >> 42, trigram >> 21 & LETTER];
        if middle != EDGE || before != EDGE && c != ' ' {
            found.push(trigram);
        }
        last = trigram;
    }
    found
}

/// The bits of a letter.
const LETTER: u64 = (1 << 21) - 1;

/// Appends a letter to the two last ones.
fn pack(before: u64, c: char) -> u64 {
    (before & (LETTER << 21 | LETTER)) << 21 | u64::from(u32::from(c))
}

fn edge_or_letter(c: char) -> char {
    if c == '_' { ' ' } else { c }
}

/// Returns whether a character says nothing of the language: spaces, digits, marks of ASCII.
fn is_stop(c: char) -> bool {
    matches!(c, '\0'..='@' | '['..='`' | '{'..='~')
}

fn is_latin(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '\u{80}'..='\u{2af}' | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2100}'..='\u{214f}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what whatlang says of a text.
    fn whatlang(text: &str) -> Option<Lang> {
        whatlang::detect(text).filter(whatlang::Info::is_reliable).map(|info| info.lang())
    }

    #[test]
    fn the_result_is_that_of_whatlang() {
        let mut dice = 1u64;
        let mut roll = |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % sides
        };
        let profiles: Vec<Vec<&str>> = include_str!("latin.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(' ').skip(2).collect())
            .collect();
        let (mut certain, mut uncertain) = (0, 0);
        for round in 0..4_000 {
            // Trigrams of one language, some of another, some capitals, some that no language has.
            let (one, other) = (&profiles[roll(profiles.len())], &profiles[roll(profiles.len())]);
            let (length, purity) = ([1, 5, 30, 200, 900][round % 5], 1 + roll(20));
            let text: String = (0..length)
                .map(|_| match roll(60) {
                    0 => " \u{416}3 ".to_owned(),
                    1 => one[roll(300)].to_uppercase(),
                    2 => "\u{130}\u{3a3} ".to_owned(),
                    _ if roll(purity) == 1 => other[roll(300)].replace('_', " "),
                    n => one[roll(n.pow(2) / 12 + 1)].replace('_', " "),
                })
                .collect();
            if !is_mostly_latin(&text) {
                continue;
            }
            let found = language(&text);
            assert_eq!(found, whatlang(&text), "{text}");
            *(if found.is_some() { &mut certain } else { &mut uncertain }) += 1;
        }
        assert!(certain > 1_000 && uncertain > 300, "{certain} {uncertain}");
    }

    #[test]
    fn texts_in_other_letters_are_recognised() {
        for text in ["", "12.5 %", "\u{41c}\u{438}\u{43d} is", "\u{4e2d}\u{6587}"] {
            assert!(!is_mostly_latin(text), "{text}");
        }
        assert!(is_mostly_latin("a \u{41c}b"));
    }
}
