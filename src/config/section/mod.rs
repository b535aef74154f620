//! The sections of the config that no other part below `config` owns: keys, defaults and checks of each in one file.

mod articles;
mod commit;
mod duplicates;
mod extract;
mod feeds;
mod log;
mod pipeline;
mod rules;
mod serve;
pub(super) mod site;
mod websub;

pub use articles::{Articles, Reservations};
pub use commit::Commit;
pub use duplicates::Duplicates;
pub use extract::Extract;
pub use feeds::Feeds;
pub use log::{Log, LogFormat};
pub use pipeline::{Pages, Pipeline};
pub use rules::RuleOptions;
pub use serve::Serve;
pub use site::Site;
pub use websub::Websub;
