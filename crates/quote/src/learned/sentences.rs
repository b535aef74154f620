//! The features of a sentence as reported speech without a cue, for training and for use.

use dateline_model::linear::feature;

use super::Lead;
use crate::tagger::features::{both, step};
use crate::tagger::words::{Class, Mark, Words};

/// Words of a sentence that are features by themselves.
const MOST: usize = 60;

/// What the features of a sentence and of its neighbours use.
struct Look {
    /// Verbs in the mood of reported speech, words that may introduce speech, and verbs like "soll", outside quotation marks.
    reports: u64,
    says: u64,
    shall: u64,
    /// Whether some words or all of them are in quotation marks.
    marked: u64,
    /// The first word.
    first: u64,
}

fn look(words: &Words, sentence: Option<usize>) -> Look {
    let Some(range) = sentence.and_then(|sentence| words.sentences.get(sentence)) else {
        return Look { reports: 3, says: 3, shall: 3, marked: 4, first: 1 };
    };
    let all = &words.words[range.clone()];
    let plain = || all.iter().filter(|word| word.mark == Mark::None);
    let shall =
        |at: usize| matches!(words.document.word(at), "soll" | "sollen" | "sollte" | "sollten" | "will" | "wollen");
    Look {
        reports: plain().filter(|word| word.traits.subjunctive).count().min(2) as u64,
        says: plain().filter(|word| word.says).count().min(2) as u64,
        shall: range.clone().filter(|&at| words.words[at].mark == Mark::None && shall(at)).count().min(2) as u64,
        marked: u64::from(words.all_marked(range)) * 2 + u64::from(words.quoted_spans(range).next().is_some()),
        first: all.first().map_or(1, |word| word.form),
    }
}

/// Adds the features of a sentence.
pub fn features(words: &Words, sentence: usize, leads: &[Lead], out: &mut Vec<u32>) {
    let range = &words.sentences[sentence];
    let all = &words.words[range.clone()];
    let [here, before, after, earlier] =
        [Some(sentence), sentence.checked_sub(1), Some(sentence + 1), sentence.checked_sub(2)].map(|s| look(words, s));
    let block = |other: Option<usize>| {
        other
            .and_then(|other| words.sentences.get(other))
            .is_some_and(|other| words.words[other.start].block == all[0].block)
    };
    let place = u64::from(block(sentence.checked_sub(1))) * 2 + u64::from(block(Some(sentence + 1)));
    let mood = here.reports * 9 + here.says * 3 + here.shall;
    let past = before.reports * 9 + before.says * 3 + before.shall;
    let form = |at: usize| all.get(at).map_or(1, |word| word.form);
    let class = |at: usize| all.get(at).map_or(Class::Beyond as u64, |word| word.class as u64);
    let length = step(all.len() / 3);
    let finite = all.iter().find(|word| matches!(word.class, Class::Auxiliary) || word.says || word.traits.subjunctive);
    let finite = finite.map_or(1, |word| word.form);
    let last = all.iter().rev().find(|word| word.shape > 0).map_or(1, |word| word.form);
    let names =
        all.iter().filter(|word| word.traits.name > 8).map(|word| 1 << (word.traits.name % 8)).fold(0u64, |a, b| a | b);
    let level = |s: Option<usize>| s.and_then(|s| leads.get(s)).map_or(7, |lead| u64::from(lead.level));
    let (led, led_before) = (level(Some(sentence)), level(sentence.checked_sub(1)));
    let cue = leads[sentence].at.map_or(1, |at| words.words[at].form);
    let group = leads[sentence].at.map_or(1, |at| u64::from(words.words[at].traits.groups.1));
    let mut id = 500;
    let mut push = |value: u64| {
        id += 1;
        out.push(feature(id, value));
    };
    push(0);
    push(mood);
    push(both(mood, place));
    push(both(mood, here.marked));
    push(both(mood, past));
    push(both(mood, both(past, place)));
    push(both(mood, both(before.marked, here.marked)));
    push(both(mood, earlier.reports * 9 + earlier.says * 3 + earlier.shall));
    push(both(mood, after.reports * 9 + after.says * 3 + after.shall));
    push(both(mood, form(0)));
    push(both(mood, class(0)));
    push(both(mood, both(class(0), class(1))));
    push(both(past, class(0)));
    push(form(0));
    push(form(1));
    push(both(form(0), form(1)));
    push(both(class(0) * 40 + class(1), class(2)));
    push(length);
    push(both(mood, length));
    push(finite);
    push(both(finite, class(0)));
    push(last);
    push(both(last, mood));
    push(both(names, mood));
    push(both(before.first, mood));
    push(both(u64::from(all[0].block == 0), mood));
    push(both(u64::from(all[0].block).min(3), place));
    push(both(here.marked, before.marked * 8 + after.marked));
    push(both(all[0].traits.groups.0.into(), here.reports));
    push(both(all[0].traits.groups.1.into(), mood));
    push(led);
    push(both(led, mood));
    push(both(led, led_before * 8 + level(sentence.checked_sub(2))));
    push(both(led_before, mood));
    push(both(led_before, both(mood, class(0))));
    push(both(led, both(led_before, both(here.reports, place))));
    push(both(led, both(before.reports, here.reports)));
    push(both(cue, led));
    push(both(group, led));
    push(both(led, names));
    push(both(led, class(0)));
    push(both(led_before, both(here.reports, form(0))));
    for (at, word) in all.iter().enumerate().filter(|(_, word)| word.mark == Mark::None).take(MOST) {
        let next = form(at + 1);
        if word.shape == 5 || word.class != Class::Capital {
            out.push(feature(560, word.form));
            out.push(feature(561, both(word.form, here.reports)));
        }
        out.push(feature(562, word.traits.groups.0.into()));
        if word.traits.subjunctive {
            out.push(feature(563, word.form));
            out.push(feature(564, both(word.form, past)));
            out.push(feature(565, both(word.form, next)));
        }
        if word.says {
            out.push(feature(566, both(word.form, next)));
            out.push(feature(567, both(word.form, class(at + 1))));
            out.push(feature(568, both(word.form, last)));
        }
        if word.shape == 5 && matches!(word.class, Class::Other) {
            out.push(feature(569, both(word.ending, u64::from(at == 1) * 2 + u64::from(at + 2 >= all.len()))));
            out.push(feature(570, both(word.form, last)));
        }
    }
    if let Some(previous) = sentence.checked_sub(1) {
        for word in
            words.words[words.sentences[previous].clone()].iter().filter(|word| word.mark == Mark::None).take(MOST)
        {
            if word.says {
                out.push(feature(571, both(word.form, here.reports)));
            }
            if word.shape == 5 {
                out.push(feature(572, both(word.form, here.reports)));
            }
            out.push(feature(573, both(word.traits.groups.0.into(), here.reports)));
        }
    }
}
