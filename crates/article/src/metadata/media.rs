//! The pictures of an article.

use dateline_record::Media;
use dom_query::{Document, NodeId};
use url::Url;

use crate::html::dom::attr;

/// The maximum number of pictures of one article.
const MAX_MEDIA: usize = 50;
/// The maximum number of nodes of a figure that are examined for its picture.
const MAX_FIGURE: usize = 200;
/// The longest URL kept, in bytes.
const MAX_URL: usize = 4096;

/// Pictures in order, each URL once; a later description fills an earlier gap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gallery(Vec<Media>);

impl Gallery {
    /// Adds a picture where its URL resolves to http(s).
    pub(crate) fn add(&mut self, href: &str, base: Option<&Url>, caption: Option<String>, credit: Option<String>) {
        let Some(url) = absolute(href, base) else { return };
        if let Some(known) = self.0.iter_mut().find(|m| m.url == url) {
            known.caption = known.caption.take().or(caption);
            known.credit = known.credit.take().or(credit);
        } else if self.0.len() < MAX_MEDIA {
            self.0.push(Media { r#type: media_type(&url), url, caption, credit });
        }
    }

    /// Adds what an entry encloses.
    pub(crate) fn add_entry(&mut self, entry: &dateline_feed::Entry) {
        for media in &entry.media {
            self.add(&media.url, None, media.title.clone(), media.credit.clone());
            if let (Some(kind), Some(known)) = (&media.r#type, self.0.iter_mut().find(|m| m.url == media.url)) {
                known.r#type = Some(kind.clone());
            }
        }
        if let Some(image) = &entry.image {
            self.add(image, None, None, None);
        }
    }

    /// Returns the pictures.
    pub(crate) fn into_media(self) -> Vec<Media> {
        self.0
    }
}

fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > MAX_URL {
        return None;
    }
    let url = base.map_or_else(|| Url::parse(href), |b| b.join(href)).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Returns the media type that the path's ending tells.
fn media_type(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let ending = path.rsplit('/').next()?.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(
        match ending.as_str() {
            "jpg" | "jpeg" => "image/jpeg",
            "png" => "image/png",
            "webp" => "image/webp",
            "gif" => "image/gif",
            "avif" => "image/avif",
            "mp4" => "video/mp4",
            "mp3" => "audio/mpeg",
            _ => return None,
        }
        .to_owned(),
    )
}

/// Returns whether an address ends as those of pictures do.
pub(crate) fn is_picture_name(url: &str) -> bool {
    media_type(url).is_some_and(|kind| kind.starts_with("image/"))
}

/// Returns the address of the first picture in a figure, lazy ones included.
pub(crate) fn picture(page: &Document, figure: NodeId) -> Option<String> {
    let figure = page.tree.get(&figure)?;
    figure.descendants_it().take(MAX_FIGURE).find_map(|node| {
        let image = node.element_ref().filter(|e| &*e.name.local == "img")?;
        ["data-src", "data-original", "data-lazy-src", "src"]
            .iter()
            .filter_map(|a| attr(&image, a))
            .find(|s| !s.trim().is_empty() && !s.starts_with("data:"))
            .or_else(|| attr(&image, "srcset")?.split([' ', ',']).find(|s| !s.is_empty()))
            .map(str::to_owned)
    })
}
