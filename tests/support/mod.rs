//! Real components for whole-program tests: a publisher on loopback, the built binary, a reader of committed records.

#![allow(dead_code)] // each test binary uses its own share

pub mod checker;
pub mod collector;
pub mod daemon;
pub mod feed_history;
pub mod hub;
pub mod publisher;
pub mod random;
pub mod script;
