//! The features of marked words as a quotation, for training and for use.

use dateline_model::linear::feature;

use super::Lead;
use crate::tagger::features::{both, step};
use crate::tagger::words::{Class, Mark, Words};

/// Tokens beside the marks in which a cue is looked for.
const NEAR: usize = 30;
/// Tokens beside the marks that are looked at for anything: a text may be one sentence.
const REACH: usize = 400;

/// Adds the features of a quoted span.
pub fn features(words: &Words, index: usize, leads: &[Lead], out: &mut Vec<u32>) {
    let all = &words.words;
    let quoted = &words.marked[index];
    let (inside, outside) = (quoted.inside.clone(), quoted.outside.clone());
    let sentence = words.sentence(outside.start).clone();
    let at = |place: Option<usize>| place.filter(|place| sentence.contains(place)).and_then(|place| all.get(place));
    let form = |place: Option<usize>| at(place).map_or(1, |word| word.form);
    let class = |place: Option<usize>| at(place).map_or(Class::Beyond, |word| word.class) as u64;
    let group = |place: Option<usize>| at(place).map_or(1, |word| u64::from(word.traits.groups.0) + 2);
    let coarse = |place: Option<usize>| at(place).map_or(1, |word| u64::from(word.traits.groups.1) + 2);
    let name = |place: Option<usize>| at(place).map_or(31, |word| u64::from(word.traits.name));
    let before = |by: usize| outside.start.checked_sub(by);
    let after = |by: usize| Some(outside.end + by - 1);
    let count = inside.clone().filter(|&at| words.is_word(at)).count();
    let length = match count {
        0..=6 => count as u64,
        7..=8 => 7,
        9..=12 => 8,
        13..=20 => 9,
        _ => 10,
    };
    let is_cue = |&at: &usize| all[at].says && all[at].quoted_span.is_none();
    let ahead = (sentence.start.max(outside.start.saturating_sub(NEAR))..outside.start).rev().find(is_cue);
    let behind = (outside.end..sentence.end.min(outside.end + NEAR)).find(is_cue);
    let capital = u64::from(words.begins_as_speech(quoted));
    let ends = all[inside.end - 1].class as u64;
    let closed = u64::from(words.ends_as_speech(quoted));
    let title = u64::from(words.is_title(quoted));
    let marked_words = inside.clone().map(|at| &all[at]);
    let finite = marked_words.clone().filter(|word| word.class == Class::Auxiliary).count().min(2) as u64;
    let pronouns = marked_words.clone().filter(|word| word.class == Class::Pronoun).count().min(2) as u64;
    let lower = marked_words.clone().filter(|word| word.shape > 3).count().min(3) as u64;
    let commas = marked_words.filter(|word| word.class == Class::Comma).count().min(2) as u64;
    let around = sentence.start.max(outside.start.saturating_sub(REACH))..sentence.end.min(outside.end + REACH);
    let whole = u64::from(words.all_marked(&around));
    let spans = words.quoted_spans(&around).count().min(4) as u64;
    let nth = words.quoted_spans(&around).take_while(|span| span.outside.start < outside.start).count().min(3) as u64;
    let reports = |range: std::ops::Range<usize>| {
        range.clone().filter(|&at| all[at].traits.subjunctive && all[at].mark == Mark::None).count().min(2) as u64
    };
    let moods = reports(around.start..outside.start) * 3 + reports(outside.end..around.end.max(outside.end));
    let cue = |place: Option<usize>| place.map_or(1, |at| all[at].form);
    let far = ahead.map_or(9, |at| step(outside.start - at)) * 10 + behind.map_or(9, |at| step(at + 1 - outside.end));
    let lead = leads[words.words[outside.start].sentence as usize];
    let side = lead.at.map_or(0, |at| 1 + u64::from(at > outside.start));
    let led = u64::from(lead.level) * 3 + side;
    let led_far = lead.at.map_or(9, |at| step(at.abs_diff(outside.start)));
    let previous =
        (words.words[outside.start].sentence as usize).checked_sub(1).map_or(7, |s| u64::from(leads[s].level));
    let mut id = 400;
    let mut push = |value: u64| {
        id += 1;
        out.push(feature(id, value));
    };
    push(0);
    push(length);
    push(both(length, capital * 4 + closed * 2 + title));
    push(both(length, title));
    push(both(capital, ends));
    push(form(before(1)));
    push(form(before(2)));
    push(both(form(before(2)), form(before(1))));
    push(form(after(1)));
    push(form(after(2)));
    push(both(form(after(1)), form(after(2))));
    push(group(before(1)));
    push(group(before(2)));
    push(group(after(1)));
    push(coarse(before(1)));
    push(coarse(before(2)));
    push(coarse(after(1)));
    push(coarse(after(2)));
    push(class(before(1)));
    push(class(after(1)));
    push(both(class(before(1)), class(after(1))));
    push(both(class(before(2)) * 40 + class(before(1)), length));
    push(both(class(before(1)) * 40 + class(after(1)), length));
    push(both(class(before(1)) * 40 + class(after(1)), capital * 4 + closed * 2 + title));
    push(both(at(before(1)).map_or(9, |word| u64::from(word.shape)), length));
    push(both(name(before(1)), length));
    push(both(name(after(1)), length));
    push(form(Some(inside.start)));
    push(form(Some(inside.end - 1)));
    push(group(Some(inside.start)));
    push(group(Some(inside.end - 1)));
    push(class(Some(inside.start)));
    push(class(Some(inside.end - 1)));
    push(both(class(Some(inside.start)), length));
    push(both(name(Some(inside.start)), length));
    push(both(all[inside.start].shape.into(), length));
    push(both(all[inside.start].shape.into(), both(all[inside.end - 1].shape.into(), length)));
    push(all[inside.end - 1].ending);
    push(both(finite, length));
    push(both(pronouns, length));
    push(both(lower, length));
    push(both(lower * 3 + finite, capital * 2 + closed));
    push(commas);
    push(both(whole, length));
    push(both(whole, closed));
    push(both(spans, nth));
    push(both(spans, length));
    push(moods);
    push(both(moods, length));
    push(both(moods, class(before(1))));
    push(far);
    push(cue(ahead));
    push(cue(behind));
    push(both(cue(ahead), length));
    push(both(cue(ahead), class(before(1))));
    push(both(cue(behind), class(after(1))));
    push(both(far, length));
    push(both(far, class(before(1))));
    push(both(far, class(after(1))));
    push(both(far, moods));
    push(both(u64::from(all[outside.start].block == 0), length));
    push(both(u64::from(outside.start == sentence.start), length));
    push(both(u64::from(ahead.is_some()) * 2 + u64::from(behind.is_some()), both(length, capital)));
    push(led);
    push(both(led, length));
    push(both(led, led_far));
    push(both(led, class(before(1))));
    push(both(led, class(after(1))));
    push(both(led, capital * 2 + closed));
    push(both(led, moods));
    push(cue(lead.at));
    push(both(cue(lead.at), led));
    push(both(previous, both(whole, length)));
    for word in inside.clone().filter(|&at| words.is_word(at)).take(12).map(|at| &all[at]) {
        out.push(feature(480, word.form));
        out.push(feature(481, both(word.traits.groups.1.into(), length)));
    }
    for word in (sentence.start.max(outside.start.saturating_sub(8))..outside.start).map(|at| &all[at]) {
        out.push(feature(482, word.form));
        out.push(feature(483, word.traits.groups.0.into()));
    }
    for word in (outside.end..sentence.end.min(outside.end + 8)).map(|at| &all[at]) {
        out.push(feature(484, word.form));
        out.push(feature(485, word.traits.groups.0.into()));
    }
}
