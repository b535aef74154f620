//! Decides who wrote the article and how the byline reads: people, or an organization if no person is named.

use dateline_record::{Author, Source};

use super::byline::Named;
use super::fields::MetadataSources;
use super::meta::decoded;
use super::site::Site;
use super::sources::Sources;
use super::{byline, opening};
use crate::html::clean;

/// Head tags that name authors.
const META: &[&str] = &[
    "author",
    "byl",
    "authors",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "article_author",
    "article.author",
    "citation_author",
    "dcsext.author",
    "creator",
    "dc.creator.name",
    "article:author:name",
    "article:author_name",
    "cxenseparse:author",
    "vr:author",
    "mrf:authors",
];

impl MetadataSources<'_> {
    /// Returns the byline as printed, and the people it or a statement names. `place` is where the headline stands, `credits` are lines
    /// under the text that say who reported.
    pub(crate) fn authorship(
        self,
        place: Option<usize>,
        credits: &[String],
        site: &Site,
        sources: &mut Sources,
    ) -> (Option<String>, Vec<Author>) {
        let Self { said, entry, feed, .. } = self;
        let named = |key| -> Vec<(String, Named)> {
            let names = said.stated.named(key).into_iter();
            names.map(|(name, is)| (decoded(&name).unwrap_or_default(), is)).collect()
        };
        let is_person = |(_, is): &&(String, Named)| *is != Named::Organization;
        let (creators, named) = (named("creator"), named("author"));
        let mut stated: Vec<_> = named.iter().filter(is_person).collect();
        if stated.is_empty() {
            stated = creators.iter().filter(is_person).collect();
        }
        let graph = said.all("article:author");
        let in_entry: Vec<&str> =
            entry.into_iter().flat_map(|e| &e.authors).filter_map(|p| p.name.as_deref()).collect();
        let in_feed = feed.into_iter().flat_map(|f| &f.authors).filter_map(|p| p.name.as_deref());
        let byline = said.visible.byline(place);
        let signed = byline.and_then(opening::after_by).map(|names| byline::people([names], site)).unwrap_or_default();
        let some = |people: Vec<Author>| Some(people).filter(|p| !p.is_empty());
        let persons = |typed: bool| {
            let names =
                stated.iter().filter(move |(_, is)| (*is == Named::Person) == typed).map(|(name, _)| name.as_str());
            if typed { byline::persons(names, site) } else { byline::people(names, site) }
        };
        let marked = some(byline::people(said.visible.authors(place), site));
        let in_byline = some(byline::people(byline, site));
        let printed = if said.visible.is_signed(place) { in_byline.or(marked) } else { marked.or(in_byline) };
        let meta = META.iter().find_map(|n| some(byline::people(said.all(n).iter().map(String::as_str), site)));
        let authors = sources.first(
            "authors",
            [
                (Source::JsonLd, some([persons(true), persons(false)].concat())),
                (Source::OpenGraph, some(byline::people(graph.iter().map(String::as_str), site))),
                (Source::Meta, meta),
                (Source::Meta, some(byline::people(said.labelled(opening::is_opening), site))),
                (Source::Feed, some(byline::people(in_entry.iter().copied(), site))),
                (Source::Heuristics, printed),
                (Source::Heuristics, some(byline::people(credits.iter().filter_map(|c| byline::reporters(c)), site))),
                (Source::Heuristics, some(byline::people(said.visible.signature(place), site))),
                (Source::Feed, some(byline::people(in_feed, site))),
            ],
        );
        let mut authors = authors.unwrap_or_default();
        let in_head: Vec<&str> = said.visible.head_names(place).collect();
        let marked_in_head = byline::people(in_head.iter().copied(), site);
        let others = if gives_way(&authors, &signed, said.visible.all_names()) {
            Some(signed)
        } else {
            let takes_over = !marked_in_head.is_empty() && are_absent(&authors, in_head.iter().copied());
            takes_over.then_some(marked_in_head)
        };
        if let Some(others) = others {
            authors = others;
            sources.note("authors", Source::Heuristics);
        }
        if authors.is_empty() {
            // An article that nobody signs is the agency's or the newsroom's whose name it carries.
            authors = byline::organizations(&named, site);
            if !authors.is_empty() {
                sources.note("authors", Source::JsonLd);
            }
        }
        let names: Vec<&str> = stated.iter().map(|(name, _)| name.as_str()).collect();
        let printed = sources.first(
            "byline",
            [
                (Source::Heuristics, byline.and_then(clean::non_empty)),
                (Source::Meta, said.meta(&["byl", "author"]).and_then(decoded).filter(|b| !opening::names_nobody(b))),
                (Source::JsonLd, clean::non_empty(&names.join(", ")).filter(|b| !opening::names_nobody(b))),
                (Source::Feed, clean::non_empty(&in_entry.join(", "))),
                (Source::Heuristics, credits.first().cloned()),
            ],
        );
        (printed, authors)
    }
}

/// Returns whether stated authors give way to those who sign in print: where these are all of them and more, or where none of the stated is
/// printed in any of the lines (sites state who filed or edited the article).
fn gives_way<'a>(stated: &[Author], signed: &[Author], printed: impl Iterator<Item = &'a str>) -> bool {
    let is_among = |a: &Author, all: &[Author]| all.iter().any(|b| a.name.to_lowercase() == b.name.to_lowercase());
    if stated.iter().any(|a| is_among(a, signed)) {
        return signed.len() > stated.len() && stated.iter().all(|a| is_among(a, signed));
    }
    !signed.is_empty() && are_absent(stated, printed)
}

/// Returns whether there are stated authors and no line names any of them.
fn are_absent<'a>(stated: &[Author], mut printed: impl Iterator<Item = &'a str>) -> bool {
    let names: Vec<String> = stated.iter().map(|a| a.name.to_lowercase()).collect();
    !names.is_empty()
        && !printed.any(|line| {
            let line = clean::text(line).to_lowercase();
            names.iter().any(|name| line.contains(name))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_authors_give_way_to_those_who_sign() {
        for (stated, signed, printed, gives) in [
            (&["Ada Reyes"][..], &["Ada Reyes", "Jo Lind"][..], &[][..], true),
            (&["Ada Reyes", "Jo Lind"], &["ADA REYES"], &[], false),
            (&["Ada Reyes"], &["Jo Lind"], &["By Jo Lind"], true),
            (&["Ada Reyes"], &["Jo Lind"], &["By Jo Lind", "Ada\nReyes"], false),
            (&["Ada Reyes"], &[], &[], false),
            (&[], &["Jo Lind"], &[], false),
            (&["Mo Adeyemi"], &["Ada Reyes", "Jo Lind"], &["Ada Reyes\nJo Lind"], true),
        ] {
            let people = |names: &[&str]| names.iter().map(|n| Author { name: (*n).to_owned() }).collect::<Vec<_>>();
            assert_eq!(
                gives_way(&people(stated), &people(signed), printed.iter().copied()),
                gives,
                "{stated:?} {signed:?}"
            );
        }
    }
}
