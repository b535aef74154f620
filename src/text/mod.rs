//! Sentences, tokens, offsets.
