//! Values in Avro, with their schemas in a registry with Confluent's API.
//!
//! Wraps another journal: registers schemas before the state is restored, and encodes values before a group is
//! committed. Everywhere else records are built, bounded and shown as JSON; the daemon's own state stays JSON.

mod options;
mod registry;
mod value;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use apache_avro::Schema;
use async_trait::async_trait;
use tracing::info;

pub use self::options::RegistryOptions;
pub use self::registry::Registry;
use self::value::ValueError;
use super::{
    Batch, Change, CommittedState, DiskError, Journal, JournalError, Reader, Reason, Received, Record, SharedSketch,
    StatePartition, Stored, TopicOptions, TopicRoute,
};
use crate::record::{CONTENT_TYPE_AVRO, Topic};

/// The largest allocation for one length within a value, in bytes.
const MAX_ALLOCATION: usize = 32 << 20;
/// The number of schemas of other versions that a reader caches.
const MAX_SCHEMAS: usize = 1_000;

/// Returns the subject under which a topic's schema is registered.
pub fn subject(topic: Topic, prefix: &str) -> String {
    format!("{}-value", topic.name(prefix))
}

/// A journal that writes values in Avro.
pub struct AvroJournal {
    inner: Arc<dyn Journal>,
    registry: Registry,
    topics: TopicOptions,
    schemas: Arc<HashMap<Topic, (String, Schema)>>,
    ids: OnceLock<HashMap<Topic, u32>>,
}

impl AvroJournal {
    /// Wraps a journal with these topics.
    pub fn new(inner: Arc<dyn Journal>, registry: Registry, topics: TopicOptions) -> Self {
        let schemas = Topic::ALL.into_iter().filter_map(|topic| Some((topic, value::schema_of(topic)?))).collect();
        Self { inner, registry, topics, schemas: Arc::new(schemas), ids: OnceLock::new() }
    }

    async fn register(&self) -> Result<(), JournalError> {
        if self.ids.get().is_some() {
            return Ok(());
        }
        let mut ids = HashMap::new();
        for (topic, (text, _)) in &*self.schemas {
            ids.insert(*topic, self.registry.register(&subject(*topic, &self.topics.prefix), text).await?);
        }
        self.register_routes(&self.topics.route).await?;
        info!(subjects = ids.len(), "schemas registered");
        // A concurrent restore may have set them first, with the same ids.
        let _ = self.ids.set(ids);
        Ok(())
    }

    /// Registers the same schemas for the topics of routes. Their records carry the ids of the main topics, which are
    /// those of the schemas, whatever the subject.
    async fn register_routes(&self, routes: &[TopicRoute]) -> Result<(), JournalError> {
        for (topic, (text, _)) in self.schemas.iter().filter(|(topic, _)| topic.is_of_articles()) {
            for route in routes {
                self.registry.register(&subject(*topic, &route.prefix), text).await?;
            }
        }
        Ok(())
    }
}

/// Returns why the registry would refuse schemas; empty if it accepts all. Registers nothing.
pub async fn check(registry: &Registry, topics: &TopicOptions) -> Result<Vec<String>, JournalError> {
    let mut faults = Vec::new();
    for (topic, prefix) in topics.names() {
        let Some((text, _)) = value::schema_of(topic) else { continue };
        let subject = subject(topic, prefix);
        faults.extend(registry.incompatible(&subject, &text).await?.map(|fault| format!("{subject}: {fault}")));
    }
    Ok(faults)
}

