//! Decides whether the article of a new entry is already on record, and under which id it is published if not.

use uuid::Uuid;

use super::identity::ArticleName;
use super::packed::Packed;
use crate::article::{is_another, is_same};
use crate::record::Article;

/// Where an article belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// It is new, with this id.
    New(Uuid),
    /// It is on record under this id.
    SameAs(Uuid),
}

/// An article on record.
pub(crate) struct RecordedArticle {
    /// Its last revision, if that is still kept.
    pub last: Option<Packed>,
    /// Whether another entry of the same feed became this article, so the two entries are known to differ.
    pub is_of_feed: bool,
}

/// Places an article that a feed shows for the first time. `known` looks an id up.
///
/// Articles of two feeds under one id are one article, unless title, text and date say otherwise. Two entries of one
/// feed are known to differ: only a URL that their pages state can make them one article, if the text is the same. If
/// the text is no longer kept, one URL is one article.
pub(crate) fn place(
    name: &ArticleName,
    article: &Article,
    known: impl Fn(Uuid) -> Option<RecordedArticle>,
) -> Placement {
    let Some((id, RecordedArticle { last, is_of_feed })) = name.ids.iter().find_map(|id| Some((*id, known(*id)?)))
    else {
        return Placement::New(name.ids[0]);
    };
    let last = last.as_ref().and_then(Packed::article);
    let is_other = match (&last, is_of_feed) {
        (_, true) if !name.is_stated => true,
        (Some(last), true) => !is_same(last, article),
        (Some(last), false) => is_another(last, article),
        (None, _) => false,
    };
    if !is_other {
        return Placement::SameAs(id);
    }
    let further = name.further(id, is_of_feed);
    if known(further).is_some() { Placement::SameAs(further) } else { Placement::New(further) }
}

impl RecordedArticle {
    /// Returns whether an entry was matched with this article by mistake: another entry of the feed became it too, and
    /// it says something else. Earlier versions matched entries that had only a guid or a link in common.
    pub(crate) fn is_mistaken(&self, article: &Article) -> bool {
        self.is_of_feed && self.last.as_ref().and_then(Packed::article).is_some_and(|last| !is_same(&last, article))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::DateTime;

    use super::*;
    use crate::article::from_entry;
    use crate::feed::{Entry, Feed};
    use crate::record::{Source, article_id};
    use crate::state::identity::{LinkRole, Naming};

    fn entry(link: &str, title: &str, text: &str, day: i64) -> Entry {
        Entry {
            guid: Some(format!("{title}-{day}")),
            link: Some(link.into()),
            title: Some(title.into()),
            summary: Some(text.into()),
            published: DateTime::from_timestamp(day * 86_400, 0),
            ..Entry::default()
        }
    }

    const FERRY: &str = "The ferry to the outer isles stays in harbour until the broken crankshaft is replaced.";
    const BAKER: &str =
        "A bakery on Mill Lane sold its last loaf after ninety years, and neighbours queued since dawn.";
    const URL: &str = "https://n.example/today";

    #[test]
    fn one_url_is_one_article_unless_title_text_and_date_differ() {
        let naming = Naming { link: LinkRole::Identifies, by_guid: true };
        let named = |feed: &str, entry: &Entry, is_stated: bool| {
            let mut article = from_entry(entry, &Feed::default(), feed);
            if is_stated {
                article.content_source = crate::record::ContentSource::Page;
                article.sources.insert("url".into(), Source::Meta);
            }
            (naming.name(feed, entry, &article), article)
        };
        let first = entry(URL, "Ferry waits", FERRY, 1);
        let (_, mut last) = named("f", &first, false);
        last.id = article_id(URL);
        let other = entry(URL, "Baker closes", BAKER, 2);
        let further = named("g", &other, false).0.further(last.id, false);
        for (what, entry, is_stated, is_of_feed, wanted) in [
            (
                "the same in another feed",
                entry(URL, "Ferry waits", "The ferry waits.", 1),
                false,
                false,
                Placement::SameAs(last.id),
            ),
            (
                "by http",
                entry("http://n.example/today", "Ferry waits", FERRY, 1),
                false,
                false,
                Placement::SameAs(last.id),
            ),
            (
                "with www",
                entry("https://www.n.example/today", "Ferry waits", FERRY, 1),
                false,
                false,
                Placement::SameAs(last.id),
            ),
            ("under another headline", entry(URL, "No ferry", FERRY, 2), false, false, Placement::SameAs(last.id)),
            ("another story", other.clone(), false, false, Placement::New(further)),
            (
                "another URL",
                entry("https://n.example/2", "Baker closes", BAKER, 2),
                false,
                false,
                Placement::New(article_id("https://n.example/2")),
            ),
            (
                "different in its feed, pages with one URL and text",
                entry(URL, "Ferry waits", FERRY, 1),
                true,
                true,
                Placement::SameAs(last.id),
            ),
        ] {
            let (name, article) = named("g", &entry, is_stated);
            let on_record =
                |id: Uuid| (id == last.id).then(|| RecordedArticle { last: Packed::new(&last), is_of_feed });
            assert_eq!(place(&name, &article, on_record), wanted, "{what}");
        }
        // Different entries of one feed are two articles, and stay so.
        for (entry, is_stated) in [(entry(URL, "Ferry waits", FERRY, 2), false), (other.clone(), true)] {
            let (name, article) = named("f", &entry, is_stated);
            let mut records: HashMap<Uuid, Article> = HashMap::from([(last.id, last.clone())]);
            let place_with = |records: &HashMap<Uuid, Article>| {
                let known = |id: Uuid| {
                    records.get(&id).map(|a| RecordedArticle { last: Packed::new(a), is_of_feed: id == last.id })
                };
                place(&name, &article, known)
            };
            let Placement::New(id) = place_with(&records) else { panic!("{entry:?} is swallowed") };
            assert_ne!(id, last.id);
            records.insert(id, article.clone());
            assert_eq!(place_with(&records), Placement::SameAs(id));
        }
    }
}
