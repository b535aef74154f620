//! The features of cues, contents and sources, for training and for use.

#![allow(clippy::cast_possible_truncation, reason = "sides are numbered from 0 to 2")]

use std::ops::Range;

use dateline_model::linear::feature;
use dateline_text::Language;

use super::words::{Class, Mark, Word, Words};

/// Tokens before and after a cue in which its content and source are looked for.
const REACH: usize = 120;
/// How far marks and "that" are looked for.
const NEAR: usize = 24;

/// Returns where the content and source of a cue are looked for.
pub fn window(words: &Words, cue: usize) -> Range<usize> {
    let sentence = words.sentence(cue);
    let mut end = sentence.end;
    // "He said:", and the words in the next paragraph.
    if words.words[end - 1].class == Class::Colon && end < words.words.len() {
        end = words.sentence(end).end;
    }
    sentence.start.max(cue.saturating_sub(REACH))..end.min(cue + REACH)
}

/// Returns whether a token may be a cue.
pub fn may_be_cue(words: &Words, at: usize) -> bool {
    let word = &words.words[at];
    // What stands in a long speech is the words of its speaker.
    let deep = word.mark == Mark::Inside
        && word.quoted_span.is_some_and(|quoted_span| words.marked[quoted_span as usize].inside.len() > NEAR);
    !deep
        && match word.class {
            Class::Other | Class::Past | Class::Participle | Class::Plural | Class::Capital | Class::Colon => true,
            Class::Dash => word.block == 0,
            _ => false,
        }
}

/// Returns the value that two values make together.
pub(crate) fn both(a: u64, b: u64) -> u64 {
    (a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// Returns a distance in few steps.
pub(crate) fn step(distance: usize) -> u64 {
    match distance {
        0..=3 => distance as u64,
        4..=6 => 4,
        7..=12 => 5,
        13..=24 => 6,
        _ => 7,
    }
}

/// The words around a place, as numbers; beyond a range there is nothing.
struct Around<'a> {
    words: &'a [Word],
    range: Range<usize>,
}

impl Around<'_> {
    fn at(&self, at: usize, by: isize) -> Option<&Word> {
        let place = at.checked_add_signed(by).filter(|place| self.range.contains(place))?;
        self.words.get(place)
    }

    fn form(&self, at: usize, by: isize) -> u64 {
        self.at(at, by).map_or(1, |word| word.form)
    }

    fn class(&self, at: usize, by: isize) -> u64 {
        self.at(at, by).map_or(Class::Beyond, |word| word.class) as u64
    }

    fn group(&self, at: usize, by: isize) -> u64 {
        self.at(at, by).map_or(1, |word| u64::from(word.traits.groups.0) + 2)
    }

    fn name(&self, at: usize, by: isize) -> u64 {
        self.at(at, by).map_or(31, |word| u64::from(word.traits.name))
    }

    fn mark(&self, at: usize, by: isize) -> u64 {
        self.at(at, by).map_or(9, |word| word.mark as u64)
    }
}

/// The surroundings of a cue, as a few numbers.
struct Scene {
    /// Steps to the end and the begin of the window.
    right: u64,
    left: u64,
    /// Steps to the next mark that opens and the last that closed.
    opens: u64,
    closed: u64,
    /// Steps to the next "that".
    that: u64,
    /// The token before the next opening mark: none, a comma, a colon, a word.
    announced: u64,
    /// How the quoted spans before and after look: none, as a term, as speech.
    spoken: u64,
    /// Other verbs of saying before and after.
    others: u64,
    commas: u64,
}

