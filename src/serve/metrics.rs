//! The metrics page. No label names a feed, a host or a URL: the number of series stays the same whatever is read.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use chrono::Utc;

use crate::pipeline::{EntryOutcome, FAILURES, HEALTH, STAGES, Standing, Stats};
use crate::telemetry::{self, Format, Page, Process};

/// The metrics page.
pub fn render(stats: &Stats, format: Format) -> String {
    let mut page = Page::new(format);
    let build = [("version", env!("CARGO_PKG_VERSION")), ("commit", telemetry::COMMIT)];
    page.gauge("dateline_build_info", "What is running.", &[(&build, 1.0)]);
    polls(&mut page, stats);
    stories(&mut page, stats);
    commits(&mut page, stats);
    health(&mut page, stats);
    spans(&mut page, stats);
    process(&mut page, &Process::now());
    page.finish()
}

fn get(counter: &AtomicU64) -> f64 {
    counter.load(Relaxed) as f64
}

fn polls(page: &mut Page, stats: &Stats) {
    let outcomes = [
        (&[("outcome", "read")][..], get(&stats.polls_read)),
        (&[("outcome", "unchanged")], get(&stats.polls_unchanged)),
        (&[("outcome", "failed")], get(&stats.polls_failed)),
    ];
    page.counter("dateline_polls_total", "Polls of feeds by how they ended.", &outcomes);
    let help = "Entries that polls showed, older pages read after a gap included.";
    page.counter("dateline_entries_shown_total", help, &[(&[], get(&stats.entries_shown))]);
    let names = EntryOutcome::ALL.map(|(_, name)| [("outcome", name)]);
    let outcomes: Vec<_> =
        names.iter().zip(&stats.entry_outcomes).map(|(name, count)| (&name[..], get(count))).collect();
    page.counter("dateline_entries_total", "The same entries by what became of them.", &outcomes);
    let reasons = FAILURES.map(|(_, reason)| [("reason", reason)]);
    let failures: Vec<_> = reasons.iter().zip(&stats.failures).map(|(label, count)| (&label[..], get(count))).collect();
    page.counter("dateline_poll_failures_total", "Polls that failed, by the way they did.", &failures);
    let help = "Time until a feed or page had answered in whole, its host's turn included.";
    let fetches = [(&[("kind", "feed")][..], &stats.fetch_feed), (&[("kind", "page")], &stats.fetch_page)];
    page.histogram("dateline_fetch_duration_seconds", help, &fetches);
    let retries = [
        (&[("what", "commit")][..], get(&stats.commit_retries)),
        (&[("what", "page")], get(&stats.page_retries)),
        (&[("what", "restore")], get(&stats.restore_retries)),
    ];
    page.counter("dateline_retries_total", "Things that were tried again.", &retries);
}

fn stories(page: &mut Page, stats: &Stats) {
    let labels = STAGES.map(|stage| [("stage", stage)]);
    let stages: Vec<_> = labels.iter().zip(&stats.stages).map(|(label, times)| (&label[..], times)).collect();
    let help = "Time that a stage takes for a story; `poll` for a whole poll, `commit` from its arrival until it is durable. \
                Its count says how many passed.";
    page.histogram("dateline_stage_duration_seconds", help, &stages);
    let queues = stats.queues();
    let labels: Vec<_> = queues.iter().map(|(stage, _)| [("stage", *stage)]).collect();
    let depths: Vec<_> =
        labels.iter().zip(&queues).map(|(label, (_, depth))| (&label[..], depth.waiting as f64)).collect();
    page.gauge("dateline_stage_queue_depth", "Stories that wait before a stage.", &depths);
    page.gauge("dateline_stories_in_flight", "Stories read and not yet committed.", &[(&[], get(&stats.in_flight))]);
    for (name, help, counter) in [
        ("dateline_looks_total", "Looks at pages of published stories.", &stats.looks),
        ("dateline_pages_failed_total", "Story pages that could not be had.", &stats.pages_failed),
        (
            "dateline_pages_without_text_total",
            "Pages of new and changed entries that gave no text to be believed.",
            &stats.pages_without_text,
        ),
        ("dateline_articles_total", "Article revisions committed.", &stats.articles),
        ("dateline_duplicates_total", "Article revisions committed that copy an earlier story.", &stats.duplicates),
        ("dateline_entities_total", "Entities committed.", &stats.entities),
        ("dateline_quotes_total", "Quotations committed.", &stats.quotes),
        ("dateline_dead_letters_total", "Dead letters committed.", &stats.dead_letters),
        ("dateline_feed_events_total", "Feed events committed.", &stats.events),
    ] {
        page.counter(name, help, &[(&[], get(counter))]);
    }
    for (name, help, histogram) in [
        (
            "dateline_story_published_to_seen_seconds",
            "From the time that a publisher gives a new story to when it was first seen.",
            &stats.published_to_seen,
        ),
        (
            "dateline_story_seen_to_committed_seconds",
            "From when a new story was first seen to its commit.",
            &stats.seen_to_committed,
        ),
        (
            "dateline_story_published_to_committed_seconds",
            "From the time that a publisher gives a new story to its commit.",
            &stats.published_to_committed,
        ),
    ] {
        page.histogram(name, help, &[(&[], histogram)]);
    }
}

