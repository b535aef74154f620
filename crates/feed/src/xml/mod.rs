//! A lenient XML parser: any text to a balanced tree, in one linear pass without recursion, with a list of the repairs.
//! Repairing a document for a strict parser would take longer than reading it directly.

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
