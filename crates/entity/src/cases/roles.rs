//! The roles that texts in each language give to persons; `""` where they give none.

use super::*;

/// Returns the role of the person whom the text names last.
fn role(language: &str, marked: &str) -> String {
    let (text, tagger) = MarkedText::read(marked);
    let document = Document::in_language(&text, &paragraphs(&text), Language::of(language).unwrap());
    let found = entities(&document, tagger.names(&document), &KnowledgeBase::default());
    let person = found.iter().rfind(|entity| entity.r#type == EntityType::Person).unwrap();
    person.role.clone().unwrap_or_default()
}

#[track_caller]
fn check(language: &str, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, want)| (text, want, role(language, text)))
        .filter(|(_, want, got)| *want != got)
        .map(|(text, want, got)| format!("{text}\n  want {want}\n  got  {got}"))
        .collect();
    assert!(wrong.is_empty(), "{language}\n{}", wrong.join("\n"));
}

#[test]
fn german() {
    check(
        "de",
        &[
            ("Bundeskanzler [P Olaf Scholz] sprach.", "Bundeskanzler"),
            ("[P Ursula Keller], Präsidentin der Kommission, sprach.", "Präsidentin der Kommission"),
            ("[P Paul Keller], Präsident des Bundestages, sprach.", "Präsident des Bundestages"),
            ("[P Paul Keller], 54, Sprecher der Polizei, sprach.", "Sprecher der Polizei"),
            ("Der US-Präsident [P Joe Biden] kam mit CDU-Chef [P Paul Keller].", "CDU-Chef"),
            ("Der ukrainische Außenminister [P Paul Keller] kam.", "Außenminister"),
            ("Die stellvertretende Regierungssprecherin [P Anna Keller] kam.", "stellvertretende Regierungssprecherin"),
            ("Die frühere Ministerin [P Anna Keller] kam.", "frühere Ministerin"),
            ("Wirtschafts- und Klimaminister [P Paul Keller] kam.", "Wirtschafts- und Klimaminister"),
            ("[P Paul Keller], Leiter des Garten- und Friedhofsamtes, kam.", "Leiter des Garten- und Friedhofsamtes"),
            ("Der Präsident der [L Ukraine], [P Paul Keller], kam.", "Präsident der Ukraine"),
            ("Minister für Wirtschaft und Energie, [P Paul Keller], kam.", "Minister für Wirtschaft und Energie"),
            ("Der Präsident [L Frankreichs] [P Paul Keller] kam.", "Präsident Frankreichs"),
            ("Der Präsident der Kammer, Dr. [P Paul Keller], kam.", "Präsident der Kammer"),
            ("[P Paul Keller], Präsident und Gründer der Firma, kam.", "Präsident und Gründer der Firma"),
            ("Landrat Dr. [P Paul Keller] kam.", "Landrat"),
            ("Der Sprecher des Präsidenten [P Paul Keller] kam.", "Präsident"),
            ("Die Anwältin des Unternehmers [P Paul Keller] kam.", "Unternehmer"),
            // None, rather than what belongs to somebody else.
            ("Herr [P Keller] sprach.", ""),
            ("Mit dem früheren Präsidenten [P Paul Keller] kam er.", ""),
            ("Die Anwältin des Zeugen [P Paul Keller] kam.", ""),
            ("Ein Minister von [P Keller] kam.", ""),
            ("Präsident [P Biden], [P Anna Keller] und andere kamen.", ""),
            ("Neben [P Anna Keller], dem Präsidenten, sprach er.", ""),
            ("[P Anna Keller], Präsidentin der Kommission, [P Paul Maier], Pfarrer, kamen.", "Pfarrer"),
            ("[P Anna Keller], die Präsidentin der Kommission, [P Paul Maier], kam.", ""),
        ],
    );
}

