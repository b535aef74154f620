//! `dateline parse`: converts one feed document to JSON Lines.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use serde_json::json;

use super::CliError;
use super::select::SelectArgs;
use crate::article;
use crate::config::FeedKind;
use crate::feed::{self, Document, FeedError, Hints};

/// Reads one feed document, or a section page, and prints the feed, then its entries, as JSON Lines.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The document; standard input if omitted or `-`.
    pub file: Option<PathBuf>,
    /// The document's URL, to resolve relative links.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The Content-Type it was served with, for its charset.
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// What the document is. If omitted, an HTML document is a section page, whose links to articles are the entries.
    #[arg(long, value_enum)]
    pub kind: Option<FeedKind>,
    #[command(flatten)]
    pub select: SelectArgs,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    if let Some(url) = &args.url
        && let Err(error) = url::Url::parse(url)
    {
        return Err(CliError::Usage(format!(
            "--url {url}: {error}; write an absolute URL such as https://example.org/feed"
        )));
    }
    let body = read(args)?;
    let hints =
        Hints { url: args.url.as_deref(), content_type: args.content_type.as_deref(), now: Some(chrono::Utc::now()) };
    let mut document = document(args, &body, &hints)?;
    document.cut_user_info();
    match print(&document, &mut BufWriter::new(io::stdout().lock())) {
        // The reader of the output has closed it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::Work(format!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

fn document(args: &Args, body: &[u8], hints: &Hints) -> Result<Document, CliError> {
    let select = args.select.selectors();
    let is_page = args.kind == Some(FeedKind::Page) || select.is_some();
    if !is_page {
        match feed::parse(body, hints) {
            Err(FeedError::Html) if args.kind.is_none() => {}
            read => return read.map_err(|error| CliError::Work(error.to_string())),
        }
    }
    let select = select.map(|select| select.compile()).transpose();
    let select = select.map_err(|error| CliError::Usage(error.to_string()))?;
    article::read_listing(body, hints, select.as_ref()).map_err(|error| CliError::Work(error.to_string()))
}

fn read(args: &Args) -> Result<Vec<u8>, CliError> {
    let mut body = Vec::new();
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let name = file.map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    let source: io::Result<Box<dyn Read>> = match file {
        Some(file) => File::open(file).map(|file| Box::new(file) as Box<dyn Read>),
        None => Ok(Box::new(io::stdin())),
    };
    // One byte over the limit is enough to detect a document that is too large.
    let limit = feed::MAX_BODY as u64 + 1;
    source
        .and_then(|source| source.take(limit).read_to_end(&mut body))
        .map_err(|error| CliError::Work(format!("{name}: {error}")))?;
    Ok(body)
}

fn print(document: &Document, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", json!({ "feed": document.feed }))?;
    for entry in &document.entries {
        writeln!(out, "{}", json!({ "entry": entry }))?;
    }
    out.flush()
}
