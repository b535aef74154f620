//! Documents compressed with gzip, as sitemaps often are.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::repairs::Repairs;
use super::{FeedError, MAX_BODY};

/// Unpacks a body that begins as gzip does; what a broken one holds before its break is kept.
pub(super) fn inflate<'a>(body: &'a [u8], repairs: &mut Repairs) -> Result<Cow<'a, [u8]>, FeedError> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(body));
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(body).take(MAX_BODY as u64 + 1).read_to_end(&mut unpacked);
    if let Err(error) = read {
        if unpacked.is_empty() {
            return Err(FeedError::Unreadable(format!("gzip: {error}")));
        }
        repairs.note("truncated");
    }
    Ok(Cow::Owned(unpacked))
}
