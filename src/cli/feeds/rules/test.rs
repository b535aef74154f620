//! `dateline feeds rules test`: a dry run on what is on record.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::{CliError, print_line};
use crate::cli::daemon;
use crate::config::{self, FeedConfig, Loaded};
use crate::filter::{Decision, EntryFilter, Subject};
use crate::health::NO_KEEP_RULE;
use crate::journal::StartOffset;
use crate::record::{Article, PubStatus, Topic};
use crate::state::{BlockedEntry, Key};

/// The most titles that are printed of each rule.
const EXAMPLES: usize = 3;

/// Shows what the rules would do with everything on record: published articles, and blocked entries that are kept. Changes
/// nothing.
///
/// An article counts as old as it was when it was first seen. Conditions on a blocked entry's text and length look at what its
/// feed showed; an entry that depends on its page is reported as undecided.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file with `[[rule]]` tables to try instead of the rules of the config; the feeds' own rules stay.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Only the entries of this feed.
    #[arg(long, value_name = "ID")]
    feed: Option<String>,
    /// Print one JSON object for each article and entry instead of a summary.
    #[arg(long)]
    json: bool,
}

/// What is on record of an article or a blocked entry, and the decision about it.
struct Tried {
    feed: String,
    title: String,
    url: String,
    decision: Decision,
}

/// Runs the command.
pub(super) async fn run(args: Args, loaded: &Loaded) -> Result<(), CliError> {
    let filter = match &args.rules {
        Some(path) => {
            let rules = config::read_rules(path).map_err(|errors| CliError::Usage(errors.to_string()))?;
            loaded.entry_filter_with(&rules)
        }
        None => loaded.entry_filter(),
    };
    if let Some(feed) = args.feed.as_deref().filter(|feed| loaded.feeds.get(feed).is_none()) {
        return Err(CliError::Usage(format!("no feed has the id `{feed}`; `dateline feeds list` prints all ids")));
    }
    let is_wanted = |feed: &str| args.feed.as_deref().is_none_or(|wanted| wanted == feed);
    let mut summary = Summary::default();
    let mut out = std::io::stdout().lock();
    let has_journal = loaded.settings.kafka.is_some() || loaded.settings.store.path.exists();
    if has_journal {
        for (what, tried) in [
            ("article", articles(loaded, &filter, &is_wanted).await?),
            ("blocked entry", blocked(loaded, &filter, &is_wanted).await?),
        ] {
            for tried in tried {
                if args.json {
                    print_line(&mut out, format_args!("{}", tried.json(what)))?;
                }
                summary.add(what, tried);
            }
        }
    }
    if args.json { Ok(()) } else { summary.print(&mut out, &filter) }
}

