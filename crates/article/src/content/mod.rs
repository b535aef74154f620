//! The text of an article: the blocks of a page, those that belong to the article, and other sources of its text.

pub(crate) mod blocks;
pub(crate) mod body;
pub(crate) mod boilerplate;
pub(crate) mod class_words;
pub(crate) mod credit;
pub(crate) mod embedded;
pub(crate) mod entry_text;
pub(crate) mod hints;
pub(crate) mod live;
pub(crate) mod marks;
pub(crate) mod overlays;
pub(crate) mod parts;
pub(crate) mod pointer;
pub(crate) mod shingles;
pub(crate) mod stated;
pub(crate) mod text_candidates;
pub(crate) mod trim;
pub(crate) mod truncated;
pub(crate) mod walk;
pub(crate) mod walls;
