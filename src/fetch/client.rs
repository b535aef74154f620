//! The client: one request with its redirects, bounded and polite.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use reqwest::{Response, StatusCode};
use tokio::sync::OwnedMutexGuard;
use url::Url;

use super::connections::{Factory, Reach};
use super::error;
use super::guard::{self, Allowed};
use super::host_list::HostList;
use super::hosts::Hosts;
use super::origin_cache::{Expires, OriginCache};
use super::requests::{Applied, Secrets, SiteRequests};
use super::robots_entry::RobotsEntry;
use super::sockets::{Kept, SocketBudget};
use super::standstill::Standstill;
use super::tdm_files::TdmFiles;
use super::transports::Transports;
use super::{
    Answer, ClientError, FetchError, Kind, Options, Proxies, Target, Validators, body, challenge, file, freshness,
    link, reserved,
};
use crate::address::Place;
use crate::clock::Clock;
use crate::limit::Limit;

/// Longer validators are dropped: no honest server sends them.
const MAX_VALIDATOR_BYTES: usize = 2_048;
/// Requests only the new entries, from servers that support it (RFC 3229 with the instance manipulation `feed`).
const A_IM: HeaderName = HeaderName::from_static("a-im");

/// The pause before retrying a request that got no file descriptor.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(500);

/// A polite HTTP client. Create one and share it.
pub struct Client {
    pub(super) transports: Transports,
    pub(super) sites: SiteRequests,
    pub(super) kept: Arc<Kept>,
    pub(super) allowed: Allowed,
    pub(super) denied: Arc<HostList>,
    pub(super) proxies: Proxies,
    pub(super) hosts: Arc<Hosts>,
    pub(super) request_limit: Arc<Limit>,
    robots: Arc<OriginCache<RobotsEntry>>,
    pub(super) tdm_files: Arc<TdmFiles>,
    max_sockets: usize,
    standstill: Arc<Standstill>,
    clock: Clock,
    pub(super) options: Options,
}

