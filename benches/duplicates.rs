//! Near-duplicates over a collection of articles: how many made copies are found, and how many unrelated pairs are taken for
//! copies.
//!
//! ```sh
//! cargo bench --bench duplicates -- FILE.jsonl…          # lines {"id","text"}, the headline first, blank lines between blocks
//! SEED=7 SHOW=1 cargo bench --bench duplicates -- FILE…  # other copies; shows what is missed and what is flagged
//! ```

use dateline_article::duplicates::{Sketch, Window, similarity};
use uuid::Uuid;

/// Articles for the figures of memory and speed.
const MANY: usize = 100_000;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if files.is_empty() {
        println!("left out: name files of articles, as in `cargo bench --bench duplicates -- FILE.jsonl`");
        return;
    }
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let show = std::env::var("SHOW").is_ok();
    let articles: Vec<(String, Vec<String>)> = files.iter().flat_map(|file| read(file)).collect();
    let sketches: Vec<Option<Sketch>> = articles.iter().map(|(_, body)| sketch(body)).collect();
    let compared = sketches.iter().flatten().count();
    println!("{} articles, {compared} long enough to be compared, seed {seed}", articles.len());

    let twins = pairs(&articles, &sketches, show);
    copies(&articles, &sketches, &twins, seed, show);
    cost(&articles, seed);
}

/// Headline and paragraphs of each article.
fn read(file: &str) -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("one object a line"));
    lines
        .map(|line| {
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            let text = line["text"].as_str().unwrap_or_default();
            (id, text.split('\n').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect())
        })
        .collect()
}

/// The body without the headline.
fn sketch(paragraphs: &[String]) -> Option<Sketch> {
    Sketch::of_texts(paragraphs.iter().skip(1).map(String::as_str))
}

/// Compares all pairs, and returns those that are flagged.
fn pairs(articles: &[(String, Vec<String>)], sketches: &[Option<Sketch>], show: bool) -> Vec<(usize, usize)> {
    let (mut flagged, mut count) = (Vec::new(), 0_usize);
    for (new, sketch) in sketches.iter().enumerate() {
        for (old, other) in sketches.iter().enumerate().take(new) {
            count += 1;
            let (Some(sketch), Some(other)) = (sketch, other) else { continue };
            if let Some(similarity) = similarity(sketch, other) {
                flagged.push((new, old));
                if show {
                    let (a, b) = (&articles[new], &articles[old]);
                    let words = |a: &Vec<String>| a.iter().map(|p| p.split_whitespace().count()).sum::<usize>();
                    println!(
                        "  pair {similarity:.2}  {} ({} words) | {} ({} words)",
                        a.0,
                        words(&a.1),
                        b.0,
                        words(&b.1)
                    );
                }
            }
        }
    }
    println!("{count} pairs, {} flagged ({:.4} %)", flagged.len(), flagged.len() as f64 * 100.0 / count as f64);
    flagged
}

type Kind = (&'static str, fn(&[String], &mut Random) -> Vec<String>);

const KINDS: [Kind; 14] = [
    ("the same", |text, _| text.to_vec()),
    ("other headline", |text, _| headline(text)),
    ("first half", |text, _| part(text, 0, 2)),
    ("first third", |text, _| part(text, 0, 3)),
    ("last half", |text, _| part(text, 1, 2)),
    ("other quotation marks", |text, _| quotes(text)),
    ("agency lines", |text, _| agency(text)),
    ("one sentence in eight edited", |text, random| edit(text, random, 8)),
    ("one sentence in four edited", |text, random| edit(text, random, 4)),
    ("paragraphs in other order", paragraphs),
    ("first half, edited 1/8, quotes, agency, headline", |text, random| {
        headline(&agency(&quotes(&edit(&part(text, 0, 2), random, 8))))
    }),
    ("first half, edited 1/4, quotes, agency, headline", |text, random| {
        headline(&agency(&quotes(&edit(&part(text, 0, 2), random, 4))))
    }),
    ("first third, edited 1/4, quotes, agency, headline", |text, random| {
        headline(&agency(&quotes(&edit(&part(text, 0, 3), random, 4))))
    }),
    ("within a text twice as long", |text, random| {
        let own: Vec<String> = text.iter().map(|p| shuffle(p, random)).collect();
        [text, &own[1.min(own.len())..]].concat()
    }),
];

/// Makes copies of every article, looks for them in a window that holds all originals, and prints what is found.
fn copies(
    articles: &[(String, Vec<String>)],
    sketches: &[Option<Sketch>],
    twins: &[(usize, usize)],
    seed: u64,
    show: bool,
) {
    let mut window = Window::default();
    for (n, sketch) in sketches.iter().enumerate() {
        if let Some(sketch) = sketch {
            window.put(id(n), n.cast_signed() as i64, sketch.clone());
        }
    }
    println!("{:52} {:>7} {:>7} {:>9} {:>10}", "copies", "made", "found", "recall", "too short");
    let (mut all, mut all_found) = (0_u32, 0_u32);
    for (name, make) in KINDS {
        let mut random = Random(seed);
        let (mut made, mut found, mut short) = (0_u32, 0_u32, 0_u32);
        for (n, (name, text)) in articles.iter().enumerate() {
            let (Some(copy), Some(_)) = (sketch(&make(text, &mut random)), &sketches[n]) else {
                short += 1;
                continue;
            };
            made += 1;
            let hit = window.find(id(usize::MAX), &copy, None, 0).is_some_and(|hit| {
                // An original may itself be the copy of an earlier one, which is named then.
                let other = hit.id.as_u128() as usize;
                other == n || twins.contains(&(n, other)) || twins.contains(&(other, n))
            });
            found += u32::from(hit);
            if !hit && show {
                println!("  missed {name}");
            }
        }
        all += made;
        all_found += found;
        println!("{name:52} {made:7} {found:7} {:7.2} % {short:10}", f64::from(found) * 100.0 / f64::from(made));
    }
    println!("{:52} {all:7} {all_found:7} {:7.2} %", "all", f64::from(all_found) * 100.0 / f64::from(all));
}

/// Bytes and time an article, in a window of many different articles made of the words of these.
fn cost(articles: &[(String, Vec<String>)], seed: u64) {
    let mut random = Random(seed);
    let (mut sketching, mut entering) = (0.0, 0.0);
    let before = resident();
    let mut window = Window::default();
    for from in (0..MANY).step_by(1_000) {
        let texts: Vec<Vec<String>> = (from..from + 1_000)
            .map(|n| articles[n % articles.len()].1.iter().map(|p| shuffle(p, &mut random)).collect())
            .collect();
        let started = cpu_seconds();
        let sketches: Vec<Option<Sketch>> = texts.iter().map(|text| sketch(text)).collect();
        let sketched = cpu_seconds();
        for (n, sketch) in (from..).zip(sketches) {
            if let Some(sketch) = sketch {
                window.find(id(n), &sketch, None, 0);
                window.put(id(n), n.cast_signed() as i64, sketch);
            }
        }
        sketching += sketched - started;
        entering += cpu_seconds() - sketched;
    }
    let count = window.len().max(1);
    println!(
        "{count} articles in the window: {} bytes each as counted, resident memory grew by {} bytes each",
        window.bytes() / count,
        resident().saturating_sub(before) / count,
    );
    let micros = |seconds: f64| seconds * 1e6 / count as f64;
    println!(
        "{:.0} µs of CPU time to sketch an article, {:.0} µs to look it up and enter it",
        micros(sketching),
        micros(entering)
    );
}

/// User CPU time of this process in seconds (Linux, in steps of 10 ms; elsewhere 0).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(11).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / 100.0
}

