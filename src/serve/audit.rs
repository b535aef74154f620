//! The audit lines of the log: who changed the config or the feed list, and what.

/// The target of these lines. They are never folded, and a filter may keep them: `warn,dateline::audit=info`.
pub const AUDIT: &str = "dateline::audit";
