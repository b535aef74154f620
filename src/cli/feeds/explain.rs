//! `dateline feeds explain`.

use chrono::{DateTime, Utc};

use super::{CliError, cli_error, print_line};
use crate::cli::daemon;
use crate::config::{self, FeedConfig, FeedList, Loaded, duration};
use crate::health::{FeedStatus, NO_KEEP_RULE};
use crate::journal::StartOffset;
use crate::record::Topic;
use crate::state::{Basis, BlockedEntry, FeedState, Key};
use crate::websub::{Subscription, SubscriptionStage};

/// Shows the state of a feed, when it is polled next, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The feed's id or URL.
    id: String,
    /// Print the state as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What the journal holds about a feed.
struct Known {
    state: Option<FeedState>,
    subscription: Option<Subscription>,
    entries: usize,
    articles: usize,
    looks: usize,
    /// The blocked entries that are kept: when each was blocked, by which rule, and its title.
    blocked: Vec<(i64, String, String)>,
}

/// The most blocked entries that are printed.
const BLOCKED: usize = 5;

/// Runs the command.
pub(super) async fn run(args: Args, loaded: &Loaded, list: &FeedList) -> Result<(), CliError> {
    let feed = list.find(&args.id).map_err(cli_error)?;
    let known = read(feed, loaded).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let mut subscription = serde_json::to_value(&known.subscription).unwrap_or_default();
        subscription.as_object_mut().map(|fields| fields.remove("secret"));
        let line = serde_json::json!({
            "feed": feed, "state": known.state, "subscription": subscription, "entries_remembered": known.entries,
            "articles": known.articles, "looks_planned": known.looks,
        });
        return print_line(&mut out, format_args!("{line}"));
    }
    for (name, value) in lines(feed, &known, loaded, Utc::now()) {
        print_line(&mut out, format_args!("{name:>12}  {value}"))?;
    }
    Ok(())
}

/// Reads the state topic to its end. The last value of each key is the current one.
async fn read(feed: &FeedConfig, loaded: &Loaded) -> Result<Known, CliError> {
    let mut known = Known { state: None, subscription: None, entries: 0, articles: 0, looks: 0, blocked: Vec::new() };
    if loaded.settings.kafka.is_none() && !loaded.settings.store.path.exists() {
        return Ok(known);
    }
    let mut reader = daemon::open_reader(loaded, Topic::FeedState, StartOffset::Earliest, false).await?;
    let mut last = std::collections::HashMap::new();
    // The state may still be under an id that contains a secret, until the feed's next poll replaces it.
    let former = [feed.former_id.as_deref().unwrap_or_default().to_owned(), config::slug(&feed.written_url())];
    while let Some(stored) = reader.next().await.map_err(|error| CliError::Work(format!("{error:#}")))? {
        let key = Key::decode(&stored.key);
        let (Key::Feed(id)
        | Key::Entry(id, _)
        | Key::Article(id, _)
        | Key::Recent(id, _)
        | Key::Revisit(id, _)
        | Key::Learned(id)
        | Key::Blocked(id, _, _)
        | Key::Subscription(id)) = &key
        else {
            continue;
        };
        if *id == feed.id || (!feed.credentials.is_empty() && former.contains(id)) {
            last.insert(stored.key, (key, stored.value));
        }
    }
    for (key, value) in last.into_values().filter_map(|(key, value)| Some((key, value?))) {
        match key {
            Key::Feed(_) => known.state = FeedState::read(&value).ok(),
            Key::Subscription(_) => known.subscription = Subscription::read(&value).ok(),
            Key::Entry(..) => known.entries += 1,
            Key::Article(..) => known.articles += 1,
            Key::Revisit(..) => known.looks += 1,
            Key::Blocked(..) => known.blocked.extend(blocked(&value)),
            Key::Learned(_)
            | Key::Recent(..)
            | Key::Origin(..)
            | Key::MovedAway(_)
            | Key::Replay(_)
            | Key::Incarnation
            | Key::HandoffPosition => {}
        }
    }
    known.blocked.sort_unstable_by(|a, b| b.cmp(a));
    if let Some(state) = &mut known.state {
        state.cut(&feed.credentials);
    }
    if let Some(of) = known.subscription.as_mut().filter(|of| feed.private && !of.private) {
        of.make_private();
    }
    Ok(known)
}

/// Reads a blocked entry.
fn blocked(value: &[u8]) -> Option<(i64, String, String)> {
    let entry: BlockedEntry = serde_json::from_slice(value).ok()?;
    let (_, content) = entry.content()?;
    let rule = entry.rule.as_deref().unwrap_or(NO_KEEP_RULE).to_owned();
    Some((entry.at, rule, content.title.or(content.link).unwrap_or_default()))
}

