//! The selectors of a section page on the command line.

use crate::config::{PageSelectors, Selector};

/// Which links of a section page are its entries, instead of those that are found by themselves.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Links of a section page")]
pub(super) struct SelectArgs {
    /// The CSS selector of the links, or of elements that each contain one.
    #[arg(long = "select-links", value_name = "CSS")]
    links: Option<Selector>,
    /// The CSS selector of the title, within the part of the page that belongs to a link.
    #[arg(long = "select-title", value_name = "CSS", requires = "links")]
    title: Option<Selector>,
    /// The CSS selector of the date.
    #[arg(long = "select-date", value_name = "CSS", requires = "links")]
    date: Option<Selector>,
    /// The CSS selector of the summary.
    #[arg(long = "select-summary", value_name = "CSS", requires = "links")]
    summary: Option<Selector>,
}

impl SelectArgs {
    /// Returns the selectors, if any are given.
    pub(super) fn selectors(&self) -> Option<PageSelectors> {
        let Self { links, title, date, summary } = self;
        let (title, date, summary) = (title.clone(), date.clone(), summary.clone());
        Some(PageSelectors { links: links.clone()?, title, date, summary })
    }
}
