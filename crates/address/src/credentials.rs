//! The parts of a feed's URL that only its server may see.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{ParseError, Url, form_urlencoded};

use super::{decoded, without_queries, without_user_info};

/// Shorter passwords and query values are not searched for in texts: they would match ordinary words.
const SHORTEST_PASSWORD: usize = 4;
const SHORTEST_VALUE: usize = 6;
/// Replaces a masked part.
const MASK: &str = "…";

/// User and password of a feed's URL, and the query of a private feed. Never printed or serialized.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// `None` for most feeds, which have no secrets and are not private.
    secrets: Option<Box<Secrets>>,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Secrets {
    /// As in the URL, percent-encoded.
    user: String,
    password: Option<String>,
    private: bool,
    query: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Credentials {
    /// Splits a URL into its public part and its credentials. The query of a private feed's URL is a credential too.
    pub fn split(mut url: Url, private: bool) -> (Url, Self) {
        let user = url.username().to_owned();
        let password = url.password().map(str::to_owned);
        let query = url.query().filter(|_| private).map(str::to_owned);
        let secrets = Secrets { user, password, private, query };
        let credentials =
            Self { secrets: Some(secrets).filter(|secrets| *secrets != Secrets::default()).map(Box::new) };
        credentials.cut(&mut url);
        (url, credentials)
    }

    /// Joins a URL again, as it was before it was split.
    pub fn join(&self, told: &str) -> Result<Url, ParseError> {
        let mut url = self.whole(told)?;
        // A URL that had user information accepts it.
        let _ = url.set_username(self.user());
        let _ = url.set_password(self.password());
        Ok(url)
    }

    /// Returns a URL with the query that was split off.
    pub(super) fn whole(&self, told: &str) -> Result<Url, ParseError> {
        let mut url = Url::parse(told)?;
        if let Some(query) = self.query() {
            url.set_query(Some(query));
        }
        Ok(url)
    }

    fn cut(&self, url: &mut Url) {
        // A URL that cannot have user information has none.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if self.is_private() {
            url.set_query(None);
            url.set_fragment(None);
        }
    }

    /// Returns whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        !self.has_login() && self.query().is_none()
    }

    /// Returns whether the feed's queries are secret.
    pub fn is_private(&self) -> bool {
        self.secrets.as_ref().is_some_and(|secrets| secrets.private)
    }

    /// Returns the secret query.
    pub fn query(&self) -> Option<&str> {
        self.secrets.as_ref()?.query.as_deref()
    }

    fn user(&self) -> &str {
        self.secrets.as_ref().map_or("", |secrets| &secrets.user)
    }

    fn password(&self) -> Option<&str> {
        self.secrets.as_ref()?.password.as_deref()
    }

    fn has_login(&self) -> bool {
        !self.user().is_empty() || self.password().is_some()
    }

    /// Returns the value of `Authorization` (RFC 7617) if there is a user or a password.
    pub fn authorization(&self) -> Option<String> {
        self.has_login().then(|| {
            let password = self.password().map(decoded).unwrap_or_default();
            let pair = [decoded(self.user()), password].join(&b':');
            format!("Basic {}", STANDARD.encode(pair))
        })
    }

    /// Returns the public part of a URL that this feed or its server names.
    pub fn told(&self, url: &Url) -> Url {
        let mut told = url.clone();
        self.cut(&mut told);
        told
    }

    /// Returns a message without secret parts of URLs.
    pub fn clean<'a>(&self, message: &'a str) -> Cow<'a, str> {
        let clean = without_user_info(message);
        if !self.is_private() && self.is_empty() {
            return clean;
        }
        let clean = if self.is_private() { without_queries(&clean) } else { clean.into_owned() };
        Cow::Owned(self.mask(&clean))
    }

    /// Masks the secrets themselves in a text, wherever they occur.
    pub fn mask(&self, text: &str) -> String {
        self.words().iter().fold(text.to_owned(), |text, word| text.replace(word, MASK))
    }

    /// Returns an entry's URL without user information and, for a private feed, without the parameters that carry its secrets.
    pub fn link<'a>(&self, url: &'a str) -> Cow<'a, str> {
        let url = without_user_info(url);
        let secrets = self.values();
        let Some((page, rest)) = url.split_once('?').filter(|_| !secrets.is_empty()) else { return url };
        let (query, fragment) = rest.split_once('#').map_or((rest, None), |(query, fragment)| (query, Some(fragment)));
        let is_secret = |pair: &&str| {
            let value = pair.split_once('=').map_or(*pair, |(_, value)| value);
            secrets.iter().any(|secret| *secret == value || decoded(secret) == decoded(value))
        };
        if !query.split('&').any(|pair| is_secret(&pair)) {
            return url;
        }
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_secret(pair)).collect();
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        Cow::Owned(format!("{page}{query}{fragment}"))
    }

    /// Returns an entry's text. For a private feed it lacks the parameters that carry its secrets, and the secrets
    /// themselves unless they are ordinary words.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(query) = self.query().filter(|_| !self.values().is_empty()) else {
            return Cow::Borrowed(text);
        };
        let mut clean = text.to_owned();
        for pair in query.split('&').filter(|pair| pair.chars().count() >= SHORTEST_VALUE) {
            for (around, left) in [
                (format!("{pair}&amp;"), ""),
                (format!("{pair}&"), ""),
                (format!("&amp;{pair}"), ""),
                (format!("&{pair}"), ""),
            ] {
                clean = clean.replace(&around, left);
            }
            clean = clean.replace(&format!("?{pair}"), "").replace(pair, MASK);
        }
        let is_word = |value: &str| value.chars().all(char::is_alphabetic);
        for value in
            self.values().into_iter().filter(|value| value.chars().count() >= SHORTEST_VALUE && !is_word(value))
        {
            clean = clean.replace(value, MASK).replace(&*String::from_utf8_lossy(&decoded(value)), MASK);
        }
        Cow::Owned(clean)
    }

    /// Returns whether an id was derived from a secret. `slug` derives ids from URLs.
    pub fn is_in(&self, id: &str, told: &str, slug: impl Fn(&str) -> String) -> bool {
        let Ok(whole) = self.join(told) else { return false };
        if self.is_empty() {
            return false;
        }
        // The id derived from the whole URL, perhaps numbered.
        let rest = id.strip_prefix(&slug(whole.as_str()));
        if rest.is_some_and(|rest| rest.is_empty() || is_number(rest)) {
            return true;
        }
        // An id derived when the password was a different one.
        let (user, own) = (slug(self.user()), slug(told));
        let before = id.find(&own).map(|at| &id[..at]).filter(|before| !before.is_empty());
        if self.has_login() && !user.is_empty() && before.is_some_and(|before| before.starts_with(&format!("{user}-")))
        {
            return true;
        }
        let words = self.words();
        words.iter().any(|word| id.contains(word.as_str()) || contains_part(id, &slug(word)))
    }

    /// Returns everything to mask, longest first: each secret as written, decoded, and as sent.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |written: &str, shortest: usize| {
            let meant = String::from_utf8_lossy(&decoded(written)).into_owned();
            let encoded = form_urlencoded::byte_serialize(meant.as_bytes()).collect::<String>();
            let forms = [written.to_owned(), meant, encoded];
            words.extend(forms.into_iter().filter(|word| word.chars().count() >= shortest));
        };
        // A user without a password is a token.
        match self.password().filter(|password| !password.is_empty()) {
            Some(password) => add(password, SHORTEST_PASSWORD),
            None => add(self.user(), SHORTEST_PASSWORD),
        }
        if let Some(query) = self.query() {
            add(query, SHORTEST_VALUE);
        }
        for value in self.values() {
            add(value, SHORTEST_VALUE);
        }
        let sent = self.authorization();
        words.extend(sent.iter().filter_map(|sent| sent.strip_prefix("Basic ")).map(str::to_owned));
        words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        words
    }

    /// Returns the values of the secret query.
    fn values(&self) -> Vec<&str> {
        let pairs = self.query().into_iter().flat_map(|query| query.split('&'));
        let values = pairs.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        values.filter(|value| value.chars().count() >= SHORTEST_PASSWORD).collect()
    }
}

