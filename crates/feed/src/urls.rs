//! The URLs of a document without their secret parts.

use std::borrow::Cow;

use dateline_address::without_user_info;

use super::{Document, Entry, Feed, Link, Person};

impl Document {
    /// Cuts the user information from every URL.
    pub fn cut_user_info(&mut self) {
        self.feed.map_urls(without_user_info);
        self.entries.iter_mut().for_each(|entry| entry.map_urls(without_user_info));
    }
}

impl Feed {
    /// Changes every URL that the feed names of itself.
    fn map_urls(&mut self, change: impl Fn(&str) -> Cow<'_, str>) {
        for url in [&mut self.link, &mut self.self_link, &mut self.hub].into_iter().flatten() {
            apply(url, &change);
        }
        self.image.iter_mut().for_each(|image| apply(&mut image.url, &change));
        links(&mut self.links, &change);
        people(&mut self.authors, &change);
        people(&mut self.contributors, &change);
    }
}

impl Entry {
    /// Changes every URL of the entry, its guid where that is one. Summary and content stay as they are.
    pub fn map_urls(&mut self, change: impl Fn(&str) -> Cow<'_, str>) {
        let urls = [&mut self.guid, &mut self.link, &mut self.image, &mut self.comments, &mut self.base];
        urls.into_iter().flatten().for_each(|url| apply(url, &change));
        self.source.iter_mut().filter_map(|source| source.url.as_mut()).for_each(|url| apply(url, &change));
        self.media.iter_mut().for_each(|media| apply(&mut media.url, &change));
        links(&mut self.links, &change);
        people(&mut self.authors, &change);
        people(&mut self.contributors, &change);
    }
}

fn links(links: &mut [Link], change: &impl Fn(&str) -> Cow<'_, str>) {
    for link in links {
        apply(&mut link.href, change);
    }
}

fn people(people: &mut [Person], change: &impl Fn(&str) -> Cow<'_, str>) {
    for url in people.iter_mut().filter_map(|person| person.url.as_mut()) {
        apply(url, change);
    }
}

fn apply(url: &mut String, change: &impl Fn(&str) -> Cow<'_, str>) {
    let changed = match change(url) {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => return,
    };
    *url = changed;
}

#[cfg(test)]
mod tests {
    use crate::{Hints, parse};

    #[test]
    fn no_url_of_a_document_keeps_its_user_information() {
        let url = |n: u32| format!("https://me:pass-{n}@a.example/{n}");
        let rss = format!(
            "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'><channel>\
             <title>T</title><link>{}</link><atom:link rel='self' href='{}'/><atom:link rel='hub' href='{}'/>\
             <image><url>{}</url></image><item><title>One</title><link>{}</link><guid>{}</guid><comments>{}</comments>\
             <enclosure url='{}' type='audio/mpeg' length='1'/><media:content url='{}'/><media:thumbnail url='{}'/>\
             <source url='{}'>S</source><atom:author><atom:name>Ann</atom:name><atom:uri>{}</atom:uri></atom:author></item>\
             </channel></rss>",
            url(1),
            url(2),
            url(3),
            url(4),
            url(5),
            url(6),
            url(7),
            url(8),
            url(9),
            url(10),
            url(11),
            url(12)
        );
        let atom = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{}'><title>T</title><icon>{}</icon><author><name>A</name>\
             <uri>{}</uri></author><entry><id>{}</id><title>One</title><link href='{}'/><content type='html' xml:base='{}'>x</content>\
             <contributor><name>B</name><uri>{}</uri></contributor></entry></feed>",
            url(1),
            url(2),
            url(3),
            url(4),
            url(5),
            url(6),
            url(7)
        );
        let json = format!(
            r#"{{"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"{}","feed_url":"{}","icon":"{}",
            "hubs":[{{"type":"WebSub","url":"{}"}}],"items":[{{"id":"{}","url":"{}","external_url":"{}","image":"{}",
            "title":"One","attachments":[{{"url":"{}","mime_type":"audio/mpeg"}}],"authors":[{{"name":"A","url":"{}"}}]}}]}}"#,
            url(1),
            url(2),
            url(3),
            url(4),
            url(5),
            url(6),
            url(7),
            url(8),
            url(9),
            url(10)
        );
        for body in [rss, atom, json] {
            let mut document =
                parse(body.as_bytes(), &Hints { url: Some("https://me:pass-0@a.example/f"), ..Hints::default() })
                    .unwrap();
            let told = |document: &super::Document| format!("{:?}{:?}", document.feed, document.entries);
            assert!(told(&document).contains("pass-"), "the case shows something");
            document.cut_user_info();
            assert!(!told(&document).contains("pass-") && !told(&document).contains("me:p"), "{}", told(&document));
            assert_eq!(document.entries[0].title.as_deref(), Some("One"));
        }
    }
}
