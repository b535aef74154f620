//! The stages and their wiring, shutdown, reload.