impl Scene {
    fn new(words: &Words, cue: usize, window: &Range<usize>) -> Self {
        let all = &words.words;
        let behind = cue + 1..window.end.min(cue + 1 + NEAR);
        let before = window.start.max(cue.saturating_sub(NEAR))..cue;
        let next = behind.clone().find(|&at| all[at].mark == Mark::Open);
        let others = |range: &Range<usize>| {
            range.clone().filter(|&at| all[at].says && all[at].mark != Mark::Inside).count().min(2) as u64
        };
        let closed = before.clone().rev().find(|&at| all[at].mark == Mark::Close);
        let look = |at: Option<usize>| {
            let quoted_span =
                at.and_then(|at| all[at].quoted_span).map(|quoted_span| &words.marked[quoted_span as usize]);
            quoted_span.map_or(0, |quoted_span| {
                1 + u64::from(words.ends_as_speech(quoted_span)) + 2 * u64::from(words.begins_as_speech(quoted_span))
            })
        };
        let spoken = look(closed) * 5 + look(next);
        let commas = before.clone().filter(|&at| all[at].class == Class::Comma && all[at].mark != Mark::Inside);
        Self {
            right: step(window.end - 1 - cue),
            left: step(cue - window.start),
            opens: next.map_or(8, |at| step(at - cue)),
            closed: closed.map_or(8, |at| step(cue - at)),
            spoken,
            that: behind.clone().take(12).find(|&at| all[at].class == Class::That).map_or(8, |at| step(at - cue)),
            announced: next.map_or(0, |at| match all[at - 1].class {
                _ if at == cue + 1 => 1,
                Class::Comma => 2,
                Class::Colon => 3,
                _ => 4,
            }),
            commas: commas.count().min(3) as u64,
            others: others(&before) * 3 + others(&behind),
        }
    }
}

/// Adds the features of a token as a cue.
pub fn cue(words: &Words, at: usize, out: &mut Vec<u32>) {
    let sentence = words.sentence(at);
    let around = Around { words: &words.words, range: sentence.clone() };
    let (form, class) = (|by| around.form(at, by), |by| around.class(at, by));
    let word = &words.words[at];
    let scene = Scene::new(words, at, sentence);
    let marks = scene.opens * 10 + scene.closed;
    let classes = both(class(-1) * 40 + class(1), 7);
    let mut id = 0;
    let mut push = |value: u64| {
        id += 1;
        out.push(feature(id, value));
    };
    push(0);
    push(word.form);
    push(form(-1));
    push(form(1));
    push(both(word.form, form(1)));
    push(both(form(-1), word.form));
    push(both(form(1), form(2)));
    push(both(form(-2), form(-1)));
    push(form(2));
    push(form(-2));
    push(both(word.form, class(1)));
    push(both(word.form, class(-1)));
    push(both(word.form, both(class(-1), class(1))));
    push(word.ending);
    push(both(word.ending, class(1)));
    push(both(word.ending, class(-1)));
    push(classes);
    push(both(classes, word.class as u64));
    push(both(class(-2) * 40 + class(-1), class(1) * 40 + class(2)));
    push(both(marks, word.class as u64));
    push(both(word.form, scene.opens));
    push(both(word.form, scene.closed));
    push(both(word.form, scene.that));
    push(both(scene.that, word.ending));
    push(both(scene.right, scene.left));
    push(both(word.form, scene.right));
    push(both(scene.announced, scene.closed));
    push(both(scene.announced, word.ending));
    push(both(scene.others, u64::from(word.says)));
    push(both(scene.commas, scene.right));
    push(both(word.mark as u64, u64::from(word.says)));
    push(both(u64::from(word.block == 0), both(word.form, word.shape.into())));
    push(both(u64::from(word.says), both(class(1), scene.opens)));
    push(both(u64::from(word.says), both(class(-1), scene.closed)));
    push(both(scene.closed, both(class(-1), scene.right)));
    push(both(scene.spoken, word.class as u64));
    push(both(scene.spoken, both(word.ending, marks)));
    push(both(scene.spoken, both(marks, both(class(-1), word.class as u64))));
    push(both(scene.spoken, both(marks, both(class(1), word.class as u64))));
    push(both(scene.spoken, both(word.class as u64, classes)));
    push(both(scene.spoken, both(scene.right, scene.others)));
    push(both(scene.spoken, word.form));
    if words.document.language() != Language::ENGLISH {
        more_of_cue(words, at, &scene, out);
    }
}

