//! A page that was fetched.

use url::Url;

use crate::article::Reservations;
use crate::fetch::Validators;

/// An article's page as it was served.
#[derive(Debug)]
pub(super) struct FetchedPage {
    /// Its URL, after redirects.
    pub url: Url,
    /// Its body, decompressed.
    pub body: Vec<u8>,
    /// The content type that the server states.
    pub content_type: Option<String>,
    /// The validators for the next visit.
    pub validators: Validators,
    /// What its server said about its use.
    pub reserved: Reservations,
}
