//! Revisits an article's page: did it change, is it still there?

pub(super) mod ages;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{Instrument, debug, debug_span};
use url::Url;
use uuid::Uuid;

use super::analyse::verdict::{CurrentReading, LastRevision, PageVerdict};
use super::context::Context;
use super::message::{CommitAck, Extracted, FeedHandle, FetchedPage, Reread, RevisitOutcome, Trace, Work};
use super::{analyse, page};
use crate::article::{self, ReadAs, Shown, SiteContext};
use crate::config::FeedConfig;
use crate::extract::Extractor;
use crate::feed::{Entry, Feed, Person};
use crate::fetch::{Answer, Class, FetchError, Kind};
use crate::health::Timed;
use crate::record::{Article, BlockKind, ContentSource, DeadLetter, Source, Stage, WithheldPart};
use crate::state::{ArticleState, PlannedRevisit};

/// What the page shows now, compared with the last revision.
enum PageComparison {
    /// The article is unchanged; whether the page gave it.
    Same(bool),
    /// The article is unchanged but read differently.
    Reread(Box<Reread>),
    /// A form that is believed only once it is seen twice.
    Doubtful(u64),
    /// The article in another form.
    Changed(Box<Extracted>),
    /// The page says that the article was withdrawn.
    Withdrawn,
}

/// Revisits the page of an article once, and commits the result.
pub(in crate::pipeline) async fn revisit(cx: &Context, feed: Arc<FeedHandle>, id: Uuid) {
    let span = debug_span!("revisit", article.id = %id, feed.id = feed.config.id);
    let committed = revisit_page(cx, feed, id).instrument(span).await;
    if committed.is_none() {
        cx.store.recent(|recent| recent.give_back(id));
    }
}

async fn revisit_page(cx: &Context, feed: Arc<FeedHandle>, id: Uuid) -> Option<()> {
    // A page that cannot be revisited is skipped; its visit is dropped when the article leaves the window.
    let Some((visit, state, last, url, first_seen)) = planned(cx, id) else { return Some(()) };
    let is_here = |url: &Url| cx.routes.has(url);
    let target = feed.config.page(&url);
    let (trace, timed) = (Trace::current(), Timed::start(cx.stats.fetches.of("page")));
    let client = cx.client.get();
    let answer = tokio::select! {
        () = cx.stop.cancelled() => return None,
        answer = client.get_within(&target, Kind::Page, &visit.validators, &is_here) => answer,
    };
    drop(timed);
    if matches!(&answer, Err(FetchError::Elsewhere(asked)) if **asked == url) {
        // Its site's new owner revisits it.
        return None;
    }
    cx.stats.revisits.inc();
    let now = cx.clock().now();
    let settings = cx.settings.get();
    let plan = Plan { ages: &settings.articles.revisit, id, first_seen, now };
    let (found, next) = match judge_answer(&plan, &url, answer, visit) {
        AnswerVerdict::Done(found, next) => (found, next),
        AnswerVerdict::Read(page, visit) => {
            let page = page::with_file(&client, &target, *page).await;
            let before = Before { known: LastRevision { state: state.clone(), last: Some(last) }, visit };
            read_again(cx, &plan, feed.config.clone(), page, before).await
        }
    };
    let (ack, committed) = CommitAck::new();
    let visit = next.map(Box::new);
    let work = Work::Revisit { feed, id, revision: state.revision, found, visit, trace, ack };
    cx.to_commit.send(work).await.ok()?;
    committed.await.ok().map(|_| ())
}

/// Returns everything that a revisit of this article's page needs.
fn planned(cx: &Context, id: Uuid) -> Option<(PlannedRevisit, ArticleState, Article, Url, DateTime<Utc>)> {
    let state = cx.store.article(id)?.state.clone();
    let (visit, packed) = (cx.store.revisit(id)?, cx.store.packed(id)?);
    let first_seen = DateTime::from_timestamp_millis(state.first_seen)?;
    let url = Url::parse(&visit.url).ok()?;
    Some((visit, state, packed.article()?, url, first_seen))
}