/// Adds what only languages beside English have as features of a cue: groups of words, names, moods, and the last word of the clause.
fn more_of_cue(words: &Words, at: usize, scene: &Scene, out: &mut Vec<u32>) {
    let sentence = words.sentence(at);
    let around = Around { words: &words.words, range: sentence.clone() };
    let word = &words.words[at];
    let (group, name) = (|by| around.group(at, by), |by| around.name(at, by));
    let clause = Clause::around(words, at, sentence);
    let particle = around.form(clause.range.end, -1);
    let before = Clause::around(words, clause.range.start.saturating_sub(2).max(sentence.start), sentence);
    let after = Clause::around(words, (clause.range.end + 1).min(sentence.end - 1), sentence);
    let moods = u64::from(before.reports) * 9 + u64::from(clause.reports) * 3 + u64::from(after.reports);
    let coarse = u64::from(word.traits.groups.1) + 3;
    let mut id = 60;
    let mut push = |value: u64| {
        id += 1;
        out.push(feature(id, value));
    };
    push(group(0));
    push(coarse);
    push(group(-1));
    push(group(1));
    push(both(group(0), group(1)));
    push(both(group(-1), group(0)));
    push(both(coarse, around.class(at, 1)));
    push(both(coarse, around.class(at, -1)));
    push(both(name(1), word.form));
    push(both(name(-1), word.form));
    push(both(name(1) * 32 + name(-1), word.ending));
    push(both(name(1) * 32 + name(-1), coarse));
    push(both(word.form, particle));
    push(both(coarse, particle));
    push(both(word.ending, particle));
    push(moods);
    push(both(moods, word.form));
    push(both(moods, coarse));
    push(both(moods, word.ending));
    push(both(moods, both(scene.that, u64::from(word.says))));
    push(both(around.form(after.range.start, 0), word.form));
    push(both(around.form(after.range.start, 0), coarse));
    push(both(around.form(after.range.start, 0), word.ending));
    push(both(around.form(after.range.start, 0), u64::from(word.says)));
}

