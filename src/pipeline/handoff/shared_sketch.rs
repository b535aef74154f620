//! The sketches that instances share, so that near-duplicates of each other's articles are found.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::article::duplicates::Sketch;
use crate::clock::Clock;
use crate::config::Settings;
use crate::journal::{Journal, SharedSketch};
use crate::options::Live;
use crate::state::recent::MemoryLimits;
use crate::state::store::StateStore;

/// Returns an article's sketch for other instances: when it was first seen (milliseconds since 1970, UTC), then the sketch.
pub(in crate::pipeline) fn write(article: Uuid, first_seen: i64, sketch: &Sketch) -> SharedSketch {
    let value = [&first_seen.to_be_bytes()[..], &sketch.to_bytes()].concat();
    SharedSketch { article, value: Some(value) }
}

/// Reads what [`write`] wrote.
fn read(value: &[u8]) -> Option<(i64, Sketch)> {
    let (first_seen, sketch) = value.split_first_chunk()?;
    Some((i64::from_be_bytes(*first_seen), Sketch::from_bytes(sketch)?))
}

/// Takes in the sketches of other instances until it is stopped.
pub(in crate::pipeline) async fn follow(
    journal: Arc<dyn Journal>,
    store: Arc<StateStore>,
    settings: Live<Settings>,
    clock: Clock,
    stop: CancellationToken,
) {
    loop {
        let shared = tokio::select! {
            () = stop.cancelled() => return,
            shared = journal.shared_sketch() => shared,
        };
        let SharedSketch { article, value } = match shared {
            Ok(shared) => shared,
            Err(error) => {
                warn!(error = format!("{error:#}"), "duplicates of other instances' articles are no longer found");
                return;
            }
        };
        let known = value.as_deref().and_then(read);
        let limits = MemoryLimits::new(&settings.get());
        store.recent(|recent| match known {
            Some((first_seen, sketch)) => recent.put_foreign(article, first_seen, sketch, &limits, clock.now()),
            None => recent.drop_foreign(article),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_is_read_as_it_was_written() {
        let text: String = (0..200_u32).map(|n| format!("w{} ", n * n)).collect();
        let sketch = Sketch::of_texts([text.as_str()].into_iter()).unwrap();
        let shared = write(Uuid::from_u128(3), -5, &sketch);
        assert_eq!(read(&shared.value.unwrap()), Some((-5, sketch)));
        assert_eq!(read(b"short"), None);
    }
}
