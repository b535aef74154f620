//! OPML 1.0 and 2.0 feed lists: outlines with `xmlUrl`, at any depth.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fault::{Faults, Place, Source};
use super::list::Listed;
use super::settings::FeedEntry;

/// Reads the feeds of an OPML file. Named entities of HTML and stray ampersands are taken as they come; a file that breaks
/// off is a fault.
pub(super) fn read(source: &Source, faults: &mut Faults) -> Vec<Listed> {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut listed = Vec::new();
    let mut opml = false;
    let mut closed = false;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or_default();
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                name if name.eq_ignore_ascii_case("opml") => opml = true,
                name if name.eq_ignore_ascii_case("outline") => {
                    // Not before the tag itself: blank lines may stand before it.
                    let start = at + text[at..].find('<').unwrap_or(0);
                    listed.extend(outline(&tag).map(|feed| Listed { feed, place: source.at(start) }));
                }
                _ => {}
            },
            Ok(Event::End(tag)) if tag.local_name().as_ref().eq_ignore_ascii_case("opml") => closed = true,
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                faults.add(source.at(at), format!("this OPML cannot be read from here on: {error}"));
                return listed;
            }
        }
    }
    if opml && !closed {
        // Half a list, taken for the whole, would remove the other half's feeds.
        faults.add(source.at(text.len()), "this OPML breaks off: its </opml> is missing");
    }
    if !opml {
        let place = Place::File(source.path.to_owned(), None);
        faults.add(place, "this is no OPML; a feed list ends in `.toml`, or holds an <opml> document");
    }
    listed
}

fn outline(tag: &BytesStart) -> Option<FeedEntry> {
    let mut attributes: HashMap<String, String> = HashMap::new();
    for attribute in tag.html_attributes().with_checks(false).flatten() {
        let name = attribute.key.as_ref().to_ascii_lowercase();

        let value = html_escape::decode_html_entities(&attribute.value).trim().to_owned();
        attributes.entry(name).or_insert(value);
    }
    let mut take = |name: &str| attributes.remove(name).filter(|value| !value.is_empty());
    let url = take("xmlurl")?;
    Some(FeedEntry {
        id: String::new(),
        url,
        title: take("title").or_else(|| take("text")),
        publisher: None,
        language: take("language").filter(|language| language != "unknown"),
        interval: None,
        pages: None,
        paused: false,
        full_fetch: false,
    })
}
