//! Pages as the daemon reads them, for `articles.py`.
//!
//!   article-blocks describe PAGES OUT.jsonl          a page a line: its blocks of text and what the trees see of each
//!   article-blocks read PAGES TREES.json OUT.jsonl   a page a line: its article, judged by the trees that TREES names for it
//!
//! PAGES holds truth.json {ID: {"url", …}} and html/ID.html.gz; TREES.json is {ID: PATH}.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use dateline_article::{SiteContext, Trees, decode_page, from_page, read_page};
use rayon::prelude::*;
use serde_json::{Value, json};
use url::Url;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["describe", pages, out] => {
            let none = Trees::default();
            each(pages, out, |_, html, url| {
                let context = SiteContext { trees: Some(&none), ..SiteContext::default() };
                let reading = read_page(html, url, None, None, &context);
                let (blocks, features): (Vec<_>, Vec<_>) =
                    reading.explanation.blocks().map(|(text, kind, features)| ((text, kind), features)).unzip();
                Ok(json!({ "blocks": blocks, "features": features }))
            })
        }
        ["read", pages, trees, out] => {
            let named: HashMap<String, String> = serde_json::from_slice(&fs::read(trees)?)?;
            let mut all: HashMap<&str, Trees> = HashMap::new();
            for path in named.values() {
                if !all.contains_key(path.as_str()) {
                    all.insert(path, Trees::read(&fs::read(path)?)?);
                }
            }
            each(pages, out, |id, html, url| {
                let trees = all.get(named.get(id).ok_or("no trees are named for this page")?.as_str());
                let context = SiteContext { trees, ..SiteContext::default() };
                Ok(json!({ "article": from_page(html, url, None, None, &context) }))
            })
        }
        _ => Err("article-blocks describe PAGES OUT | article-blocks read PAGES TREES OUT".into()),
    }
}

/// Writes what `read` makes of each page.
fn each(
    pages: &str,
    out: &str,
    read: impl Fn(&str, &str, Option<&Url>) -> Result<Value, Failure> + Sync,
) -> Result<(), Failure> {
    let folder = Path::new(pages);
    let truth: BTreeMap<String, Value> = serde_json::from_slice(&fs::read(folder.join("truth.json"))?)?;
    let lines: Vec<Value> = truth
        .par_iter()
        .map(|(id, told)| {
            let packed = fs::read(folder.join(format!("html/{id}.html.gz")))?;
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes)?;
            let url = told["url"].as_str().and_then(|url| Url::parse(url).ok());
            let mut line = read(id, &decode_page(&bytes, None), url.as_ref()).map_err(|e| format!("{id}: {e}"))?;
            line["page"] = json!(id);
            Ok(line)
        })
        .collect::<Result<_, Failure>>()?;
    let mut out = BufWriter::new(fs::File::create(out)?);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
