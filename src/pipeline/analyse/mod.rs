//! The stage that builds the article and finds its entities and quotations, on the CPU pool.

pub(super) mod draft;
pub(super) mod home;
mod link_target;
pub(super) mod verdict;

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug_span};

use self::draft::Draft;
use self::home::Home;
use super::analyse::verdict::{CurrentReading, LastRevision, PageVerdict};
use super::cpu::{Cpu, guarded};
use super::filter::seen_at;
use super::handoff::Routes;
use super::message::{
    EntryResult, Extracted, FeedHandle, FetchedEntry, PageVisit, ReceivedAt, RuleVerdict, SiteObservation, Work,
};
use crate::article::duplicates::Sketch;
use crate::article::{EntryText, ReadAs, Rules, Shown, SiteContext};
use crate::config::{FeedConfig, Reservations, Settings};
use crate::extract::{Extraction, Extractor};
use crate::filter::{Decision, EntryFilter, Subject};
use crate::health::{StageName, Stats};
use crate::options::Live;
use crate::record::{Article, Block, ContentSource, DeadLetter, FeedRef, Stage, WithheldPart};
use crate::state::packed::Packed;
use crate::state::placement::{Placement, place};
use crate::state::store::StateStore;
use crate::{article, text};

/// What the stage needs to build articles.
#[derive(Clone)]
pub(super) struct Tools {
    /// Runs the CPU work.
    pub cpu: Cpu,
    /// Finds names.
    pub extractor: Live<Extractor>,
    /// The current hand-written rules for the pages of sites.
    pub rules: Live<Rules>,
    /// The current keep and block rules.
    pub filter: Live<EntryFilter>,
    /// Which sites are dealt with here.
    pub routes: Arc<Routes>,
    /// Say what is left out of an article that its publisher reserves.
    pub settings: Live<Settings>,
}

/// Returns what is left out of an article that its publisher reserves.
pub(super) fn withheld(settings: &Settings) -> Option<WithheldPart> {
    match settings.articles.reservations {
        Reservations::Note => None,
        Reservations::SkipExtraction => Some(WithheldPart::Extraction),
        Reservations::SkipText => Some(WithheldPart::Text),
    }
}

/// Runs until the channel of fetched entries is closed and each of them is passed on.
pub(super) async fn run(
    mut fetched: mpsc::Receiver<FetchedEntry>,
    work: mpsc::Sender<Work>,
    means: Tools,
    room: Arc<tokio::sync::Semaphore>,
    store: Arc<StateStore>,
    stats: Arc<Stats>,
) {
    let tasks = TaskTracker::new();
    while let Some(entry) = fetched.recv().await {
        // A permit comes first: what the cores cannot process yet stays in the channel and slows the earlier stages.
        let permit = Arc::clone(&room).acquire_owned().await.expect("the semaphore is never closed");
        let (work, store) = (work.clone(), Arc::clone(&store));
        let Tools { cpu, extractor, rules, filter, routes, settings } = means.clone();
        let (extractor, withheld) = (extractor.get(), withheld(&settings.get()));
        let stats = Arc::clone(&stats);
        tasks.spawn(async move {
            let (_permit, begun) = (permit, Instant::now());
            let working = stats.liveness.analyse.work();
            let (mut draft, mut seen) = Draft::split(entry);
            let span = seen.trace.part(debug_span!("analyse", feed.id = seen.feed.config.id));
            let raw = (draft.entry.link.clone(), draft.entry.guid.clone());
            let made = cpu
                .run(move || {
                    let is_undecided = draft.way.verdict == RuleVerdict::Undecided;
                    draft.filter = is_undecided.then(|| filter.get());
                    draft.rules = draft.page.as_ref().and_then(|page| rules.get().of(&page.url));
                    draft.withheld = withheld;
                    outcome(&draft, &store, &extractor, &routes)
                })
                .instrument(span)
                .await;
            let made = made.unwrap_or_else(|error| {
                let dead = DeadLetter::new(Stage::Article, &seen.feed.config.id, error, &[], Utc::now())
                    .with_source(raw.0, raw.1);
                Analysed::dead(DeadLetter { truncated: true, ..dead }, &seen.feed, seen.received.as_ref())
            });
            let Analysed { result: outcome, observed, home, kept_by } = made;
            (seen.home, seen.basis) = (home.site, home.basis);
            seen.kept_by = seen.kept_by.or(kept_by);
            seen.ack.observe(observed);
            drop(working);
            stats.stages.of(StageName::Analyse.name()).time(begun.elapsed(), seen.trace.exemplar());
            let _ = work.send(Work::Entry(seen, outcome)).await;
        });
    }
    tasks.close();
    tasks.wait().await;
}

