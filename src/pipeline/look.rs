//! Revisits an article's page: did it change, is it still there?

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{Instrument, debug, debug_span};
use url::Url;
use uuid::Uuid;

use super::analyse;
use super::pages;
use super::poller::Poller;
use super::reread::{Known, Now, Verdict};
use super::revisit;
use super::state::{ArticleState, Visit};
use super::stats::Timed;
use super::work::{Extracted, FeedHandle, Found, Page, Reread, Ticket, Trace, Work};
use crate::article::{self, ReadAs, Shown, SiteContext};
use crate::config::FeedEntry;
use crate::extract::Extractor;
use crate::feed::{Entry, Feed, Person};
use crate::fetch::{Answer, Class, FetchError, Kind};
use crate::record::{Article, BlockKind, ContentSource, DeadLetter, Source, Stage};

/// What the page shows now, compared with the last revision.
enum Sight {
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

impl Poller {
    /// Revisits the page of an article once, and commits the result.
    pub(super) async fn look(&self, feed: Arc<FeedHandle>, id: Uuid) {
        let span = debug_span!("look", article.id = %id, feed.id = feed.config.id);
        let committed = self.look_at(feed, id).instrument(span).await;
        if committed.is_none() {
            self.book().recent_mut().give_back(id);
        }
    }

    async fn look_at(&self, feed: Arc<FeedHandle>, id: Uuid) -> Option<()> {
        // A page that cannot be revisited is skipped; its visit is dropped when the article leaves the window.
        let Some((visit, state, last, url, first_seen)) = self.planned(id) else { return Some(()) };
        let (trace, timed) = (Trace::current(), Timed::start(self.stats.fetches.of("page")));
        let answer = tokio::select! {
            () = self.stop.cancelled() => return None,
            answer = self.client.get(&url, Kind::Page, &visit.validators) => answer,
        };
        drop(timed);
        self.stats.looks.inc();
        let now = self.clock().now();
        let plan = Plan { ages: &self.settings.articles.revisit, id, first_seen, now };
        let (found, next) = match weigh(&plan, &url, answer, visit) {
            Weighed::Done(found, next) => (found, next),
            Weighed::Read(page, visit) => {
                let before = Before { known: Known { state: state.clone(), last: Some(last) }, visit };
                self.read_again(&plan, feed.config.clone(), page, before).await
            }
        };
        let (ticket, committed) = Ticket::new();
        let visit = next.map(Box::new);
        let work = Work::Look { feed, id, revision: state.revision, found, visit, trace, ticket };
        self.work.send(work).await.ok()?;
        committed.await.ok().map(|_| ())
    }

    /// Returns everything that a revisit of this article's page needs.
    fn planned(&self, id: Uuid) -> Option<(Visit, ArticleState, Article, Url, DateTime<Utc>)> {
        let (visit, packed, state) = {
            let book = self.book();
            let state = book.article(id)?.state.clone();
            (book.recent().visit(id)?.clone(), book.recent().packed(id)?.clone(), state)
        };
        let first_seen = DateTime::from_timestamp_millis(state.first_seen)?;
        let url = Url::parse(&visit.url).ok()?;
        Some((visit, state, packed.article()?, url, first_seen))
    }

