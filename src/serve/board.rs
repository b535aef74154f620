//! What the pages show: the newest stories and faults, bounded, and whether the daemon is ready.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::pipeline::{Published, Stats};
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

/// Stories kept for the page.
const STORIES: usize = 60;
/// Dead letters and feed events kept for the page.
const NOTICES: usize = 30;

/// A story as it was committed.
#[derive(Debug)]
pub struct Shown {
    /// Counts up.
    pub number: u64,
    /// The article.
    pub article: Box<Article>,
    /// Its entities.
    pub entities: EntitySet,
    /// Its quotations.
    pub quotes: Vec<Quotation>,
}

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
    count: AtomicU64,
    ready: AtomicBool,
    /// The number of the newest story.
    newest: watch::Sender<u64>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Feeds in the list at the start.
    pub feeds: usize,
}

impl Board {
    /// An empty board.
    pub fn new(stats: Arc<Stats>, feeds: usize) -> Arc<Self> {
        Arc::new(Self {
            stories: Mutex::default(),
            notices: Mutex::default(),
            count: AtomicU64::new(0),
            ready: AtomicBool::new(false),
            newest: watch::Sender::new(0),
            stats,
            feeds,
        })
    }

    /// Takes up what was committed. The first commit also shows that the daemon is ready.
    pub fn show(&self, published: &Published) {
        self.ready.store(true, Relaxed);
        match published {
            Published::Story { article, entities, quotes } => {
                let number = self.count.fetch_add(1, Relaxed) + 1;
                let (article, entities, quotes) = (article.clone(), entities.clone(), quotes.clone());
                push(&self.stories, Arc::new(Shown { number, article, entities, quotes }), STORIES);
                self.newest.send_replace(number);
            }
            Published::Dead(dead) => push(&self.notices, Notice::Dead(dead.clone()), NOTICES),
            Published::Event(event) => push(&self.notices, Notice::Event(event.clone()), NOTICES),
            Published::Polled(..) | Published::Restored(..) => {}
        }
    }

    /// Whether something was committed since the start.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Relaxed)
    }

    /// The stories after the given number, the newest first.
    pub fn stories_after(&self, number: u64) -> Vec<Arc<Shown>> {
        let stories = self.stories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stories.iter().rev().take_while(|story| story.number > number).cloned().collect()
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

fn push<T>(ring: &Mutex<VecDeque<T>>, item: T, most: usize) {
    let mut ring = ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    ring.push_back(item);
    if ring.len() > most {
        ring.pop_front();
    }
}
