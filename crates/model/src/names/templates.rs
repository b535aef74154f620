//! The features of a token in its context.

use super::form::{Case, Form, PLACES, REACH, TEMPLATES};
use super::view::{View, opens};
use crate::linear::{Features, feature, hash};
use dateline_text::Language;

/// Numbers of the templates, beyond those of the words themselves.
mod template {
    use super::{PLACES, TEMPLATES};

    const FIRST: u32 = TEMPLATES * PLACES as u32;
    pub(super) const ALWAYS: u32 = FIRST;
    pub(super) const PAIR: u32 = FIRST + 1; // and the next
    pub(super) const SHAPES: u32 = FIRST + 10; // to 19
    pub(super) const WORD_SHAPE: u32 = FIRST + 20; // to 29
    pub(super) const GROUPS: u32 = FIRST + 30; // to 39
    pub(super) const LISTS: u32 = FIRST + 40; // to 49
    pub(super) const PHRASE: u32 = FIRST + 50; // to 59
    pub(super) const STYLE: u32 = FIRST + 60; // to 69
    pub(super) const WRITING: u32 = FIRST + 70; // to 79
    pub(super) const ELSEWHERE: u32 = FIRST + 80; // to 99
    pub(super) const EDGE: u32 = FIRST + 100; // to 109
    pub(super) const LINE: u32 = FIRST + 110; // to 119
    pub(super) const LANGUAGE: u32 = FIRST + 120; // to 129
}

/// The maximum number of tokens of a line whose shapes are taken as a whole.
const SHORT_LINE: usize = 12;