/// What speaks for each token of a window as part of a cue's content or, where `content` is given, of its source: nothing for those
/// of the content. `shared` gets what holds for all tokens before the cue, the cue, and all after it.
pub fn spans(
    words: &Words,
    cue: usize,
    window: &Range<usize>,
    content: Option<&[Range<usize>]>,
    mut token: impl FnMut(usize, usize, &[u32]),
    mut shared: impl FnMut(usize, &[u32]),
) {
    let all = &words.words;
    let around = Around { words: all, range: window.clone() };
    let scene = Scene::new(words, cue, window);
    let said = &all[cue];
    let (next, last) = (around.form(cue, 1), around.form(cue, -1));
    let mut out = Vec::with_capacity(64);
    for side in 0..3u64 {
        out.clear();
        let mut id = 100;
        let mut push = |value: u64| {
            id += 1;
            out.push(feature(id, both(value, side)));
        };
        push(both(said.form, next));
        push(both(said.form, last));
        push(both(scene.right, scene.left));
        push(both(scene.opens, scene.closed));
        push(both(scene.that, said.form));
        push(both(scene.announced, scene.closed));
        push(both(scene.commas, scene.right));
        push(both(around.class(cue, -1), around.class(cue, 1)));
        push(both(said.form, scene.right));
        push(scene.others);
        push(scene.spoken);
        push(both(scene.spoken, scene.opens * 10 + scene.closed));
        push(both(scene.spoken, both(scene.right, scene.left)));
        shared(side as usize, &out);
    }
    let between = Between::new(words, cue, window);
    let has_more = words.document.language() != Language::ENGLISH;
    let clauses = if has_more { Clause::all(words, window, cue) } else { Vec::new() };
    let inside = |at: usize| content.is_some_and(|spans| spans.iter().any(|span| span.contains(&at)));
    // Whether content stands before, after the cue.
    let placed =
        content.map_or(0, |spans| spans.iter().fold(0, |bits, span| bits | if span.start < cue { 1 } else { 2 }));
    for at in window.clone() {
        out.clear();
        let side = match at.cmp(&cue) {
            std::cmp::Ordering::Less => 0u64,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        };
        if inside(at) {
            token(at - window.start, side as usize, &out);
            continue;
        }
        let word = &all[at];
        let (form, class) = (|by| around.form(at, by), |by| around.class(at, by));
        let far = step(at.abs_diff(cue)) * 3 + side;
        let marks = (around.mark(at, -1) * 10 + around.mark(at, 0)) * 10 + around.mark(at, 1);
        let passed = &between.passed[at - window.start];
        let path = passed.iter().fold(0, |sum, &count| sum * 3 + u64::from(count));
        let (start, end) = ((at - window.start).min(3) as u64, (window.end - 1 - at).min(3) as u64);
        let mut id = 200;
        let mut push = |value: u64| {
            id += 1;
            out.push(feature(id, value));
        };
        push(far);
        push(both(word.form, side));
        push(both(word.form, far + 100));
        push(both(form(-1), side));
        push(both(form(1), side));
        push(both(form(-1), both(word.form, side)));
        push(both(word.form, both(form(1), side)));
        push(both(form(-2), side));
        push(both(form(2), side));
        push(both(said.form, far));
        push(both(said.form, both(word.form, side)));
        push(both(said.form, both(form(-1), side)));
        push(both(next, far));
        push(both(last, far));
        push(both(marks, side));
        push(both(marks, far));
        push(both(scene.spoken, both(marks, side)));
        push(both(scene.spoken, both(both(word.mark as u64, class(0)), side)));
        push(both(path, side));
        push(both(path, both(word.form, side)));
        push(both(path, both(class(0), side)));
        push(both(said.form, both(path, side)));
        push(both(start * 4 + end, side));
        push(both(start * 4 + end, both(class(0), side)));
        push(both(class(0) * 40 + class(-1), side));
        push(both(class(0) * 40 + class(1), side));
        push(both((class(-1) * 40 + class(0)) * 40 + class(1), far));
        push(both((class(-2) * 40 + class(-1)) * 40 + class(0), side));
        push(both((class(2) * 40 + class(1)) * 40 + class(0), side));
        push(both(word.ending, side));
        push(both(word.ending, both(class(-1), side)));
        push(both(word.ending, both(far, u64::from(passed[0]))));
        push(both(u64::from(word.shape), far));
        let says = |by| around.at(at, by).is_some_and(|word| word.says);
        push(both(u64::from(says(0)), both(class(-1) * 40 + class(0), side)));
        push(both(u64::from(says(1)) * 2 + u64::from(says(2)), both(class(0) * 40 + class(1), side)));
        push(both(u64::from(says(0)), both(path, side)));
        push(both(u64::from(passed[0]) * 3 + u64::from(passed[2]), marks * 3 + side));
        push(both(scene.right, both(class(0), side)));
        push(both(scene.left, both(class(0), side)));
        push(both(
            u64::from(passed[1]) * 9 + u64::from(passed[0]) * 3 + u64::from(passed[3]),
            both(both(word.form, side), form(-1)),
        ));
        push(both(scene.announced * 10 + scene.closed, marks * 3 + side));
        push(both(said.ending, far));
        push(both(around.class(cue, 1), both(far, class(0))));
        push(both(around.class(cue, -1), both(far, class(0))));
        if content.is_some() {
            let state = |by: isize| at.checked_add_signed(by).map_or(2, |place| u64::from(inside(place)));
            let states = state(-1) * 9 + state(0) * 3 + state(1);
            push(both(states, side));
            push(both(states, far + 50 * placed));
            push(both(states, both(class(0), far)));
            push(both(placed, both(far, class(0))));
            push(both(placed, both(path, side)));
            push(both(placed, both(class(-1) * 40 + class(0), both(class(1), side))));
            push(both(placed, both(said.form, far)));
            push(both(placed, both(both(around.class(cue, 1), around.class(cue, -1)), far)));
            push(both(states, marks * 3 + side));
        }
        if has_more {
            let mut id = 300;
            let mut push = |value: u64| {
                id += 1;
                out.push(feature(id, value));
            };
            let group = |by| around.group(at, by);
            let name = |by| around.name(at, by);
            let coarse = u64::from(word.traits.groups.1) + 3;
            let clause = &clauses[at - window.start];
            let (clause, other) = (u64::from(clause.0.reports), u64::from(clause.0.quotes) + 3 * u64::from(clause.1));
            push(both(group(0), side));
            push(both(group(-1), side));
            push(both(group(1), side));
            push(both(coarse, far));
            push(both(coarse, both(path, side)));
            push(both(coarse, both(class(-1), side)));
            push(both(coarse, both(class(1), side)));
            push(both(coarse, both(said.form, side)));
            push(both(u64::from(said.traits.groups.1), both(coarse, side)));
            push(both(u64::from(said.traits.groups.1), both(class(0), far)));
            push(both(u64::from(said.traits.groups.1), both(path, side)));
            push(both(name(0) + 32 * (name(-1) + 32 * name(1)), side));
            push(both(name(0), far));
            push(both(name(0), both(path, side)));
            push(both(name(0), both(class(-1), side)));
            push(both(name(0), both(said.form, side)));
            push(both(name(0), both(class(-2) * 40 + class(-1), side)));
            push(both(clause, side));
            push(both(clause, far));
            push(both(clause, both(path, side)));
            push(both(clause * 16 + other, side));
            push(both(clause * 16 + other, both(class(0), side)));
            push(both(clause * 16 + other, both(said.form, side)));
            push(both(both(scene.announced, clause), both(marks, side)));
            push(both(all.get(clauses[at - window.start].0.range.start).map_or(1, |word| word.form), side));
            push(both(all.get(clauses[at - window.start].0.range.start).map_or(1, |word| word.class as u64), far));
            if content.is_some() {
                push(both(placed, both(name(0), far)));
                push(both(placed, both(name(0), both(name(-1), path))));
                push(both(placed, both(coarse, far)));
                push(both(placed, both(both(word.form, side), far)));
            }
        }
        token(at - window.start, side as usize, &out);
    }
}

