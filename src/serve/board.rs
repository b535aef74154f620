//! What the pages show: the newest stories and faults, bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use chrono::Utc;
use tokio::sync::watch;

use super::archive::Archive;
use super::feeds::Watch;
use super::flow::Flow;
use super::shown::Shown;
use crate::pipeline::{Published, Stats};
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, PubStatus, Quotation};

/// Stories kept for the live page.
const STORIES: usize = 60;
/// Dead letters and feed events kept for the page.
const NOTICES: usize = 30;
/// Characters kept of a story's text, of its headline, and quotations kept: more is not shown.
const MAX_TEXT: usize = 200_000;
const MAX_HEADLINE: usize = 2_000;
const MAX_QUOTES: usize = 500;

/// Something that needs an eye.
#[derive(Debug, Clone)]
pub enum Notice {
    /// What could not be processed.
    Dead(Box<DeadLetter>),
    /// What happened to a feed.
    Event(Box<FeedEvent>),
}

/// What the pages show.
#[derive(Debug)]
pub struct Board {
    stories: Mutex<VecDeque<Arc<Shown>>>,
    notices: Mutex<VecDeque<Notice>>,
    /// The number of the next story.
    next: AtomicU64,
    /// The number of the newest story.
    newest: watch::Sender<u64>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// What is known of each feed.
    pub(super) watch: Watch,
    /// How the work went in the last minutes.
    pub(super) flow: Flow,
    /// The stories of a longer window; none where there is no room for it.
    pub(super) archive: Option<Archive>,
}

impl Board {
    /// An empty board, whose first story has the number `next`.
    pub fn new(stats: Arc<Stats>, archive: Option<Archive>, next: u64) -> Arc<Self> {
        Arc::new(Self {
            stories: Mutex::default(),
            notices: Mutex::default(),
            // 0 is before all stories.
            next: AtomicU64::new(next.max(1)),
            newest: watch::Sender::new(0),
            stats,
            watch: Watch::default(),
            flow: Flow::default(),
            archive,
        })
    }

    /// Takes up what was committed.
    pub fn show(&self, published: &Published) {
        match published {
            Published::Story { article, entities, quotes } => self.story(article, entities, quotes),
            Published::Dead(dead) => push(&self.notices, Notice::Dead(dead.clone()), NOTICES),
            Published::Event(event) => push(&self.notices, Notice::Event(event.clone()), NOTICES),
            Published::Polled(feed, state) => self.watch.polled(feed, state),
            Published::Restored(feed, state) => self.watch.restored(feed, state),
        }
    }

    fn story(&self, article: &Article, entities: &EntitySet, quotes: &[Quotation]) {
        let now = Utc::now();
        if let Some(seen) = article.first_seen.filter(|_| article.revision == 1) {
            self.flow.committed(now - seen);
        }
        let number = self.next.fetch_add(1, Relaxed);
        let (article, entities) = (Box::new(bounded(article)), entities.clone());
        let quotes = quotes.iter().take(MAX_QUOTES).cloned().collect();
        let story = Arc::new(Shown { number, article, entities, quotes });
        if let Some(archive) = &self.archive {
            archive.put(Arc::clone(&story));
        }
        if story.article.pubstatus == PubStatus::Canceled {
            // Withdrawn: its words must not be used any more.
            let mut stories = self.stories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            stories.retain(|other| other.article.id != story.article.id);
        }
        push(&self.stories, story, STORIES);
        self.newest.send_replace(number);
    }

    /// The stories after the given number that are still on the board, the newest first.
    pub fn stories_after(&self, number: u64) -> Vec<Arc<Shown>> {
        let stories = self.stories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stories.iter().rev().take_while(|story| story.number > number).cloned().collect()
    }

    /// The newest stories, also from before the start; the newest first.
    pub(super) fn newest(&self, most: usize) -> Vec<Arc<Shown>> {
        let mut stories = self.stories_after(0);
        stories.truncate(most);
        if let Some(archive) = &self.archive {
            let before = stories.last().map_or(u64::MAX, |story| story.number);
            stories.extend(archive.before(before, most - stories.len()).into_iter().map(Arc::new));
        }
        stories
    }

    /// The newest dead letters and events first.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Follows the number of the newest story.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

/// A copy that takes no more room than the pages need.
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
