//! Rebuilds committed articles from records in their order: an article, its entities, its quotations.

use crate::address::without_user_info;
use crate::record::{Article, EntitySet, Quotation, Topic};
use crate::serve::story_view::StoryView;

/// Groups the records of one article. Unreadable records are skipped.
pub fn stories(records: impl Iterator<Item = (Topic, i64, Vec<u8>)> + Send) -> impl Iterator<Item = StoryView> + Send {
    let mut records = records;
    let mut open: Option<StoryView> = None;
    let mut over = false;
    std::iter::from_fn(move || {
        loop {
            let Some((topic, offset, value)) = records.next().filter(|_| !over) else {
                over = true;
                return open.take();
            };
            match topic {
                Topic::Articles => {
                    let begun = serde_json::from_slice::<Article>(&value).ok().and_then(|mut article| {
                        // Records of earlier versions may contain user information.
                        article.map_urls(without_user_info);
                        let entities = EntitySet {
                            article_id: article.id,
                            revision: article.revision,
                            entities: Vec::new(),
                            extractor: None,
                            feed: None,
                        };
                        let number = u64::try_from(offset).ok()?;
                        Some(StoryView { number, article: Box::new(article), entities, quotes: Vec::new() })
                    });
                    if let Some(whole) = std::mem::replace(&mut open, begun) {
                        return Some(whole);
                    }
                }
                Topic::Entities => {
                    if let (Some(story), Ok(set)) = (&mut open, serde_json::from_slice::<EntitySet>(&value))
                        && (set.article_id, set.revision) == (story.article.id, story.article.revision)
                    {
                        story.entities = set;
                    }
                }
                Topic::Quotes => {
                    if let (Some(story), Ok(quote)) = (&mut open, serde_json::from_slice::<Quotation>(&value))
                        && quote.article_id == Some(story.article.id)
                    {
                        story.quotes.push(quote);
                    }
                }
                _ => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn records_are_put_together_to_stories() {
        let article = |id: u128| json!({ "id": Uuid::from_u128(id), "revision": 1, "pubstatus": "usable", "content_source": "page", "text": "", "word_count": 0 });
        let quote = |id: u128| {
            json!({ "id": "q", "article_id": Uuid::from_u128(id), "revision": 1, "type": "direct", "segments": [], "text": "x",
                    "quoted": [], "speaker": null, "cue": null, "block": 0, "confidence": 1.0 })
        };
        let records = [
            (Topic::Quotes, 5, quote(9)),
            (Topic::Articles, 3, article(1)),
            (Topic::Entities, 0, json!({ "article_id": Uuid::from_u128(1), "revision": 1, "entities": [] })),
            (Topic::Quotes, 6, quote(1)),
            (Topic::Quotes, 7, quote(9)),
            (Topic::Articles, 4, json!("no article")),
            (Topic::Quotes, 8, quote(1)),
            (Topic::Articles, 5, article(2)),
        ];
        let records = records.into_iter().map(|(topic, offset, value)| (topic, offset, value.to_string().into_bytes()));
        let stories: Vec<(u64, usize)> = stories(records).map(|story| (story.number, story.quotes.len())).collect();
        assert_eq!(stories, [(3, 1), (5, 0)]);
    }
}
