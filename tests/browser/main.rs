//! The pages in a real Chromium, with the demo and a hostile publisher.
//!
//! `DATELINE_TEST_SHOTS=FOLDER` keeps screenshots of the pages. axe-core is loaded from `DATELINE_TEST_AXE`, or from
//! `target/axe`, where `npm install --prefix target/axe axe-core@4` puts it.

mod demo;
mod hostile;
mod notes;
mod pages;
mod reload;
