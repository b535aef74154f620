//! From cues and marks to quotations.

mod clause;

use std::ops::Range;

use self::clause::Begin;
use super::cue::{self, Takes, Verb};
use super::marks::{self, Marked};
use super::sentences;
use super::speaker::{Cast, Found};
use crate::record::{Block, BlockKind, Entity, EntityType};
use crate::text::Document;

/// Cues tried in one sentence at most: a sentence of a thousand "said"s is no news.
const MAX_CUES: usize = 12;
/// Tokens of a sentence at most.
const MAX_SENTENCE: usize = 2_000;

/// A quotation in tokens.
pub(super) struct Draft {
    pub segments: Vec<Range<usize>>,
    pub quoted: Vec<Range<usize>>,
    pub speaker: Option<Found>,
    pub cue: Option<(Range<usize>, &'static str)>,
    pub confidence: f64,
}

/// Finds the quotations of a text, in order.
pub(super) fn find(document: &Document, blocks: &[Block], entities: &[Entity]) -> Vec<Draft> {
    let mut finder = Finder {
        document,
        entities,
        cast: Cast::new(document, entities),
        marked: Vec::new(),
        drafts: Vec::new(),
        last: None,
        flows: false,
        goes_on: false,
    };
    let single = marks::uses_single(document);
    for (index, block) in document.blocks().iter().enumerate() {
        finder.marked.clear();
        marks::find(document, block, single, &mut finder.marked);
        finder.block(block, blocks.get(index).map_or(BlockKind::Paragraph, |block| block.kind));
    }
    finder.drafts
}

struct Finder<'a> {
    document: &'a Document,
    entities: &'a [Entity],
    cast: Cast<'a>,
    /// The marked stretches of the block.
    marked: Vec<Marked>,
    drafts: Vec<Draft>,
    /// Who spoke last.
    last: Option<Found>,
    /// Whether the block before ended with speech, so that a bare quotation goes on with its speaker.
    flows: bool,
    /// Whether the last quotation's paragraph did not close it.
    goes_on: bool,
}

