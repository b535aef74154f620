//! The text of a story: a page's blocks, those that are the story, and what else a page or an entry says it is.

pub mod blocks;
pub mod body;
pub mod boilerplate;
pub mod class_words;
pub mod credit;
pub mod embedded;
pub mod entry_text;
pub mod hints;
pub mod live;
pub mod marks;
pub mod overlays;
pub mod parts;
pub mod pointer;
pub mod shingles;
pub mod stated;
pub mod text_candidates;
pub mod trim;
pub mod truncated;
pub mod walk;
pub mod walls;