/// A clause: the tokens between two commas, colons, stops or marks.
#[derive(Clone)]
struct Clause {
    range: Range<usize>,
    /// 0 without a verb of reported speech, 1 with one, 2 with more.
    reports: u8,
    /// 0 without quotation marks, 1 with some, 2 all in marks.
    quotes: u8,
}

/// The most tokens on each side that are looked at: a text may be one sentence without a comma.
const MAX_CLAUSE: usize = 200;

impl Clause {
    /// Returns the clause that holds a token.
    fn around(words: &Words, at: usize, within: &Range<usize>) -> Self {
        let cuts = |at: usize| matches!(words.words[at].class, Class::Comma | Class::Colon | Class::Stop | Class::Dash);
        let (first, last) = (within.start.max(at.saturating_sub(MAX_CLAUSE)), within.end.min(at + MAX_CLAUSE));
        let start = (first..at).rev().find(|&at| cuts(at)).map_or(first, |at| at + 1);
        let end = (at..last).find(|&at| cuts(at)).unwrap_or(last).max(start);
        Self::new(words, start..end)
    }

    fn new(words: &Words, range: Range<usize>) -> Self {
        let all = &words.words[range.clone()];
        let reports = all.iter().filter(|word| word.traits.subjunctive).count().min(2) as u8;
        let marked = all.iter().filter(|word| word.mark != Mark::None).count();
        let quotes = u8::from(marked > 0) + u8::from(marked > 0 && marked == all.len());
        Self { range, reports, quotes }
    }

    /// Returns the clause of each token of a window, and whether the cue is in the same one.
    fn all(words: &Words, window: &Range<usize>, cue: usize) -> Vec<(Self, bool)> {
        let mut clauses: Vec<(Self, bool)> = Vec::with_capacity(window.len());
        for at in window.clone() {
            match clauses.last() {
                Some(last) if last.0.range.contains(&at) => clauses.push(last.clone()),
                _ => {
                    let clause = Self::around(words, at, window);
                    let own = clause.range.contains(&cue);
                    clauses.push((clause, own));
                }
            }
        }
        clauses
    }
}

/// The tokens between each token of a window and the cue: commas, "that", marks, verbs, conjunctions, stops; none, one or more.
struct Between {
    passed: Vec<[u8; 6]>,
}

impl Between {
    fn new(words: &Words, cue: usize, window: &Range<usize>) -> Self {
        let mut passed = vec![[0; 6]; window.len()];
        let add = |to: &mut [u8; 6], from: [u8; 6], at: usize| {
            let word = &words.words[at];
            let free = word.mark != Mark::Inside;
            let kinds = [
                word.class == Class::Comma && free,
                word.class == Class::That,
                matches!(word.mark, Mark::Open | Mark::Close),
                word.says && free || word.class == Class::Auxiliary,
                matches!(word.class, Class::Conjunction | Class::Question | Class::Subordinator) && free,
                matches!(word.class, Class::Stop | Class::Dash | Class::Colon),
            ];
            for ((to, from), kind) in to.iter_mut().zip(from).zip(kinds) {
                *to = (from + u8::from(kind)).min(2);
            }
        };
        for at in cue + 2..window.end {
            let from = passed[at - 1 - window.start];
            add(&mut passed[at - window.start], from, at - 1);
        }
        for at in (window.start..cue.saturating_sub(1)).rev() {
            let from = passed[at + 1 - window.start];
            add(&mut passed[at - window.start], from, at + 1);
        }
        Self { passed }
    }
}
