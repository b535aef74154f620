//! Pages to articles in one process on one core: how fast, and what comes out.
//!
//! ```sh
//! cargo bench --bench articles -- PAGES              # pages a second over PAGES/html/ID.html.gz, URLs from PAGES/truth.json
//! cargo bench --bench articles -- PAGES RECORDS      # also writes {"page","article"} as JSON Lines
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use dateline_article::{SiteContext, decode_page, from_page};
use serde_json::{Value, json};
use url::Url;

/// How often all pages are read; the fastest round counts.
const ROUNDS: usize = 5;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let Some(pages) = folders.first() else {
        println!("left out: name a folder of pages, as in `cargo bench --bench articles -- PAGES`");
        return;
    };
    let pages = read(Path::new(pages));
    let mut articles = BTreeMap::new();
    let (mut best, mut best_cpu) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let (start, cpu_start) = (Instant::now(), cpu());
        for (id, url, bytes) in &pages {
            articles.insert(
                id.as_str(),
                from_page(&decode_page(bytes, None), Some(url), None, None, &SiteContext::default()),
            );
        }
        best = best.min(start.elapsed());
        best_cpu = best_cpu.min(cpu().saturating_sub(cpu_start));
    }
    let bytes: usize = pages.iter().map(|(_, _, bytes)| bytes.len()).sum();
    let seconds = best.as_secs_f64();
    println!(
        "{} pages, {:.0} pages/s, {:.1} MB/s; {:.0} pages/s of CPU",
        pages.len(),
        pages.len() as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        pages.len() as f64 / best_cpu.as_secs_f64(),
    );
    if let Some(out) = folders.get(1) {
        let lines: String = articles
            .iter()
            .map(|(page, article)| format!("{}\n", json!({ "page": page, "article": article })))
            .collect();
        fs::write(out, lines).expect("the records can be written");
    }
}

/// How long this process has been on a CPU (Linux), which a busy machine does not stretch; else nothing.
fn cpu() -> Duration {
    let told = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}

/// Id, URL and bytes of each page.
fn read(folder: &Path) -> Vec<(String, Url, Vec<u8>)> {
    let truth = fs::read_to_string(folder.join("truth.json")).expect("PAGES holds truth.json");
    let truth: BTreeMap<String, Value> = serde_json::from_str(&truth).expect("truth.json is an object");
    truth
        .into_iter()
        .map(|(id, told)| {
            let packed = fs::read(folder.join(format!("html/{id}.html.gz"))).expect("each page is there");
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("each page is gzip");
            let url = told["url"].as_str().and_then(|u| Url::parse(u).ok()).expect("each page has its URL");
            (id, url, bytes)
        })
        .collect()
}
