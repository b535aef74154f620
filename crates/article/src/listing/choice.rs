//! Chooses the links that are the list of articles.
//!
//! Each link has a score of its own: address, words, heading, date, summary, picture. Links in the same place of repeated
//! blocks vote together, so that a short headline among long ones is an article, and a long label in a menu is not. A link
//! without such neighbours (the top story) needs a high score, or an address like those of the list. Of two neighbours, both
//! must have one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::zones::Zone;

/// The fewest links of a place that vote together, and the fewest that are a list by their number alone.
pub(super) const MIN_GROUP: usize = 3;
const MIN_LIST: usize = 4;
/// The mean score of the links of a list, and the lowest of one link in it.
const LIST_MEAN: f64 = 5.0;
const LIST_LEAST: i32 = 1;
/// The mean score of a list whose addresses are like those of other lists.
const KIN_MEAN: f64 = 3.5;
/// The score of a link without neighbours: where its address is like those of the list, and otherwise.
const SINGLE_KIN: i32 = 5;
const SINGLE: i32 = 8;
/// The mean score of the best list, if no list is good.
const BEST_MEAN: f64 = 2.5;
/// The fewest links in the main column that make the columns beside it superfluous.
const ENOUGH: usize = 3;

/// What the addresses of a site's articles have in common.
pub(super) type AddressKind = (bool, bool, bool, String);

/// A link that may be one of the list.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The page that it leads to.
    pub target: usize,
    /// The evidence for an article.
    pub score: i32,
    /// How much its text is like a headline.
    pub title: i32,
    /// Equal for links in the same place of repeated blocks.
    pub group: u64,
    pub zone: Zone,
    pub kind: AddressKind,
    /// Whether its address is that of a film, a gallery or a broadcast.
    pub is_media: bool,
    /// The number that its block begins with.
    pub rank: Option<u32>,
}

/// Returns the pages that the list leads to.
pub(super) fn choose(candidates: &[Candidate]) -> HashSet<usize> {
    let others: HashSet<u64> = rankings(candidates).union(&strips(candidates)).copied().collect();
    let zone = |link: &Candidate| if others.contains(&link.group) { link.zone.max(Zone::Aside) } else { link.zone };
    let of = |wanted: Zone| candidates.iter().filter(|link| zone(link) == wanted).collect::<Vec<_>>();
    let main = choose_of(&of(Zone::Main));
    if main.len() >= ENOUGH {
        return main;
    }
    let beside = choose_of(&of(Zone::Aside));
    if beside.len() > main.len() { beside } else { main }
}

/// Returns the lists that have films, galleries or broadcasts alone, where they are the smaller part of the page.
fn strips(candidates: &[Candidate]) -> HashSet<u64> {
    let mut groups: HashMap<u64, (usize, usize)> = HashMap::new();
    for link in candidates {
        let (media, all) = groups.entry(link.group).or_default();
        (*media, *all) = (*media + usize::from(link.is_media), *all + 1);
    }
    groups.retain(|_, (media, all)| *media == *all && *all > 1);
    let of_strips = groups.values().map(|(_, all)| *all).sum::<usize>();
    if of_strips * 2 > candidates.len() { HashSet::new() } else { groups.into_keys().collect() }
}

/// Returns the lists whose links are numbered, as those of what is most read are; a number may be missing, where the article
/// stands elsewhere too. Where most of the page is numbered, that is its list.
fn rankings(candidates: &[Candidate]) -> HashSet<u64> {
    let mut groups: HashMap<u64, Vec<Option<u32>>> = HashMap::new();
    for link in candidates {
        groups.entry(link.group).or_default().push(link.rank);
    }
    let is_ranking = |ranks: &[Option<u32>]| {
        let Some(ranks) = ranks.iter().copied().collect::<Option<Vec<u32>>>() else { return false };
        let is_short = ranks.len() * 2 <= candidates.len();
        let most = u32::try_from(ranks.len() * 2).unwrap_or(u32::MAX);
        is_short
            && ranks.len() >= MIN_GROUP
            && ranks.is_sorted_by(|a, b| a < b)
            && ranks.iter().all(|rank| *rank <= most)
    };
    groups.into_iter().filter(|(_, ranks)| is_ranking(ranks)).map(|(group, _)| group).collect()
}

fn choose_of(candidates: &[&Candidate]) -> HashSet<usize> {
    let mut groups: BTreeMap<u64, Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        groups.entry(candidate.group).or_default().push(candidate);
    }
    let mut chosen: HashSet<usize> = HashSet::new();
    let mut kinds: HashSet<&AddressKind> = HashSet::new();
    let good = |link: &&&Candidate| link.score >= LIST_LEAST;
    for group in groups.values().filter(|group| group.len() >= MIN_GROUP && mean(group, |link| link.score) >= LIST_MEAN)
    {
        chosen.extend(group.iter().filter(good).map(|link| link.target));
        kinds.extend(group.iter().filter(good).map(|link| &link.kind));
    }
    for group in groups.values().filter(|group| group.len() >= MIN_GROUP && mean(group, |link| link.score) >= KIN_MEAN)
    {
        let kin = group.iter().filter(|link| kinds.contains(&link.kind)).count();
        if kin * 3 >= group.len() * 2 {
            chosen.extend(group.iter().filter(good).filter(|link| kinds.contains(&link.kind)).map(|link| link.target));
        }
    }
    for group in groups.values() {
        // Where an address alone speaks for a link, its neighbours must not speak against it.
        let is_kin = |link: &&&Candidate| link.score >= SINGLE_KIN && kinds.contains(&link.kind);
        let are_kin = group.iter().filter(is_kin).count() * 2 > group.len();
        let is_single = |link: &&&Candidate| link.score >= SINGLE || are_kin && is_kin(link);
        chosen.extend(group.iter().filter(is_single).map(|link| link.target));
    }
    if chosen.is_empty() {
        let is_list = |group: &&Vec<&Candidate>| {
            group.len() >= MIN_LIST
                && mean(group, |link| link.score) >= BEST_MEAN
                && mean(group, |link| link.title) >= 1.0
        };
        let best = groups.values().filter(is_list).max_by_key(|group| group.iter().map(|link| link.score).sum::<i32>());
        chosen.extend(best.into_iter().flatten().filter(|link| link.score > 0).map(|link| link.target));
    }
    chosen
}

fn mean(group: &[&Candidate], of: impl Fn(&Candidate) -> i32) -> f64 {
    let sum: i32 = group.iter().map(|link| of(link)).sum();
    f64::from(sum) / f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX).max(1))
}
