//! Finds or creates the topic of the layout.

use rdkafka::client::Client;
use rdkafka::metadata::MetadataTopic;

use super::{Layout, LayoutNumber, LayoutReader};
use crate::journal::JournalError;
use crate::journal::kafka::client::Context;
use crate::journal::kafka::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::record::Topic;

/// What the brokers list of the layout.
pub(in crate::journal::kafka) struct Listed {
    /// Whether the topic of the layout exists.
    pub layout: bool,
    /// The highest number of a state topic that exists; `None` if there is at most the first.
    pub last: Option<LayoutNumber>,
}

/// Lists the topic of the layout and the numbered state topics. Blocks.
pub(in crate::journal::kafka) fn list(
    client: &Client<Context>,
    settings: &KafkaSettings,
) -> Result<Listed, JournalError> {
    let failed = || format!("cannot list the topics of Kafka at {}", settings.kafka.brokers);
    let metadata = client.fetch_metadata(None, BROKER_TIMEOUT).map_err(|e| client.context().failure(&failed(), &e))?;
    let names = || metadata.topics().iter().filter(|t| t.error().is_none()).map(MetadataTopic::name);
    let (layout, first) = (settings.layout_topic(), settings.at(LayoutNumber::default()).topic(Topic::FeedState));
    Ok(Listed {
        layout: names().any(|name| name == layout),
        last: names().filter_map(|name| LayoutNumber::parse(name.strip_prefix(&first)?)).max(),
    })
}

impl Listed {
    /// Returns an error if state topics exist that only a layout can have named, but the layout does not name any of them: without
    /// it, the daemon would resume from the state before they were created and publish everything since then again.
    pub(in crate::journal::kafka) fn check(
        &self,
        layout: &Layout,
        settings: &KafkaSettings,
    ) -> Result<(), JournalError> {
        match self.last {
            Some(last) if layout.last < last => {
                let newest = settings.at(last).topic(Topic::FeedState);
                Err(JournalError::fatal(format!(
                    "topic {newest} exists, but topic {} does not name it: its record was deleted, or {newest} is not dateline's. \
                     Without that record, articles would be published again; restore the topic, or delete {newest} if nothing \
                     uses it",
                    settings.layout_topic()
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the layout, or the first one if its topic does not exist. Blocks.
pub(in crate::journal::kafka) fn current(
    client: &Client<Context>,
    settings: &KafkaSettings,
) -> Result<Layout, JournalError> {
    let listed = list(client, settings)?;
    let layout = if listed.layout { LayoutReader::new(settings).read()?.0 } else { Layout::default() };
    listed.check(&layout, settings)?;
    Ok(layout)
}
