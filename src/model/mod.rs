//! Taggers: one trait, its implementations.
