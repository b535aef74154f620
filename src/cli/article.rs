//! `dateline article`: extracts one article from one HTML page.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use url::Url;

use super::CliError;
use crate::article::{self, Rules, SiteContext};
use crate::config;

/// Reads one HTML page and prints its article record as a line of JSON. Uses no network.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The page; standard input if omitted or `-`.
    file: Option<PathBuf>,
    /// The page's URL, to resolve relative links and to check the canonical URL that the page declares.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The config file with the [[site]] rules to apply; if omitted, there are none.
    #[arg(long, short, value_name = "CONFIG")]
    config: Option<PathBuf>,
    /// Print how the text was found instead of the record: the methods that were tried, and each block of the page, kept or
    /// dropped.
    #[arg(long)]
    explain: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let url = args
        .url
        .as_deref()
        .map(|u| {
            Url::parse(u).map_err(|e| {
                CliError::Usage(format!("--url {u}: {e}; write an absolute URL such as https://example.org/story"))
            })
        })
        .transpose()?;
    let bytes = read(args).map_err(|e| {
        let name = args.file.as_ref().map_or_else(|| "standard input".to_owned(), |f| f.display().to_string());
        CliError::Work(format!("cannot read {name}: {e}"))
    })?;
    let rules = rules(args)?;
    let rules = url.as_ref().and_then(|url| rules.of(url));
    let context = SiteContext { rules: rules.as_deref(), ..SiteContext::default() };
    let reading = article::read_page(&article::decode_page(&bytes, None), url.as_ref(), None, None, &context);
    let failure = |e: &dyn std::fmt::Display| CliError::Work(format!("cannot write the record: {e}"));
    if args.explain {
        return write!(io::stdout(), "{}", reading.explanation).map_err(|e| failure(&e));
    }
    let mut line = serde_json::to_string(&reading.article).map_err(|e| failure(&e))?;
    line.push('\n');
    io::stdout().write_all(line.as_bytes()).map_err(|e| failure(&e))
}

/// Returns the site rules of the given config.
fn rules(args: &Args) -> Result<Rules, CliError> {
    let Some(file) = &args.config else { return Ok(Rules::default()) };
    let loaded = config::load(Some(file)).map_err(|errors| CliError::Usage(errors.to_string()))?;
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