/// The outcome of an entry, what its page showed of its site, and the site of its article.
pub(super) struct Analysed {
    pub result: EntryResult,
    pub observed: Option<SiteObservation>,
    pub home: Home,
    /// The keep rule that the entry needed, if that was decided here.
    pub kept_by: Option<Arc<str>>,
}

impl Analysed {
    /// Hands an entry over whose page another instance must fetch.
    fn elsewhere(draft: &Draft, url: url::Url) -> Self {
        let (result, home) = home::page_elsewhere(draft, url);
        Self { result, observed: None, home, kept_by: None }
    }

    fn dead(dead: DeadLetter, feed: &FeedHandle, received: Option<&ReceivedAt>) -> Self {
        Self::without_article(EntryResult::DeadLetter(Box::new(dead)), feed, received)
    }

    /// Ends an entry that becomes no article where it is.
    fn without_article(result: EntryResult, feed: &FeedHandle, received: Option<&ReceivedAt>) -> Self {
        let mut home = Home::of_feed(feed);
        if let Some(at) = received {
            home.site = Arc::clone(&at.site);
        }
        Self { result, observed: None, home, kept_by: None }
    }

    /// Leaves out an entry that this rule blocks.
    fn blocked(draft: &Draft, rule: Option<Arc<str>>, observed: Option<SiteObservation>) -> Self {
        let result = EntryResult::Blocked(Box::new(draft.blocked(rule)));
        Self { observed, ..Self::without_article(result, &draft.feed, draft.way.received.as_ref()) }
    }
}

/// Returns the outcome of an entry.
pub(super) fn outcome(draft: &Draft, store: &StateStore, extractor: &Extractor, routes: &Routes) -> Analysed {
    if let Some(url) = draft.elsewhere.clone() {
        return Analysed::elsewhere(draft, url);
    }
    match guarded(|| make_article(draft)) {
        Ok(mut made) => {
            let observed = made.observed.take();
            let kept_by = match guarded(|| decide(draft, &made.article)) {
                Ok(Decision::Blocked(rule)) => return Analysed::blocked(draft, rule, observed),
                Ok(Decision::Kept(rule)) => rule,
                // An article leaves nothing undecided.
                Ok(Decision::Undecided) => None,
                Err(error) => {
                    let dead = dead_letter(draft, Stage::Article, error);
                    return Analysed::dead(dead, &draft.feed, draft.way.received.as_ref());
                }
            };
            let home = Home::find(draft, &made.article, store, routes);
            let result = if home.is_here {
                settled(draft, made, &home, store, extractor)
            } else {
                home::handed_over(draft, &home)
            };
            Analysed { result, observed, home, kept_by }
        }
        Err(error) => {
            let dead = dead_letter(draft, Stage::Article, error);
            Analysed::dead(dead, &draft.feed, draft.way.received.as_ref())
        }
    }
}

/// Has keep and block rules decide about an entry whose article is built, if they have not done so before.
fn decide(draft: &Draft, article: &Article) -> Decision {
    let Some(filter) = &draft.filter else { return Decision::Kept(None) };
    let subject = Subject::with_article(&draft.entry, article, seen_at(draft.way.serial));
    draft.feed.with_scope(|scope| filter.decide(scope, &subject))
}

