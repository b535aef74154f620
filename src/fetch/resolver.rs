//! The system's resolver with a limit on concurrent lookups, with or without private addresses.

use std::net::{SocketAddr, ToSocketAddrs};
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
    /// Only public addresses that are not in this list are returned; with `None`, all addresses.
    denied: Option<Arc<HostList>>,
}

impl Resolver {
    /// Resolves to any address, `at_once` names at a time.
    pub(super) fn any(at_once: usize) -> Self {
        Self { lookups: Arc::new(Semaphore::new(at_once)), denied: None }
    }

    /// Resolves to public addresses that are not denied, with the same limit.
    pub(super) fn public_only(&self, denied: Arc<HostList>) -> Self {
        Self { denied: Some(denied), ..self.clone() }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { lookups, denied } = self.clone();
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
            if let Some(denied) = denied {
                found.retain(|address| guard::is_public(address.ip()) && !denied.has_address(address.ip()));
                if found.is_empty() {
                    return Err(PrivateAddress.into());
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