/// Returns a line for each rule that applies to the feed or decided about its entries, and for the last blocked entries.
fn rule_lines(feed: &FeedConfig, known: &Known, loaded: &Loaded, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let filter = loaded.entry_filter();
    let counts = known.state.as_ref().and_then(|state| state.rules.as_deref());
    let count = |name: &str| {
        let Some(count) = counts.and_then(|counts| counts.rules.get(name)) else { return "no entry yet".to_owned() };
        let parts = [("kept", count.kept), ("blocked", count.blocked)].into_iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> = parts.map(|(what, count)| format!("{count} {what}")).collect();
        let last = DateTime::from_timestamp(count.last, 0).unwrap_or_default();
        format!("{}, last {}", parts.join(", "), instant(last, now))
    };
    let mut names: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    feed.with_scope(|scope| {
        for named in filter.rules_for(scope) {
            let (name, rule) = (&named.name, &named.rule);
            lines.push(("rule", format!("{} {name} ({rule}): {}", rule.action.name(), count(name))));
            names.push(name.to_string());
        }
    });
    let others = counts.into_iter().flat_map(|counts| counts.rules.keys()).filter(|name| !names.contains(name));
    lines.extend(others.map(|name| {
        let note = if name == NO_KEEP_RULE { "" } else { " (removed)" };
        ("rule", format!("{name}{note}: {}", count(name)))
    }));
    for (at, rule, title) in known.blocked.iter().take(BLOCKED) {
        let at = DateTime::from_timestamp(*at, 0).unwrap_or_default();
        lines.push(("blocked", format!("{title:?} by {rule}, {}", instant(at, now))));
    }
    lines
}

fn lines(feed: &FeedConfig, known: &Known, loaded: &Loaded, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let mut lines = vec![("feed", feed.id.clone()), ("url", feed.url.clone()), ("kind", kind(feed))];
    let labels = feed.record_labels();
    if !labels.is_empty() {
        let routes = loaded.settings.topics.route.iter().filter(|route| route.takes(&labels));
        let topics: Vec<String> = routes.map(|route| format!("{}.*", route.prefix)).collect();
        let also = if topics.is_empty() { String::new() } else { format!("; published in {} too", topics.join(", ")) };
        lines.push(("labels", format!("{}{also}", labels.join(", "))));
    }
    lines.extend(feed.requests.iter().map(|requests| ("requests", requests.describe().join(", "))));
    let Some(state) = known.state.as_ref().filter(|state| !state.removed) else {
        lines.push(("state", "never polled; it is polled soon after the daemon starts or reloads the list".into()));
        return lines;
    };
    if let Some(title) = &state.title {
        lines.push(("title", title.clone()));
    }
    if state.target() != feed.url {
        lines.push(("read from", format!("{}, where it moved permanently", state.target())));
    }
    if let Some(moving) = &state.moving {
        let (to, since) = (&moving.to, instant(moving.first, now));
        lines.push(("moving", format!("to {to}, according to its server since {since}; not confirmed yet")));
    }
    let status = FeedStatus::of(false, state.report().as_ref(), now);
    let health = match (&state.error, state.failures) {
        (Some(error), failures) if state.failure.is_some() => {
            let times = if failures > 1 { format!(", {failures} polls in a row") } else { String::new() };
            format!("{}{times}: {error}", status.name())
        }
        _ => status.name().to_owned(),
    };
    lines.push(("health", health));
    lines.extend(status.advice().map(|advice| ("advice", advice.to_owned())));
    lines.push(("last poll", state.polled.map_or("never".into(), |at| instant(at, now))));
    lines.push(("last success", state.succeeded.map_or("never".into(), |at| instant(at, now))));
    let next = if feed.paused {
        "never: paused in the feed list".to_owned()
    } else {
        format!("{}: {}", instant(state.due, now), state.reason)
    };
    lines.push(("next poll", next));
    if let Some(subscription) = &known.subscription {
        lines.push(("hub", hub(subscription, now)));
    }
    if let Some(until) = state.not_before.filter(|until| *until > now) {
        lines.push(("not before", format!("{}, as the site requested", instant(until, now))));
    }
    let hints = &state.hints;
    let requested = [("fresh", hints.fresh), ("ttl", hints.ttl), ("sy:updatePeriod", hints.update_period)];
    let requested = requested.into_iter().filter_map(|(name, seconds)| Some(format!("{name} {} min", seconds? / 60)));
    let requested: Vec<String> = requested.collect();
    if !requested.is_empty() {
        lines.push(("site asks", requested.join(", ")));
    }
    if let Some(frequency) = &state.frequency {
        lines.push((
            "rhythm",
            format!("an entry in {} min, the newest {}", frequency.gap / 60, instant(frequency.newest, now)),
        ));
    }
    if state.gaps > 0 {
        lines.push(("gaps", format!("entries were missed between two polls {} times", state.gaps)));
    }
    if !state.links.is_empty() {
        lines.push(("links", state.links.to_string()));
    }
    if !state.pages.is_empty() {
        lines.push(("pages", state.pages.to_string()));
    }
    if let Some(counts) = &state.entries {
        lines.push(("entries", counts.to_string()));
    }
    lines.extend(rule_lines(feed, known, loaded, now));
    let identified = match (state.basis, state.unstable_links) {
        (Basis::Guid, _) => "by guid, else by link, else by title, text and date",
        (Basis::Link, false) => "by link, else by title, text and date",
        _ => "by title, text and date",
    };
    let reason = state.basis_reason.as_ref().map(|reason| format!(", since {reason}")).unwrap_or_default();
    lines.push(("identified", format!("{identified}{reason}")));
    if state.audit.is_some_and(|audit| audit.caught) {
        lines.push((
            "server",
            "answered \"not modified\" although the feed had changed; it is fetched in full at every poll".into(),
        ));
    }
    let asked = feed.interval.unwrap_or(loaded.settings.schedule.interval);
    let by = if feed.interval.is_some() { "the feed list" } else { "schedule.interval" };
    lines.push(("configured", format!("every {}, by {by}", duration::format(asked))));
    let validators = &state.validators;
    let held: Vec<String> = [("ETag", &validators.etag), ("Last-Modified", &validators.last_modified)]
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {value}")))
        .collect();
    lines.push(("validators", if held.is_empty() { "none sent by the server".into() } else { held.join(", ") }));
    lines.push((
        "remembered",
        format!(
            "{} entries, {} articles, {} pages to check again{}",
            known.entries,
            known.articles,
            known.looks,
            if known.blocked.is_empty() { String::new() } else { format!(", {} blocked entries", known.blocked.len()) }
        ),
    ));
    lines
}