fn settled(draft: &Draft, made: Made, home: &Home, store: &StateStore, extractor: &Extractor) -> EntryResult {
    let Made { mut article, read_as, shown, .. } = made;
    let hash = article::content_hash(&article);
    let (mut name, mut changes, mut compared_with) = (None, None, None);
    if let Some((id, known)) = known_article(draft, home, &article, (hash, read_as, &shown), store) {
        article.id = id;
        compared_with = known.as_ref().map(|known| known.state.revision);
        // Without its page, a feed neither brings a withdrawn article back, nor replaces the page's text by its own.
        let needs_page = |known: &LastRevision| {
            known.state.canceled || known.last.as_ref().is_some_and(|last| last.content_source == ContentSource::Page)
        };
        if draft.asked.is_some() && draft.page.is_none() && known.as_ref().is_some_and(needs_page) {
            return EntryResult::Unchanged(id);
        }
        let now = CurrentReading { article: &article, hash, read_as, shown: &shown };
        match known.as_ref().map(|known| known.verdict(&now)) {
            Some(PageVerdict::Same) => return EntryResult::Unchanged(id),
            Some(PageVerdict::Reread(reread)) => return EntryResult::Reread(reread),
            Some(PageVerdict::Revision(told)) => {
                changes = known.zip(told).map(|(known, told)| (known.state.revision, told));
            }
            None => {}
        }
    } else {
        let new = draft.naming.name(&draft.feed.config.id, &draft.entry, &article);
        match place(&new, &article, |id| store.on_record(&draft.feed.config.id, draft.key, id)) {
            Placement::SameAs(id) => return EntryResult::SameAs(id),
            Placement::New(id) => article.id = id,
        }
        name = Some(new);
    }
    // A page whose text is reserved is not read again.
    let is_reserved = article.rights.as_ref().is_some_and(|rights| rights.withholds(WithheldPart::Text));
    let look = draft.asked.as_ref().filter(|_| !is_reserved).map(|url| PageVisit {
        url: url.to_string(),
        validators: draft.page.as_ref().map(|page| page.validators.clone()).unwrap_or_default(),
        read: article.content_source == ContentSource::Page,
    });
    let dead = |stage, error| dead_letter(draft, stage, error);
    EntryResult::Article(Box::new(Extracted {
        name,
        compared_with,
        changes,
        page_visit: look,
        ..extract(article, (hash, read_as), extractor, &dead)
    }))
}

/// Returns the article that an earlier form of the entry became, with its state, unless that match was a mistake.
fn known_article(
    draft: &Draft,
    home: &Home,
    article: &Article,
    (hash, read_as, shown): (u64, ReadAs, &Shown),
    store: &StateStore,
) -> Option<(uuid::Uuid, Option<LastRevision>)> {
    let id = home.article?;
    let record = store.on_record(&draft.feed.config.id, draft.key, id);
    let state = store.article(id).map(|known| known.state.clone());
    let last = record.as_ref().and_then(|record| record.last.clone());
    let known = state.map(|state| LastRevision { state, last: last.and_then(|last| last.article()) });
    let is_reread =
        known.as_ref().is_some_and(|known| known.is_reread(&CurrentReading { article, hash, read_as, shown }));
    let is_other = !is_reread && record.is_some_and(|record| record.is_mistaken(article));
    (!is_other).then_some((id, known))
}

/// Finds the entities and quotations of an article.
pub(super) fn extract(
    article: Article,
    (hash, read_as): (u64, ReadAs),
    extractor: &Extractor,
    dead: &dyn Fn(Stage, String) -> DeadLetter,
) -> Extracted {
    let mut faults = Vec::new();
    let Extraction { entities, entities_by, quotations: quotes } = found_in(&article, extractor, &mut faults, dead);
    let (sketch, packed) = (Sketch::of(&article), Packed::new(&article));
    Extracted {
        article,
        name: None,
        hash,
        read_as,
        entities,
        entities_by,
        quotes,
        faults,
        sketch,
        packed,
        compared_with: None,
        changes: None,
        page_visit: None,
    }
}

