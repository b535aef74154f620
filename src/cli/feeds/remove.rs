//! `dateline feeds remove`.

use super::{Failure, print_line, read_list, write_list};
use crate::address::without_user_info;
use crate::config::{self, Loaded, edit};

/// Removes a feed from the list. What was published of it stays.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The feed's id, as `dateline feeds list` shows it.
    id: String,
}

/// Runs the command.
pub fn run(args: &Args, loaded: &Loaded) -> Result<(), Failure> {
    let feed = find(&args.id, loaded)?;
    for path in loaded.settings.feeds.files.iter().filter(|path| path.extension().is_some_and(|kind| kind == "toml")) {
        let Some(text) = edit::take_out(&read_list(path)?, feed, &loaded.feeds) else { continue };
        write_list(path, &text)?;
        return print_line(&mut std::io::stdout().lock(), format_args!("{} removed: {}", feed.id, feed.url));
    }
    Err(Failure::Usage(format!(
        "`{}` stands in an OPML list, which is not changed here; take its outline with xmlUrl=\"{}\" out of the file",
        feed.id, feed.url
    )))
}

/// Returns the feed with this id, or an error that suggests the nearest id.
pub(super) fn find<'a>(id: &str, loaded: &'a Loaded) -> Result<&'a config::FeedConfig, Failure> {
    let known = |feed: &&config::FeedConfig| feed.id == id || feed.url == id || feed.former_id.as_deref() == Some(id);
    loaded.feeds.iter().find(known).ok_or_else(|| {
        let nearest = loaded
            .feeds
            .iter()
            .map(|feed| &feed.id)
            .max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
        let hint = nearest.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default();
        Failure::Usage(format!("no feed has the id `{}`{hint}", without_user_info(id)))
    })
}
