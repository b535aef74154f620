//! What the topics of the brokers say of the layout.

use super::{Layout, LayoutNumber, LayoutReader};
use crate::journal::JournalError;
use crate::journal::kafka::options::KafkaSettings;
use crate::journal::kafka::topic_list::TopicList;
use crate::record::Topic;

/// Returns the layout, or the first one if its topic does not exist. Blocks.
pub(in crate::journal::kafka) fn current(topics: &TopicList, settings: &KafkaSettings) -> Result<Layout, JournalError> {
    let is_listed = topics.has(&settings.layout_topic());
    let layout = if is_listed { LayoutReader::new(settings).read()?.0 } else { Layout::default() };
    check(&layout, topics, settings)?;
    Ok(layout)
}

/// Returns an error if state topics exist that only a layout can have named, but the layout does not name any of them: without
/// it, the daemon would resume from the state before they were created and publish everything since then again.
pub(in crate::journal::kafka) fn check(
    layout: &Layout,
    topics: &TopicList,
    settings: &KafkaSettings,
) -> Result<(), JournalError> {
    let first = settings.at(LayoutNumber::default()).topic(Topic::FeedState);
    let last = topics.names().filter_map(|name| LayoutNumber::parse(name.strip_prefix(&first)?)).max();
    match last {
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
