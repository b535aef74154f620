//! Reads feeds from files if the user allows it (`fetch.files`): for feeds that another program writes, and for tests.

use std::io::Read;
use std::time::UNIX_EPOCH;

use url::Url;

use super::{Answer, FetchError, Links, ReservationHeaders, Validators};

/// Reads at most `max` bytes of the file that a `file:` URL names. Its size and time serve as its ETag, so an unchanged file
/// is not read again.
pub(super) async fn read(url: &Url, validators: &Validators, max: u64) -> Result<Answer, FetchError> {
    let (url, validators) = (url.clone(), validators.clone());
    let reading = tokio::task::spawn_blocking(move || read_now(url, &validators, max));
    reading.await.unwrap_or_else(|error| Err(FetchError::Protocol(error.to_string())))
}

fn read_now(url: Url, old: &Validators, max: u64) -> Result<Answer, FetchError> {
    let path = url.to_file_path().map_err(|()| FetchError::Url(format!("{url} is not a file on this machine")))?;
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => FetchError::Status { status: 404, retry_after: None, blocked: false },
        _ => FetchError::Connect(format!("{}: {error}", path.display())),
    };
    let about = std::fs::metadata(&path).map_err(failed)?;
    // A pipe or device might never end.
    if !about.is_file() {
        return Err(FetchError::Url(format!("{} is not a regular file", path.display())));
    }
    let time = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let etag = Some(format!("\"{:x}-{:x}\"", time.as_nanos(), about.len()));
    let not_modified = old.etag == etag;
    let mut body = Vec::new();
    if !not_modified {
        let file = std::fs::File::open(&path).map_err(failed)?;
        file.take(max + 1).read_to_end(&mut body).map_err(failed)?;
        if body.len() as u64 > max {
            return Err(FetchError::TooLarge(format!("a file of more than {max} bytes")));
        }
    }
    Ok(Answer {
        status: if not_modified { 304 } else { 200 },
        moved: None,
        not_modified,
        partial: false,
        body,
        content_type: None,
        validators: Validators { etag, last_modified: None, url: Some(url.to_string()) },
        fresh: None,
        retry_after: None,
        links: Links::default(),
        reserved: ReservationHeaders::default(),
        url,
    })
}
