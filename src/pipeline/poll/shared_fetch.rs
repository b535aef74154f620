//! One fetch for all feeds that have the same URL: the answer to one of them is shared with the others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex as AsyncMutex;
use xxhash_rust::xxh3::xxh3_64;

use crate::config::FeedHandle;
use crate::fetch::{Answer, Client, FetchError, Kind, Target, Validators};

/// The last answer of a URL.
struct CachedAnswer {
    at: DateTime<Utc>,
    last: Result<Answer, FetchError>,
    /// The last answer with a whole body; it may be older than `last`, but is as good.
    whole: Option<Answer>,
}

impl CachedAnswer {
    /// Returns the answer that a feed with these validators would have got; `None` if that is not known.
    fn answer(&self, validators: &Validators) -> Option<Result<Answer, FetchError>> {
        let last = match &self.last {
            Ok(last) => last,
            Err(error) => return Some(Err(error.clone())),
        };
        if !validators.is_empty() && last.validators == *validators {
            let (body, partial) = (Vec::new(), false);
            return Some(Ok(Answer { status: 304, not_modified: true, body, partial, ..last.clone() }));
        }
        let whole = self.whole.as_ref()?;
        Some(Ok(Answer { fresh: last.fresh, validators: last.validators.clone(), ..whole.clone() }))
    }
}

type SharedAnswer = Arc<AsyncMutex<Option<CachedAnswer>>>;

/// The URLs that several feeds share. Answers of other URLs are not kept.
#[derive(Default)]
pub(crate) struct SharedFetches {
    answers: Mutex<HashMap<Target, SharedAnswer>>,
}

impl SharedFetches {
    /// Takes the URLs of all feeds and keeps a place for the answer of each that occurs more than once.
    pub(crate) fn take(&self, feeds: &[&Arc<FeedHandle>]) {
        // Hashes first, because few URLs occur twice, and targets are large.
        let hash = |feed: &FeedHandle| xxh3_64(feed.url.as_bytes());
        let mut hashes: Vec<u64> = feeds.iter().map(|feed| hash(feed)).collect();
        hashes.sort_unstable();
        let twice: HashSet<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        let mut counts: HashMap<Target, usize> = HashMap::new();
        let shared = feeds.iter().filter(|feed| twice.contains(&hash(feed)));
        for target in shared.filter_map(|feed| feed.target().ok()) {
            *counts.entry(target).or_default() += 1;
        }
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut old = std::mem::take(&mut *answers);
        let shared = counts.into_iter().filter(|(_, count)| *count > 1);
        answers.extend(shared.map(|(target, _)| {
            let answer = old.remove(&target).unwrap_or_default();
            (target, answer)
        }));
    }

    /// Gets the feed: from the server, or the answer to another feed of this URL, if that came after `since` and within
    /// `window`. Also returns when the server was asked.
    pub(crate) async fn get(
        &self,
        client: &Client,
        target: &Target,
        kind: Kind,
        validators: &Validators,
        since: Option<DateTime<Utc>>,
        window: Duration,
    ) -> (Result<Answer, FetchError>, DateTime<Utc>) {
        let answer = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(target).cloned();
        let Some(answer) = answer else {
            let answer = client.get_at(target, kind, validators).await;
            return (answer, client.clock().now());
        };
        let mut kept = answer.lock().await;
        let now = client.clock().now();
        let recent = kept.as_ref().filter(|kept| {
            since.is_none_or(|since| kept.at > since) && (now - kept.at).to_std().is_ok_and(|age| age <= window)
        });
        if let Some((answer, at)) = recent.and_then(|kept| Some((kept.answer(validators)?, kept.at))) {
            return (answer, at);
        }
        let answer = client.get_at(target, kind, validators).await;
        let at = client.clock().now();
        let whole = match &answer {
            Ok(answer) if !answer.not_modified && !answer.partial => Some(answer.clone()),
            Ok(answer) if answer.not_modified => kept.take().and_then(|kept| kept.whole),
            // The kept whole body lacks what a partial answer adds.
            _ => None,
        };
        *kept = Some(CachedAnswer { at, last: answer.clone(), whole });
        (answer, at)
    }
}
