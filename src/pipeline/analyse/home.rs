//! The site that an entry's article belongs to, and what is handed to its owner.

use std::sync::Arc;

use url::Url;
use uuid::Uuid;

use super::draft::Draft;
use crate::fetch;
use crate::pipeline::handoff::{HandedEntry, HandedPage, HandoffMessage, HandoffStep, MAX_HOPS, Routes};
use crate::pipeline::message::{EntryResult, FeedHandle, ReceivedAt, RuleVerdict};
use crate::record::Article;
use crate::state::store::StateStore;

/// The site that an entry's article belongs to.
#[derive(Debug)]
pub(in crate::pipeline) struct Home {
    /// The site.
    pub site: Arc<str>,
    /// Whether its articles are dealt with here.
    pub is_here: bool,
    /// The article that an earlier form of the entry became.
    pub article: Option<Uuid>,
    /// The last form of the entry in the state of the site.
    pub basis: i64,
}

impl Home {
    /// Returns the feed's own site, which has the articles of all its entries where nothing is shared.
    pub(in crate::pipeline) fn of_feed(feed: &FeedHandle) -> Self {
        Self { site: Arc::clone(&feed.site), is_here: true, article: None, basis: 0 }
    }

    /// Returns the site of an entry's article: the one that has it already, otherwise that of its canonical URL, or the
    /// feed's own if no URL identifies it.
    pub(super) fn find(draft: &Draft, article: &Article, store: &StateStore, routes: &Routes) -> Self {
        let known = draft.article;
        if !routes.is_shared() {
            return Self { article: known, ..Self::of_feed(&draft.feed) };
        }
        let on_record = || known.and_then(|id| store.article(id)).map(|known| Arc::clone(&known.site));
        let canonical = || {
            let url = article.url.as_deref().filter(|_| draft.naming.has_url(article))?;
            Url::parse(url).ok().map(|url| Arc::from(fetch::registrable(&url)))
        };
        let first = draft.way.home.clone().or_else(on_record).filter(|site| !site.is_empty());
        let mut site = first.or_else(canonical).unwrap_or_else(|| Arc::clone(&draft.feed.site));
        let received = draft.way.received.as_ref();
        // Where the last hop led, it ends.
        let last = received.filter(|at| at.is_back() || draft.way.is_read && at.route.len() >= MAX_HOPS);
        if let Some(at) = last {
            site = Arc::clone(&at.site);
        }
        let mut passed = vec![Arc::clone(&site)];
        let mut origin;
        loop {
            origin = if routes.is_here(&site) { store.origin(&draft.feed.id, draft.key, &site) } else { None };
            match origin.as_ref().and_then(|origin| origin.to.as_deref()) {
                Some(to) if last.is_none() && passed.iter().all(|site| **site != *to) => site = Arc::from(to),
                _ => break,
            }
            passed.push(Arc::clone(&site));
        }
        let is_here = routes.is_here(&site) || received.is_none() && site == draft.feed.site;
        let basis = origin.as_ref().map_or(0, |origin| origin.serial);
        let article = origin.and_then(|origin| origin.article).or(known);
        Self { site, is_here, article, basis }
    }
}

/// Hands an entry over whose page another instance must fetch.
pub(super) fn page_elsewhere(draft: &Draft, url: Url) -> (EntryResult, Home) {
    let site: Arc<str> = Arc::from(fetch::registrable(&url));
    let step = HandedEntry { asked: Some(url), ..handed(draft) };
    let result = EntryResult::HandedOver(Arc::clone(&site), Box::new(message(draft, step)));
    (result, Home { site, ..Home::of_feed(&draft.feed) })
}

/// Hands an entry over, with its page, whose article another instance has.
pub(super) fn handed_over(draft: &Draft, home: &Home) -> EntryResult {
    let step = HandedEntry {
        home: Some(home.site.to_string()),
        article: home.article,
        asked: draft.asked.clone(),
        is_read: true,
        is_decided: true,
        page: draft.page.as_ref().map(HandedPage::of),
        ..handed(draft)
    };
    EntryResult::HandedOver(Arc::clone(&home.site), Box::new(message(draft, step)))
}

fn handed(draft: &Draft) -> HandedEntry {
    HandedEntry {
        about: (*draft.about).clone(),
        entry: draft.entry.clone(),
        naming: draft.naming,
        pages: draft.pages,
        article: draft.article,
        home: draft.way.home.as_deref().map(str::to_owned),
        asked: None,
        is_read: false,
        page: None,
        is_decided: draft.way.verdict != RuleVerdict::Undecided,
    }
}

fn message(draft: &Draft, entry: HandedEntry) -> HandoffMessage {
    let route = draft.way.received.as_ref().map_or_else(Vec::new, ReceivedAt::route_from_here);
    let step = HandoffStep::Entry(Box::new(entry));
    HandoffMessage::new(&draft.feed.config, draft.key, draft.way.serial, route, step)
}