fn commits(page: &mut Page, stats: &Stats) {
    page.counter("dateline_commits_total", "Transactions committed.", &[(&[], get(&stats.commits))]);
    for (name, help, histogram) in [
        ("dateline_commit_duration_seconds", "Time of a transaction, tries included.", &stats.commit_time),
        ("dateline_commit_records", "Records and changes of state in a transaction.", &stats.commit_records),
        ("dateline_commit_size_bytes", "Size of a transaction.", &stats.commit_bytes),
    ] {
        page.histogram(name, help, &[(&[], histogram)]);
    }
    let works = matches!(stats.vitals.standing(), Standing::Works);
    page.gauge("dateline_journal_up", "Whether the journal took what it was last given.", &[(&[], flag(works))]);
}

fn health(page: &mut Page, stats: &Stats) {
    let tally = stats.roll.tally(Utc::now());
    let labels = HEALTH.map(|health| [("health", health)]);
    let feeds: Vec<_> = labels.iter().zip(tally.health).map(|(label, count)| (&label[..], count as f64)).collect();
    page.gauge("dateline_feeds", "Feeds in the list by their health.", &feeds);
    let silence = tally.silence.as_secs_f64();
    let live = flag(stats.vitals.stuck().is_empty());
    for (name, help, value) in [
        ("dateline_feeds_overdue", "Feeds that are due for 15 minutes and more, and not polled.", tally.overdue as f64),
        ("dateline_expected_stories_per_second", "New stories that the feeds' rhythms promise.", tally.expected),
        ("dateline_newest_story_age_seconds", "Time since a new story was committed, or the start.", silence),
        ("dateline_quiet", "Whether no new story came for longer than the feeds' rhythms explain.", flag(tally.quiet)),
        ("dateline_live", "Whether every part moves that has work.", live),
        ("dateline_ready", "Whether stories can be committed.", flag(stats.vitals.unready().is_none())),
    ] {
        page.gauge(name, help, &[(&[], value)]);
    }
}

fn spans(page: &mut Page, stats: &Stats) {
    let counts = &stats.tracer.counts;
    let fates = [(&[("fate", "exported")][..], get(&counts.exported)), (&[("fate", "dropped")], get(&counts.dropped))];
    page.counter("dateline_spans_total", "Spans of traces by what became of them.", &fates);
}

fn process(page: &mut Page, process: &Process) {
    page.counter("process_cpu_seconds_total", "Time on the cores.", &[(&[], process.cpu_seconds)]);
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory in use.", process.resident_bytes),
        ("process_virtual_memory_bytes", "Address space.", process.virtual_bytes),
        ("process_start_time_seconds", "When the process began, in seconds since 1970.", process.start_time),
        ("process_open_fds", "Open files and sockets.", process.open_files),
        ("process_max_fds", "Files and sockets that may be open.", process.max_files),
        ("process_threads", "Threads.", process.threads),
    ] {
        page.gauge(name, help, &[(&[], value)]);
    }
}

fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What `promtool check metrics` asks of each family, and a page without the same series twice.
    #[test]
    fn names_follow_the_conventions() {
        let page = render(&Stats::default(), Format::Prometheus);
        let mut series = BTreeSet::new();
        let mut kinds = std::collections::HashMap::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(name.starts_with("dateline_") || name.starts_with("process_"), "{name}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{name} {kind}");
                assert!(kinds.insert(name, kind).is_none(), "{name} stands twice");
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                assert!(rest.split_once(' ').unwrap().1.len() > 5, "{line}");
            } else {
                let (key, value) = line.rsplit_once(' ').unwrap();
                assert!(value.parse::<f64>().is_ok(), "{line}");
                assert!(series.insert(key), "{line} stands twice");
            }
        }
        assert!(series.len() < 400, "{} series", series.len());
        assert_eq!(kinds["dateline_commit_duration_seconds"], "histogram");
    }

    /// Dashboards and alerts ask for nothing that is not there.
    #[test]
    fn what_deploy_asks_for_is_on_the_page() {
        let page = render(&Stats::default(), Format::Prometheus);
        let names: BTreeSet<&str> =
            page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        for file in
            [include_str!("../../deploy/grafana/dateline.json"), include_str!("../../deploy/prometheus/alerts.yml")]
        {
            let words = file.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let asked: BTreeSet<&str> = words.filter(|word| word.starts_with("dateline_")).collect();
            assert!(asked.len() > 5);
            for word in asked {
                let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
                let is_there = names.contains(word) || family.is_some_and(|family| names.contains(family));
                assert!(is_there, "{word} is no metric");
            }
        }
    }
}