impl Finder<'_> {
    fn word(&self, at: usize) -> &str {
        self.document.word(at)
    }

    fn block(&mut self, block: &Range<usize>, kind: BlockKind) {
        if block.is_empty() {
            return;
        }
        let before = self.drafts.len();
        let mut covered = block.start;
        for sentence in sentences::join(self.document, block, &self.marked) {
            if sentence.len() > MAX_SENTENCE {
                continue;
            }
            let first_of_block = self.drafts.len() == before;
            let found = self.attributed(&sentence, kind).or_else(|| self.bare(&sentence, first_of_block, covered));
            let Some(draft) = found else { continue };
            if let Some(found) = &draft.speaker {
                self.last = Some(found.clone());
            }
            covered = sentence.end;
            self.drafts.push(draft);
        }
        if kind == BlockKind::Paragraph || kind == BlockKind::Blockquote {
            let spoke = self.drafts.len() > before;
            let ends_marked = self.marked.last().is_some_and(|m| m.outside.end + 1 >= block.end);
            let all_marked = self.marked.iter().map(|m| m.outside.len()).sum::<usize>() + 2 >= block.len();
            self.flows = spoke && !self.marked.is_empty() || all_marked && ends_marked;
            self.goes_on = self.marked.last().is_some_and(|m| m.goes_on) && spoke;
        }
    }

    fn in_marks(&self, at: usize) -> Option<&Marked> {
        let next = self.marked.partition_point(|m| m.outside.end <= at);
        self.marked.get(next).filter(|m| m.outside.start <= at)
    }

    fn marked_within(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let first = self.marked.partition_point(|m| m.outside.end <= range.start);
        let inner = self.marked[first..].iter().take_while(|m| m.outside.start < range.end);
        inner.map(|m| m.inside.start.max(range.start)..m.inside.end.min(range.end)).filter(|r| !r.is_empty()).collect()
    }

    /// Whether every word of the range stands in marks.
    fn all_marked(&self, range: &Range<usize>) -> bool {
        range.clone().all(|at| self.in_marks(at).is_some() || !self.document.tokens()[at].is_word)
    }

    // --- quotations that a cue announces ---

    fn attributed(&self, sentence: &Range<usize>, kind: BlockKind) -> Option<Draft> {
        let mut cues = 0;
        for at in sentence.clone() {
            if self.in_marks(at).is_some() || !self.document.tokens()[at].is_word {
                continue;
            }
            if self.word(at).eq_ignore_ascii_case("according") && self.word(at + 1) == "to" {
                if let Some(draft) = self.according_to(at, sentence) {
                    return Some(draft);
                }
                continue;
            }
            let Some(verb) = cue::verb(self.word(at)) else { continue };
            cues += 1;
            if cues > MAX_CUES {
                break;
            }
            if self.is_noun(at, sentence.start) {
                continue;
            }
            if let Some(draft) = self.trailing(at, verb, sentence).or_else(|| self.leading(at, verb, sentence)) {
                return Some(draft);
            }
        }
        (kind == BlockKind::Headline).then(|| self.headline(sentence)).flatten()
    }

    /// "the report", "a call", "to say": no cue.
    fn is_noun(&self, at: usize, start: usize) -> bool {
        const BEFORE: [&str; 30] = [
            "the", "a", "an", "his", "her", "their", "its", "this", "these", "those", "of", "some", "many", "no",
            "any", "to", "for", "recent", "my", "our", "your", "latest", "new", "is", "was", "were", "are", "be",
            "been", "being",
        ];
        at > start && {
            let before = self.word(at - 1).to_lowercase();
            let passive = matches!(before.as_str(), "is" | "was" | "were" | "are" | "be" | "been" | "being");
            // "was asked" and "was quoted as saying" are speech of somebody else.
            BEFORE.contains(&before.as_str()) && !(passive && self.word(at).ends_with("ing"))
        }
    }

    /// "CONTENT, said SPEAKER …" and "CONTENT, SPEAKER said …".
    fn trailing(&self, at: usize, verb: Verb, sentence: &Range<usize>) -> Option<Draft> {
        if at == sentence.start {
            return None;
        }
        let inverted = || {
            let subject = self.cast.right(at + 1, sentence.end)?;
            self.after_content(at, verb, sentence, at, subject, true)
        };
        let plain = || {
            let subject = self.cast.left(at, sentence.start)?;
            self.after_content(at, verb, sentence, subject.start, subject, false)
        };
        let may_invert = self.breaks(at, sentence) && !self.word(at).ends_with("ing");
        may_invert.then(inverted).flatten().or_else(plain)
    }

    /// Whether a marked stretch ends right before the token.
    fn after_mark(&self, at: usize, sentence: &Range<usize>) -> bool {
        at > sentence.start && self.in_marks(at - 1).is_some_and(|m| m.outside.end == at)
    }

    /// Whether content may end right before the token.
    fn breaks(&self, at: usize, sentence: &Range<usize>) -> bool {
        at > sentence.start && (self.word(at - 1) == "," || self.after_mark(at, sentence))
    }

    /// The content before `cut`, where cue and subject follow it.
    fn after_content(
        &self,
        at: usize,
        verb: Verb,
        sentence: &Range<usize>,
        cut: usize,
        subject: Range<usize>,
        inverted: bool,
    ) -> Option<Draft> {
        let after_mark = |token: usize| self.after_mark(token, sentence);
        let breaks = |token: usize| self.breaks(token, sentence);
        // What stands before the subject must end like content.
        let mut cut = cut;
        while cut > sentence.start
            && !breaks(cut)
            && matches!(self.word(cut - 1).to_lowercase().as_str(), "the" | "as" | "but" | "and")
        {
            cut -= 1;
        }
        if !breaks(cut) {
            return None;
        }
        let marked = after_mark(cut) || cut > sentence.start + 1 && self.word(cut - 1) == "," && after_mark(cut - 1);
        let mut content = sentence.start..cut;
        while !content.is_empty()
            && !self.document.tokens()[content.end - 1].is_word
            && self.in_marks(content.end - 1).is_none()
        {
            content.end -= 1;
        }
        if marked {
            // A quotation that ends in a full stop is over: what follows speaks of something else.
            let inside = self.in_marks(content.end - 1)?;
            if matches!(self.word(inside.inside.end - 1), ".") && self.word(cut - 1) != "," {
                return None;
            }
        } else {
            let plain = verb.takes == Takes::Clause || verb.takes == Takes::That;
            let rest = at + 1..sentence.end;
            if content.len() < 4 || !plain || !self.has_verb(&content) || !self.is_afterthought(&rest, inverted) {
                return None;
            }
        }
        // "Jane Doe, who leads it, denied the report": no inversion unless a bare name or noun follows.
        if inverted && !marked && (subject.len() > 12 || self.has_verb(&subject)) {
            return None;
        }
        let mut segments = self.parts(&content);
        // "A," she said, "B."
        let mut rest = self.marked_within(&(at + 1..sentence.end));
        let follows = |range: &Range<usize>| {
            range.start >= 2 && matches!(self.word(range.start - 2), "," | ":" | ";" | "." | "\u{2014}" | "-")
        };
        if marked && rest.iter().all(follows) {
            segments.append(&mut rest);
        }
        Some(self.draft(segments, Some(subject), Some((at, verb)), if marked { 1.0 } else { 0.85 }))
    }

    /// "SPEAKER said (that) CONTENT".
    fn leading(&self, at: usize, verb: Verb, sentence: &Range<usize>) -> Option<Draft> {
        let begin = self.begin(at, verb, sentence.end)?;
        let subject = self.cast.left(at, sentence.start).or_else(|| self.main_subject(at, sentence.start));
        let (mut content, sure) = match begin {
            Begin::Mark(start) => {
                let mark = self.in_marks(start)?.clone();
                let announced = start == at + 1 || matches!(self.word(start - 1), "," | ":");
                let capital = self.word(mark.inside.start).chars().next().is_some_and(|c| !c.is_lowercase());
                let last_mark = self
                    .marked
                    .iter()
                    .rev()
                    .find(|m| m.outside.start < sentence.end)
                    .map_or(mark.outside.end, |m| m.outside.end);
                let end = if announced && capital {
                    mark.outside.end
                } else {
                    self.end(start, sentence.end).max(mark.outside.end)
                };
                // Further stretches of the same sentence: the clause goes on to the last of them.
                let end =
                    if announced && capital && last_mark > end && last_mark <= sentence.end { last_mark } else { end };
                (start..end, 0.95)
            }
            Begin::That(start) => (start..self.end(start, sentence.end), 0.9),
            Begin::Bare(start) => (start..self.bare_end(start, sentence.end), 0.8),
        };
        while !content.is_empty()
            && !self.document.tokens()[content.end - 1].is_word
            && self.in_marks(content.end - 1).is_none()
        {
            content.end -= 1;
        }
        if content.len() < 2 || subject.is_none() && !matches!(begin, Begin::Mark(_)) {
            return None;
        }
        Some(self.draft(self.parts(&content), subject, Some((at, verb)), sure))
    }

    /// "…, according to SPEAKER" and "According to SPEAKER, …".
    fn according_to(&self, at: usize, sentence: &Range<usize>) -> Option<Draft> {
        let subject = self.cast.right(at + 2, sentence.end);
        let content = if at <= sentence.start + 1 {
            let comma = (at + 2..sentence.end).find(|&i| self.word(i) == ",")?;
            comma + 1..sentence.end
        } else {
            sentence.start..at
        };
        let mut content = content;
        while !content.is_empty()
            && !self.document.tokens()[content.end - 1].is_word
            && self.in_marks(content.end - 1).is_none()
        {
            content.end -= 1;
        }
        if content.len() < 3 || subject.is_none() {
            return None;
        }
        let mut draft = self.draft(self.parts(&content), subject, None, 0.85);
        draft.cue = Some((at..at + 2, "according to"));
        Some(draft)
    }

    /// "Keller: we must act" as a headline.
    fn headline(&self, sentence: &Range<usize>) -> Option<Draft> {
        let colon = (sentence.start + 1..sentence.end.min(sentence.start + 7)).find(|&at| self.word(at) == ":")?;
        let subject = sentence.start..colon;
        let found = self.cast.resolve(&subject, None);
        let speaks = found.entity.is_some_and(|entity| self.entities[entity].r#type != EntityType::Other);
        let content = colon + 1..sentence.end;
        if !speaks || content.len() < 3 {
            return None;
        }
        let mut draft = self.draft(self.parts(&content), Some(subject), None, 0.8);
        draft.cue = Some((colon..colon + 1, "say"));
        Some(draft)
    }

    /// The subject of the sentence for a participle or a second verb: the last person named before it who owns nothing.
    fn main_subject(&self, at: usize, start: usize) -> Option<Range<usize>> {
        let tokens = self.document.tokens();
        let (from, to) = (tokens[start].start, tokens[at].start);
        let mut best: Option<(usize, usize)> = None;
        for entity in self.entities.iter().filter(|entity| entity.r#type == EntityType::Person) {
            let first = entity.mentions.partition_point(|mention| mention.start < from);
            for mention in entity.mentions[first..].iter().take_while(|mention| mention.end <= to) {
                let owner = matches!(self.word(self.document.token_at(mention.end)), "'s" | "\u{2019}s");
                if !owner && best.is_none_or(|(start, _)| mention.start > start) {
                    best = Some((mention.start, mention.end));
                }
            }
        }
        if let Some((from, to)) = best {
            return Some(self.document.token_at(from)..self.document.token_at(to - 1) + 1);
        }
        // "He smiled, saying …"
        let first = self.word(start).to_lowercase();
        matches!(first.as_str(), "he" | "she" | "they").then_some(start..start + 1)
    }

    /// The content in pieces: each marked stretch by itself where all words are marked, else the whole.
    fn parts(&self, content: &Range<usize>) -> Vec<Range<usize>> {
        let marked = self.marked_within(content);
        if !marked.is_empty() && self.all_marked(content) { marked } else { vec![content.clone()] }
    }

    fn draft(
        &self,
        segments: Vec<Range<usize>>,
        subject: Option<Range<usize>>,
        cue: Option<(usize, Verb)>,
        confidence: f64,
    ) -> Draft {
        let quoted = segments.iter().flat_map(|segment| self.marked_within(segment)).collect();
        let last = self.last.as_ref().and_then(|last| last.entity);
        let speaker = subject.map(|subject| self.cast.resolve(&subject, last));
        let cue = cue.map(|(at, verb)| {
            let auxiliary = |at: usize| matches!(self.word(at), "has" | "have" | "had");
            let start = if at > 0 && auxiliary(at - 1) { at - 1 } else { at };
            (start..at + 1, verb.lemma)
        });
        Draft { segments, quoted, speaker, cue, confidence }
    }

    // --- quotations without a cue of their own ---

    /// A sentence that consists of marked words: it goes on with the quotation before it, or with its speaker.
    fn bare(&mut self, sentence: &Range<usize>, first_of_block: bool, covered: usize) -> Option<Draft> {
        let segments = self.marked_within(sentence);
        let words: usize = segments.iter().map(Range::len).sum();
        if segments.is_empty() || !self.all_marked(sentence) || words < 2 {
            return None;
        }
        // The next sentence of the same paragraph, or the next paragraph of a quotation that was not closed.
        let joins = if first_of_block { self.goes_on } else { covered == sentence.start };
        if joins
            && let Some(draft) = self.drafts.last_mut()
            && !draft.quoted.is_empty()
        {
            draft.segments.extend(segments.iter().cloned());
            draft.quoted.extend(segments);
            return None;
        }
        let ended = matches!(self.word(segments[segments.len() - 1].end - 1), "." | "!" | "?" | "..." | "\u{2026}");
        let speaker = self.last.as_ref().filter(|_| self.flows || !first_of_block).map(Cast::carried);
        if speaker.is_none() && (!ended || words < 5) {
            return None;
        }
        Some(Draft { quoted: segments.clone(), segments, speaker, cue: None, confidence: 0.9 })
    }
}
