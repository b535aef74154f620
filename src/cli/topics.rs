//! `dateline topics`: lists the topics with partitions, replication and cleanup policy, and gives them more partitions.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;

use super::{CliError, daemon};
use crate::config::{self, Loaded};
use crate::fetch;
use crate::journal::kafka::{self, GrowthPlan, KafkaSettings, TopicInfo};
use crate::journal::{JournalError, TopicOptions};
use crate::record::Topic;
use crate::state::site;

/// Lists the topics with partitions, replication and cleanup policy, or gives them more partitions.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The config file; if omitted, the default settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Create missing topics; existing ones stay unchanged.
    #[arg(long)]
    pub create: bool,
    /// Carry the state over to this many partitions, and add partitions to the topics of articles, entities and quotes. Running
    /// instances wait meanwhile and then continue.
    #[arg(long, value_name = "PARTITIONS", conflicts_with = "create")]
    pub grow: Option<i32>,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    let Some(options) = daemon::kafka_settings(&loaded.settings) else {
        eprintln!("the config has no [kafka]; the embedded store creates its topics by itself");
        return Ok(());
    };
    if args.create {
        for name in kafka::ensure_topics(&options).await.map_err(|e| failure(&e))? {
            eprintln!("created {name}");
        }
    }
    if let Some(partitions) = args.grow {
        grow(&options, &loaded, partitions).await?;
    }
    let topics = kafka::describe_topics(&options).await.map_err(|e| failure(&e))?;
    let layout = kafka::layout(&options).await.map_err(|e| failure(&e))?;
    if let Some(growth) = layout.growth {
        eprintln!(
            "the state is being carried over to {} partitions, last renewed at {} UTC; instances wait",
            growth.partitions,
            growth.renewed.format("%H:%M:%S")
        );
    }
    match io::stdout().write_all(table(&topics, &options.topics).as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Work(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Carries the state over to this many partitions.
async fn grow(options: &KafkaSettings, loaded: &Loaded, partitions: i32) -> Result<(), CliError> {
    let site = |url: &str| url::Url::parse(url).ok().map(|url| fetch::registrable(&url));
    let sites: HashMap<String, String> =
        loaded.feeds.iter().filter_map(|feed| Some((feed.id.clone(), site(&feed.url)?))).collect();
    let plan = GrowthPlan {
        partitions,
        place: Box::new(site::place),
        hint: Box::new(site::place_of_article),
        listed: Box::new(move |feed| sites.get(feed).cloned()),
    };
    let progress = Box::new(|step: &str| eprintln!("{step}"));
    kafka::grow(options, plan, progress).await.map(drop).map_err(|error| failure(&error))
}

fn failure(error: &JournalError) -> CliError {
    CliError::Work(format!("{error:#}"))
}

/// Formats the topics as a table, one line each; a missing topic is marked.
fn table(topics: &[TopicInfo], options: &TopicOptions) -> String {
    // The name of an existing state topic may have a number.
    let state = topics.iter().find(|t| t.topic == Topic::FeedState);
    let name = |(topic, prefix): (Topic, &str)| {
        state.filter(|_| topic == Topic::FeedState).map_or_else(|| topic.name(prefix), |t| t.name.clone())
    };
    let names: Vec<String> = options.names().map(name).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).max("topic".len());
    let mut table = format!("{:width$}  partitions  replication  cleanup\n", "topic");
    for name in names {
        let line = match topics.iter().find(|t| t.name == name) {
            Some(t) => format!("{name:width$}  {:>10}  {:>11}  {}", t.partitions, t.replication, t.cleanup_policy),
            None => format!("{name:width$}  missing; create it with --create"),
        };
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::TopicRoute;

    #[test]
    fn the_table_shows_existing_and_missing_topics() {
        let state = TopicInfo {
            topic: Topic::FeedState,
            name: "news.feed-state".into(),
            partitions: 6,
            replication: 3,
            cleanup_policy: "compact".into(),
            max_message_bytes: None,
        };
        let route = TopicRoute { labels: vec!["politics".into()], prefix: "politics".into() };
        let options = TopicOptions { prefix: "news".into(), route: vec![route], ..TopicOptions::default() };
        let table = table(&[state], &options);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "topic              partitions  replication  cleanup");
        assert_eq!(lines[1], "news.articles      missing; create it with --create");
        assert_eq!(lines[6], "news.feed-state             6            3  compact");
        assert_eq!(lines[7], "politics.articles  missing; create it with --create");
    }
}