#[test]
fn french() {
    check(
        "fr",
        &[
            ("Le ministre de l'Intérieur, [P Luc Martin], parle.", "ministre de l'Intérieur"),
            ("Le ministre des Affaires étrangères, [P Luc Martin], parle.", "ministre des Affaires étrangères"),
            (
                "Le ministre de l’économie et des finances, [P Luc Martin], parle.",
                "ministre de l’économie et des finances",
            ),
            ("Le ministre de la justice [P Luc Martin] parle.", "ministre de la justice"),
            ("Le président américain [P Donald Trump] parle.", "président américain"),
            ("Le secrétaire général de l'[O ONU], [P António Guterres], parle.", "secrétaire général de l'ONU"),
            ("Selon le directeur général de la [O Croix-Rouge] [P Luc Martin]", "directeur général de la Croix-Rouge"),
            ("Le président du conseil général [P Luc Martin] parle.", "président du conseil général"),
            ("Le général [P de Gaulle] parle.", "général"),
            ("L'ancien premier ministre [P Dominique de Villepin] parle.", "ancien premier ministre"),
            ("La vice-présidente du Sénat, [P Anne Martin], parle.", "vice-présidente du Sénat"),
            ("[P Luc Martin], porte-parole du gouvernement, parle.", "porte-parole du gouvernement"),
            ("L'opposant russe [P Alexeï Navalny] parle.", "opposant russe"),
            // Verbs, and what belongs to somebody else.
            ("Le ministre soutient [P Emmanuel Macron].", ""),
            ("Le candidat de gauche remporte [P Paris].", ""),
            ("Un groupe représentant [P Luc Martin] parle.", ""),
            ("Un ministre de [P Macron] parle.", ""),
            ("L'avocat du jeune homme [P Luc Martin] parle.", ""),
            ("Le président [P Macron], [P Angela Merkel] et d'autres parlent.", ""),
            ("Il parle de la primaire [P François Fillon].", ""),
            ("Le directeur de cabinet du président du Sénat, [P Luc Martin], parle.", ""),
            ("Mme [P Martin] parle.", ""),
        ],
    );
}

#[test]
fn spanish() {
    check(
        "es",
        &[
            ("El presidente [P Pedro García] habló.", "presidente"),
            ("El presidente del Gobierno español, [P Pedro García], habló.", "presidente del Gobierno español"),
            ("El secretario general de la [O ONU], [P Pedro García], habló.", "secretario general de la ONU"),
            ("El secretario general [P Pedro García] habló.", "secretario general"),
            ("La ministra de Educación y Cultura, [P Ana García], habló.", "ministra de Educación y Cultura"),
            ("El primer ministro israelí, [P Ariel Sharon], habló.", "primer ministro israelí"),
            ("El expresidente [P Pedro García] habló.", "expresidente"),
            ("[P Pedro García], ex presidente de [L Perú], habló.", "ex presidente de Perú"),
            ("La candidata a presidenta [P Ana García] habló.", "candidata a presidenta"),
            ("El abogado del empresario [P Pedro García] habló.", "empresario"),
            ("La esposa del presidente del Gobierno, [P Ana García], habló.", ""),
            ("Y general [P Pedro García] habló. El ex general [P Juan García] habló.", "ex general"),
            ("El portavoz de la familia [P García] habló.", ""),
            ("El alcalde de [L Madrid] y [P Pedro García] hablaron.", ""),
            ("Don [P Pedro García] habló.", ""),
        ],
    );
}

#[test]
fn italian() {
    check(
        "it",
        &[
            ("Il ministro [P Mario Rossi] parla.", "ministro"),
            ("Il ministro degli Esteri, [P Mario Rossi], parla.", "ministro degli Esteri"),
            ("Il ministro dell'Interno [P Mario Rossi] parla.", "ministro dell'Interno"),
            ("Il presidente francese [P Emmanuel Macron] parla.", "presidente francese"),
            ("L'ex premier [P Mario Rossi] parla.", "ex premier"),
            ("L'amministratore delegato di [O Eni], [P Mario Rossi], parla.", "amministratore delegato di Eni"),
            ("[P Mario Rossi], sindaco di [L Bologna], parla.", "sindaco di Bologna"),
            ("Il ministro della pubblica sicurezza, [P Mario Rossi], parla.", "ministro della pubblica sicurezza"),
            ("Il segretario di Stato [P Mario Rossi] parla.", "segretario di Stato"),
            ("Il ministro difende [P Mario Rossi].", ""),
            ("Il presidente della [L Repubblica] e [P Mario Rossi] parlano.", ""),
            ("Il sig. [P Rossi] parla.", ""),
        ],
    );
}