/// Tries the rules on the last revision of each article.
async fn articles(
    loaded: &Loaded,
    filter: &EntryFilter,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Tried>, CliError> {
    let mut reader = daemon::open_reader(loaded, Topic::Articles, StartOffset::Earliest, false).await?;
    let mut last: HashMap<Uuid, Tried> = HashMap::new();
    while let Some(stored) = reader.next().await.map_err(|error| CliError::Work(format!("{error:#}")))? {
        let article: Option<Article> = stored.value.as_deref().and_then(|value| serde_json::from_slice(value).ok());
        let Some(article) = article else { continue };
        let feed = article.feed.as_ref().map(|feed| feed.id.clone()).unwrap_or_default();
        if article.pubstatus == PubStatus::Canceled || !is_wanted(&feed) {
            last.remove(&article.id);
            continue;
        }
        let decision = decide(loaded, filter, &feed, &Subject::on_record(&article));
        let title = article.headline.unwrap_or_default();
        let url = article.link.or(article.url).unwrap_or_default();
        last.insert(article.id, Tried { feed, title, url, decision });
    }
    Ok(sorted(last.into_values()))
}

/// Tries the rules on the blocked entries that are kept.
async fn blocked(
    loaded: &Loaded,
    filter: &EntryFilter,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Tried>, CliError> {
    let mut reader = daemon::open_reader(loaded, Topic::FeedState, StartOffset::Earliest, false).await?;
    let mut last: HashMap<String, Tried> = HashMap::new();
    while let Some(stored) = reader.next().await.map_err(|error| CliError::Work(format!("{error:#}")))? {
        let Key::Blocked(feed, _, _) = Key::decode(&stored.key) else { continue };
        let entry: Option<BlockedEntry> = stored.value.as_deref().and_then(|value| serde_json::from_slice(value).ok());
        let Some((entry, (_, content))) = entry.and_then(|entry| entry.content().map(|content| (entry, content)))
        else {
            last.remove(&stored.key);
            continue;
        };
        if is_wanted(&feed) {
            let at = DateTime::from_timestamp(entry.at, 0).unwrap_or_default();
            let decision = decide(loaded, filter, &feed, &Subject::entry(&content, at));
            let (title, url) = (content.title.unwrap_or_default(), content.link.unwrap_or_default());
            last.insert(stored.key, Tried { feed, title, url, decision });
        }
    }
    Ok(sorted(last.into_values()))
}

fn decide(loaded: &Loaded, filter: &EntryFilter, feed: &str, subject: &Subject) -> Decision {
    match loaded.feeds.get(feed) {
        Some(feed) => feed.with_scope(|scope| filter.decide(scope, subject)),
        None => {
            let unlisted = FeedConfig { id: feed.to_owned(), ..FeedConfig::default() };
            unlisted.with_scope(|scope| filter.decide(scope, subject))
        }
    }
}

fn sorted(tried: impl Iterator<Item = Tried>) -> Vec<Tried> {
    let mut tried: Vec<Tried> = tried.collect();
    tried.sort_unstable_by(|a, b| (&a.feed, &a.url, &a.title).cmp(&(&b.feed, &b.url, &b.title)));
    tried
}

impl Tried {
    /// Returns the decision in one word, and the rule.
    fn decided(&self) -> (&'static str, Option<&str>) {
        match &self.decision {
            Decision::Kept(rule) => ("kept", rule.as_deref()),
            Decision::Blocked(rule) => ("blocked", Some(rule.as_deref().unwrap_or(NO_KEEP_RULE))),
            Decision::Undecided => ("undecided", None),
        }
    }

    fn json(&self, what: &str) -> serde_json::Value {
        let (decision, rule) = self.decided();
        let on_record = if what == "article" { "article" } else { "blocked" };
        json!({
            "on_record": on_record, "feed": self.feed, "title": self.title, "url": self.url, "decision": decision, "rule": rule,
        })
    }
}

/// What the rules decided, counted.
#[derive(Default)]
struct Summary {
    /// The decisions about articles and about blocked entries.
    counts: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    rules: HashMap<String, (usize, Vec<String>)>,
}

impl Summary {
    fn add(&mut self, what: &'static str, tried: Tried) {
        let (decision, rule) = tried.decided();
        *self.counts.entry(what).or_default().entry(decision).or_default() += 1;
        if let Some(rule) = rule {
            let (count, examples) = self.rules.entry(rule.to_owned()).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                let title = if tried.title.is_empty() { tried.url } else { tried.title };
                examples.push(format!("{}: {title}", tried.feed));
            }
        }
    }

    fn print(&self, out: &mut impl std::io::Write, filter: &EntryFilter) -> Result<(), CliError> {
        for (what, plural) in [("article", "articles"), ("blocked entry", "blocked entries")] {
            let counts = self.counts.get(what);
            let of = |decision: &str| counts.and_then(|counts| counts.get(decision)).copied().unwrap_or_default();
            let all = of("kept") + of("blocked") + of("undecided");
            let undecided = match of("undecided") {
                0 => String::new(),
                some => format!(", {some} undecided until their pages are read"),
            };
            print_line(out, format_args!("{all} {plural}: {} kept, {} blocked{undecided}", of("kept"), of("blocked")))?;
        }
        let names = filter.rules().iter().map(|named| (named.rule.action.name(), &*named.name));
        for (action, name) in names.chain([("block", NO_KEEP_RULE)]) {
            let Some((count, examples)) = self.rules.get(name) else {
                if name != NO_KEEP_RULE {
                    print_line(out, format_args!("{action:>5}  {:>6}  {name}", 0))?;
                }
                continue;
            };
            print_line(out, format_args!("{action:>5}  {count:>6}  {name}"))?;
            for example in examples {
                print_line(out, format_args!("               {example}"))?;
            }
        }
        Ok(())
    }
}
