//! The selectors of a section page on the command line.

use crate::config::{PageSelectors, Selector};

/// Which links of a section page are its entries, instead of those that are found by themselves.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Links of a section page")]
pub(super) struct SelectArgs {
    /// The CSS selector of the links, or of elements that each contain one.
    #[arg(id = "select_links", long = "select-links", value_name = "CSS")]
    links: Option<Selector>,
    /// The CSS selector of the title, within the part of the page that belongs to a link.
    #[arg(id = "select_title", long = "select-title", value_name = "CSS", requires = "select_links")]
    title: Option<Selector>,
    /// The CSS selector of the date.
    #[arg(id = "select_date", long = "select-date", value_name = "CSS", requires = "select_links")]
    date: Option<Selector>,
    /// The CSS selector of the summary.
    #[arg(id = "select_summary", long = "select-summary", value_name = "CSS", requires = "select_links")]
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