#[async_trait]
impl Journal for AvroJournal {
    /// Registers first: a refused schema must not fence a running instance.
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        self.register().await?;
        self.inner.restore().await
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        let Some(ids) = self.ids.get().cloned() else {
            return Err(JournalError::reset("the schemas have not been registered"));
        };
        let (group, schemas) = (group.to_vec(), Arc::clone(&self.schemas));
        let encoded = tokio::task::spawn_blocking(move || encode_group(group, &schemas, &ids)).await;
        let encoded = encoded.map_err(|error| {
            JournalError::Fatal(Reason::new("encoding records in Avro ended unexpectedly", error))
        })??;
        self.inner.commit(&encoded).await
    }

    fn max_value_bytes(&self) -> usize {
        self.inner.max_value_bytes()
    }

    fn partition(&self, site: &str) -> StatePartition {
        self.inner.partition(site)
    }

    fn partition_count(&self) -> usize {
        self.inner.partition_count()
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        self.inner.owned()
    }

    async fn change(&self) -> Result<Change, JournalError> {
        self.inner.change().await
    }

    async fn release(&self, partitions: &BTreeSet<StatePartition>) -> Result<(), JournalError> {
        self.inner.release(partitions).await
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn receive(&self) -> Result<Received, JournalError> {
        self.inner.receive().await
    }

    async fn shared_sketch(&self) -> Result<SharedSketch, JournalError> {
        self.inner.shared_sketch().await
    }

    async fn prepare_routes(&self, routes: &[TopicRoute]) -> Result<(), JournalError> {
        self.register_routes(routes).await?;
        self.inner.prepare_routes(routes).await
    }

    fn unreadable(&self, error: &DiskError) -> JournalError {
        self.inner.unreadable(error)
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

fn encode_group(
    mut group: Vec<Batch>,
    schemas: &HashMap<Topic, (String, Schema)>,
    ids: &HashMap<Topic, u32>,
) -> Result<Vec<Batch>, JournalError> {
    for record in group.iter_mut().flat_map(|batch| &mut batch.records) {
        let (Some((_, schema)), Some(id)) = (schemas.get(&record.topic), ids.get(&record.topic)) else { continue };
        encode(record, schema, *id).map_err(|error| {
            JournalError::Fatal(Reason::new(format!("a record of {:?} does not match its schema", record.topic), error))
        })?;
    }
    Ok(group)
}

fn encode(record: &mut Record, schema: &Schema, id: u32) -> Result<(), ValueError> {
    let Some(json) = &record.value else { return Ok(()) };
    record.value = Some(value::encode(json, schema, id)?);
    if let Some((_, kind)) = record.headers.iter_mut().find(|(name, _)| name == "content-type") {
        CONTENT_TYPE_AVRO.clone_into(kind);
    }
    Ok(())
}

/// A reader that shows Avro values as JSON; other values pass through unchanged.
pub struct AvroReader {
    inner: Box<dyn Reader>,
    registry: Registry,
    schemas: HashMap<u32, Schema>,
}

impl AvroReader {
    /// Wraps another reader.
    pub fn new(inner: Box<dyn Reader>, registry: Registry) -> Self {
        apache_avro::util::max_allocation_bytes(MAX_ALLOCATION);
        Self { inner, registry, schemas: HashMap::new() }
    }

    async fn schema(&mut self, id: u32) -> Result<&Schema, JournalError> {
        if !self.schemas.contains_key(&id) {
            let text = self.registry.schema(id).await?;
            let schema = Schema::parse_str(&text).map_err(|error| {
                JournalError::Fatal(Reason::new(format!("invalid schema {id} in the registry"), error))
            })?;
            if self.schemas.len() >= MAX_SCHEMAS {
                self.schemas.clear();
            }
            self.schemas.insert(id, schema);
        }
        Ok(&self.schemas[&id])
    }
}

#[async_trait]
impl Reader for AvroReader {
    async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        let Some(mut stored) = self.inner.next().await? else { return Ok(None) };
        let is_avro = stored.headers.iter().any(|(name, kind)| name == "content-type" && kind == CONTENT_TYPE_AVRO);
        let framed = stored.value.take_if(|value| is_avro && value::split(value).is_some());
        if let Some((id, datum)) = framed.as_deref().and_then(value::split) {
            let json = value::decode(datum, self.schema(id).await?).map_err(|error| {
                let Stored { topic, partition, offset, .. } = &stored;
                let message = format!("cannot decode the record at {topic} partition {partition} offset {offset}");
                JournalError::Fatal(Reason::new(message, error))
            })?;
            stored.value = Some(json);
        }
        Ok(Some(stored))
    }
}
