//! Short texts with marked names, to test resolution without a tagger.

use dateline_model::Name;
use dateline_text::{Language, paragraphs};

use super::*;

mod roles;

/// Finds the names that the text marks: `[P …]`, `[O …]`, `[L …]`, `[M …]`.
pub(crate) struct MarkedText(Vec<(usize, usize, Kind)>);

impl MarkedText {
    /// Returns the text without the marks, and a tagger that knows where they stood.
    pub(crate) fn read(marked: &str) -> (String, Self) {
        let (mut text, mut names, mut length) = (String::new(), Vec::new(), 0);
        let mut chars = marked.chars();
        let mut open = None;
        while let Some(c) = chars.next() {
            match c {
                '[' => {
                    let kind = match chars.next() {
                        Some('P') => Kind::Person,
                        Some('O') => Kind::Organisation,
                        Some('L') => Kind::Place,
                        _ => Kind::Other,
                    };
                    chars.next();
                    open = Some((length, kind));
                }
                ']' => names.extend(open.take().map(|(start, kind)| (start, length, kind))),
                c => {
                    text.push(c);
                    length += 1;
                }
            }
        }
        (text, Self(names))
    }
}

impl MarkedText {
    pub(crate) fn names(&self, document: &Document) -> Vec<Name> {
        let name =
            |&(start, end, kind)| Name { tokens: document.token_at(start)..document.token_at(end - 1) + 1, kind };
        self.0.iter().map(name).collect()
    }
}

/// Returns the entities as `name: mention, mention`, joined by `;`.
fn resolved(marked: &str) -> String {
    resolved_in("en", marked)
}

