//! Quotations, cues, speakers.
