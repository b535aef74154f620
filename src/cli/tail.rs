//! `dateline tail`: prints a topic's committed records as JSON Lines, from Kafka or the embedded store.

use std::future::ready;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::pin::pin;

use chrono::SecondsFormat;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{CliError, daemon};
use crate::config;
use crate::journal::{Reader, StartOffset, Stored, TopicOptions};
use crate::record::Topic;

/// Prints a topic's committed records as JSON Lines.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The topic, with or without its prefix: `articles` or `dateline.articles`; with the prefix for a route's topic.
    pub topic: String,
    /// The config file; if omitted, the default settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Start with the oldest record, or after the newest.
    #[arg(long, value_name = "start/end", default_value = "start")]
    pub from: Begin,
    /// Wait for new records at the end.
    #[arg(long)]
    pub follow: bool,
    /// Print only values, without tombstones.
    #[arg(long)]
    pub values: bool,
}

/// Where to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Begin {
    /// With the oldest record.
    Start,
    /// After the newest.
    End,
}

/// Runs the command. Ctrl-C or a closed pipe ends it without a message.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let loaded = config::load(args.config.as_deref()).map_err(|errors| CliError::Usage(errors.to_string()))?;
    let topics = &loaded.settings.topics;
    let (topic, prefix) = topics.find(&args.topic).ok_or_else(|| unknown(&args.topic, topics))?;
    let mut settings = loaded.settings.clone();
    // A reader knows one prefix.
    settings.topics.prefix = prefix.to_owned();
    let loaded = config::Loaded { settings, ..loaded };
    let from = match args.from {
        Begin::Start => StartOffset::Earliest,
        Begin::End => StartOffset::Latest,
    };
    let mut reader = daemon::open_reader(&loaded, topic, from, args.follow).await?;
    let mut out = BufWriter::new(io::stdout());
    tokio::select! {
        printed = print(reader.as_mut(), args.values, &mut out) => printed,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

fn unknown(topic: &str, topics: &TopicOptions) -> CliError {
    let name = |(topic, prefix): (Topic, &str)| {
        if prefix == topics.prefix { topic.suffix().to_owned() } else { topic.name(prefix) }
    };
    let known: Vec<String> = topics.names().map(name).collect();
    CliError::Usage(format!("unknown topic `{topic}`; the topics of `{}` are {}", topics.prefix, known.join(", ")))
}

/// Prints records until the reader's end, one line each. Flushes the output whenever no further record is ready. A closed pipe
/// is a normal end.
pub(super) async fn print(reader: &mut dyn Reader, values_only: bool, out: &mut impl Write) -> Result<(), CliError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(CliError::Work(format!("cannot write the output: {error}"))),
    };
    loop {
        let next = {
            let mut next = pin!(reader.next());
            tokio::select! {
                biased;
                next = &mut next => next,
                () = ready(()) => {
                    if let Err(error) = out.flush() {
                        return failed(error);
                    }
                    next.await
                }
            }
        };
        let Some(stored) = next.map_err(|error| CliError::Work(format!("{error:#}")))? else {
            return out.flush().or_else(failed);
        };
        let line = if values_only {
            let Some(value) = stored.value else { continue };
            value
        } else {
            line(&stored).into_bytes()
        };
        if let Err(error) = out.write_all(&line).and_then(|()| out.write_all(b"\n")) {
            return failed(error);
        }
    }
}

/// Formats one record as JSON. The value is copied as stored, so numbers are not reformatted.
fn line(stored: &Stored) -> String {
    let headers: Map<String, Value> = stored.headers.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let head = json!({
        "topic": stored.topic,
        "partition": stored.partition,
        "offset": stored.offset,
        "time": stored.time.to_rfc3339_opts(SecondsFormat::Millis, true),
        "key": stored.key,
        "headers": headers,
    });
    let mut line = head.to_string();
    line.pop();
    line.push_str(",\"value\":");
    line.push_str(&value(stored.value.as_deref()));
    line.push('}');
    line
}

fn value(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "null".into() };
    let text = String::from_utf8_lossy(bytes);
    if serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return json!(text).to_string();
    }
    // JSON on several lines has line breaks only between values, so they can be removed.
    text.trim().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use chrono::DateTime;

    use super::*;
    use crate::journal::JournalError;

    struct Fixed(Vec<Stored>);

    #[async_trait]
    impl Reader for Fixed {
        async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
            Ok((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    fn stored(key: &str, value: Option<&str>) -> Stored {
        Stored {
            topic: "dateline.articles".into(),
            partition: 1,
            offset: 7,
            time: DateTime::UNIX_EPOCH,
            key: key.into(),
            value: value.map(|v| v.as_bytes().to_vec()),
            headers: vec![("schema".into(), "article/1".into())],
        }
    }

    async fn printed(records: Vec<Stored>, values_only: bool) -> String {
        let mut out = Vec::new();
        print(&mut Fixed(records), values_only, &mut out).await.expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[tokio::test]
    async fn a_line_has_the_whole_record() {
        let lines = printed(vec![stored("a", Some("{\"x\": 0.10}"))], false).await;
        let expected = "{\"topic\":\"dateline.articles\",\"partition\":1,\"offset\":7,\"time\":\"1970-01-01T00:00:00.000Z\",\
            \"key\":\"a\",\"headers\":{\"schema\":\"article/1\"},\"value\":{\"x\": 0.10}}\n";
        assert_eq!(lines, expected);
    }

    #[tokio::test]
    async fn every_line_is_json_whatever_the_value() {
        let values = [None, Some("no JSON\n\"at all\""), Some("{\n\"a\":\r\n1}"), Some(""), Some("\"\\n\"")];
        let lines = printed(values.into_iter().map(|v| stored("k", v)).collect(), false).await;
        let read: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let values: Vec<&Value> = read.iter().map(|r| &r["value"]).collect();
        assert_eq!(values, [&json!(null), &json!("no JSON\n\"at all\""), &json!({"a": 1}), &json!(""), &json!("\n")]);
    }

    #[tokio::test]
    async fn values_alone_leave_tombstones_out() {
        let records = vec![stored("a", Some("1")), stored("b", None), stored("c", Some("2"))];
        assert_eq!(printed(records, true).await, "1\n2\n");
    }

    #[tokio::test]
    async fn a_closed_pipe_is_not_an_error() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(print(&mut Fixed(vec![stored("a", None)]), false, &mut Closed).await.is_ok());
    }
}