/// Resident memory in bytes (Linux; elsewhere 0).
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1024
}

fn id(n: usize) -> Uuid {
    Uuid::from_u128(n as u128)
}

fn headline(text: &[String]) -> Vec<String> {
    let first = "What we know so far about the story that everybody talks about today".to_owned();
    std::iter::once(first).chain(text.iter().skip(1).cloned()).collect()
}

/// The n-th part of so many, by words, cut within a paragraph if it must be.
fn part(text: &[String], n: usize, of: usize) -> Vec<String> {
    let total: usize = text.iter().skip(1).map(|p| p.split_whitespace().count()).sum();
    let (start, end) = (total * n / of, total * (n + 1) / of);
    let mut at = 0;
    let mut out: Vec<String> = text.iter().take(1).cloned().collect();
    for paragraph in text.iter().skip(1) {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let kept: Vec<&str> =
            words.iter().enumerate().filter(|(i, _)| (start..end).contains(&(at + i))).map(|(_, w)| *w).collect();
        at += words.len();
        if !kept.is_empty() {
            out.push(kept.join(" "));
        }
    }
    out
}

fn quotes(text: &[String]) -> Vec<String> {
    let other = |p: &String| {
        p.replace(['“', '”'], "\"").replace(['‘', '’'], "'").replace('—', " - ").replace('…', "...").replace("  ", " ")
    };
    text.iter().map(other).collect()
}

fn agency(text: &[String]) -> Vec<String> {
    let mut out = text.to_vec();
    if let Some(first) = out.get_mut(1) {
        *first = format!("SPRINGFIELD, June 4 (Wire) — {first}");
    }
    out.push("Reporting by the staff in Springfield; writing by Jo Doe; editing by Max Roe and Pat Poe".to_owned());
    out
}

/// Edits one sentence in so many: words are replaced, left out, put in or change places.
fn edit(text: &[String], random: &mut Random, one_in: u64) -> Vec<String> {
    const OTHER: [&str; 8] =
        ["reportedly", "officials", "later", "measure", "announced", "earlier", "group", "however"];
    let sentence = |sentence: &str, random: &mut Random| {
        if random.below(one_in) != 0 {
            return sentence.to_owned();
        }
        let mut words: Vec<&str> = sentence.split(' ').collect();
        for _ in 0..=words.len() / 6 {
            let at = random.below(words.len() as u64) as usize;
            let other = OTHER[random.below(8) as usize];
            match random.below(4) {
                0 => words[at] = other,
                1 => words.insert(at, other),
                2 if words.len() > 2 => drop(words.remove(at)),
                _ if at > 0 => words.swap(at - 1, at),
                _ => {}
            }
        }
        words.join(" ")
    };
    text.iter().map(|p| p.split_inclusive(". ").map(|s| sentence(s, random)).collect::<Vec<_>>().concat()).collect()
}

/// Neighbouring paragraphs change places, and one is left out.
fn paragraphs(text: &[String], random: &mut Random) -> Vec<String> {
    let mut out = text.to_vec();
    for at in (2..out.len()).step_by(2) {
        out.swap(at - 1, at);
    }
    if out.len() > 4 {
        out.remove(1 + random.below(out.len() as u64 - 1) as usize);
    }
    out
}

/// The same words in another order: another text.
fn shuffle(text: &str, random: &mut Random) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for at in (1..words.len()).rev() {
        words.swap(at, random.below(at as u64 + 1) as usize);
    }
    words.join(" ")
}

/// SplitMix64 (Steele et al. 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
