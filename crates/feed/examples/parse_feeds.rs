//! Parses every feed under the given paths, one JSON line a file: what was read, the time of the fastest of three readings.
//!
//! `benches/feeds.py` compares the lines with other parsers.

use std::path::{Path, PathBuf};
use std::time::Instant;

use dateline_feed::{Hints, parse};
use serde_json::json;

fn main() {
    let mut files = Vec::new();
    for path in std::env::args().skip(1) {
        collect(Path::new(&path), &mut files);
    }
    files.sort();
    for file in files {
        let Ok(body) = std::fs::read(&file) else { continue };
        let mut fastest = f64::INFINITY;
        let mut read = None;
        for _ in 0..3 {
            let begin = Instant::now();
            read = Some(parse(&body, &Hints::default()));
            fastest = fastest.min(begin.elapsed().as_secs_f64() * 1000.0);
        }
        let line = match read {
            Some(Ok(read)) => json!({
                "file": file, "ms": fastest, "bytes": body.len(), "feed": read.feed, "entries": read.entries
            }),
            Some(Err(error)) => {
                json!({ "file": file, "ms": fastest, "bytes": body.len(), "error": error.to_string() })
            }
            None => continue,
        };
        println!("{line}");
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => files.push(path.to_owned()),
    }
}
