//! The metadata that a page shows around its headline: byline, time, section, breadcrumbs.
//!
//! Each item is stored with its position, counted in texts. Once the headline is known, only items near it are used.
//! Items within comments, other articles or navigation are ignored.

use dateline_feed::DateReading;
use dateline_record::Source;
use dom_query::NodeId;

use super::headline::{self, Heading};
use super::opening;
use super::when::Label;
use crate::html::clean;

/// Texts before and after the headline that are close to it.
const BEFORE: usize = 12;
const AFTER: usize = 40;
/// Names of one byline are at most this far apart.
const APART: usize = 8;

/// An item and its position.
#[derive(Debug)]
pub(crate) struct Note<T = String> {
    /// The number of texts before it.
    pub at: usize,
    /// The number of paragraphs before it.
    pub paragraphs: usize,
    /// The outermost element around it that looks foreign to the article.
    pub foreign: Option<NodeId>,
    /// The item.
    pub value: T,
}

/// The visible metadata of a page.
#[derive(Debug, Default)]
pub(crate) struct VisibleMetadata {
    /// Headings of the first three levels.
    pub headings: Vec<Note<Heading>>,
    /// The first heading that is marked up as the headline (schema.org's itemprop).
    pub headline: Option<String>,
    /// Elements marked as an author's name.
    pub authors: Vec<Note>,
    /// Lines that open with "By", and elements marked as a byline.
    pub bylines: Vec<Note>,
    /// Lines that are nothing but names: in bold right before the first paragraph, or set to the right as letters are signed.
    pub signatures: Vec<Note>,
    /// Elements marked as a section's name.
    pub sections: Vec<Note>,
    /// Times, with what the page says they are.
    pub times: Vec<Note<(Label, DateReading)>>,
    /// The first text marked up as the section, and the first link to a category, anywhere.
    pub stated_sections: [Option<String>; 2],
    /// The first trail of breadcrumbs.
    pub breadcrumbs: Vec<String>,
    /// Links to the folders that the page is in, the nearest last: the folder's depth and the link's text.
    pub folders: Vec<(usize, String)>,
    /// Elements that looked foreign and hold a first-level heading.
    pub own: Vec<NodeId>,
}

impl VisibleMetadata {
    /// Returns where the headline stands.
    pub(crate) fn place(&self, headline: Option<&str>) -> Option<usize> {
        let letters: Vec<String> = self.headings.iter().map(|n| headline::letters(&n.value.text)).collect();
        let headline = headline.map(headline::letters).filter(|h| !h.is_empty());
        let find = |listed: bool, is_it: &dyn Fn(&str, &str) -> bool| {
            let headline = headline.as_deref()?;
            let mut all = self.headings.iter().zip(&letters);
            all.find(|(n, text)| n.value.is_listed == listed && is_it(text, headline)).map(|(n, _)| n)
        };
        let is = |text: &str, headline: &str| text == headline;
        // A kicker stands before the headline, a tag after it.
        let holds = |text: &str, headline: &str| text.starts_with(headline) || text.ends_with(headline);
        let first = |n: &&Note<Heading>| n.value.is_first_level && !n.value.is_listed;
        find(false, &is)
            .or_else(|| find(false, &holds))
            .or_else(|| find(true, &is))
            .or_else(|| self.headings.iter().find(first))
            .or_else(|| self.headings.first())
            .map(|n| n.at)
    }

    fn is_own<T>(&self, note: &Note<T>) -> bool {
        note.foreign.is_none_or(|id| self.own.contains(&id))
    }

    /// Returns the headings that do not stand with other articles, comments or menus, and those of the first level.
    pub(crate) fn own_headings(&self) -> impl Iterator<Item = &Heading> {
        self.headings.iter().filter(|n| n.value.is_first_level || self.is_own(n)).map(|n| &n.value)
    }

    fn close<'a, T>(&'a self, notes: &'a [Note<T>], place: Option<usize>) -> impl Iterator<Item = &'a Note<T>> {
        let close = move |n: &&Note<T>| place.is_none_or(|p| n.at + BEFORE >= p && n.at <= p + AFTER);
        notes.iter().filter(|n| self.is_own(n)).filter(close)
    }

