//! The packed last revision of an article: new forms are compared with it, and withdrawals are made from it.

use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zstd::bulk::Compressor;

use crate::address::without_user_info;
use crate::record::Article;

/// A longer article is not remembered.
const MAX_BYTES: usize = 256 * 1024;
/// Fast, and within a few percent of the slow levels on texts of this size.
const LEVEL: i32 = 3;

thread_local! {
    /// Making a compressor takes as long as compressing a short article.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// A packed article; copies share its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Arc<[u8]>);

impl Packed {
    /// Packs an article; `None` for one that is too long.
    pub fn new(article: &Article) -> Option<Self> {
        let json = serde_json::to_vec(article).ok().filter(|json| json.len() <= MAX_BYTES)?;
        COMPRESSOR.with_borrow_mut(|compressor| {
            let compressor = match compressor {
                Some(compressor) => compressor,
                None => compressor.insert(Compressor::new(LEVEL).ok()?),
            };
            compressor.compress(&json).ok().map(|bytes| Self(bytes.into()))
        })
    }

    /// Returns the article; `None` if the bytes cannot be read, for example because another version wrote them. Earlier
    /// versions left user information in its URLs.
    pub fn article(&self) -> Option<Article> {
        let json = zstd::bulk::decompress(&self.0, MAX_BYTES).ok()?;
        let mut article: Article = serde_json::from_slice(&json).ok()?;
        article.map_urls(without_user_info);
        Some(article)
    }

    /// Takes the bytes of a packed article as they were stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Returns its size in bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::from_entry;
    use crate::feed::{Entry, Feed};

    #[test]
    fn an_article_is_packed_and_unpacked() {
        let long = "The council met and decided nothing. ".repeat(200);
        let article = |content: &str| {
            from_entry(&Entry { content: Some(content.into()), ..Entry::default() }, &Feed::default(), "f")
        };
        let packed = Packed::new(&article(&long)).unwrap();
        assert!(packed.size() < long.len() / 4);
        let read: Packed = serde_json::from_str(&serde_json::to_string(&packed).unwrap()).unwrap();
        assert_eq!(read.article(), Some(article(&long)));
        assert_eq!(Packed::new(&article(&long.repeat(100))), None);
        assert_eq!(Packed([1, 2, 3].into()).article(), None);
    }
}
