//! Names in each language and the entities of the built-in table that they are linked to.

use dateline_text::{Document, Language, paragraphs};

use super::cases::MarkedText;
use super::*;

/// Returns the entities as `name=id`, without an id where there is no link, in the order of the text.
fn linked(language: &str, marked: &str) -> String {
    let (text, tagger) = MarkedText::read(marked);
    let document = Document::in_language(&text, &paragraphs(&text), Language::of(language).unwrap());
    let found = entities(&document, tagger.names(&document), &knowledge::default());
    let line = |entity: &Entity| format!("{}={}", entity.name, entity.wikidata.as_deref().unwrap_or_default());
    found.iter().map(line).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(language: &str, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, want)| (text, want, linked(language, text)))
        .filter(|(_, want, got)| *want != got)
        .map(|(text, want, got)| format!("{language}: {text}\n  want {want}\n  got  {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn german_names_are_linked() {
    check(
        "de",
        &[
            ("[L Moskau] und [L Wien]", "Moskau=Q649 Wien=Q1741"),
            ("[L MOSKAU]\n[L Moskau] schweigt.", "Moskau=Q649"),
            ("[O Vereinte Nationen] ([O UN]), bei den [O Vereinten Nationen], die [O Uno]", "Vereinten Nationen=Q1065"),
            ("[O Nato], [O EU], [O WHO], [O EZB]", "Nato=Q7184 EU=Q458 WHO=Q7817 EZB=Q8901"),
            (
                "[L Wiens] Bürgermeister, [O Internationaler Strafgerichtshof]",
                "Wien=Q1741 Internationaler Strafgerichtshof=Q47488",
            ),
            (
                "[L Frankreich], [L Zentralafrikanische Republik], [L Komoren], [L Seychellen]",
                "Frankreich=Q142 Zentralafrikanische Republik=Q929 Komoren=Q970 Seychellen=Q1042",
            ),
            ("[L Georgien]", "Georgien=Q230"),
            ("[L Weißrussland] heißt [L Belarus].", "Belarus=Q184"),
            ("[P Wien] am [L Jordan]", "Wien= Jordan="),
            ("[O Who], [L New York]", "Who= New York="),
        ],
    );
}

#[test]
fn french_names_are_linked() {
    check(
        "fr",
        &[
            ("L'[O ONU], les [O Nations unies], les [O Nations Unies]", "Nations unies=Q1065"),
            ("[L Bruxelles] et l'[O UE], l'[O Union européenne]", "Bruxelles=Q239 Union européenne=Q458"),
            ("[O OTAN], [O OMS], [O BCE], [O FMI]", "OTAN=Q7184 OMS=Q7817 BCE=Q8901 FMI=Q7804"),
            ("Au [L Caire], à [L Moscou] et à [L Pékin]", "Caire=Q85 Moscou=Q649 Pékin=Q956"),
            ("[L Centrafrique], [L Comores], [L RDC]", "Centrafrique=Q929 Comores=Q970 RDC=Q974"),
            ("[L Vienne]", "Vienne="),
            ("[L Mexico]", "Mexico="),
            ("L'[O Union des étudiants] ([O UE]) proteste.", "Union des étudiants="),
        ],
    );
}

#[test]
fn spanish_names_are_linked() {
    check(
        "es",
        &[
            ("La [O ONU] y las [O Naciones Unidas]", "Naciones Unidas=Q1065"),
            ("[O UE], [O OTAN], [O OMS], [O BCE]", "UE=Q458 OTAN=Q7184 OMS=Q7817 BCE=Q8901"),
            ("[L Moscú], [L Bruselas], [L El Cairo]", "Moscú=Q649 Bruselas=Q239 El Cairo=Q85"),
            ("[L Ciudad de México], la [L CDMX]", "Ciudad de México=Q1489"),
            ("[L República Centroafricana], [L Birmania]", "República Centroafricana=Q929 Birmania=Q836"),
            ("La [O UE] de la [O Universidad Europea]", "UE=Q458 Universidad Europea="),
            ("[L Nueva York], [L Granada], [L Los Ángeles]", "Nueva York= Granada= Los Ángeles="),
            ("El [O AP] de la provincia", "AP="),
        ],
    );
}

#[test]
fn italian_names_are_linked() {
    check(
        "it",
        &[
            ("L'[O Onu], le [O Nazioni Unite], l'[O ONU]", "Nazioni Unite=Q1065"),
            ("L'[O Ue] e la [O Nato], l'[O Unione Europea]", "Unione Europea=Q458 Nato=Q7184"),
            ("[O Bce], [O Fmi], [O Oms]", "Bce=Q8901 Fmi=Q7804 Oms=Q7817"),
            ("[L Mosca], [L Londra], [L Bruxelles]", "Mosca=Q649 Londra=Q84 Bruxelles=Q239"),
            ("[L Capo Verde] e [L Seychelles]", "Capo Verde=Q1011 Seychelles=Q1042"),
            ("A [L Monaco]", "Monaco="),
        ],
    );
}

#[test]
fn dutch_names_are_linked() {
    check(
        "nl",
        &[
            ("De [O VN], de [O Verenigde Naties]", "Verenigde Naties=Q1065"),
            ("[O NAVO], [O EU], [O Navo]", "Navo=Q7184 EU=Q458"),
            ("[L Moskou], [L Wenen], [L Brussel], [L Parijs]", "Moskou=Q649 Wenen=Q1741 Brussel=Q239 Parijs=Q90"),
            ("[L Moskou's] antwoord", "Moskou=Q649"),
            (
                "[L Centraal-Afrikaanse Republiek], [L Kaapverdië]",
                "Centraal-Afrikaanse Republiek=Q929 Kaapverdië=Q1011",
            ),
            ("De [O Autoriteit Persoonsgegevens] ([O AP])", "Autoriteit Persoonsgegevens="),
        ],
    );
}

#[test]
fn portuguese_names_are_linked() {
    check(
        "pt",
        &[
            ("A [O ONU] e as [O Nações Unidas]", "Nações Unidas=Q1065"),
            ("[O UE], [O Otan], [O OMS]", "UE=Q458 Otan=Q7184 OMS=Q7817"),
            ("[L Moscou] ou [L Moscovo]", "Moscovo=Q649"),
            ("[L Lisboa], [L Bruxelas], [L Londres]", "Lisboa=Q597 Bruxelas=Q239 Londres=Q84"),
            ("[L Irão] ou [L Irã]", "Irã=Q794"),
            ("[L Comores], [L Guiné-Bissau]", "Comores=Q970 Guiné-Bissau=Q1007"),
            ("[L Nova York], [L Granada]", "Nova York= Granada="),
        ],
    );
}

#[test]
fn swedish_names_are_linked() {
    check(
        "sv",
        &[
            ("[O FN], [O Förenta nationerna]", "Förenta nationerna=Q1065"),
            ("[O Nato], [O EU], [O Natos] plan", "Nato=Q7184 EU=Q458"),
            ("[L Moskva], [L Wien], [L Köpenhamn], [L Bryssel]", "Moskva=Q649 Wien=Q1741 Köpenhamn=Q1748 Bryssel=Q239"),
            ("[L Centralafrikanska republiken], [L Komorerna]", "Centralafrikanska republiken=Q929 Komorerna=Q970"),
            ("[L Vitryssland], [L Belarus]", "Belarus=Q184"),
            ("[L Jordan], [O AP]", "Jordan= AP="),
        ],
    );
}

#[test]
fn danish_names_are_linked() {
    check(
        "da",
        &[
            ("[O FN], [O FN's] leder, [O Forenede Nationer]", "Forenede Nationer=Q1065"),
            ("[O Nato], [O EU], [O EU-Kommissionen]", "Nato=Q7184 EU=Q458 EU-Kommissionen=Q8880"),
            ("[L Moskva], [L Athen], [L København]", "Moskva=Q649 Athen=Q1524 København=Q1748"),
            ("[L Kap Verde], [L Seychellerne]", "Kap Verde=Q1011 Seychellerne=Q1042"),
            ("[L Georgien] og [L Georgia]", "Georgien=Q230 Georgia="),
            ("[O AP]", "AP="),
        ],
    );
}

#[test]
fn norwegian_names_are_linked() {
    check(
        "nb",
        &[
            ("[O FN] og [O FNs] leder", "FN=Q1065"),
            ("[O Nato], [O EU], [O EUs] plan, [O ESB]", "Nato=Q7184 EU=Q458 ESB=Q8901"),
            ("[L Moskva], [L Praha], [L København]", "Moskva=Q649 Praha=Q1085 København=Q1748"),
            ("[L Kapp Verde], [L Komorene]", "Kapp Verde=Q1011 Komorene=Q970"),
            ("[L Hviterussland]", "Hviterussland=Q184"),
            ("[O AP], [L Georgia]", "AP= Georgia="),
        ],
    );
}
