//! Labelled corpora in CoNLL form, read as the running text that the tagger will meet.

use std::collections::HashSet;
use std::path::Path;

use dateline_text::{Document, Language, paragraphs};

/// A marked name: code points, half-open, and its type.
pub type Span = (usize, usize, String);

/// A text with its names.
pub struct Story {
    pub document: Document,
    pub names: Vec<Span>,
}

/// Returns the language of a corpus: that of the code which its name begins with (`de-germeval2014`), else English.
pub fn language(path: &Path) -> Language {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split_once('-').and_then(|(code, _)| Language::of(code)).unwrap_or(Language::ENGLISH)
}

/// Reads a corpus: token, tab, …, tab, label; blank lines between sentences; `-DOCSTART-` between documents, without which every
/// 20 sentences make one.
pub fn read(path: &Path) -> std::io::Result<Vec<Story>> {
    let text = std::fs::read_to_string(path)?;
    let mut stories: Vec<Vec<Vec<(&str, &str)>>> = Vec::new();
    let (mut story, mut sentence) = (Vec::new(), Vec::new());
    let mut marked = false;
    for line in text.lines().chain([""]) {
        let start = line.starts_with("-DOCSTART-");
        if !line.trim().is_empty() && !start {
            let token = line.split('\t').next().unwrap_or_default();
            sentence.push((token, line.rsplit('\t').next().unwrap_or("O")));
            continue;
        }
        if !sentence.is_empty() {
            story.push(std::mem::take(&mut sentence));
        }
        marked |= start;
        if (start || !marked && story.len() == 20) && !story.is_empty() {
            stories.push(std::mem::take(&mut story));
        }
    }
    stories.extend((!story.is_empty()).then_some(story));
    let language = language(path);
    Ok(stories.iter().map(|story| render(story, language)).collect())
}

const CLOSE: &[&str] =
    &[".", ",", ";", ":", "!", "?", ")", "]", "}", "%", "'s", "'re", "'ve", "'ll", "'d", "'m", "n't", "''"];
const OPEN: &[&str] = &["(", "[", "{", "$", "``"];

/// Joins the tokens as English is written: a line for each sentence.
fn render(story: &[Vec<(&str, &str)>], language: Language) -> Story {
    let mut text = String::new();
    let mut length = 0;
    let mut names = Vec::new();
    for (number, sentence) in story.iter().enumerate() {
        if number > 0 {
            text.push('\n');
            length += 1;
        }
        let (mut quoted, mut glued) = (false, true);
        let mut open: Option<Span> = None;
        for (token, label) in sentence {
            let mut space = !glued && !CLOSE.contains(token);
            glued = OPEN.contains(token);
            if *token == "\"" {
                space &= !quoted;
                glued = !quoted;
                quoted = !quoted;
            }
            if space {
                text.push(' ');
                length += 1;
            }
            let kind = label.get(2..).unwrap_or_default();
            if open.as_ref().is_some_and(|(_, _, open)| label.starts_with("B-") || kind != open) {
                names.extend(open.take());
            }
            let start = length;
            text.push_str(token);
            length += token.chars().count();
            match &mut open {
                Some((_, end, _)) => *end = length,
                None if *label != "O" => open = Some((start, length, kind.to_owned())),
                None => {}
            }
        }
        names.extend(open.take());
    }
    Story { document: Document::in_language(&text, &paragraphs(&text), language), names }
}

/// The label number of each token, a row for each sentence.
pub fn labels(story: &Story, known: &[&str]) -> Vec<Vec<u8>> {
    let tokens = story.document.tokens();
    let number = |label: String| known.iter().position(|known| *known == label).unwrap_or(0) as u8;
    let mut of = vec![0; tokens.len()];
    for (start, end, kind) in &story.names {
        let first = story.document.token_at(*start);
        for token in (first..tokens.len()).take_while(|&token| tokens[token].start < *end) {
            of[token] = number(format!("{}-{kind}", if token == first { "B" } else { "I" }));
        }
    }
    story.document.sentences().iter().map(|sentence| of[sentence.clone()].to_vec()).collect()
}

/// Right, found and marked names.
#[derive(Default, Clone, Copy)]
pub struct Score {
    pub right: usize,
    pub found: usize,
    pub marked: usize,
}

impl Score {
    pub fn add(&mut self, found: &HashSet<Span>, marked: &HashSet<Span>) {
        self.right += found.intersection(marked).count();
        self.found += found.len();
        self.marked += marked.len();
    }

    pub fn f1(self) -> f64 {
        2.0 * self.right as f64 / (self.found + self.marked).max(1) as f64
    }
}