#[test]
fn dutch() {
    check(
        "nl",
        &[
            ("Oud-minister [P Jan Jansen] sprak.", "Oud-minister"),
            ("De minister van Buitenlandse Zaken, [P Jan Jansen], sprak.", "minister van Buitenlandse Zaken"),
            ("VLD-voorzitter [P Jan Jansen] sprak.", "VLD-voorzitter"),
            ("De Franse onderwijsminister [P Jan Jansen] sprak.", "onderwijsminister"),
            ("Voormalig premier [P Jan Jansen] sprak.", "Voormalig premier"),
            ("[P Jan Jansen], directeur van het museum, sprak.", "directeur van het museum"),
            ("Hij werd slechter, [P Jan Jansen] sprak.", ""),
            ("Een minister van [P Rutte] sprak.", ""),
            ("De heer [P Jansen] sprak.", ""),
        ],
    );
}

#[test]
fn portuguese() {
    check(
        "pt",
        &[
            ("O ministro [P João Silva] falou.", "ministro"),
            ("O ministro da Fazenda, [P João Silva], falou.", "ministro da Fazenda"),
            ("O ex-presidente indonésio [P João Silva] falou.", "ex-presidente indonésio"),
            ("O secretário-geral da [O ONU], [P António Guterres], falou.", "secretário-geral da ONU"),
            ("O primeiro-ministro português [P João Silva] falou.", "primeiro-ministro português"),
            ("[P João Silva], diretor do hospital, falou.", "diretor do hospital"),
            ("O ministro criticou [P João Silva].", ""),
            ("Um deputado do [O PT] e [P João Silva] falaram.", ""),
            ("Dona [P Maria] falou.", ""),
        ],
    );
}

#[test]
fn swedish() {
    check(
        "sv",
        &[
            ("Utrikesminister [P Carl Berg] talade.", "Utrikesminister"),
            ("Sveriges statsminister [P Carl Berg] talade.", "statsminister"),
            ("Vice statsminister [P Carl Berg] talade.", "Vice statsminister"),
            ("Israels före detta utrikesminister [P Carl Berg] talade.", "före detta utrikesminister"),
            ("Enligt ECB-chefen [P Mario Rossi] är det så.", "ECB-chefen"),
            ("Det säger tränaren [P Anna Berg].", "tränaren"),
            (
                "[P Anna Berg], professor i statsvetenskap vid Lunds universitet, säger så.",
                "professor i statsvetenskap vid Lunds universitet",
            ),
            ("[P Anna Berg], [L Norges] tidigare planeringsminister, talade.", "tidigare planeringsminister"),
            ("[P Anna Berg] (C), landsbygdsminister, säger så.", "landsbygdsminister"),
            ("Det säger [P Anna Berg].", ""),
            ("Presidentens son [P Carl Berg] talade.", ""),
        ],
    );
}

#[test]
fn danish() {
    check(
        "da",
        &[
            ("Statsminister [P Poul Holm] talte.", "Statsminister"),
            ("Det siger administrerende direktør [P Poul Holm].", "administrerende direktør"),
            ("Den tidligere udenrigsminister [P Poul Holm] talte.", "tidligere udenrigsminister"),
            ("Forbundets formand, [P Poul Holm], talte.", "formand"),
            ("[P Poul Holm], formand for [O Dansk Industri], talte.", "formand for Dansk Industri"),
            ("Her indleder [P Poul Holm] mødet.", ""),
            ("I dag leder [P Poul Holm] feltet.", ""),
            ("Og fru [P Holm] talte.", ""),
        ],
    );
}

#[test]
fn norwegian() {
    check(
        "nb",
        &[
            ("Statsminister [P Jens Dahl] talte.", "Statsminister"),
            ("Det sier daglig leder [P Kari Dahl].", "daglig leder"),
            ("Det sier leder [P Kari Dahl].", "leder"),
            ("PST-sjef [P Kari Dahl] talte.", "PST-sjef"),
            ("[P Kari Dahl], leder i [O Norsk Journalistlag], talte.", "leder i Norsk Journalistlag"),
            ("Kanalen erklærer [P Kari Dahl] som vinner.", ""),
            ("I [L Kentucky] leder [P Kari Dahl].", ""),
            ("Nå leder [P Kari Dahl] også i [L Ohio].", ""),
            ("Han er far til [P Kari Dahl].", ""),
        ],
    );
}