fn both(a: u64, b: u64) -> u64 {
    (a.rotate_left(29) ^ b).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// Writes the features of the wanted tokens of a sentence that do not come from one word alone, or with `own` all of them; the other
/// tokens get none.
pub(super) fn describe(view: &View, sentence: usize, wanted: &[bool], features: &mut Features, own: bool) {
    let range = view.document.sentences()[sentence].clone();
    let style = view.styles[sentence] as u64;
    let language = (view.document.language() != Language::ENGLISH).then(|| hash(view.document.language().code()));
    // The neighbours, with something to stand beyond the edges.
    let form = |token: isize| -> Option<&Form> {
        usize::try_from(token).ok().filter(|token| range.contains(token)).map(|token| view.form(token))
    };
    let lower = |token| form(token).map_or(0, |form| form.lower);
    let shape = |token| form(token).map_or(0, |form| form.shape);
    let fine = |token| form(token).map_or(0, |form| u64::from(form.fine));
    let coarse = |token| form(token).map_or(0, |form| u64::from(form.coarse));
    let lists = |token| form(token).map_or(0, |form| u64::from(form.lists));
    let line = if range.len() <= SHORT_LINE {
        range.clone().fold(7, |sum, token| both(sum, view.form(token).shape))
    } else {
        0
    };
    for (token, wanted) in range.clone().zip(wanted) {
        if !wanted {
            features.close();
            continue;
        }
        let at = token.cast_signed();
        let here = view.form(token);
        if own {
            for place in 0..PLACES {
                match form(at + place.cast_signed() - REACH.cast_signed()) {
                    Some(form) => form.seen_from(place).for_each(|feature| features.push(feature)),
                    None => features.push(feature(template::EDGE, place as u64)),
                }
            }
        } else {
            for place in (0..PLACES).filter(|&place| form(at + place.cast_signed() - REACH.cast_signed()).is_none()) {
                features.push(feature(template::EDGE, place as u64));
            }
        }
        let mut add = |number: u32, value: u64| features.push(feature(number, value));
        let (l0, s0) = (here.lower, here.shape);
        let (l1, r1) = (at - 1, at + 1);
        add(template::ALWAYS, 0);
        add(template::PAIR, both(lower(l1), l0));
        add(template::PAIR + 1, both(l0, lower(r1)));
        add(template::SHAPES, both(shape(l1), s0));
        add(template::SHAPES + 1, both(s0, shape(r1)));
        add(template::SHAPES + 2, both(both(shape(l1), s0), shape(r1)));
        add(template::WORD_SHAPE, both(lower(l1), s0));
        add(template::WORD_SHAPE + 1, both(s0, lower(r1)));
        add(template::GROUPS, both(coarse(l1), u64::from(here.coarse)) ^ s0);
        add(template::GROUPS + 1, both(u64::from(here.coarse), coarse(r1)) ^ s0);
        let opening = opens(view.document, token, range.start);
        add(template::STYLE, both(style << 1 | u64::from(opening), s0));
        if let Some(language) = language {
            // One model reads several languages, which write different words with a capital.
            let place = both(language, u64::from(opening));
            add(template::LANGUAGE, both(place, s0));
            add(template::LANGUAGE + 1, both(both(language, shape(l1)), s0));
            add(template::LANGUAGE + 2, both(both(language, s0), shape(r1)));
            add(template::LANGUAGE + 3, both(language, here.suffix) ^ s0);
            add(template::LANGUAGE + 4, both(language, u64::from(here.lists)) ^ s0);
            add(template::LANGUAGE + 5, both(place, u64::from(here.coarse)) ^ s0);
        }
        if line != 0 {
            add(template::LINE, both(line, (token - range.start) as u64));
        }
        if matches!(here.case, Case::None | Case::Lower) {
            // Few names hold such words; what follows would only cost time.
            features.close();
            continue;
        }
        add(template::PAIR + 2, both(lower(at - 2), lower(l1)));
        add(template::PAIR + 3, both(lower(r1), lower(at + 2)));
        add(template::SHAPES + 3, both(both(shape(at - 2), shape(l1)), s0));
        add(template::SHAPES + 4, both(both(s0, shape(r1)), shape(at + 2)));
        add(template::SHAPES + 5, (at - 3..=at + 3).fold(3, |sum, token| both(sum, shape(token))));
        add(template::WORD_SHAPE + 2, both(both(lower(l1), s0), lower(r1)));
        add(template::WORD_SHAPE + 3, both(lower(at - 2), s0));
        add(template::WORD_SHAPE + 4, both(s0, lower(at + 2)));
        add(template::WORD_SHAPE + 5, both(here.suffix, lower(r1)));
        add(template::WORD_SHAPE + 6, both(lower(l1), here.suffix));
        add(template::GROUPS + 2, both(fine(l1), u64::from(here.fine)));
        add(template::GROUPS + 3, both(u64::from(here.fine), fine(r1)));
        add(template::GROUPS + 4, both(both(coarse(l1), u64::from(here.coarse)), coarse(r1)));
        add(template::GROUPS + 5, both(s0, fine(r1)));
        add(template::GROUPS + 6, both(fine(l1), s0));
        let own_lists = u64::from(here.lists);
        add(template::LISTS, both(lists(l1), own_lists) ^ s0);
        add(template::LISTS + 1, both(own_lists, lists(r1)) ^ s0);
        add(template::LISTS + 2, both(both(lists(l1), own_lists), lists(r1)));
        for (number, near) in (0..).zip([at, l1, r1]) {
            let phrase = usize::try_from(near).ok().filter(|near| range.contains(near)).map(|near| view.phrases[near]);
            if let Some((place, lists)) = phrase.filter(|(_, lists)| *lists > 0) {
                add(template::PHRASE + number, u64::from(lists) << 8 | u64::from(place));
            }
        }
        elsewhere(view, token, opening, style, &mut add);
        features.close();
    }
}

/// How the word is written elsewhere in the text, and beside what.
fn elsewhere(view: &View, token: usize, opening: bool, style: u64, add: &mut impl FnMut(u32, u64)) {
    let here = view.form(token);
    let seen = view.seen(token);
    let place = style << 2 | u64::from(opening);
    let (lower, inside) = (u64::from(seen.lower.min(2)), u64::from(seen.inside.min(2)));
    add(template::WRITING, both(place, lower << 8 | inside | 1 << 16));
    add(template::WRITING + 1, both(both(place, lower << 8 | inside), here.shape));
    let mut told: Vec<(u32, u64)> = Vec::new();
    for other in seen.places().filter(|&other| other != token) {
        let sentence = view.document.sentences().partition_point(|sentence| sentence.end <= other);
        let range = &view.document.sentences()[sentence];
        let before = (other > range.start).then(|| view.form(other - 1));
        let after = (other + 1 < range.end).then(|| view.form(other + 1));
        let (phrase, lists) = view.phrases[other];
        for (number, value) in [
            (0, before.map_or(0, |form| form.lower)),
            (1, after.map_or(0, |form| form.lower)),
            (2, before.map_or(0, |form| both(u64::from(form.lists), form.case as u64))),
            (3, after.map_or(0, |form| both(u64::from(form.lists), form.case as u64))),
            (4, before.map_or(0, |form| u64::from(form.fine))),
            (5, after.map_or(0, |form| u64::from(form.fine))),
            (6, both(before.map_or(0, |form| form.shape), after.map_or(0, |form| form.shape))),
            (7, u64::from(lists) << 8 | u64::from(phrase)),
        ] {
            if !told.contains(&(number, value)) {
                told.push((number, value));
                add(template::ELSEWHERE + number, value);
            }
        }
    }
}
