//! The connections that requests of their own kind need: another proxy, or a client certificate. Equal ones are shared.

use std::sync::{Arc, Mutex};

use super::ClientError;
use super::connections::{Connections, Factory, Reach};
use super::requests::Transport;

/// The maximum number of kinds of connections kept; beyond it, the one that was not used for the longest time is closed.
const MAX_KINDS: usize = 64;

/// The connections of all kinds.
pub(super) struct Transports {
    factory: Factory,
    usual: [Arc<Connections>; 2],
    /// The others, the one that was used last at the end.
    others: Mutex<Vec<(Transport, Reach, Arc<Connections>)>>,
}

impl Transports {
    pub(super) fn new(factory: Factory) -> Result<Self, ClientError> {
        let usual = |reach| factory.build(&Transport::default(), reach).map(Arc::new);
        let usual = [usual(Reach::Public)?, usual(Reach::Any)?];
        Ok(Self { factory, usual, others: Mutex::default() })
    }

    /// Returns the connections of this kind, which are created when they are needed first.
    pub(super) fn get(&self, transport: &Transport, reach: Reach) -> Result<Arc<Connections>, ClientError> {
        if transport.is_default() {
            return Ok(Arc::clone(&self.usual[reach as usize]));
        }
        let mut others = self.others.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = others.iter().position(|(known, to, _)| known == transport && *to == reach);
        let found = match known {
            Some(at) => others.remove(at),
            None => (transport.clone(), reach, Arc::new(self.factory.build(transport, reach)?)),
        };
        let connections = Arc::clone(&found.2);
        others.push(found);
        if others.len() > MAX_KINDS {
            others.remove(0);
        }
        Ok(connections)
    }

    /// Returns the number of kinds that are kept.
    #[cfg(test)]
    fn kinds(&self) -> usize {
        self.others.lock().unwrap().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Client, Options, Requests};
    use crate::options::SecretString;

    #[test]
    fn equal_kinds_are_shared_and_their_number_is_bounded() {
        let client = Client::new(Options::default()).unwrap();
        let kind = |port: usize| {
            let proxy = Some(SecretString(format!("http://me:pw@127.0.0.1:{port}")));
            let mut transport = Transport::default();
            transport.add(&Requests { proxy, ..Requests::default() }, false);
            transport
        };
        let get = |port| client.transports.get(&kind(port), Reach::Any).unwrap();
        let first = get(1);
        assert!(Arc::ptr_eq(&first, &get(1)) && !Arc::ptr_eq(&first, &get(2)));
        assert_eq!(client.transports.kinds(), 2);
        (3..70).for_each(|port| drop(get(port)));
        assert_eq!(client.transports.kinds(), MAX_KINDS);
        let usual = client.transports.get(&Transport::default(), Reach::Public).unwrap();
        assert!(Arc::ptr_eq(&usual, &client.transports.get(&Transport::default(), Reach::Public).unwrap()));
    }
}
