//! File descriptors: how many this process may open, and how they are divided.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

use crate::fetch::{Options, SocketBudget};

/// Descriptors reserved for other uses: the store or the connections to Kafka, the connections of `[serve]`, the process
/// itself.
const RESERVED: usize = 256;
/// Sockets for feed discovery from the pages; part of the reserved ones.
pub(super) const FOR_DISCOVERY: usize = 32;

/// How the file descriptors of this process are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptors {
    limit: usize,
}

impl Descriptors {
    /// Reads the limit.
    pub(super) fn now() -> Self {
        let limit = getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok());
        Self { limit: limit.unwrap_or(usize::MAX) }
    }

    /// Returns how many descriptors are left for requests.
    pub(super) fn for_requests(self) -> usize {
        self.limit - self.reserved()
    }

    /// Returns how many connections `[serve]` may have open.
    pub(super) fn for_server(self) -> usize {
        (self.reserved() / 2).max(1)
    }

    fn reserved(self) -> usize {
        RESERVED.min(self.limit / 2)
    }

    /// Returns a warning if the limit is too low for these options.
    pub(super) fn warning(self, options: &Options) -> Option<String> {
        let possible = self.budget(options).requests;
        let needed = SocketBudget::needed(options.concurrency) + RESERVED;
        (possible < options.concurrency).then(|| {
            format!(
                "the limit of {} file descriptors allows {possible} requests at once, not the {} of `fetch.concurrency`; raise it to \
                 {needed} (`ulimit -n {needed}`, or `LimitNOFILE={needed}` under systemd)",
                self.limit, options.concurrency
            )
        })
    }

    /// Logs how the descriptors are divided.
    pub(super) fn log(self, options: &Options) {
        let SocketBudget { requests, kept } = self.budget(options);
        info!(limit = self.limit, sockets = self.for_requests(), requests, kept, "file descriptors left for sockets");
        if let Some(warning) = self.warning(options) {
            warn!("{warning}");
        }
    }

    fn budget(self, options: &Options) -> SocketBudget {
        SocketBudget::new(self.for_requests(), options.concurrency)
    }
}

/// Raises the limit of this process from the soft to the hard one. The soft limit is low for programs that use `select`, which
/// cannot handle more; this program does not use it.
pub(super) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // If the limit cannot be raised, the process uses fewer sockets.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_limit_is_divided_and_reported() {
        let fetch = Options::default();
        for (limit, requests, server, warns) in [
            (64, 2, 16, true),
            (256, 10, 64, true),
            (1_023, 63, 128, true),
            (1_024, 64, 128, false),
            (usize::MAX, 64, 128, false),
        ] {
            let descriptors = Descriptors { limit };
            assert_eq!(descriptors.budget(&fetch).requests, requests, "{limit}");
            assert_eq!(descriptors.for_server(), server, "{limit}");
            assert_eq!(descriptors.warning(&fetch).is_some(), warns, "{limit}");
        }
        let many = Options { concurrency: 1_000, ..Options::default() };
        let warning = Descriptors { limit: 4_096 }.warning(&many).unwrap();
        assert!(
            warning.contains("320 requests at once, not the 1000") && warning.contains("`ulimit -n 12256`"),
            "{warning}"
        );
        assert_eq!(Descriptors { limit: 12_256 }.warning(&many), None);
    }
}
