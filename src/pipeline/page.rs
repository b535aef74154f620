//! The stage that fetches an article's page where the feed does not carry the full text.
//!
//! Each page is a separate task. The client makes it wait for its host, so a slow host delays only its own articles.
//! The polls limit how many tasks there are (entries of one feed in flight × open polls).

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ConstantBuilder, Retryable};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug, debug_span};
use url::Url;

use super::handoff::{MAX_HOPS, Routes};
use super::message::{FetchedEntry, FetchedPage, PendingEntry};
use crate::article::{EntryText, Reservations};
use crate::config::Pages;
use crate::fetch::{Answer, Client, FetchError, Kind, ReservationHeaders, Target, Validators};
use crate::health::{StageName, Stats, Timed};
use crate::options::Live;

/// Runs until the channel of entries is closed and every page is passed on. `abandon` gives up what is in flight.
pub(super) async fn run(
    mut pending_entries: mpsc::Receiver<PendingEntry>,
    fetched: mpsc::Sender<FetchedEntry>,
    client: Live<Client>,
    routes: Arc<Routes>,
    stats: Arc<Stats>,
    abandon: CancellationToken,
) {
    let tasks = TaskTracker::new();
    while let Some(mut pending) = pending_entries.recv().await {
        let text = (pending.pages == Pages::Auto).then(|| EntryText::read(&pending.entry));
        let url = if pending.way.is_read { None } else { page_url(&pending, text.as_ref()) };
        let is_here = |url: &Url| routes.has_for(url, &pending.feed, pending.way.received.as_ref());
        let Some(url) = url.filter(|url| is_here(url) || has_hops_left(&pending)) else {
            let (asked, page) = (pending.way.asked.take(), pending.way.page.take());
            if fetched.send(FetchedEntry { pending, asked, page, text, elsewhere: None }).await.is_err() {
                break;
            }
            continue;
        };
        if !is_here(&url) {
            let elsewhere = FetchedEntry { pending, asked: None, page: None, text, elsewhere: Some(url) };
            if fetched.send(elsewhere).await.is_err() {
                break;
            }
            continue;
        }
        let (client, fetched, abandon) = (client.get(), fetched.clone(), abandon.clone());
        let routes = Arc::clone(&routes);
        let stats = Arc::clone(&stats);
        tasks.spawn(async move {
            let begun = Instant::now();
            let (feed, received) = (Arc::clone(&pending.feed), pending.way.received.clone());
            let target = feed.config.page(&url);
            let is_here = move |url: &Url| routes.has_for(url, &feed, received.as_ref());
            let span = debug_span!("page", url.full = %url, feed.id = pending.feed.config.id);
            let page = tokio::select! {
                () = abandon.cancelled() => return, // the dropped acknowledgement has the entry read again later
                page = get(&client, &target, &is_here, &stats).instrument(pending.trace.part(span)) => page,
            };
            stats.stages.of(StageName::Page.name()).time(begun.elapsed(), pending.trace.exemplar());
            let (page, elsewhere) = match page {
                Ok(page) => (Some(page), None),
                Err(elsewhere) => (None, elsewhere.filter(|_| has_hops_left(&pending))),
            };
            if page.is_none() && elsewhere.is_none() {
                stats.pages_failed.inc();
            }
            let _ = fetched.send(FetchedEntry { pending, asked: Some(url), page, text, elsewhere }).await;
        });
    }
    tasks.close();
    tasks.wait().await;
}

/// Returns the page to fetch, if any. `text` is the entry's own.
fn page_url(pending: &PendingEntry, text: Option<&EntryText>) -> Option<Url> {
    let wanted = match pending.pages {
        Pages::Never => false,
        Pages::Always => true,
        Pages::Auto => !text.is_some_and(EntryText::is_whole),
    };
    if let Some(asked) = pending.way.asked.as_ref().filter(|_| wanted) {
        return Some(asked.clone());
    }
    // A link that several entries share does not lead to an article's page.
    let link = pending.entry.link.as_deref().filter(|_| wanted && pending.naming.has_page())?;
    Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Returns whether another instance may be asked to go on.
fn has_hops_left(pending: &PendingEntry) -> bool {
    pending.way.received.as_ref().is_none_or(|received| received.route.len() < MAX_HOPS)
}

/// Fetches the page, and retries once after a network fault. An error means that the feed's own text is used, unless it
/// names the URL of another instance's site to which the page redirects.
async fn get(
    client: &Client,
    target: &Target,
    is_here: &(dyn Fn(&Url) -> bool + Sync),
    stats: &Stats,
) -> Result<FetchedPage, Option<Url>> {
    let _timed = Timed::start(stats.fetches.of("page"));
    let unconditional = Validators::default();
    let answered = (|| client.get_within(target, Kind::Page, &unconditional, is_here))
        .retry(ConstantBuilder::new().with_delay(Duration::ZERO).with_max_times(1))
        .when(may_pass)
        .notify(|error, _| {
            stats.retries.of("page").inc();
            debug!(%error, "page fetch failed; retrying once");
        });
    let answer = match answered.await {
        Ok(answer) => answer,
        Err(FetchError::Elsewhere(to)) => return Err(Some(*to)),
        Err(error) => {
            debug!(%error, "page fetch failed; using the feed's text");
            return Err(None);
        }
    };
    let content_type = answer.content_type.clone();
    match page(answer) {
        Some(page) => Ok(with_file(client, target, page).await),
        None => {
            debug!(content_type, "response is not a page; using the feed's text");
            Err(None)
        }
    }
}

/// Adds to a page what its origin's tdmrep.json says about it.
pub(super) async fn with_file(client: &Client, target: &Target, page: FetchedPage) -> FetchedPage {
    match client.tdm_rule(target, &page.url).await {
        Some(rule) => {
            let reserved = page.reserved.with_file(rule.reserved, rule.policy.as_deref(), Some(&page.url));
            FetchedPage { reserved, ..page }
        }
        None => page,
    }
}

/// Returns what an answer says about its use.
pub(super) fn reservations(sent: &ReservationHeaders, url: &Url) -> Reservations {
    let ReservationHeaders { robots, tdm, policy } = sent;
    Reservations::of_headers(robots.iter().map(String::as_str), (tdm.as_deref(), policy.as_deref()), Some(url))
}

/// Returns the page in an answer, if it has one.
pub(super) fn page(answer: Answer) -> Option<FetchedPage> {
    let reserved = reservations(&answer.reserved, &answer.url);
    let Answer { url, body, content_type, validators, .. } = answer;
    let is_page = content_type.as_deref().is_none_or(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("html") || kind.contains("xml")
    });
    is_page.then_some(FetchedPage { url, body, content_type, validators, reserved })
}

fn may_pass(error: &FetchError) -> bool {
    use crate::fetch::Class;
    matches!(error.class(), Class::Connect | Class::Timeout | Class::Protocol)
}