    /// Returns what the page shows of the article, and the next revisit.
    async fn read_again(
        &self,
        plan: &Plan<'_>,
        config: FeedEntry,
        page: Page,
        before: Before,
    ) -> (Found, Option<Visit>) {
        let extractor = Arc::clone(&self.extractor);
        let rules = self.rules.borrow().of(&page.url);
        let learned = self.book().learned(&config.id);
        let visit = before.visit.clone();
        let seen = Visit { missing: false, doubted: None, ..visit.clone() };
        match self
            .cpu
            .run(move || {
                sight(
                    &before,
                    &page,
                    &config,
                    SiteContext { rules: rules.as_deref(), learned: Some(&learned), ..SiteContext::default() },
                    &extractor,
                )
            })
            .await
        {
            Ok(Sight::Same(read)) => (Found::Nothing, plan.next(Visit { read: visit.read || read, ..seen })),
            Ok(Sight::Reread(reread)) => (Found::Reread(reread), plan.next(Visit { read: true, ..seen })),
            Ok(Sight::Doubtful(hash)) => (Found::Nothing, plan.confirm(Visit { doubted: Some(hash), ..seen })),
            Ok(Sight::Changed(extracted)) => (Found::Revision(extracted), plan.next(Visit { read: true, ..seen })),
            Ok(Sight::Withdrawn) => (Found::Gone("the page says that it was withdrawn".to_owned()), None),
            Err(error) => {
                debug!(error, "page could not be read; looked at again later");
                (Found::Nothing, plan.next(visit))
            }
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
    fn next(&self, visit: Visit) -> Option<Visit> {
        let due = revisit::next(self.ages, self.id, self.first_seen, self.now)?;
        Some(Visit { due: due.timestamp_millis(), ..visit })
    }

    fn confirm(&self, visit: Visit) -> Option<Visit> {
        let due = revisit::confirm(self.ages, self.id, self.first_seen, self.now)?;
        Some(Visit { due: due.timestamp_millis(), ..visit })
    }

    fn patient(&self, visit: Visit, retry_after: Option<Duration>) -> Option<Visit> {
        let due = revisit::next(self.ages, self.id, self.first_seen, self.now)?;
        Some(Visit { due: revisit::patient(due, retry_after, self.now).timestamp_millis(), ..visit })
    }
}

/// The meaning of an answer before its page is read.
enum Weighed {
    /// The page must be read.
    Read(Page, Visit),
    /// The result is already known, and so is the next revisit.
    Done(Found, Option<Visit>),
}

fn weigh(plan: &Plan, url: &Url, answer: Result<Answer, FetchError>, visit: Visit) -> Weighed {
    let missing = match answer {
        Ok(answer) if is_elsewhere(url, &answer.url) => "it leads to the site's front page".to_owned(),
        Ok(answer) => {
            let visit = Visit { validators: answer.validators.clone(), ..visit };
            let page = if answer.not_modified { None } else { pages::page(answer) };
            return match page {
                Some(page) => Weighed::Read(page, visit),
                None => Weighed::Done(Found::Nothing, plan.next(Visit { missing: false, doubted: None, ..visit })),
            };
        }
        Err(error) if matches!(error.status(), Some(404 | 410)) => error.to_string(),
        Err(error) if matches!(error.class(), Class::Disallowed | Class::Refused | Class::Url) => {
            debug!(%error, "the page is not looked at any more");
            return Weighed::Done(Found::Nothing, None);
        }
        Err(error) => {
            debug!(%error, "page failed; looked at again later");
            return Weighed::Done(Found::Nothing, plan.patient(visit, error.retry_after()));
        }
    };
    // A page that never gave the article withdraws nothing, and a single missing answer may be a temporary fault.
    if !visit.read {
        Weighed::Done(Found::Nothing, plan.next(visit))
    } else if visit.missing {
        Weighed::Done(Found::Gone(missing), None)
    } else {
        Weighed::Done(Found::Nothing, plan.confirm(Visit { missing: true, ..visit }))
    }
}

/// Returns whether an article's page redirects to the front page: removed without an error.
fn is_elsewhere(asked: &Url, found: &Url) -> bool {
    asked.path() != "/" && found.path() == "/" && found.query().is_none()
}

/// What is known of the article before its page is read again.
struct Before {
    known: Known,
    visit: Visit,
}

/// Reads the page again and compares it with the last revision.
fn sight(before: &Before, page: &Page, config: &FeedEntry, context: SiteContext, extractor: &Extractor) -> Sight {
    let Before { known, visit: Visit { read, doubted, .. } } = before;
    let (read, doubted) = (*read, *doubted);
    let Some(last) = &known.last else { return Sight::Same(false) };
    let html = article::decode_page(&page.body, page.content_type.as_deref());
    let (entry, about) = as_shown(last);
    let mut new = article::from_page(&html, Some(&page.url), Some(&entry), Some(&about), &context);
    let title = last.feed.as_ref().and_then(|feed| feed.title.as_deref());
    let leads_to = last.feed.as_ref().and_then(|feed| feed.leads_to.clone());
    analyse::apply(config, title, leads_to, &mut new);
    new.id = last.id;
    let hash = article::content_hash(&new);
    let body = || new.parts().into_iter().filter(|(block, _)| block.kind != BlockKind::Headline).map(|(_, text)| text);
    let from_page = new.content_source == ContentSource::Page;
    let shorter = new.word_count * 2 < last.word_count;
    if from_page && read && shorter && article::is_withdrawal(new.headline.as_deref(), body()) {
        return Sight::Withdrawn;
    }
    // A consent wall, paywall or script shell is not a new form of the article.
    if !from_page || (new.truncated && !last.truncated) || (shorter && !read) {
        return Sight::Same(false);
    }
    let shown = Shown::page(&html);
    let read_as = ReadAs::new(context.reading(), &new, &shown);
    let now = Now { article: &new, hash, read_as, shown: &shown };
    if !known.is_reread(&now) {
        // Another article at the same address is not a revision of this one.
        if article::is_another(last, &new) {
            return Sight::Same(true);
        }
        if shorter && doubted != Some(hash) {
            return Sight::Doubtful(hash);
        }
    }
    let changes = match known.verdict(&now) {
        Verdict::Same => return Sight::Same(true),
        Verdict::Reread(reread) => return Sight::Reread(reread),
        Verdict::Revision(changes) => changes.map(|changes| (known.state.revision, changes)),
    };
    let dead = |stage: Stage, error: String| {
        let dead = DeadLetter::new(stage, &config.id, error, &page.body, Utc::now());
        dead.with_source(Some(page.url.to_string()), last.guid.clone())
    };
    let extracted = analyse::extract(new, (hash, read_as), extractor, &dead);
    Sight::Changed(Box::new(Extracted { changes, ..extracted }))
}

/// Returns the entry and feed as far as the last revision has them, for fields that the page does not state.
fn as_shown(last: &Article) -> (Entry, Feed) {
    let from_feed = |field: &str| last.sources.get(field) == Some(&Source::Feed);
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
        ..Entry::default()
    };
    (entry, Feed { title: text("publisher", &last.publisher), ..Feed::default() })
}
