//! How texts of each language are cut.

use super::*;

fn cut(language: &str, text: &str) -> Document {
    Document::in_language(text, &paragraphs(text), Language::of(language).unwrap())
}

#[test]
fn tokens_by_language() {
    for (language, text, want) in [
        ("fr", "L'Italie et l\u{2019}Espagne, aujourd'hui.", "L'|Italie|et|l\u{2019}|Espagne|,|aujourd'hui|."),
        ("fr", "Il dit qu'elle n'a pas 1,5 million d'euros.", "Il|dit|qu'|elle|n'|a|pas|1,5|million|d'|euros|."),
        ("fr", "M. Jean d'Ormesson, lorsqu'il vint", "M.|Jean|d'|Ormesson|,|lorsqu'|il|vint"),
        ("fr", "\u{ab}\u{a0}Oui\u{a0}\u{bb}, dit-il.", "\u{ab}|Oui|\u{bb}|,|dit-il|."),
        ("fr", "l' Italie", "l'|Italie"),
        ("it", "dell'Utri all'Aquila, un po' d'acqua", "dell'|Utri|all'|Aquila|,|un|po'|d'|acqua"),
        ("it", "la S.p.A. e l'on. Rossi", "la|S.p.A.|e|l'|on.|Rossi"),
        ("es", "EE.UU. pag\u{f3} 1.500,50 euros a las 12.30.", "EE.UU.|pag\u{f3}|1.500,50|euros|a|las|12.30|."),
        ("es", "\u{bf}Qui\u{e9}n? El Sr. P\u{e9}rez.", "\u{bf}|Qui\u{e9}n|?|El|Sr.|P\u{e9}rez|."),
        ("de", "am 1. Mai und im 19. Jahrhundert, z. B. hier", "am|1.|Mai|und|im|19.|Jahrhundert|,|z.|B.|hier"),
        ("de", "Rock'n'Roll bzw. 3,5 Mio. Euro f\u{fc}r Scholz'", "Rock'n'Roll|bzw.|3,5|Mio.|Euro|f\u{fc}r|Scholz|'"),
        (
            "de",
            "\u{201e}Ja\u{201c}, \u{bb}nein\u{ab}, \u{201a}so\u{2018}.",
            "\u{201e}|Ja|\u{201c}|,|\u{bb}|nein|\u{ab}|,|\u{201a}|so|\u{2018}|.",
        ),
        ("de", "Papst Johannes Paul II. kam 1998.", "Papst|Johannes|Paul|II.|kam|1998|."),
        ("nl", "'s Avonds at zo'n man foto's in 's-Hertogenbosch", "'s|Avonds|at|zo'n|man|foto's|in|'s-Hertogenbosch"),
        ("nl", "dhr. Van 't Hek, d.w.z. hij", "dhr.|Van|'t|Hek|,|d.w.z.|hij"),
        ("pt", "O dr. Silva pagou R$ 2,5 milh\u{f5}es", "O|dr.|Silva|pagou|R|$|2,5|milh\u{f5}es"),
    ] {
        let document = cut(language, text);
        let words: Vec<&str> = (0..document.tokens().len()).map(|at| document.word(at)).collect();
        assert_eq!(words.join("|"), want, "{language}");
        for token in document.tokens() {
            assert!(token.start < token.end);
        }
    }
}

#[test]
fn sentences_by_language() {
    for (language, text, want) in [
        ("de", "Am 1. Mai sprach Dr. Keller. Danach ging er.", 2),
        ("de", "Es waren 12. Der Trainer ging.", 2),
        ("de", "Das kostet 3 Mio. Euro, z. B. in Wien.", 1),
        ("de", "\u{201e}Nein.\u{201c} Er ging. \u{bb}Ja.\u{ab} Sie blieb.", 4),
        ("de", "Es war 1998. Trainer Novak ging.", 2),
        ("fr", "M. Dupont est parti. Mme Martin reste.", 2),
        ("fr", "\u{ab}\u{a0}Oui.\u{a0}\u{bb} Il part.", 2),
        ("fr", "Qui\u{a0}? Moi\u{a0}! Bien.", 3),
        ("es", "El Sr. P\u{e9}rez lleg\u{f3}. \u{bf}Qui\u{e9}n m\u{e1}s?", 2),
        ("es", "Vive en EE.UU. con su hija.", 1),
        ("it", "L'on. Rossi parla. L'avv. Bianchi tace.", 2),
        ("it", "Lavora alla Acme S.p.A. di Torino.", 1),
        ("nl", "Dhr. Jansen kwam. 's Avonds ging hij.", 2),
        ("pt", "O dr. Silva saiu. A sra. Costa ficou.", 2),
        ("pt", "\u{ab}Sim.\u{bb} Ela saiu.", 2),
    ] {
        let document = cut(language, text);
        let sentences: Vec<&str> = document.sentences().iter().map(|sentence| document.words(sentence)).collect();
        assert_eq!(sentences.len(), want, "{language}: {sentences:?}");
    }
}

#[test]
fn hostile_text_takes_linear_time_in_every_language() {
    for language in Language::all() {
        for unit in ["\"", "A.", "l'", "'s ", "1. ", "I. ", "\u{ab} ", " \u{bb}", "EE.", "é"] {
            let text = unit.repeat(200_000 / unit.len());
            let started = std::time::Instant::now();
            Document::in_language(&text, &paragraphs(&text), language);
            assert!(started.elapsed() < std::time::Duration::from_secs(5), "{language:?} {unit:?}");
        }
    }
}
