//! Live blogs: pages to which dated posts are added for hours or days. The article contains the newest state: the
//! standfirst, and the newest posts up to a limit. The whole page may be as long as a book, and earlier revisions
//! contain the older posts.

use chrono::{DateTime, FixedOffset};
use dateline_record::BlockKind;

use super::blocks::TextBlock;
use super::stated as statement;
use crate::html::clean;
use crate::metadata::jsonld::Stated;
use crate::metadata::meta::decoded;

/// The words of a live blog that are kept; posts are kept whole.
pub(crate) const MAX_WORDS: usize = 3_000;
/// The minimum number of posts of a live blog, and the most that are read.
const LEAST_POSTS: usize = 2;
const MAX_POSTS: usize = 1_000;
/// A longer text beside the posts repeats them, in words.
const MAX_STANDFIRST: usize = 300;

/// One post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// When it was published, by the publisher's clock.
    pub at: Option<DateTime<FixedOffset>>,
    /// Its own headline.
    pub headline: Option<String>,
    /// Its text, a paragraph a line.
    pub text: String,
}

/// Returns the posts of the live blog that JSON-LD states (`liveBlogUpdate`), newest first; in the order stated where not all have a time.
pub(crate) fn posts(stated: &Stated) -> Vec<Post> {
    let mut posts: Vec<Post> = Vec::new();
    for update in stated.objects("liveBlogUpdate").take(MAX_POSTS) {
        let value = |keys: &[&str]| keys.iter().find_map(|key| update.get(*key)?.as_str());
        let at = value(&["datePublished", "dateCreated", "dateModified"])
            .and_then(|time| DateTime::parse_from_rfc3339(time.trim()).ok());
        let text = value(&["articleBody", "text", "description"]).map(statement::text).unwrap_or_default();
        let post = Post { at, headline: value(&["headline", "name"]).and_then(decoded), text };
        if !post.text.trim().is_empty() || post.headline.is_some() {
            posts.push(post);
        }
    }
    if posts.iter().all(|post| post.at.is_some()) {
        posts.sort_by_key(|post| std::cmp::Reverse(post.at));
    }
    posts
}

/// The newest state of a live blog.
#[derive(Debug)]
pub(crate) struct Newest {
    /// The blocks that are kept.
    pub parts: Vec<TextBlock>,
    /// Whether older posts had to go.
    pub is_cut: bool,
}

/// Returns the newest state of the live blog that JSON-LD states: its standfirst, then its newest posts, each below a subheading of its time and
/// headline. `None` where no live blog is stated.
pub(crate) fn newest(stated: &Stated) -> Option<Newest> {
    let posts = posts(stated);
    if !stated.is("LiveBlogPosting") || posts.len() < LEAST_POSTS {
        return None;
    }
    let standfirst = ["articleBody", "description"].iter().filter_map(|key| stated.text(key)).map(statement::text);
    let standfirst = standfirst.map(|text| paragraphs(&text)).find(|parts| statement::length(parts) <= MAX_STANDFIRST);
    let mut parts = standfirst.unwrap_or_default();
    let mut words = statement::length(&parts);
    for post in posts {
        let time = post.at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        let heading = [time, post.headline].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let heading = TextBlock { kind: BlockKind::Subheading, text: heading, credit: None };
        let all: Vec<TextBlock> = std::iter::once(heading).chain(paragraphs(&post.text)).collect();
        words += statement::length(&all);
        if words > MAX_WORDS && statement::length(&parts) > 0 {
            return Some(Newest { parts, is_cut: true });
        }
        parts.extend(all);
    }
    Some(Newest { parts, is_cut: false })
}

/// Returns the newest state of a live blog in place of what the page shows of it, where that is far less or too much.
pub(crate) fn instead(stated: &Stated, shown: &[TextBlock]) -> Option<Newest> {
    let mut newest = newest(stated)?;
    let words = statement::length(shown);
    if words * 2 >= statement::length(&newest.parts) && words <= MAX_WORDS {
        return None;
    }
    newest.parts.extend(shown.iter().filter(|part| part.kind == BlockKind::Caption).cloned());
    Some(newest)
}

