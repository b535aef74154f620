//! The recent activity that the pages show: the newest articles, dead letters and feed events, bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use chrono::Utc;
use tokio::sync::watch;

use super::archive::Archive;
use super::label_filter::LabelFilter;
use super::story_view::StoryView;
use super::throughput::Throughput;
use crate::health::Stats;
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, PubStatus, Quotation};
use crate::state::{DecidedEntry, Published};

/// The number of articles kept for the live page.
const STORIES: usize = 60;
/// The number of dead letters and feed events kept for the page.
const NOTICES: usize = 30;
/// The number of blocked entries kept for the pages.
const BLOCKED: usize = 500;
/// Limits for an article: characters of its text, characters of its headline, quotations. The pages show no more.
const MAX_TEXT: usize = 200_000;
const MAX_HEADLINE: usize = 2_000;
const MAX_QUOTES: usize = 500;

/// A dead letter or a feed event.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A dead letter.
    Dead(Box<DeadLetter>),
    /// A feed event.
    Event(Box<FeedEvent>),
}

/// The recent activity.
#[derive(Debug)]
pub struct RecentActivity {
    stories: Mutex<VecDeque<Arc<StoryView>>>,
    notices: Mutex<VecDeque<Notice>>,
    /// Entries that rules blocked.
    blocked: Mutex<VecDeque<DecidedEntry>>,
    /// The number of the next article.
    next: AtomicU64,
    /// The number of the newest article.
    newest: watch::Sender<u64>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// The throughput of the pipeline in the last minutes.
    pub(super) throughput: Throughput,
    /// The archive; `None` if it could not be created.
    pub(super) archive: Option<Archive>,
}

impl RecentActivity {
    /// Creates the activity without articles; the first one gets the number `next`.
    pub fn new(stats: Arc<Stats>, archive: Option<Archive>, next: u64) -> Arc<Self> {
        Arc::new(Self {
            stories: Mutex::default(),
            notices: Mutex::default(),
            blocked: Mutex::default(),
            // 0 comes before all articles.
            next: AtomicU64::new(next.max(1)),
            newest: watch::Sender::new(0),
            stats,
            throughput: Throughput::default(),
            archive,
        })
    }

    /// Adds what was committed.
    pub fn show(&self, published: &Published) {
        match published {
            Published::Article { article, entities, quotes } => self.story(article, entities, quotes),
            Published::Dead(dead) => push(&self.notices, Notice::Dead(dead.clone()), NOTICES),
            Published::Event(event) => push(&self.notices, Notice::Event(event.clone()), NOTICES),
            Published::Polled(..) => {} // the registry of feed health holds it
            Published::Decided(decided) if decided.decision.is_kept => {}
            Published::Decided(decided) => push(&self.blocked, DecidedEntry::clone(decided), BLOCKED),
        }
    }

    fn story(&self, article: &Article, entities: &EntitySet, quotes: &[Quotation]) {
        let now = Utc::now();
        if let Some(seen) = article.first_seen.filter(|_| article.revision == 1) {
            self.throughput.committed(now - seen);
        }
        let number = self.next.fetch_add(1, Relaxed);
        let (article, entities) = (Box::new(bounded(article)), entities.clone());
        let quotes = quotes.iter().take(MAX_QUOTES).cloned().collect();
        let story = Arc::new(StoryView { number, article, entities, quotes });
        if let Some(archive) = &self.archive {
            archive.put(Arc::clone(&story));
        }
        if story.article.pubstatus == PubStatus::Canceled {
            // A withdrawn article: its words must not be used any more.
            let mut stories = self.stories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            stories.retain(|other| other.article.id != story.article.id);
        }
        push(&self.stories, story, STORIES);
        self.newest.send_replace(number);
    }

    /// Returns the articles after the given number that are still kept, the newest first.
    pub fn stories_after(&self, number: u64) -> Vec<Arc<StoryView>> {
        let stories = self.stories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stories.iter().rev().take_while(|story| story.number > number).cloned().collect()
    }

    /// Returns the newest articles with these labels, also those from before the start; the newest first.
    pub(super) fn newest(&self, labels: &LabelFilter, most: usize) -> Vec<Arc<StoryView>> {
        let recent = self.stories_after(0);
        let before = recent.last().map_or(u64::MAX, |story| story.number);
        let mut stories: Vec<_> = recent.into_iter().filter(|story| story.has(labels)).take(most).collect();
        if let Some(archive) = self.archive.as_ref().filter(|_| stories.len() < most) {
            stories.extend(archive.before(before, labels, most - stories.len()).into_iter().map(Arc::new));
        }
        stories
    }

    /// Returns dead letters and events, the newest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Returns the entries that rules blocked since the start, of one feed or of all; the newest first.
    pub(super) fn blocked(&self, feed: Option<&str>, most: usize) -> Vec<DecidedEntry> {
        let blocked = self.blocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_of = |entry: &&DecidedEntry| feed.is_none_or(|feed| entry.feed == feed);
        blocked.iter().rev().filter(is_of).take(most).cloned().collect()
    }

    /// Subscribes to the number of the newest article.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

/// Returns a copy reduced to what the pages show.
fn bounded(article: &Article) -> Article {
    let short = |text: &str, most: usize| text.char_indices().nth(most).map(|(at, _)| text[..at].to_owned());
    let mut article = article.clone();
    if let Some(text) = short(&article.text, MAX_TEXT) {
        article.text = text;
    }
    if let Some(headline) = article.headline.as_deref().and_then(|headline| short(headline, MAX_HEADLINE)) {
        article.headline = Some(headline);
    }
    if let Some(summary) = article.summary.as_deref().and_then(|summary| short(summary, MAX_HEADLINE)) {
        article.summary = Some(summary);
    }
    article
}

fn push<T>(ring: &Mutex<VecDeque<T>>, item: T, most: usize) {
    let mut ring = ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    ring.push_back(item);
    if ring.len() > most {
        ring.pop_front();
    }
}
