//! The text of an article: the blocks of a page, those that belong to the article, and other sources of its text.

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
