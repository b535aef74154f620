//! The system's resolver with a limit on concurrent lookups, with or without private addresses.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::guard;
use super::host_list::HostList;

/// All addresses of a name are private.
#[derive(Debug, thiserror::Error)]
#[error("all addresses are in private networks")]
pub(super) struct PrivateAddress;

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
pub(super) struct NoAddress;

/// Resolves names.
#[derive(Clone)]
pub(super) struct Resolver {
    /// Limits lookups: one continues after its request was abandoned, and holds sockets meanwhile.
    lookups: Arc<Semaphore>,
    /// Which addresses are returned; with `None`, all of them.
    only: Option<Only>,
}

/// Public addresses and allowed ones, except those that are denied.
#[derive(Clone)]
struct Only {
    allowed: Arc<HostList>,
    denied: Arc<HostList>,
}

impl Only {
    fn has(&self, address: IpAddr) -> bool {
        (guard::is_public(address) || self.allowed.has_address(address)) && !self.denied.has_address(address)
    }
}

impl Resolver {
    /// Resolves to any address, `at_once` names at a time.
    pub(super) fn any(at_once: usize) -> Self {
        Self { lookups: Arc::new(Semaphore::new(at_once)), only: None }
    }

    /// Resolves to public and to allowed addresses that are not denied, with the same limit.
    pub(super) fn public_only(&self, allowed: Arc<HostList>, denied: Arc<HostList>) -> Self {
        Self { only: Some(Only { allowed, denied }), ..self.clone() }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { lookups, only } = self.clone();
        Box::pin(async move {
            let turn = lookups.acquire_owned().await?;
            let lookup = tokio::task::spawn_blocking(move || {
                let _turn = turn; // held until the system's resolver returns, even if the request was abandoned
                (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>)
            });
            let mut found = lookup.await?.unwrap_or_default();
            if found.is_empty() {
                return Err(NoAddress.into());
            }
            if let Some(only) = only {
                found.retain(|address| only.has(address.ip()));
                if found.is_empty() {
                    return Err(PrivateAddress.into());
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_public_and_allowed_addresses_that_are_not_denied() {
        let list = |hosts: &[&str]| Arc::new(HostList::parse(hosts.iter().copied()).unwrap());
        let only = Only { allowed: list(&["10.1.0.0/16"]), denied: list(&["10.1.9.0/24", "1.0.0.1"]) };
        let has = |address: &str| only.has(address.parse().unwrap());
        assert!(has("1.1.1.1") && has("10.1.2.3"));
        assert!(!has("10.2.0.1") && !has("10.1.9.1") && !has("1.0.0.1"));
    }
}
