//! `dateline feeds import`.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{Failure, open_list, print_line, write_list};
use crate::config::{self, Loaded, edit};

/// Adds the feeds of an OPML file to the list; those that are listed already stay as they are.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The OPML file, 1.0 or 2.0; its folders are kept.
    #[arg(value_name = "FILE.opml")]
    file: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, loaded: &Loaded) -> Result<(), Failure> {
    let (path, text) = open_list(loaded)?;
    let opml = config::read_opml(&args.file).map_err(|faults| Failure::Usage(faults.to_string()))?;
    opml.left_out.0.iter().for_each(|fault| eprintln!("left out: {fault}"));
    opml.repeated.lines().for_each(|warning| eprintln!("warning: {warning}"));
    let listed: HashSet<String> = loaded.feeds.iter().map(config::FeedConfig::written_url).collect();
    let mut taken: HashSet<String> = loaded.feeds.iter().map(|feed| feed.id.clone()).collect();
    let mut known = 0;
    let mut new = Vec::new();
    for mut feed in opml.feeds {
        if listed.contains(&feed.written_url()) {
            known += 1;
            continue;
        }
        feed.id = config::fresh_id(&feed.url, |id| taken.contains(id));
        taken.insert(feed.id.clone());
        new.push(feed);
    }
    if !new.is_empty() {
        write_list(path, &edit::add(&text, &new))?;
    }
    let (added, left_out) = (new.len(), opml.left_out.0.len());
    print_line(
        &mut std::io::stdout().lock(),
        format_args!("{added} feeds added, {known} listed already, {left_out} left out"),
    )
}