/// Returns what the page shows of the article, and the next revisit.
async fn read_again(
    cx: &Context,
    plan: &Plan<'_>,
    config: FeedConfig,
    page: FetchedPage,
    before: Before,
) -> (RevisitOutcome, Option<PlannedRevisit>) {
    let extractor = cx.extractor.get();
    let rules = cx.rules.get().of(&page.url);
    let learned = cx.store.learned(&config.id);
    let withheld = analyse::withheld(&cx.settings.get());
    let visit = before.visit.clone();
    let seen = PlannedRevisit { missing: false, doubted: None, ..visit.clone() };
    match cx
        .cpu
        .run(move || {
            compare_page(
                &before,
                &page,
                &config,
                SiteContext {
                    rules: rules.as_deref(),
                    learned: Some(&learned),
                    sent: Some(&page.reserved),
                    ..SiteContext::default()
                },
                (&*extractor, withheld),
            )
        })
        .await
    {
        Ok(PageComparison::Same(read)) => {
            (RevisitOutcome::Unchanged, plan.next(PlannedRevisit { read: visit.read || read, ..seen }))
        }
        Ok(PageComparison::Reread(reread)) => {
            (RevisitOutcome::Reread(reread), plan.next(PlannedRevisit { read: true, ..seen }))
        }
        Ok(PageComparison::Doubtful(hash)) => {
            (RevisitOutcome::Unchanged, plan.confirm(PlannedRevisit { doubted: Some(hash), ..seen }))
        }
        Ok(PageComparison::Changed(extracted)) => {
            (RevisitOutcome::Revision(extracted), plan.next(PlannedRevisit { read: true, ..seen }))
        }
        Ok(PageComparison::Withdrawn) => {
            (RevisitOutcome::Withdrawn("the page says that it was withdrawn".to_owned()), None)
        }
        Err(error) => {
            debug!(error, "page cannot be read; revisiting later");
            (RevisitOutcome::Unchanged, plan.next(visit))
        }
    }
}

/// The plan of the remaining revisits.
struct Plan<'a> {
    ages: &'a [Duration],
    id: Uuid,
    first_seen: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Plan<'_> {
    fn next(&self, visit: PlannedRevisit) -> Option<PlannedRevisit> {
        let due = ages::next(self.ages, self.id, self.first_seen, self.now)?;
        Some(PlannedRevisit { due: due.timestamp_millis(), ..visit })
    }

    fn confirm(&self, visit: PlannedRevisit) -> Option<PlannedRevisit> {
        let due = ages::confirm(self.ages, self.id, self.first_seen, self.now)?;
        Some(PlannedRevisit { due: due.timestamp_millis(), ..visit })
    }

    fn patient(&self, visit: PlannedRevisit, retry_after: Option<Duration>) -> Option<PlannedRevisit> {
        let due = ages::next(self.ages, self.id, self.first_seen, self.now)?;
        Some(PlannedRevisit { due: ages::patient(due, retry_after, self.now).timestamp_millis(), ..visit })
    }
}

/// The meaning of an answer before its page is read.
enum AnswerVerdict {
    /// The page must be read.
    Read(Box<FetchedPage>, PlannedRevisit),
    /// The result is already known, and so is the next revisit.
    Done(RevisitOutcome, Option<PlannedRevisit>),
}

fn judge_answer(plan: &Plan, url: &Url, answer: Result<Answer, FetchError>, visit: PlannedRevisit) -> AnswerVerdict {
    let missing = match answer {
        Ok(answer) if is_elsewhere(url, &answer.url) => "it leads to the site's front page".to_owned(),
        Ok(answer) => {
            let visit = PlannedRevisit { validators: answer.validators.clone(), ..visit };
            let page = if answer.not_modified { None } else { page::page(answer) };
            return match page {
                Some(page) => AnswerVerdict::Read(Box::new(page), visit),
                None => AnswerVerdict::Done(
                    RevisitOutcome::Unchanged,
                    plan.next(PlannedRevisit { missing: false, doubted: None, ..visit }),
                ),
            };
        }
        Err(error) if matches!(error.status(), Some(404 | 410)) => error.to_string(),
        Err(error) if matches!(error.class(), Class::Disallowed | Class::Refused | Class::Url) => {
            debug!(%error, "page is no longer revisited");
            return AnswerVerdict::Done(RevisitOutcome::Unchanged, None);
        }
        Err(error) => {
            debug!(%error, "page fetch failed; revisiting later");
            return AnswerVerdict::Done(RevisitOutcome::Unchanged, plan.patient(visit, error.retry_after()));
        }
    };
    // A page that never gave the article withdraws nothing, and a single missing answer may be a temporary fault.
    if !visit.read {
        AnswerVerdict::Done(RevisitOutcome::Unchanged, plan.next(visit))
    } else if visit.missing {
        AnswerVerdict::Done(RevisitOutcome::Withdrawn(missing), None)
    } else {
        AnswerVerdict::Done(RevisitOutcome::Unchanged, plan.confirm(PlannedRevisit { missing: true, ..visit }))
    }
}