/// Returns whether the rest of an id is a number such as `-2`.
fn is_number(rest: &str) -> bool {
    rest.strip_prefix('-').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether the hyphen-separated parts of an id contain these parts.
fn contains_part(id: &str, part: &str) -> bool {
    part.len() >= SHORTEST_VALUE && format!("-{id}-").contains(&format!("-{part}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str, private: bool) -> (String, Credentials) {
        let (told, credentials) = Credentials::split(Url::parse(url).unwrap(), private);
        (told.into(), credentials)
    }

    #[test]
    fn a_url_is_split_and_put_together() {
        for (url, private, told, authorization) in [
            (
                "http://mina:hunter2+@a.example/feed.xml",
                false,
                "http://a.example/feed.xml",
                Some("Basic bWluYTpodW50ZXIyKw=="),
            ),
            (
                "http://mina:hunter2%2B@a.example/?x=1",
                false,
                "http://a.example/?x=1",
                Some("Basic bWluYTpodW50ZXIyKw=="),
            ),
            ("https://t0ken@a.example/", false, "https://a.example/", Some("Basic dDBrZW46")),
            ("https://:pw@a.example/", false, "https://a.example/", Some("Basic OnB3")),
            ("https://j%C3%BCrgen:%C3%A4@a.example/", false, "https://a.example/", Some("Basic asO8cmdlbjrDpA==")),
            ("https://a.example/f?token=abcdef", true, "https://a.example/f", None),
            ("https://u:p@a.example/f?token=abcdef", true, "https://a.example/f", Some("Basic dTpw")),
            ("https://a.example/f?x=1", false, "https://a.example/f?x=1", None),
            ("file:///tmp/feed.xml", false, "file:///tmp/feed.xml", None),
        ] {
            let (found, credentials) = split(url, private);
            assert_eq!((found.as_str(), credentials.authorization().as_deref()), (told, authorization), "{url}");
            assert_eq!(credentials.join(told).unwrap().as_str(), url);
            assert_eq!(credentials.is_empty(), authorization.is_none() && !private, "{url}");
            assert_eq!(format!("{credentials:?}"), "Credentials(…)");
        }
    }

    #[test]
    fn messages_are_cleaned() {
        let (_, login) = split("https://mina:hunter2%2B@a.example/f?x=1", false);
        let (_, private) = split("https://a.example/f?user=7&token=s3cr%21t-t0ken", true);
        let none = Credentials::default();
        for (credentials, message, clean) in [
            (&none, "no answer from https://me:pw@a.example/f?x=1", "no answer from https://a.example/f?x=1"),
            (&login, "sent hunter2+ as hunter2%2B, bWluYTpodW50ZXIyKw==", "sent … as …, …"),
            (&login, "https://a.example/f?x=1 is gone", "https://a.example/f?x=1 is gone"),
            (
                &private,
                "https://b.example/f?key=other redirects in a circle",
                "https://b.example/f redirects in a circle",
            ),
            (&private, "token=s3cr%21t-t0ken or s3cr!t-t0ken", "token=… or …"),
        ] {
            assert_eq!(credentials.clean(message), clean);
        }
    }

    #[test]
    fn links_of_a_private_feed_lose_its_secrets_and_nothing_else() {
        let (_, private) = split("https://a.example/f?u=7&token=abc%2Bdef", true);
        for (link, clean) in [
            ("https://a.example/1?id=3&token=abc%2Bdef#top", "https://a.example/1?id=3#top"),
            ("https://a.example/1?auth=abc+def&id=3", "https://a.example/1?id=3"),
            ("https://me:pw@a.example/1?t=abc%2bdef", "https://a.example/1"),
            ("https://a.example/1?u=7&token=other", "https://a.example/1?u=7&token=other"),
            ("https://a.example/abc+def", "https://a.example/abc+def"),
        ] {
            assert_eq!(private.link(link), clean);
        }
        assert_eq!(Credentials::default().link("https://a.example/1?token=abc"), "https://a.example/1?token=abc");
        for (text, clean) in [
            ("<img src=\"/a?token=abc%2Bdef&amp;w=9\"> at /b?w=9&token=abc%2Bdef", "<img src=\"/a?w=9\"> at /b?w=9"),
            ("<a href='/c?token=abc%2Bdef'>c</a>: your token is abc+def", "<a href='/c'>c</a>: your token is …"),
            ("an abcdef of the token", "an abcdef of the token"),
        ] {
            assert_eq!(private.text(text), clean);
        }
    }
}