fn paragraphs(text: &str) -> Vec<TextBlock> {
    let paragraph = |text: String| TextBlock { kind: BlockKind::Paragraph, text, credit: None };
    text.lines().filter_map(clean::non_empty).map(paragraph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SiteContext, from_page};
    use dateline_record::Genre;

    const TEXT: &str =
        "The council of the harbour town voted to raise the sea wall by a metre after two floods in one winter.";

    fn blog(posts: impl Iterator<Item = (usize, &'static str, String)>) -> String {
        let posts = posts.map(|(minute, headline, text)| {
            let time = format!("2026-03-01T{:02}:{:02}:00+01:00", 6 + minute / 60, minute % 60);
            serde_json::json!({"@type": "BlogPosting", "headline": headline, "datePublished": time, "articleBody": text})
        });
        let posts: Vec<_> = posts.collect();
        serde_json::json!({"@type": "LiveBlogPosting", "headline": "Floods", "description": "All on the floods.", "liveBlogUpdate": posts})
            .to_string()
    }

    fn shown(script: &str) -> Option<Vec<String>> {
        let newest = newest(&Stated::find([script].into_iter()))?;
        assert!(!newest.is_cut);
        Some(newest.parts.into_iter().map(|part| part.text).collect())
    }

    #[test]
    fn the_newest_posts_come_first_below_their_times() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let headlines = ["The vote", "The work", "The bill"];
            let script = blog(order.into_iter().map(|n| (n * 25, headlines[n], format!("{n}. {TEXT}\nMore."))));
            let text = |n: usize| format!("{n}. {TEXT}");
            let expected = [
                "All on the floods.",
                "2026-03-01 06:50 The bill",
                &text(2),
                "More.",
                "2026-03-01 06:25 The work",
                &text(1),
                "More.",
                "2026-03-01 06:00 The vote",
                &text(0),
                "More.",
            ];
            assert_eq!(shown(&script).unwrap(), expected, "{order:?}");
        }
    }

    #[test]
    fn what_is_not_a_live_blog_has_no_posts() {
        let update = format!(r#"{{"@type":"BlogPosting","articleBody":"{TEXT}"}}"#);
        for script in [
            String::new(),
            format!(r#"{{"@type":"NewsArticle","articleBody":"{TEXT}"}}"#),
            format!(r#"{{"@type":"LiveBlogPosting","articleBody":"{TEXT}"}}"#),
            format!(r#"{{"@type":"LiveBlogPosting","liveBlogUpdate":[{update}]}}"#),
            format!(r#"{{"@type":"NewsArticle","liveBlogUpdate":[{update},{update}]}}"#),
            r#"{"@type":"LiveBlogPosting","liveBlogUpdate":[{},{"articleBody":" "},7,"x"]}"#.into(),
        ] {
            assert_eq!(shown(&script), None, "{script}");
        }
        let untimed = format!(r#"{{"@type":"LiveBlogPosting","liveBlogUpdate":[{update},{update}]}}"#);
        assert_eq!(shown(&untimed).unwrap(), ["", TEXT, "", TEXT]);
    }

    #[test]
    fn a_long_live_blog_is_its_newest_state() {
        let script = blog((0..1000).map(|n| (n, "Post", format!("Post {n}. {}", TEXT.repeat(3)))));
        let posts: String =
            (0..1000).rev().map(|n| format!("<h2>Post</h2><p>Post {n}. {}</p>", TEXT.repeat(3))).collect();
        for body in [String::new(), format!("<p>{TEXT}</p>"), posts] {
            let html = format!(
                "<title>Floods</title><script type='application/ld+json'>{script}</script><article><h1>Floods</h1>{body}</article>"
            );
            let article = from_page(&html, None, None, None, &SiteContext::default());
            assert!((2_000..=3_100).contains(&article.word_count), "{}", article.word_count);
            assert!(article.text.contains("Post 999.") && !article.text.contains("Post 10."), "{}", article.text);
            assert!(article.truncated && article.genre == Some(Genre::LiveBlog));
        }
    }
}
