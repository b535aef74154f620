//! Reads an OPML list or reports its faults; what was read can be written and read again.

#![no_main]

use std::path::Path;

use dateline::config::{Opml, opml, parse_opml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(Opml { feeds, .. }) = parse_opml(Path::new("fuzz.opml"), text) {
        let again = parse_opml(Path::new("again.opml"), &opml::write(&feeds));
        assert_eq!(again.expect("what was written is OPML").feeds.len(), feeds.len());
    }
});