    /// Returns the same in the order in which names are believed, with their rank: between headline and text (0), before the headline (1),
    /// after text (2). The headline itself ("Von der Küste ins Land") is not a byline.
    fn by_place<'a>(&'a self, notes: &'a [Note], place: Option<usize>) -> Vec<(u8, &'a Note)> {
        let headline = self.headings.iter().find(|n| Some(n.at) == place);
        let rank = |n: &Note| match headline {
            Some(headline) if n.at < headline.at => 1,
            Some(headline) if n.paragraphs > headline.paragraphs => 2,
            _ => 0,
        };
        let is_headline = |n: &&Note| headline.is_some_and(|headline| headline.value.text == n.value);
        let mut near: Vec<_> =
            self.close(notes, place).filter(|n| !is_headline(n)).map(|note| (rank(note), note)).collect();
        near.sort_by_key(|(rank, _)| *rank);
        near
    }

    /// Returns texts that name the author by their markup: the first near the headline, and those right after it.
    pub(crate) fn authors(&self, place: Option<usize>) -> Vec<&str> {
        let mut last: Option<&Note> = None;
        let mut names = Vec::new();
        for (_, note) in self.by_place(&self.authors, place) {
            let is_apart =
                |last: &Note| note.at > last.at + APART || note.at < last.at || note.paragraphs != last.paragraphs;
            if last.is_some_and(is_apart) {
                break;
            }
            last = Some(note);
            names.push(note.value.as_str());
        }
        names
    }

    /// Returns whether the byline has a better place than the first element marked as an author's name, which is then another article's, or
    /// belongs to a note about the author.
    pub(crate) fn is_signed(&self, place: Option<usize>) -> bool {
        let best = |notes| self.by_place(notes, place).first().map(|(rank, _)| *rank);
        best(&self.bylines).zip(best(&self.authors)).is_some_and(|(byline, author)| byline < author)
    }

    /// Returns the first line near the headline that opens with "By", else that is marked as a byline.
    pub(crate) fn byline(&self, place: Option<usize>) -> Option<&str> {
        let near = self.by_place(&self.bylines, place).into_iter().map(|(_, n)| n.value.as_str());
        let near: Vec<&str> = near.filter(|line| !opening::names_nobody(&clean::text(line))).collect();
        near.iter().find(|line| opening::after_by(line).is_some()).or(near.first()).copied()
    }

    /// Returns whether a note stands after a first-level heading and before the first paragraph.
    pub(crate) fn opens(&self, note: &Note) -> bool {
        let headline = self.headings.iter().rfind(|n| n.value.is_first_level && !n.value.is_listed);
        headline.is_some_and(|headline| headline.paragraphs == note.paragraphs)
    }

    /// Returns the line that signs the article without a word: at its head, else the only one at the foot of a text.
    pub(crate) fn signature(&self, place: Option<usize>) -> Option<&str> {
        let near = self.by_place(&self.signatures, place);
        let head = near.iter().find(|(rank, _)| *rank == 0).map(|(_, note)| *note);
        let mut feet = self.signatures.iter().filter(|n| !self.opens(n));
        let foot = feet.next().filter(|_| feet.next().is_none());
        head.or(foot).map(|note| note.value.as_str())
    }

    /// Returns lines that name an author between the headline and the text.
    pub(crate) fn head_names(&self, place: Option<usize>) -> impl Iterator<Item = &str> {
        let all = [&self.authors, &self.bylines].map(|notes| self.by_place(notes, place));
        all.into_iter().flatten().filter(|(rank, _)| *rank == 0).map(|(_, note)| note.value.as_str())
    }

    /// Returns all lines anywhere that name an author.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &str> {
        self.authors.iter().chain(&self.bylines).map(|n| n.value.as_str())
    }

    /// Returns names of sections near the headline: those before it, the nearest first, then those after it.
    pub(crate) fn sections(&self, place: Option<usize>) -> Vec<&str> {
        let near: Vec<&Note> = self.close(&self.sections, place).collect();
        let split = near.partition_point(|n| place.is_some_and(|p| n.at < p));
        near[..split].iter().rev().chain(&near[split..]).map(|n| n.value.as_str()).collect()
    }

    /// Returns times of publication (or of modification) near the headline: those that are said to be it, then those after the headline,
    /// then those before it, the nearest first.
    pub(crate) fn times(&self, place: Option<usize>, modified: bool) -> Vec<(Source, DateReading)> {
        let near: Vec<&Note<(Label, DateReading)>> = self.close(&self.times, place).collect();
        let label = if modified { Label::Modified } else { Label::Published };
        let split = near.partition_point(|n| place.is_some_and(|p| n.at < p));
        let said = near.iter().filter(|n| n.value.0 == label);
        let unsaid =
            near[split..].iter().chain(near[..split].iter().rev()).filter(|n| n.value.0 == Label::None && !modified);
        // "Published …" at the end of the article.
        let anywhere = self.times.iter().filter(|n| n.value.0 == label && n.foreign.is_none());
        said.chain(unsaid).copied().chain(anywhere).map(|n| (Source::Heuristics, n.value.1.clone())).collect()
    }
}
