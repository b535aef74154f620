//! Removes a feed's secrets from what is published and remembered of it.

use url::Url;

use super::article::PlannedRevisit;
use super::feed::FeedState;
use crate::address::{Credentials, without_user_info};
use crate::config::FeedConfig;
use crate::record::{DeadLetter, FeedEvent};
use crate::websub::Subscription;

/// Returns a dead letter as it may be published: its raw input is what the publisher wrote, without the feed's secrets.
pub(crate) fn dead_letter(dead: DeadLetter, feed: &FeedConfig) -> DeadLetter {
    let credentials = &feed.credentials;
    let link = |url: Option<String>| url.map(|url| credentials.link(&url).into_owned());
    DeadLetter {
        error: feed.mask(&credentials.clean(&dead.error)).into_owned(),
        url: link(dead.url),
        guid: link(dead.guid),
        raw: match feed.mask(&dead.raw) {
            raw if !credentials.is_empty() => credentials.mask(&raw),
            raw => raw.into_owned(),
        },
        ..dead
    }
}

/// Returns an event as it may be published.
pub(crate) fn event(event: FeedEvent, credentials: &Credentials) -> FeedEvent {
    let reason = event.reason.map(|reason| credentials.clean(&reason).into_owned());
    FeedEvent { url: url(&event.url, credentials), reason, ..event }
}

impl FeedState {
    /// Reads state without secrets, or state of an earlier version, which left user information in its URLs.
    pub fn read(value: &[u8]) -> serde_json::Result<Self> {
        let mut state: Self = serde_json::from_slice(value)?;
        state.cut(&Credentials::default());
        Ok(state)
    }

    /// Removes secrets.
    pub fn cut(&mut self, credentials: &Credentials) {
        let moving = self.moving.as_mut().map(|moving| &mut moving.to);
        let others = [self.moved_to.as_mut(), moving, self.validators.url.as_mut()].into_iter().flatten();
        for place in others.chain([&mut self.url]) {
            *place = url(place, credentials);
        }
        let reasons = [self.error.as_mut(), self.basis_reason.as_mut(), Some(&mut self.reason)];
        for reason in reasons.into_iter().flatten() {
            *reason = credentials.clean(reason).into_owned();
        }
    }
}

impl PlannedRevisit {
    /// Reads state without secrets, or state of an earlier version.
    pub fn read(value: &[u8]) -> serde_json::Result<Self> {
        let mut visit: Self = serde_json::from_slice(value)?;
        for url in [Some(&mut visit.url), visit.validators.url.as_mut()].into_iter().flatten() {
            *url = without_user_info(url).into_owned();
        }
        Ok(visit)
    }
}

impl Subscription {
    /// Reads state without secrets, or state of an earlier version.
    pub fn read(value: &[u8]) -> serde_json::Result<Self> {
        let mut subscription: Self = serde_json::from_slice(value)?;
        let error = subscription.error.as_deref().map(|error| without_user_info(error).into_owned());
        subscription.error = error;
        // The queries of a private next subscription are lost: the feed names it again.
        subscription.next = subscription.next.filter(|then| !then.private);
        Ok(subscription)
    }
}

fn url(text: &str, credentials: &Credentials) -> String {
    let parsed = Url::parse(text).map(|url| credentials.told(&url).into());
    parsed.unwrap_or_else(|_| credentials.clean(text).into_owned())
}