/// Returns the entities and quotations of an article; none where no model reads its language.
pub(super) fn found_in(
    article: &Article,
    extractor: &Extractor,
    faults: &mut Vec<DeadLetter>,
    dead: &dyn Fn(Stage, String) -> DeadLetter,
) -> Extraction {
    if article.rights.as_ref().is_some_and(|rights| rights.withholds(WithheldPart::Extraction)) {
        return Extraction::default();
    }
    let Some(language) = text::reading(article.language.as_deref(), &article.text).language else {
        return Extraction::default();
    };
    let spans: Vec<(usize, usize)> = article.blocks.iter().map(|b: &Block| (b.start, b.end)).collect();
    let found = guarded(|| {
        let document = text::Document::in_language(&article.text, &spans, language);
        let found = extractor.entities(&document);
        (document, found)
    });
    match found {
        Ok((document, found)) => {
            let quotations =
                guarded(|| extractor.quotations(&document, &article.blocks, &found)).unwrap_or_else(|error| {
                    faults.push(dead(Stage::Quote, error));
                    Vec::new()
                });
            Extraction { entities: found.entities, entities_by: Some(extractor.names_by(language)), quotations }
        }
        Err(error) => {
            faults.push(dead(Stage::Entity, error));
            Extraction::default()
        }
    }
}

/// An article and how it was built.
struct Made {
    article: Article,
    read_as: ReadAs,
    shown: Shown,
    observed: Option<SiteObservation>,
}

fn make_article(draft: &Draft) -> Made {
    let Draft { feed, about, entry, page, text, rules, learned, .. } = draft;
    let config = &feed.config;
    let text = || text.clone().unwrap_or_else(|| EntryText::read(entry));
    let from_feed = |text| article::from_entry_text(entry, text, about, &config.id);
    let sent = page.as_ref().map(|page| &page.reserved);
    let context = SiteContext { rules: rules.as_deref(), learned: Some(learned), sent, ..SiteContext::default() };
    let (mut article, shown, observed) = match page {
        Some(page) => {
            let html = article::decode_page(&page.body, page.content_type.as_deref());
            let made = article::read_page(&html, Some(&page.url), Some(entry), Some(about), &context);
            // A page without an article (a consent wall, a script shell) says less than the feed does.
            let text = text();
            let is_read = made.article.word_count * 2 >= text.words();
            let (article, repeated) = if is_read {
                (made.article, made.repeated)
            } else {
                (with_rights(from_feed(text), made.article), Vec::new())
            };
            let own =
                if article.content_source == ContentSource::Page { article::blocks(&article) } else { Vec::new() };
            let observed =
                SiteObservation { gave_text: article::gave_text(&article), blocks: [own, repeated].concat() };
            (article, Shown::page(&html), Some(observed))
        }
        None => (from_feed(text()), Shown::entry(entry), None),
    };
    let leads_to = link_target::leads_to(entry, &config.url, about);
    apply(config, about.title.as_deref(), leads_to, &mut article);
    let read_as = ReadAs::new(context.reading(), &article, &shown);
    if let Some(part) = draft.withheld {
        article::withhold(&mut article, part);
    }
    Made { article, read_as, shown, observed }
}

/// Returns an article from the feed with what its page says about its use.
fn with_rights(article: Article, page: Article) -> Article {
    Article { rights: page.rights.or(article.rights), ..article }
}

/// Adds to an article what the feed list says of its feed.
pub(super) fn apply(config: &FeedConfig, title: Option<&str>, leads_to: Option<String>, article: &mut Article) {
    article.feed = Some(FeedRef {
        id: config.id.clone(),
        url: config.url.clone(),
        title: config.title.as_deref().or(title).map(str::to_owned),
        leads_to,
        labels: config.record_labels(),
    });
    if let Some(publisher) = &config.publisher {
        article.publisher = Some(publisher.to_string());
    }
    if let Some(declared) = &config.language {
        article::declare_language(article, declared);
    }
    article.map_urls(|url| config.credentials.link(url));
}

fn dead_letter(draft: &Draft, stage: Stage, error: String) -> DeadLetter {
    let entry;
    let raw: &[u8] = if let Some(page) = &draft.page {
        &page.body
    } else {
        entry = serde_json::to_vec(&draft.entry).unwrap_or_default();
        &entry
    };
    let url = draft.page.as_ref().map(|page| page.url.to_string()).or_else(|| draft.entry.link.clone());
    DeadLetter::new(stage, &draft.feed.config.id, error, raw, Utc::now()).with_source(url, draft.entry.guid.clone())
}
