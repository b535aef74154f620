//! Prints what was committed, for a person at a terminal.

use std::fmt::Write;

use crate::record::{Article, Entity, EntityType, Quotation, QuotationType};
use crate::state::Published;

/// The width of the text, in columns.
const WIDTH: usize = 100;
/// The longest quotation printed, in code points.
const MAX_QUOTE: usize = 400;

/// Escape sequences for emphasis; empty if the output is not a terminal.
#[derive(Clone, Copy)]
pub(super) struct Style {
    bold: &'static str,
    dim: &'static str,
    end: &'static str,
}

impl Style {
    /// Returns the sequences, or empty ones without colour.
    pub(super) fn new(colour: bool) -> Self {
        if colour {
            Self { bold: "\x1b[1m", dim: "\x1b[2m", end: "\x1b[0m" }
        } else {
            Self { bold: "", dim: "", end: "" }
        }
    }
}

/// Returns the lines for one committed item; none if it needs no line.
pub(super) fn lines(published: &Published, style: Style) -> String {
    let Style { bold, dim, end } = style;
    match published {
        Published::Article { article, entities, quotes } => story(article, &entities.entities, quotes, style),
        Published::Dead(dead) => {
            format!(
                "\n{bold}\u{2717} {}{end}: dead letter from `{}`: {}\n",
                clean(&dead.feed_id),
                dead.stage.name(),
                clean(&dead.error)
            )
        }
        Published::Event(event) => {
            let reason = event.reason.as_deref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
            format!("{dim}\u{b7} {} {}{reason}{end}\n", clean(&event.feed_id), event.event.name())
        }
        Published::Polled(..) | Published::Decided(_) => String::new(),
    }
}

fn story(article: &Article, entities: &[Entity], quotes: &[Quotation], style: Style) -> String {
    let Style { bold, dim, end } = style;
    let mut out = String::new();
    let _ = writeln!(out, "\n{bold}\u{25cf} {}{end}", clean(article.headline.as_deref().unwrap_or("(no headline)")));
    let mut about = vec![clean(article.publisher.as_deref().unwrap_or("?"))];
    about.extend(article.published.map(|time| time.format("%Y-%m-%d %H:%M UTC").to_string()));
    about.push(format!(
        "{} words from its {}",
        article.word_count,
        if article.content_source == crate::record::ContentSource::Page { "page" } else { "feed" }
    ));
    if article.revision > 1 {
        about.push(format!("{bold}revision {}{end}{dim}", article.revision));
    }
    if let Some(duplicate) = &article.duplicate_of {
        about.push(format!(
            "{bold}same story as {}{end}{dim} ({:.0} % alike)",
            duplicate.id,
            duplicate.similarity * 100.0
        ));
    }
    let _ = writeln!(out, "  {dim}{}{end}", about.join(" \u{b7} "));
    for (kind, title) in
        [(EntityType::Person, "people"), (EntityType::Organisation, "organisations"), (EntityType::Place, "places")]
    {
        let names: Vec<String> =
            entities.iter().filter(|e| e.r#type == kind).take(12).map(|e| clean(&e.name)).collect();
        if !names.is_empty() {
            let _ = writeln!(out, "  {dim}{title:>13}{end}  {}", names.join(", "));
        }
    }
    out.push_str(&said(quotes, style));
    out
}

/// Returns the lines of an article's quotations. What is within another quotation is shown as a part of it.
fn said(quotes: &[Quotation], style: Style) -> String {
    let Style { bold, dim, end } = style;
    let mut out = String::new();
    for quote in quotes.iter().filter(|quote| quote.within.is_none()) {
        let speaker = quote.speaker.as_ref().and_then(|s| s.name.as_deref().or(s.text.as_deref())).unwrap_or("someone");
        let cue = quote.cue.as_ref().map_or("", |cue| cue.text.as_str());
        let words = clean(&quote.text.chars().take(MAX_QUOTE).collect::<String>());
        let (open, close, kind) = match quote.r#type {
            QuotationType::Direct => ("\u{201c}", "\u{201d}", "direct"),
            QuotationType::Mixed => ("", "", "mixed"),
            QuotationType::Indirect => ("", "", "indirect"),
        };
        let line = format!("{bold}{}{end} {dim}{} ({kind}){end} {open}{words}{close}", clean(speaker), clean(cue));
        wrap(&mut out, &line);
    }
    out
}

/// Breaks a line at spaces. Further lines are indented to its first word.
fn wrap(out: &mut String, line: &str) {
    let mut column = 0;
    out.push_str("    ");
    for (number, word) in line.split(' ').enumerate() {
        let length = word.chars().count();
        if column + length > WIDTH - 6 && column > 0 {
            out.push_str("\n      ");
            column = 0;
        } else if number > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

/// Returns text from outside without the control characters that could steer the terminal.
fn clean(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_headline_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\u{202e}c\nd"), "a [2Jb c d");
    }

    #[test]
    fn the_words_of_a_nested_quotation_are_printed_once() {
        let quotes = |within: Option<&str>| {
            let quote = |id: &str, kind: &str, text: &str, within: Option<&str>| {
                let speaker = serde_json::json!({ "name": "Keller", "confidence": 0.9 });
                serde_json::json!({ "id": id, "type": kind, "segments": [], "text": text, "quoted": [], "speaker": speaker,
                    "cue": null, "block": 1, "confidence": 0.9, "within": within })
            };
            let outer = quote("a", "mixed", "the law is a disgrace", None);
            let inner = quote("b", "direct", "a disgrace", within);
            serde_json::from_value::<Vec<Quotation>>(serde_json::json!([outer, inner])).unwrap()
        };
        let style = Style::new(false);
        assert_eq!(said(&quotes(None), style).matches("a disgrace").count(), 2);
        assert_eq!(said(&quotes(Some("a")), style).matches("a disgrace").count(), 1);
    }
}
