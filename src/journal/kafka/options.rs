//! Options of the Kafka journal and its time limits.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long brokers may take to answer before they count as unreachable.
pub(super) const BROKER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long releasing revoked partitions may take before the group continues without this instance.
pub(super) const REVOCATION_TIMEOUT: Duration = Duration::from_secs(20);

/// How to reach and use Kafka.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// Prefix of every topic name, before the dot.
    pub prefix: String,
    /// Name of this instance; the transactional id is the prefix, a dash and this name.
    pub instance: String,
    /// Partitions of a newly created topic.
    pub partitions: i32,
    /// Replicas of each partition of a newly created topic; 0 means three, or as many as there are brokers.
    pub replication: i32,
    /// How long the record topics keep their records.
    pub retention: Duration,
    /// How long a transaction may stay open before the broker aborts it.
    pub transaction_timeout: Duration,
    /// How long an instance may be silent before its partitions are reassigned.
    pub session_timeout: Duration,
    /// Whether the instance keeps its place in the group while it restarts, within the session timeout.
    pub static_membership: bool,
    /// Any librdkafka setting, except those that exactly-once depends on.
    pub properties: BTreeMap<String, String>,
}

impl Options {
    /// Returns the transactional id: prefix, dash, instance.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.prefix, self.instance)
    }

    /// Returns the consumer group of the instances that share the feeds.
    pub fn group(&self) -> String {
        format!("{}-daemon", self.prefix)
    }
}

impl fmt::Debug for Options {
    /// Leaves out the values of the properties: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("brokers", &self.brokers)
            .field("prefix", &self.prefix)
            .field("instance", &self.instance)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("retention", &self.retention)
            .field("transaction_timeout", &self.transaction_timeout)
            .field("session_timeout", &self.session_timeout)
            .field("static_membership", &self.static_membership)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .finish()
    }
}
