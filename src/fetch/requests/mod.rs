//! How requests to one origin are made: the table `requests` of a `[[feed]]` or a `[[site]]`.
//!
//! What a server sees (headers, cookies, a login, the user agent, a client certificate) goes to that origin alone: never
//! to the target of a redirect on another origin, never to pages of other hosts. The proxy and the time limit are the
//! daemon's own business and apply to the whole request, with its redirects.

mod check;
mod cookies;
mod describe;
mod headers;
mod options;
mod secrets;
mod sites;
mod transport;

pub use self::cookies::Cookies;
pub(super) use self::headers::Applied;
pub use self::options::{Login, Requests};
pub(super) use self::secrets::Secrets;
pub use self::sites::{SiteRequests, origin, site_key};
pub(super) use self::transport::{ProxyChoice, Transport};
