//! `dateline article`: one HTML page to one article record.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use url::Url;

use super::Failure;
use crate::article::{self, Rules, SiteContext};
use crate::config;

/// Reads one HTML page and prints one article record as a line of JSON. Touches no network.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The page; standard input when left out or `-`.
    file: Option<PathBuf>,
    /// Where the page is from: relative links are resolved against it, and the page's claim of a canonical URL is judged by it.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The config file whose [[site]] rules are used; none are without it.
    #[arg(long, short, value_name = "CONFIG")]
    config: Option<PathBuf>,
    /// Instead of the record, prints how the text was found: the readings that were tried, and each block of the page, kept or dropped.
    #[arg(long)]
    explain: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let url = args
        .url
        .as_deref()
        .map(|u| {
            Url::parse(u).map_err(|e| {
                Failure::Usage(format!("--url {u}: {e}; write the whole address, as in https://example.org/story"))
            })
        })
        .transpose()?;
    let bytes = read(args).map_err(|e| {
        let name = args.file.as_ref().map_or_else(|| "standard input".to_owned(), |f| f.display().to_string());
        Failure::Work(format!("cannot read {name}: {e}"))
    })?;
    let rules = rules(args)?;
    let rules = url.as_ref().and_then(|url| rules.of(url));
    let context = SiteContext { rules: rules.as_deref(), ..SiteContext::default() };
    let reading = article::read_page(&article::decode_page(&bytes, None), url.as_ref(), None, None, &context);
    let failure = |e: &dyn std::fmt::Display| Failure::Work(format!("cannot write the record: {e}"));
    if args.explain {
        return write!(io::stdout(), "{}", reading.explanation).map_err(|e| failure(&e));
    }
    let mut line = serde_json::to_string(&reading.article).map_err(|e| failure(&e))?;
    line.push('\n');
    io::stdout().write_all(line.as_bytes()).map_err(|e| failure(&e))
}

/// Returns the site rules of the given config.
fn rules(args: &Args) -> Result<Rules, Failure> {
    let Some(file) = &args.config else { return Ok(Rules::default()) };
    let loaded = config::load(Some(file)).map_err(|faults| Failure::Usage(faults.to_string()))?;
    Ok(loaded.settings.site_rules())
}

/// Reads the page's bytes, up to the size limit for pages.
fn read(args: &Args) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = article::MAX_PAGE_BYTES as u64;
    match args.file.as_deref().filter(|f| f.as_os_str() != "-") {
        Some(file) => File::open(file)?.take(most).read_to_end(&mut bytes)?,
        None => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