impl Client {
    /// Creates a client that uses only the proxy of its options, not the environment's, and as many sockets as it needs.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        let proxies = Proxies::new(&options, |_| None)?;
        Self::with_network(options, proxies, usize::MAX)
    }

    /// Creates a client with these proxies that opens at most `max_sockets` sockets. If they are too few for
    /// `concurrency`, fewer requests run at once.
    pub fn with_network(options: Options, proxies: Proxies, max_sockets: usize) -> Result<Self, ClientError> {
        let hosts = |listed: &[String]| HostList::parse(listed.iter().map(String::as_str)).map(Arc::new);
        let denied = hosts(&options.deny).map_err(ClientError::Deny)?;
        let allowed = hosts(&options.allow_private).map_err(ClientError::AllowPrivate)?;
        let budget = SocketBudget::new(max_sockets, options.concurrency);
        let transports = Transports::new(Factory::new(&options, proxies.clone(), (&allowed, &denied), budget)?)?;
        Ok(Self {
            transports,
            sites: SiteRequests::default(),
            kept: Arc::new(Kept::new(budget.kept)),
            allowed: Allowed::new(allowed),
            denied,
            proxies,
            hosts: Arc::new(Hosts::new(options.per_host, options.host_delay)),
            request_limit: Limit::new(budget.requests),
            robots: Arc::default(),
            tdm_files: Arc::default(),
            max_sockets,
            standstill: Arc::default(),
            clock: Clock::System,
            options,
        })
    }

    /// Creates a client with other options that counts the requests of this one to each host as its own, and knows what
    /// it knows of them. Its limits apply from [`Self::apply_limits`] on.
    pub fn with_options(&self, options: Options, proxies: Proxies) -> Result<Self, ClientError> {
        let new = Self::with_network(options, proxies, self.max_sockets)?;
        Ok(Self {
            kept: Arc::clone(&self.kept),
            allowed: new.allowed.with_feeds_of(&self.allowed),
            hosts: Arc::clone(&self.hosts),
            request_limit: Arc::clone(&self.request_limit),
            robots: Arc::clone(&self.robots),
            tdm_files: Arc::clone(&self.tdm_files),
            sites: self.sites.clone(),
            standstill: Arc::clone(&self.standstill),
            clock: self.clock.clone(),
            ..new
        })
    }

    /// Applies the limits of its options to everything that it shares with other clients.
    pub fn apply_limits(&self) {
        let budget = SocketBudget::new(self.max_sockets, self.options.concurrency);
        self.kept.set(budget.kept);
        self.request_limit.set(budget.requests);
        self.hosts.set(self.options.per_host, self.options.host_delay);
    }

    /// Returns the same client with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the same client with requests of sites, which may be replaced later.
    #[must_use]
    pub fn with_sites(self, sites: SiteRequests) -> Self {
        Self { sites, ..self }
    }

    /// Returns the same client, which sends nothing for a while after the process stood still.
    #[must_use]
    pub fn with_standstill(self, standstill: Arc<Standstill>) -> Self {
        Self { standstill, ..self }
    }

    /// Returns the client's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Allows the hosts and ports of the listed feeds to lie in private networks. Replaces the earlier ones.
    pub fn allow(&self, named: impl IntoIterator<Item = Url>) {
        self.allow_hosts(Arc::new(named.into_iter().filter_map(|url| guard::host_and_port(&url)).collect()));
    }

    /// Does the same for hosts and ports that are known already, each as [`host_and_port`](super::host_and_port) returns
    /// it.
    pub fn allow_hosts(&self, hosts: Arc<HashSet<String>>) {
        self.allowed.set_feeds(hosts);
    }

    /// Gets a document, following redirects. Each hop gets the validators: the last hop sent them, and a server that
    /// only redirects ignores them. If another place mistakes them for its own, the request is repeated without them.
    /// Pages are fetched only if their host's robots.txt allows it.
    pub async fn get(&self, url: &Url, kind: Kind, validators: &Validators) -> Result<Answer, FetchError> {
        self.get_at(&Target::from(url), kind, validators).await
    }

    /// Gets a document with the credentials and the requests of its feed, which are sent only to their own origin. Errors,
    /// validators and the URL that the feed moved to hold only public parts; use the answer's own URL and links for further
    /// requests.
    pub async fn get_at(&self, target: &Target, kind: Kind, validators: &Validators) -> Result<Answer, FetchError> {
        self.get_within(target, kind, validators, &|_| true).await
    }

    /// Does the same, but requests only URLs for which `is_wanted` holds right before the request; returns
    /// [`FetchError::Elsewhere`] for another one.
    pub async fn get_within(
        &self,
        target: &Target,
        kind: Kind,
        validators: &Validators,
        is_wanted: &(dyn Fn(&Url) -> bool + Sync),
    ) -> Result<Answer, FetchError> {
        let mut secrets = Secrets::default();
        let answer = self.follow(target, kind, validators, is_wanted, &mut secrets).await;
        let clean = |message: String| secrets.mask(&target.place().clean(&message));
        let mut answer = answer.map_err(|error| error.map_message(clean))?;
        secrets.cut(&mut answer);
        Ok(answer)
    }

    async fn follow(
        &self,
        target: &Target,
        kind: Kind,
        validators: &Validators,
        is_wanted: &(dyn Fn(&Url) -> bool + Sync),
        secrets: &mut Secrets,
    ) -> Result<Answer, FetchError> {
        let place = target.place();
        let url = place.url();
        if url.scheme() == "file" && kind == Kind::Feed && self.options.files {
            return file::read(url, validators, self.options.max_decoded_bytes).await;
        }
        let none = Validators::default();
        let mut validators = validators;
        let mut url = url.clone();
        // User and password that the last redirect gave for its target.
        let mut redirected_login = None;
        let mut moved = None;
        let mut permanent = true;
        let mut seen = HashSet::new();
        let own_limit = target.own(&url).and_then(|(own, _)| own.timeout);
        let own_limit = own_limit.or_else(|| self.sites.of(&url).and_then(|site| site.timeout));
        let limit = own_limit.unwrap_or(self.options.total_timeout);
        let silence = own_limit.unwrap_or(self.options.read_timeout);
        let mut left = limit;
        loop {
            if !seen.insert(url.clone()) {
                return Err(FetchError::Redirect(format!("redirect loop at {url}")));
            }
            let mut applied = self.applied(target, &url, kind);
            applied.authorize(redirected_login.clone());
            let reach = self.reach(&url, &applied.transport)?;
            secrets.join(std::mem::take(&mut applied.secrets));
            let delay = if kind == Kind::Page { self.check_robots(&url, target).await? } else { Duration::ZERO };
            // Waits for the host's turn first, then for a global permit: a slow host delays no other.
            let _host_permit = self.hosts.acquire(&url, delay).await;
            let _permit = self.request_limit.acquire().await;
            self.standstill.over().await;
            // What is wanted may have changed while the request waited.
            if !is_wanted(&url) {
                return Err(FetchError::Elsewhere(Box::new(url)));
            }
            let started = tokio::time::Instant::now();
            let request = Request { place, url: &url, kind, validators, applied, silence };
            let hop = tokio::time::timeout(left, self.hop(reach, request));
            let hop = hop
                .await
                .unwrap_or_else(|_| Err(FetchError::Timeout(format!("no complete answer within {limit:?}"))))?;
            left = left.saturating_sub(started.elapsed());
            match hop {
                Hop::Answer(answer) if answer.not_modified && validators.are_of_another(&place.told(&url)) => {
                    validators = &none;
                    seen.remove(&url);
                }
                Hop::NoDescriptor => drop(seen.remove(&url)),
                Hop::Answer(mut answer) => {
                    answer.moved = moved;
                    return Ok(*answer);
                }
                Hop::Redirect { to, forever } => {
                    if seen.len() > self.options.max_redirects {
                        return Err(FetchError::Redirect(format!(
                            "more than {} redirects",
                            self.options.max_redirects
                        )));
                    }
                    let has_secret = secrets.are_in(to.as_str());
                    if has_secret && to.origin() != url.origin() {
                        let host = to.host_str().unwrap_or_default();
                        return Err(FetchError::Redirect(format!(
                            "{url} redirects to {host} with a secret of `requests` in the URL, which is not followed"
                        )));
                    }
                    if !is_wanted(&to) {
                        return Err(FetchError::Elsewhere(Box::new(to)));
                    }
                    // A redirect back to plain http is followed, but never counts as permanent.
                    permanent &= forever && !(url.scheme() == "https" && to.scheme() == "http");
                    permanent &= place.can_remember(&to) && !has_secret;
                    if permanent {
                        moved = Some(place.told(&to));
                    }
                    let to = Place::of(&to);
                    redirected_login = to.authorization(to.url());
                    url = to.url().clone();
                }
            }
        }
    }

    /// Checks that the host's robots.txt allows the page, and returns the delay between requests that it asks for, within
    /// the limit.
    async fn check_robots(&self, url: &Url, target: &Target) -> Result<Duration, FetchError> {
        if !self.options.robots {
            return Ok(Duration::ZERO);
        }
        let entry = self.robots_entry(url, target).await?;
        let delay = entry.as_ref().map_or(Ok(Duration::ZERO), |entry| entry.check(url));
        delay.map(|delay| delay.min(self.options.max_crawl_delay))
    }

    /// Returns the sitemaps that the robots.txt of the URL's host names; none if it is ignored or could not be fetched.
    pub async fn sitemaps(&self, target: &Target) -> Vec<Url> {
        if !self.options.robots {
            return Vec::new();
        }
        let entry = self.robots_entry(target.place().url(), target).await;
        entry.ok().and_then(|entry| Some(entry.as_ref()?.sitemaps().to_vec())).unwrap_or_default()
    }

    /// Returns the robots.txt rules of the URL's host, and fetches the file if they have expired.
    async fn robots_entry(
        &self,
        url: &Url,
        target: &Target,
    ) -> Result<OwnedMutexGuard<Option<RobotsEntry>>, FetchError> {
        let now = self.clock.now();
        let mut entry = self.robots.entry(url, now).lock_owned().await;
        if entry.as_ref().is_none_or(|entry| entry.has_expired(now)) {
            let place = url.join("/robots.txt").map_err(|error| FetchError::Url(format!("{url}: {error}")))?;
            let file = target.public(&place);
            let answer = Box::pin(self.get_at(&file, Kind::Robots, &Validators::default())).await;
            if let Err(refused @ FetchError::Refused(_)) = answer {
                return Err(refused); // the page would be refused as well
            }
            let new = RobotsEntry::new(answer.map(|answer| (answer.body, answer.fresh)), entry.take(), now);
            *entry = Some(new);
        }
        Ok(entry)
    }

    async fn hop(
        &self,
        reach: Reach,
        Request { place, url, kind, validators, applied, silence }: Request<'_>,
    ) -> Result<Hop, FetchError> {
        let Applied { headers, transport, .. } = applied;
        let (client, _permit) = self.client(&transport, reach)?;
        let route = self.route(url, &transport);
        let mut request = client
            .get(url.clone())
            .header(ACCEPT, kind.accept())
            .header(ACCEPT_ENCODING, body::ACCEPT_ENCODING)
            .headers(headers);
        for (name, value) in [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)] {
            if let Some(value) = value.as_deref().and_then(to_header) {
                request = request.header(name, value);
            }
        }
        if kind == Kind::Feed && validators.etag.is_some() {
            request = request.header(A_IM, "feed");
        }
        let response = match request.send().await {
            Err(error) if error::is_out_of_descriptors(&error) => {
                tracing::warn!("out of file descriptors; raise `ulimit -n` or lower `fetch.concurrency`");
                tokio::time::sleep(NO_DESCRIPTOR_PAUSE).await;
                return Ok(Hop::NoDescriptor);
            }
            sent => sent.map_err(|error| FetchError::classify(&error, &route))?,
        };
        let status = response.status();
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED && route.proxy.is_some() {
            return Err(route.requires_authentication());
        }
        let now = self.clock.now();
        let headers = response.headers();
        let retry_after = freshness::retry_after(headers, now);
        let mut answer = Answer {
            status: status.as_u16(),
            url: url.clone(),
            moved: None,
            not_modified: status == StatusCode::NOT_MODIFIED,
            partial: status == StatusCode::IM_USED,
            body: Vec::new(),
            content_type: None,
            validators: Validators::default(),
            fresh: freshness::fresh(headers, now),
            retry_after,
            links: link::links(headers, url),
            reserved: reserved::headers(headers),
        };
        if answer.not_modified {
            answer.validators = refreshed(headers, validators, &place.told(url));
            return Ok(Hop::Answer(Box::new(answer)));
        }
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let forever = matches!(status.as_u16(), 301 | 308);
            return Ok(Hop::Redirect { to: target(&response, url)?, forever });
        }
        let refused = |retry_after, blocked| FetchError::Status { status: status.as_u16(), retry_after, blocked };
        let challenged = challenge::header(headers);
        if challenged || !status.is_success() {
            return Err(refused(retry_after, challenged || matches!(status.as_u16(), 401 | 403 | 429)));
        }
        answer.content_type =
            headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        answer.validators = refreshed(headers, &Validators::default(), &place.told(url));
        let Options { max_body_bytes, max_decoded_bytes, .. } = self.options;
        answer.body = body::read(response, max_body_bytes, max_decoded_bytes, silence).await?;
        if challenge::page(&answer.body, answer.content_type.as_deref()) {
            return Err(refused(retry_after, true));
        }
        Ok(Hop::Answer(Box::new(answer)))
    }
}

