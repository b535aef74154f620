//! Tolerant XML: any text to a balanced tree, in one linear pass without recursion, and what had to be mended to get there.
//!
//! A strict parser behind a mending pass came first; reading the tags here takes less than making them fit for another's reader.

mod build;
mod names;
mod references;
mod root;
mod tags;
mod tree;
mod write;

pub(super) use build::build;
pub(super) use names::Ns;
pub(super) use tree::Node;
pub(super) use write::TextMode;
