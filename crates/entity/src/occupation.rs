//! Words for roles of persons: offices, trades, relations.

use std::collections::HashSet;
use std::sync::LazyLock;

use dateline_model::lexicon;

/// Forms of address.
const ADDRESS: &str = "\
    mr mrs ms miss sir dame lord lady late";
/// Words that begin or qualify a role but are not by themselves.
const QUALIFIERS: &str = "\
    former deputy senior chief vice acting prime foreign interior defence defense finance health justice press general \
    national executive assistant associate then state managing security police party";
/// Offices and titles, as the last word of a role.
const ROLES: &str = "\
    spokesman spokeswoman spokesperson minister president chancellor premier governor senator congressman congresswoman \
    representative mayor director chairman chairwoman chair secretary ambassador envoy judge justice professor candidate \
    nominee lawyer attorney solicitor manager coach commissioner adviser advisor aide executive ceo founder co-founder \
    leader chief head king queen prince princess pope cardinal archbishop bishop general colonel captain admiral commander \
    sheriff analyst economist activist author actor actress director-general researcher scientist editor journalist \
    historian mp mep msp coo cto cfo qc kc engineer officer detective constable inspector superintendent treasurer speaker \
    deputy councillor councilman councilwoman alderman counsel prosecutor diplomat consul rector dean provost chaplain rabbi \
    imam skipper trainer owner";
/// Trades, relations and other nouns for a person.
const PEOPLE: &str = "\
    accountant activist agent aide ally anchor architect artist assistant athlete attendant aunt author banker barber \
    beekeeper biologist blogger boss boxer boy boyfriend brother builder businessman businesswoman buyer campaigner captive \
    carer caretaker carpenter cashier champion chef chemist child cleaner clerk colleague columnist comedian comic \
    commentator composer conductor consultant cook cop correspondent cousin critic curator customer cyclist dancer daughter \
    dealer defendant defender dentist designer detainee developer director dissident doctor driver editor electrician \
    employee entrepreneur expert farmer father fighter filmmaker financier firefighter fisherman friend gardener girl \
    girlfriend goalkeeper grandfather grandmother guard guest guide guitarist hairdresser historian host hunter husband \
    insider instructor interpreter investigator investor jeweller joiner journalist juror labourer landlord lawmaker \
    lecturer librarian lieutenant linebacker man mechanic medic member merchant midfielder midwife miner model mother \
    musician neighbor neighbour nephew niece novelist nurse observer official operator painter paramedic parent participant \
    partner passenger pastor patient pensioner person philosopher photographer physician physicist pianist pilot player \
    plumber poet policeman policewoman policymaker politician porter prisoner producer programmer protester psychologist \
    pupil ranger reader receptionist recruiter refugee reporter resident retiree reviewer rider runner sailor salesman \
    scholar sculptor sergeant servant shopkeeper singer sister skier soldier son source specialist star statistician striker \
    student supervisor supporter surgeon survivor suspect teacher teenager tenant theologian therapist tourist trader \
    translator traveller tutor umpire uncle vet veteran victim viewer villager visitor volunteer voter waiter waitress \
    warden widow widower wife winner witness woman worker writer youth zoologist";

fn list(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

/// Returns whether a word is an office or title that somebody holds: "spokesman", "Senator".
pub fn is_role(word: &str) -> bool {
    static HELD: LazyLock<HashSet<&str>> = LazyLock::new(|| list(ROLES));
    static ADDRESSED: LazyLock<HashSet<&str>> = LazyLock::new(|| list(ADDRESS));
    let lower = word.to_lowercase();
    HELD.contains(&*lower) || !ADDRESSED.contains(lower.trim_end_matches('.')) && lexicon().titles.contains(word)
}

/// Returns whether a word qualifies a role: "former", "Deputy".
pub fn is_qualifier(word: &str) -> bool {
    static QUALIFYING: LazyLock<HashSet<&str>> = LazyLock::new(|| list(QUALIFIERS));
    QUALIFYING.contains(&*word.to_lowercase())
}

/// Returns whether a word, in the singular or plural, is a noun for persons: "nurse", "officials", "midfielder".
pub fn is_person_noun(word: &str) -> bool {
    static NOUNS: LazyLock<HashSet<&str>> = LazyLock::new(|| &list(ROLES) | &list(PEOPLE));
    let lower = word.to_lowercase();
    let plural = [("men", "man"), ("people", "person"), ("ies", "y"), ("wives", "wife"), ("es", ""), ("s", "")];
    let singular = plural.iter().filter_map(|(end, one)| lower.strip_suffix(end).map(|stem| format!("{stem}{one}")));
    std::iter::once(lower.clone()).chain(singular).any(|one| {
        NOUNS.contains(&*one) || ["woman", "person", "ologist", "ician"].iter().any(|end| one.ends_with(end))
    })
}

/// Returns the words of a role with both quotation marks of each title in it: "host of “Morning Tide”".
pub fn with_both_marks(role: &str) -> String {
    let count = |mark: char| role.matches(mark).count();
    let (opened, closed, straight) = (count('\u{201c}'), count('\u{201d}'), count('"'));
    match opened.cmp(&closed) {
        std::cmp::Ordering::Greater => format!("{role}\u{201d}"),
        std::cmp::Ordering::Less => format!("\u{201c}{role}"),
        std::cmp::Ordering::Equal if straight % 2 == 1 => format!("{role}\""),
        std::cmp::Ordering::Equal => role.to_owned(),
    }
}
