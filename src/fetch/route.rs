//! How one request is made: what is sent with it, where it may lead, and over which connection.

use url::Url;

use super::client::Client;
use super::connections::Reach;
use super::error::{self, Route};
use super::requests::{Applied, Transport};
use super::sockets::KeptPermit;
use super::{FetchError, Kind, Target, guard};

impl Client {
    /// Returns what applies to a request on the way to a document: what is set for its site, replaced by the login in the
    /// feed's URL, replaced by what is set for its feed.
    pub(super) fn applied(&self, target: &Target, url: &Url, kind: Kind) -> Applied {
        let mut applied = Applied::default();
        if let Some(site) = self.sites.of(url) {
            applied.add(&site, kind, true);
        }
        applied.authorize(target.place().authorization(url));
        if let Some((own, is_home)) = target.own(url) {
            applied.add(own, kind, is_home);
        }
        applied
    }

    /// Returns what is set for the site of a hub, without any login, and the addresses that a request may lead to.
    pub(super) fn applied_to_hub(&self, url: &Url) -> Result<(Applied, Reach), FetchError> {
        let applied = self.applied(&Target::from(url), url, Kind::Robots);
        let reach = self.reach(url, &applied.transport)?;
        Ok((applied, reach))
    }

    /// Returns the addresses that a request to this place may lead to.
    pub(super) fn reach(&self, url: &Url, transport: &Transport) -> Result<Reach, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            let files = if url.scheme() == "file" { "; set `fetch.files = true` to read feeds from files" } else { "" };
            return Err(FetchError::Url(format!("{url}: only http and https are supported{files}")));
        }
        if self.allowed.names(url) {
            return Ok(Reach::Any);
        }
        let host = url.host_str().unwrap_or_default();
        if self.denied.has(url) {
            return Err(FetchError::Refused(format!("{host} is listed in `fetch.deny`")));
        }
        if guard::is_private_literal(url) {
            return Err(error::private(host));
        }
        if self.proxies.chosen(url, transport.proxy.as_ref()).is_none() {
            return Ok(Reach::Public);
        }
        if guard::is_private_name(url) {
            return Err(error::private(host));
        }
        Ok(Reach::Any)
    }

    /// Returns the route of requests to this place, for error messages.
    pub(super) fn route<'a>(&'a self, url: &'a Url, transport: &'a Transport) -> Route<'a> {
        Route { host: url.host_str().unwrap_or_default(), proxy: self.proxies.chosen(url, transport.proxy.as_ref()) }
    }

    /// Returns a client to send one request with, and the permit to hold until its answer was read.
    pub(super) fn client(
        &self,
        transport: &Transport,
        reach: Reach,
    ) -> Result<(reqwest::Client, Option<KeptPermit>), FetchError> {
        let connections = self.transports.get(transport, reach).map_err(|error| FetchError::Tls(error.to_string()))?;
        let permit = self.kept.permit();
        Ok((if permit.is_some() { connections.kept.clone() } else { connections.single.clone() }, permit))
    }
}