/// Returns what is read at the feed's URL.
fn kind(feed: &FeedConfig) -> String {
    match &feed.select {
        _ if !feed.is_page() => "feed".to_owned(),
        None => "page, its links found by themselves".to_owned(),
        Some(select) => format!("page, read by selectors: {select}"),
    }
}

/// Returns whether the feed is pushed, and how far its poll interval is raised for that.
fn hub(of: &Subscription, now: DateTime<Utc>) -> String {
    let at = |time| instant(time, now);
    let pushed = match of.lease.filter(|(_, until)| *until > now) {
        Some((since, until)) => {
            let last = of.pushed.map_or("nothing yet".to_owned(), at);
            let trust = match (of.trust.is_doubted(now), of.doublings(now)) {
                (true, _) => "it missed something, so polls continue as usual".to_owned(),
                (_, 0) => "polls continue as usual".to_owned(),
                (_, doublings) => format!("trusted, so polls are {} times rarer", 1_u64 << doublings),
            };
            format!("pushed by {} since {}, until {}; last {last}; {trust}", of.hub(), at(since), at(until))
        }
        None => format!("not pushed by {}", of.hub()),
    };
    let ignored = format!("{} unsigned pushes were ignored since", of.unsigned);
    let asked = match of.stage {
        SubscriptionStage::Rest => format!("next request {}", at(of.due)),
        SubscriptionStage::Asked => "requested, but not verified yet".to_owned(),
        SubscriptionStage::Leaving | SubscriptionStage::Left | SubscriptionStage::Over => {
            "being unsubscribed".to_owned()
        }
    };
    let parts = [Some(pushed), Some(ignored).filter(|_| of.unsigned > 0), Some(asked), of.error.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns an instant and its distance from now.
fn instant(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (at - now).num_seconds();
    let (size, unit) = match seconds.unsigned_abs() {
        0 => return format!("{} (now)", at.format("%Y-%m-%d %H:%M:%S UTC")),
        1..120 => (1, "s"),
        120..7_200 => (60, "min"),
        7_200..172_800 => (3_600, "h"),
        _ => (86_400, "days"),
    };
    let far = seconds.unsigned_abs() / size;
    let at = at.format("%Y-%m-%d %H:%M:%S UTC");
    if seconds < 0 { format!("{at} ({far} {unit} ago)") } else { format!("{at} (in {far} {unit})") }
}