fn resolved_in(language: &str, marked: &str) -> String {
    let (text, tagger) = MarkedText::read(marked);
    let document = Document::in_language(&text, &paragraphs(&text), Language::of(language).unwrap());
    let line = |entity: &Entity| {
        let mentions: Vec<&str> = entity.mentions.iter().map(|mention| mention.text.as_str()).collect();
        format!("{}: {}", entity.name, mentions.join(", "))
    };
    entities(&document, tagger.names(&document), &KnowledgeBase::default())
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn names_of_one_thing_are_one() {
    let mut wrong = Vec::new();
    for (text, want) in [
        // Persons.
        ("[P Steve Witkoff] left. [P Witkoff] spoke.", "Steve Witkoff: Steve Witkoff, Witkoff"),
        ("[P Keller]'s plan, [P Maria Keller] said.", "Maria Keller: Keller, Maria Keller"),
        ("[P J. Doe], [P Jane Doe] and [P Jane M. Doe]", "Jane M. Doe: J. Doe, Jane Doe, Jane M. Doe"),
        ("[P Jane Doe] and [P John Doe] met.", "Jane Doe: Jane Doe; John Doe: John Doe"),
        ("[P George W. Bush] and [P George H. Bush]", "George W. Bush: George W. Bush; George H. Bush: George H. Bush"),
        (
            "[P Ursula von der Leyen] came. [P von der Leyen] spoke.",
            "Ursula von der Leyen: Ursula von der Leyen, von der Leyen",
        ),
        ("[P Kim Jong Un] waved. [P Kim] smiled.", "Kim Jong Un: Kim Jong Un, Kim"),
        ("[P Robert Downey Jr.] won; [P Downey] wept.", "Robert Downey Jr.: Robert Downey Jr., Downey"),
        // A lone surname of several: who fits the title, who was named last.
        (
            "[P Bill Clinton] and [P Hillary Clinton] came. Mr. [P Clinton] spoke.",
            "Bill Clinton: Bill Clinton, Clinton; Hillary Clinton: Hillary Clinton",
        ),
        (
            "[P Bill Clinton] and [P Hillary Clinton] came. Mrs. [P Clinton] spoke.",
            "Bill Clinton: Bill Clinton; Hillary Clinton: Hillary Clinton, Clinton",
        ),
        (
            "[P Ana Ruiz] left. [P Ruiz] had won. [P Ben Ruiz] stayed. [P Ruiz] lost.",
            "Ana Ruiz: Ana Ruiz, Ruiz; Ben Ruiz: Ben Ruiz, Ruiz",
        ),
        // A headline in capitals.
        ("[P KELLER] WINS\n[P Maria Keller] won.", "Maria Keller: KELLER, Maria Keller"),
        ("[P MARIA KELLER] WINS\n[P Maria Keller] won.", "Maria Keller: MARIA KELLER, Maria Keller"),
        // Nicknames.
        (
            "[P Robert] \u{201c}[P Bob\u{201d} Hale] left. [P Bob Hale] and [P Hale] spoke.",
            "Robert \u{201c}Bob\u{201d} Hale: Robert \u{201c}Bob\u{201d} Hale, Bob Hale, Hale",
        ),
        (
            "[P Dominic] \"[P Dom] the Fish\" [P Carrano] left.",
            "Dominic \"Dom the Fish\" Carrano: Dominic \"Dom the Fish\" Carrano",
        ),
        ("[P Peter] '[P Pip]' [P Marsh] left.", "Peter 'Pip' Marsh: Peter 'Pip' Marsh"),
        (
            "[P Peter] \u{2018}Pip\u{2019} [P Marsh] left.",
            "Peter \u{2018}Pip\u{2019} Marsh: Peter \u{2018}Pip\u{2019} Marsh",
        ),
        ("[P Peter] \u{ab}Pip\u{bb} [P Marsh] left.", "Peter \u{ab}Pip\u{bb} Marsh: Peter \u{ab}Pip\u{bb} Marsh"),
        ("[P Peter] ([P Pip]) [P Marsh] left.", "Peter (Pip) Marsh: Peter (Pip) Marsh"),
        ("[L Montana] 'Moderate' [P Jon Marsh] won.", "Montana: Montana; Jon Marsh: Jon Marsh"),
        (
            "[P Ana Ruiz] ([L Kenya]) [P Ben Ruiz] ([L Cuba])",
            "Ana Ruiz: Ana Ruiz; Kenya: Kenya; Ben Ruiz: Ben Ruiz; Cuba: Cuba",
        ),
        ("In \u{201c}Hamlet\u{201d} [P Marsh] plays the king.", "Marsh: Marsh"),
        ("They saw [M Jaws\u{201d}] again.", "Jaws: Jaws"),
        // Firms.
        ("[P Johnson] & [P Johnson] sued.", "Johnson & Johnson: Johnson & Johnson"),
        ("[P Bell] & [P Tedder] LLC sued.", "Bell & Tedder LLC: Bell & Tedder LLC"),
        ("It sued [P Marsh], [P Hale] & Co over it.", "Marsh, Hale & Co: Marsh, Hale & Co"),
        ("[O Apple], [P Hale] & Co rose.", "Apple: Apple; Hale & Co: Hale & Co"),
        ("[P Ada Harris] spoke. [P Harris] & [P Walz] won.", "Ada Harris: Ada Harris, Harris; Walz: Walz"),
        ("[P Keller Okafor] LLP grew. [P Keller Okafor] sued.", "Keller Okafor LLP: Keller Okafor LLP, Keller Okafor"),
        ("The retailer [P Hale Marsh] grew. [P Hale Marsh] sells shoes.", "Hale Marsh: Hale Marsh, Hale Marsh"),
        ("[P Hale Marsh], a software firm, grew.", "Hale Marsh: Hale Marsh"),
        // Places.
        ("[L US] and [L the United States], the [L U.S.]", "United States: US, the United States, U.S."),
        ("[L GERMANY] WINS\n[L Germany] won.", "Germany: GERMANY, Germany"),
        ("[L Paris] and [L paris]", "Paris: Paris, paris"),
        // Organisations.
        (
            "The [O International Monetary Fund] ([O IMF]) said so. The [O IMF] is late.",
            "International Monetary Fund: International Monetary Fund, IMF, IMF",
        ),
        (
            "[O UFO] was wrong. [O Union of Fishers and Boatmen] ([O UFB])",
            "UFO: UFO; Union of Fishers and Boatmen: Union of Fishers and Boatmen, UFB",
        ),
        ("[O U.N.] and [O UN]", "U.N.: U.N., UN"),
        (
            "[O Acme Widgets Inc.] fell. [O Acme Widgets] rose. [O Acme] held.",
            "Acme Widgets Inc.: Acme Widgets Inc., Acme Widgets, Acme",
        ),
        (
            "[O Acme Widgets] and [O Acme Tools]: [O Acme]",
            "Acme Widgets: Acme Widgets; Acme Tools: Acme Tools; Acme: Acme",
        ),
        (
            "[O The Harbour Trust] met. The [O Harbour Trust] left.",
            "The Harbour Trust: The Harbour Trust, Harbour Trust",
        ),
        ("[O Ministry of Health] and [O Ministry]", "Ministry of Health: Ministry of Health; Ministry: Ministry"),
        // Peoples.
        ("A [M Russian] and two [M Russians]; a [M Dane]", "Russian: Russian, Russians; Dane: Dane"),
        // What differs in kind is not one.
        ("[P Michael Jordan] flew to [L Jordan].", "Michael Jordan: Michael Jordan; Jordan: Jordan"),
    ] {
        let found = resolved(text);
        if found != want {
            wrong.push(format!("{text}\n  want {want}\n  got  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_of_one_thing_are_one_in_every_language() {
    for (language, text, want) in [
        ("de", "[P Angela Merkel] ging. [P Merkels] Rede.", "Angela Merkel: Angela Merkel, Merkels"),
        ("de", "[P Olaf Scholz] kam. [P Scholz]' Plan, [P Scholz'] Rede.", "Olaf Scholz: Olaf Scholz, Scholz, Scholz'"),
        ("de", "[P Hans Jens] kam, sagte [P Jens].", "Hans Jens: Hans Jens, Jens"),
        ("de", "[L USA], [L Vereinigte Staaten]", "Vereinigte Staaten: USA, Vereinigte Staaten"),
        (
            "de",
            "[P Ursula von der Leyen] kam. [P von der Leyen] ging.",
            "Ursula von der Leyen: Ursula von der Leyen, von der Leyen",
        ),
        ("nl", "[P Mark Rutte] sprak. [P Rutte's] plan.", "Mark Rutte: Mark Rutte, Rutte's"),
        (
            "nl",
            "[P Herman Van Rompuy] sprak. [P Van Rompuy] zweeg.",
            "Herman Van Rompuy: Herman Van Rompuy, Van Rompuy",
        ),
        (
            "fr",
            "[P Marie Martin] et [P Paul Martin]. Mme [P Martin] parle.",
            "Marie Martin: Marie Martin, Martin; Paul Martin: Paul Martin",
        ),
        ("es", "[O Uni\u{f3}n Europea] ([O UE])", "Uni\u{f3}n Europea: Uni\u{f3}n Europea, UE"),
        // Acronyms without small words.
        (
            "fr",
            "L'[O Organisation des Nations unies]. L'[O ONU]",
            "Organisation des Nations unies: Organisation des Nations unies, ONU",
        ),
        (
            "fr",
            "L'[O Organisation du trait\u{e9} de l'Atlantique nord]. L'[O OTAN]",
            "Organisation du trait\u{e9} de l'Atlantique nord: Organisation du trait\u{e9} de l'Atlantique nord, OTAN",
        ),
        ("es", "La [O Uni\u{f3}n Europea]. La [O UE]", "Uni\u{f3}n Europea: Uni\u{f3}n Europea, UE"),
        // A sort of organisation is not short for one of them.
        (
            "de",
            "[O Universit\u{e4}t Hamburg], [O Universit\u{e4}t]",
            "Universit\u{e4}t Hamburg: Universit\u{e4}t Hamburg; Universit\u{e4}t: Universit\u{e4}t",
        ),
        (
            "sv",
            "[O Universitetet i Lund], [O Universitetet]",
            "Universitetet i Lund: Universitetet i Lund; Universitetet: Universitetet",
        ),
        ("de", "[O Bertelsmann Stiftung], [O Bertelsmann]", "Bertelsmann Stiftung: Bertelsmann Stiftung, Bertelsmann"),
        // Legal forms.
        ("it", "[O Enel S.p.A.], [O Enel]", "Enel S.p.A.: Enel S.p.A., Enel"),
        ("da", "[O Novo Nordisk A/S], [O Novo Nordisk]", "Novo Nordisk A/S: Novo Nordisk A/S, Novo Nordisk"),
        ("de", "[O Krone GmbH & Co. KG], [O Krone]", "Krone GmbH & Co. KG: Krone GmbH & Co. KG, Krone"),
        ("nl", "[O ASML Holding N.V.], [O ASML Holding]", "ASML Holding N.V.: ASML Holding N.V., ASML Holding"),
        // Particles.
        (
            "fr",
            "[P Dominique de Villepin] et [P de Villepin]",
            "Dominique de Villepin: Dominique de Villepin, de Villepin",
        ),
        ("es", "[P Juan de la Cruz] y [P de la Cruz]", "Juan de la Cruz: Juan de la Cruz, de la Cruz"),
        ("it", "[P Carlo Dalla Chiesa], [P Dalla Chiesa]", "Carlo Dalla Chiesa: Carlo Dalla Chiesa, Dalla Chiesa"),
        ("it", "[P Luigi di Maio] e [P di Maio]", "Luigi di Maio: Luigi di Maio, di Maio"),
        ("pt", "[P Ana da Silva] e [P da Silva]", "Ana da Silva: Ana da Silva, da Silva"),
        ("sv", "[P Carl Berg] talade. [P Bergs] tal.", "Carl Berg: Carl Berg, Bergs"),
        ("fr", "[L Etats-Unis] et [L \u{c9}tats-Unis]", "\u{c9}tats-Unis: Etats-Unis, \u{c9}tats-Unis"),
    ] {
        assert_eq!(resolved_in(language, text), want, "{language}");
    }
}

#[test]
fn countries_are_known_in_every_language() {
    let document = Document::in_language("Frankreich", &[(0, 10)], Language::of("de").unwrap());
    let names = vec![Name { tokens: 0..1, kind: Kind::Place }];
    assert_eq!(entities(&document, names, &knowledge::default())[0].wikidata.as_deref(), Some("Q142"));
}

#[test]
fn a_name_is_of_one_kind() {
    for (text, want) in [
        ("[P Acme] rose. [O Acme] fell. [O Acme] held.", "organisation"),
        ("[P Acme] rose. [O Acme] fell.", "organisation"),
        ("[L Oslo] rose. [P Oslo] fell. [P Oslo] held.", "person"),
        ("[P Hale Marsh], a software firm, grew. [P Hale Marsh] sued.", "organisation"),
        ("[P Marsh Hale] Inc. grew. [P Marsh Hale] sued.", "organisation"),
        ("[P Johnson] & [P Johnson] sued.", "organisation"),
        ("[O Ruth Ames], mayor of [L Brackwater], left. [O Ruth Ames] won.", "person"),
    ] {
        let (text, tagger) = MarkedText::read(text);
        let document = Document::new(&text, &paragraphs(&text));
        let found = entities(&document, tagger.names(&document), &KnowledgeBase::default());
        let kinds: Vec<EntityType> =
            found.iter().filter(|entity| entity.name != "Brackwater").map(|entity| entity.r#type).collect();
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
        assert_eq!(kinds, [want], "{text}: {found:#?}");
    }
}

#[test]
fn headlines_and_brands_give_their_names() {
    for (text, want) in [
        ("Moodle's Withdraws The Issuer Rating Of Isagena", "organisation Moodle, organisation Isagena"),
        ("UpSnip Announces Full Year And Q4 2016 Financial Results", "organisation UpSnip"),
        ("Maria Keller Says Berlin Will Not Pay Twice", "person Maria Keller, place Berlin"),
        ("Vintara Wins Court Fight With Dornex Over Patents", "organisation Vintara, organisation Dornex"),
        ("Local Students Win Prize For New Solar Boat Design", ""),
        ("How Peter Marsh Turned A Small Bakery Into A National Chain", "person Peter Marsh"),
        ("It was found. a16z said it was safe.", "organisation a16z"),
        ("It was found. iRobot said it was safe.", "organisation iRobot"),
    ] {
        let found = fast_entities(&Document::new(text, &paragraphs(text)));
        let line = |entity: &Entity| format!("{} {}", format!("{:?}", entity.r#type).to_lowercase(), entity.name);
        assert_eq!(found.iter().map(line).collect::<Vec<_>>().join(", "), want, "{text}");
    }
}