/// Returns whether an article's page redirects to the front page: removed without an error.
fn is_elsewhere(asked: &Url, found: &Url) -> bool {
    asked.path() != "/" && found.path() == "/" && found.query().is_none()
}

/// What is known of the article before its page is read again.
struct Before {
    known: LastRevision,
    visit: PlannedRevisit,
}

/// Reads the page again and compares it with the last revision.
fn compare_page(
    before: &Before,
    page: &FetchedPage,
    config: &FeedConfig,
    context: SiteContext,
    (extractor, withheld): (&Extractor, Option<WithheldPart>),
) -> PageComparison {
    let Before { known, visit: PlannedRevisit { read, doubted, .. } } = before;
    let (read, doubted) = (*read, *doubted);
    let Some(last) = &known.last else { return PageComparison::Same(false) };
    let html = article::decode_page(&page.body, page.content_type.as_deref());
    let (entry, about) = as_shown(last);
    let mut new = article::from_page(&html, Some(&page.url), Some(&entry), Some(&about), &context);
    let title = last.feed.as_ref().and_then(|feed| feed.title.as_deref());
    let leads_to = last.feed.as_ref().and_then(|feed| feed.leads_to.clone());
    analyse::apply(config, title, leads_to, &mut new);
    new.id = last.id;
    if let Some(part) = withheld {
        article::withhold(&mut new, part);
    }
    // What was published before the publisher reserved its text stays as it is.
    if new.rights.as_ref().is_some_and(|rights| rights.withholds(WithheldPart::Text)) {
        return PageComparison::Same(true);
    }
    let hash = article::content_hash(&new);
    let body = || new.parts().into_iter().filter(|(block, _)| block.kind != BlockKind::Headline).map(|(_, text)| text);
    let from_page = new.content_source == ContentSource::Page;
    let shorter = new.word_count * 2 < last.word_count;
    if from_page && read && shorter && article::is_withdrawal(new.headline.as_deref(), body()) {
        return PageComparison::Withdrawn;
    }
    // A consent wall, paywall or script shell is not a new form of the article.
    if !from_page || (new.truncated && !last.truncated) || (shorter && !read) {
        return PageComparison::Same(false);
    }
    let shown = Shown::page(&html);
    let read_as = ReadAs::new(context.reading(), &new, &shown);
    let now = CurrentReading { article: &new, hash, read_as, shown: &shown };
    if !known.is_reread(&now) {
        // Another article at the same address is not a revision of this one.
        if article::is_another(last, &new) {
            return PageComparison::Same(true);
        }
        if shorter && doubted != Some(hash) {
            return PageComparison::Doubtful(hash);
        }
    }
    let changes = match known.verdict(&now) {
        PageVerdict::Same => return PageComparison::Same(true),
        PageVerdict::Reread(reread) => return PageComparison::Reread(reread),
        PageVerdict::Revision(changes) => changes.map(|changes| (known.state.revision, changes)),
    };
    let dead = |stage: Stage, error: String| {
        let dead = DeadLetter::new(stage, &config.id, error, &page.body, Utc::now());
        dead.with_source(Some(page.url.to_string()), last.guid.clone())
    };
    let extracted = analyse::extract(new, (hash, read_as), extractor, &dead);
    PageComparison::Changed(Box::new(Extracted { changes, ..extracted }))
}

/// Returns the entry and feed as far as the last revision has them, for fields that the page does not state.
fn as_shown(last: &Article) -> (Entry, Feed) {
    let is_of_feed = |source: &Source| matches!(source, Source::Feed | Source::SectionPage);
    let from_feed = |field: &str| last.sources.get(field).is_some_and(is_of_feed);
    let is_listed = last.sources.values().any(|source| *source == Source::SectionPage);
    let text = |field: &str, value: &Option<String>| value.clone().filter(|_| from_feed(field));
    let authors = last.authors.iter().filter(|_| from_feed("authors"));
    let entry = Entry {
        guid: last.guid.clone(),
        link: last.link.clone(),
        title: text("headline", &last.headline),
        summary: text("summary", &last.summary),
        language: text("language", &last.language),
        authors: authors.map(|author| Person { name: Some(author.name.clone()), ..Person::default() }).collect(),
        categories: last.keywords.iter().filter(|_| from_feed("keywords")).cloned().collect(),
        published: last.published.filter(|_| from_feed("published")),
        updated: last.modified.filter(|_| from_feed("modified")),
        rights: last.rights.as_ref().and_then(|rights| rights.notice.clone()),
        ..Entry::default()
    };
    let format = if is_listed { article::LISTING_FORMAT } else { "" };
    (entry, Feed { title: text("publisher", &last.publisher), format: format.to_owned(), ..Feed::default() })
}