/// One request on the way to a document.
struct Request<'a> {
    place: &'a Place,
    url: &'a Url,
    kind: Kind,
    validators: &'a Validators,
    applied: Applied,
    /// The longest silence within the body.
    silence: Duration,
}

enum Hop {
    /// No file descriptor was available.
    NoDescriptor,
    Answer(Box<Answer>),
    Redirect {
        to: Url,
        forever: bool,
    },
}

/// Returns the target of a redirect.
pub(super) fn target(response: &Response, from: &Url) -> Result<Url, FetchError> {
    let location = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let location = location.ok_or_else(|| FetchError::Redirect(format!("{from} redirects without a `Location`")))?;
    let mut to = from
        .join(&location)
        .map_err(|error| FetchError::Redirect(format!("{from} redirects to an invalid URL: {error}")))?;
    to.set_fragment(None);
    if !matches!(to.scheme(), "http" | "https") {
        return Err(FetchError::Redirect(format!("{from} redirects to `{to}`, which is not http or https")));
    }
    Ok(to)
}

/// Returns the validators of an answer from this place; a missing one is replaced by the old one.
fn refreshed(headers: &HeaderMap, old: &Validators, url: &Url) -> Validators {
    let of = |name: HeaderName, old: &Option<String>| {
        let new = headers.get(name).filter(|value| value.len() <= MAX_VALIDATOR_BYTES).map(from_header);
        new.or_else(|| old.clone())
    };
    Validators {
        etag: of(ETAG, &old.etag),
        last_modified: of(LAST_MODIFIED, &old.last_modified),
        url: Some(url.to_string()),
    }
}

/// Converts header bytes to text, one character per byte, so [`to_header`] returns the same bytes.
fn from_header(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|&byte| char::from(byte)).collect()
}

fn to_header(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validators_come_back_byte_for_byte() {
        for odd in [&b"W/\"a b\""[..], b"unquoted", b"\"\xff\xe9\"", b"\"\""] {
            let header = HeaderValue::from_bytes(odd).unwrap();
            assert_eq!(to_header(&from_header(&header)).unwrap().as_bytes(), odd);
        }
    }
}
