//! Quotations in languages other than English.
//!
//! Quotation marks, cues and the names found tell what is quoted and who said it ([`typography`]), as do dashes that open a paragraph
//! ([`dialogue`]) and reported clauses ([`reported`]). Where taggers were trained for a language ([`crate::learned`]), they decide
//! what is a quotation, and marks and cues only tell who said what stands in marks.

use std::ops::Range;

use dateline_record::Cue;

use self::lists::Lists;
use self::phrase::Reader;
use crate::learned::LearnedTaggers;
use crate::tagger::Attribution;
use crate::tagger::words::Words;

mod according;
mod dialogue;
pub(crate) mod lists;
pub(crate) mod marks;
pub(crate) mod pattern;
pub(crate) mod phrase;
mod reported;
mod source;
pub(crate) mod speaker;
mod typography;

/// Sentences before a quotation in which its speaker is looked for.
const SENTENCES_BACK: usize = 3;

/// Returns the attributions of a text, in order; their contents never overlap.
pub(crate) fn attributions(words: &Words, lists: &Lists, learned: Option<&LearnedTaggers>) -> Vec<Attribution> {
    match learned {
        Some(learned) => learned.attributions(words, lists),
        None if lists.has_quotations() => Reader { words, lists }.attributions(),
        None => Vec::new(),
    }
}

impl Reader<'_> {
    /// Returns the attributions of a text, in order; their contents never overlap.
    fn attributions(self) -> Vec<Attribution> {
        let mut found: Vec<Attribution> = Vec::new();
        let (mut covered, mut marked) = (0, 0);
        for sentence in &self.words.sentences {
            let block = &self.words.document.blocks()[self.words.words[sentence.start].block as usize];
            let dialogue = (sentence.start == block.start).then(|| self.dialogue(block)).flatten();
            if let Some(attribution) = dialogue {
                covered = block.end;
                self.add(attribution, &mut found);
            }
            while let Some(quoted) = self.words.marked.get(marked).filter(|quoted| quoted.outside.start < sentence.end)
            {
                marked += 1;
                if quoted.outside.start < covered {
                    continue;
                }
                if let Some(last) = self.continued(marked - 1, &mut found) {
                    last.content.push(quoted.outside.clone());
                    covered = quoted.outside.end;
                    continue;
                }
                let Some(attribution) = self.quoted(marked - 1, &found) else { continue };
                if attribution.content[0].start < covered {
                    continue;
                }
                let before = covered.max(sentence.start)..attribution.content[0].start;
                self.indirect(&before, attribution.cue).into_iter().for_each(|other| self.add(other, &mut found));
                covered = attribution.content.last().map_or(covered, |span| span.end);
                self.add(attribution, &mut found);
            }
            let rest = covered.max(sentence.start)..sentence.end;
            let used = found.last().and_then(|last| last.cue);
            self.indirect(&rest, used).into_iter().for_each(|other| self.add(other, &mut found));
        }
        found
    }

    /// Returns the attribution that a quoted span continues: the paragraph before opened marks and did not close them.
    fn continued(self, index: usize, found: &mut [Attribution]) -> Option<&mut Attribution> {
        let quoted = &self.words.marked[index];
        let before = &self.words.marked[index.checked_sub(1)?];
        let block = |at: usize| self.words.words[at].block;
        let opens = quoted.outside.start == self.words.sentence(quoted.outside.start).start;
        let next = block(quoted.outside.start) == block(before.outside.start) + 1;
        let last = found.last_mut().filter(|_| before.goes_on && opens && next)?;
        last.content.last().is_some_and(|span| span.end == before.outside.end).then_some(last)
    }

    /// Adds an attribution, with the source that its surroundings give it if it has none.
    fn add(self, attribution: Attribution, found: &mut Vec<Attribution>) {
        let Some(mut attribution) = self.joined(attribution, found) else { return };
        if attribution.source.is_none() && (attribution.flows || attribution.cue.is_none()) {
            attribution.source = self.carried(&attribution, found);
            attribution.flows &= attribution.source.is_none();
        }
        found.push(attribution);
    }

    /// Joins a part of a quotation to the part before it, if one cue stands between them: "A", sagte Keller, "B."; returns what is a
    /// quotation by itself.
    fn joined(self, attribution: Attribution, found: &mut [Attribution]) -> Option<Attribution> {
        let Some(last) = found.last_mut() else { return Some(attribution) };
        let (Some(end), Some(start)) = (last.content.last().map(|span| span.end), attribution.content.first()) else {
            return Some(attribution);
        };
        let start = start.start;
        let is_marked = self.words.all_marked(&last.content[0]) && self.words.all_marked(&attribution.content[0]);
        let same_sentence = self.words.words[start].sentence == self.words.words[end - 1].sentence;
        let between = last.cue.is_some_and(|cue| (end..start).contains(&cue));
        let own = attribution.cue.filter(|cue| attribution.cue != last.cue && !(end..start).contains(cue));
        let is_part = is_marked && same_sentence && own.is_none();
        if is_part && (between || attribution.cue.is_some() && attribution.cue == last.cue) {
            last.content.extend(attribution.content);
            return None;
        }
        Some(attribution)
    }

    /// Returns who speaks where neither cue nor sentence say it: the subject of a sentence since the last quotation, if it is named.
    pub(crate) fn carried(self, attribution: &Attribution, found: &[Attribution]) -> Option<Range<usize>> {
        let start = attribution.content.first()?.start;
        let last = found.last().and_then(|last| last.content.last()).map_or(0, |span| span.end);
        let here = self.words.words[start].sentence as usize;
        let oldest = here.saturating_sub(SENTENCES_BACK);
        let block = self.words.words[start].block;
        self.words.sentences[oldest..here].iter().rev().take_while(|sentence| sentence.end > last).find_map(
            |sentence| {
                // Words without a cue belong to a person of the same paragraph.
                let near = attribution.cue.is_some() || self.words.words[sentence.start].block == block;
                let subject = self.opening(sentence.start, sentence.end).filter(|_| near && sentence.start >= last)?;
                let named = subject.clone().any(|at| self.name_at(at).is_some() || near && self.is_title(at));
                named.then_some(subject)
            },
        )
    }
}

/// Returns the cue at a token: a verb, or a phrase such as "d'après".
pub(crate) fn cue(words: &Words, lists: &Lists, head: usize) -> Cue {
    let reader = Reader { words, lists };
    let (tokens, end) = (words.document.tokens(), reader.phrase_end(head));
    let (start, end) = (tokens[head].start, tokens[end - 1].end);
    let text = words.document.slice(start, end).to_owned();
    let lemma = if tokens[head].end == end { crate::cue::lemma_in(&text, lists) } else { text.to_lowercase() };
    Cue { start, end, text, lemma }
}
