//! Messages that instances hand over to each other: the topic `handoff`, partitioned as the state topic is.
//!
//! The owner of a state partition consumes the partition of the same number. How far it has come is a value of the state,
//! committed in the transaction that holds the result: so a message is consumed exactly once, whoever owns the partition.
//! Results come in any order, so the position names what is done beyond the first message that is not.

mod consumer;
mod position;
mod progress;

pub(super) use self::consumer::{Consumer, consume};
pub(super) use self::position::Position;
pub(super) use self::progress::Progress;
