//! The phrases with which publishers correct or withdraw an article.

use std::sync::LazyLock;

use regex::Regex;

/// A notice stands at the beginning of its block, or is all of it.
const MAX_BYTES: usize = 1_500;
/// A text with more words than this is news of a withdrawal, not the withdrawal.
const MAX_WITHDRAWN_WORDS: usize = 80;

/// Returns whether a block tells of a correction, clarification or amendment of the article itself.
pub(super) fn is_correction(text: &str) -> bool {
    static OPENS: LazyLock<Regex> = LazyLock::new(|| {
        // White space in a pattern of this kind does not count.
        let spaced = |words: &str| words.replace(' ', r"\s+");
        let story = "article|story|report|piece|post|page|headline|caption|photo caption|version|column|text|item|transcript|graphic|chart|map";
        let story = format!("(?:{})", spaced(story));
        let opening = spaced("this|the|an earlier|a previous|the original|an early|a prior");
        let this = format!(r"(?:{opening})\s+(?:[\w,.]+\s+){{0,4}}?{story}");
        let label = spaced(
            "corrections?|corrections? and clarifications?|clarifications?|correction notice|corrected|corrects|erratum|errata|errata corrige|korrekturhinweis|korrektur|richtigstellung|berichtigung|rectificatif|rectification|correctif|mise au point|corrección|fe de errores|fe de erratas|rectificación|aclaración|correzione|rettifica|precisazione|correção|correcção|retificação|rectificação|erramos|o público errou|correctie|correcties en aanvullingen|rectificatie|rättelse|rettelse|retting|presisering",
        );
        Regex::new(&format!(
            r"(?ix)^[\W_]*(?:
              (?:{label})\s*(?:\([^)]{{1,60}}\)|,?\s+[\w\s,.]{{1,40}}?)?\s*[:—–|-]
            | (?:{label})\s*$
            | \(?corrects\s+\w
            | (?:editor['’]?s?['’]?\s+note|update|note|anmerkung\s+der\s+redaktion|note\s+de\s+la\s+rédaction|nota\s+del?\s+\w+)\b.{{0,200}}?\b(?:correct(?:ed|s|ion)?|misstat|misspell|misidentif|misquot|incorrect|wrongly|in\s+error|erroneous|amended|clarif|previously\s+said|originally\s+said|korrigiert|fälschlich|corrig|erron|rectif)
            | {this}\s+(?:\(?[^.]{{0,80}}\)?\s+)?(?:has\s+been|was|is|had\s+been|been)?\s*(?:since\s+|later\s+|further\s+)?(?:corrected|amended|changed\s+to\s+correct|updated\s+to\s+(?:correct|clarify|remove|reflect\s+that)|clarified|edited\s+to\s+correct|revised\s+to\s+correct)
            | (?:an?\s+(?:earlier|previous|prior|original|early)|the\s+(?:original|earlier|previous|first))\s+(?:[\w,.]+\s+){{0,4}}?{story}\b[^.]{{0,120}}?\b(?:misstat|misspel|misidentif|misquot|mischaracteri|misreport|misattribut|miscalculat|incorrect|wrong|error|erroneous|mistaken|inaccurate|stated|said|gave|referred|reported|omitted|suggested|contained|named|described|put|listed)
            | in\s+einer\s+(?:früheren|ersten|vorherigen)\s+(?:version|fassung)
            | (?:dans\s+)?une\s+(?:(?:version\s+(?:précédente|antérieure|initiale)|première\s+version|précédente\s+version)\s+de\s+(?:cet\s+article|ce\s+texte|cette\s+dépêche)|version\s+précédente)
            | (?:en\s+)?una\s+(?:versión\s+(?:anterior|previa)|primera\s+versión\s+de\s+(?:este|esta))
            | (?:in\s+)?una\s+(?:versione\s+precedente|precedente\s+versione|prima\s+versione\s+di\s+questo)
            | (?:em\s+|n)?uma\s+(?:versão\s+(?:anterior|prévia)|primeira\s+versão\s+(?:deste|desta))
            | in\s+een\s+(?:eerdere|vorige|eerste)\s+versie
            | (?:i\s+)?en\s+(?:tidigare|tidligere)\s+(?:version|versjon|udgave|utgave)\s+(?:av|af)
            )"
        ))
        .expect("a fixed pattern")
    });
    text.len() <= MAX_BYTES && OPENS.is_match(text)
}

/// Returns whether a headline is marked as corrected, as agencies do ("CORRECTED-…", "UPDATE 1-CORRECTED: …").
pub(super) fn is_marked_corrected(headline: &str) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W*(?:UPDATE \d+-|REFILE-)?\(?(?:CORRECTED|CORRECTION|CORRECTS|Corrected|Correction|KORREKTUR|BERICHTIGUNG|RECTIFICATIF|CORRECCIÓN|RECTIFICACIÓN|RETTIFICA|CORREZIONE|CORREÇÃO|RETIFICAÇÃO|RECTIFICATIE|CORRECTIE)\)?\s*[-:—–(]|\((?i:corrected|korrigiert|rectificatif|corregido|corretto|corrigido|gecorrigeerd)\)\s*$")
            .expect("a fixed pattern")
    });
    MARK.is_match(headline)
}

/// Returns whether the words of a page say, instead of an article, that it was withdrawn.
pub fn is_withdrawal<'a>(headline: Option<&str>, blocks: impl Iterator<Item = &'a str>) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W*(?:WITHDRAWN|RETRACTED|RETRACTION|KILLED|KILL|Withdrawn|Retracted|Retraction|ZURÜCKGEZOGEN|ANNULATION|ANULADO|ANULACIÓN|ANNULLATO|ANULADA|INGETROKKEN)\s*[-:—–]")
            .expect("a fixed pattern")
    });
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\b(?:
              (?:this|the)\s+(?:[\w,.]+\s+){0,3}?(?:article|story|report|page|post|content|item)\s+(?:has\s+been|was|is)\s+(?:since\s+)?(?:withdrawn|retracted|removed|taken\s+down|deleted|unpublished|pulled|no\s+longer\s+available)
            | (?:we|\w+)\s+(?:have|has)\s+(?:withdrawn|retracted|removed|unpublished|taken\s+down)\s+(?:this|the)\s+(?:article|story|report)
            | (?:article|story|report)\s+(?:is\s+)?no\s+longer\s+available
            | (?:dieser|diesen)\s+(?:artikel|beitrag|text)\s+(?:wurde|ist|haben\s+wir)\s+(?:zurückgezogen|entfernt|gelöscht|nicht\s+mehr\s+verfügbar)
            | cet(?:te)?\s+(?:article|dépêche|publication)\s+(?:a\s+été\s+(?:retiré|supprimé|dépublié|annulé)|n['’]est\s+plus\s+disponible)
            | nous\s+avons\s+(?:retiré|dépublié|supprimé)\s+(?:cet|cette)\s+(?:article|dépêche)
            | est[ea]\s+(?:artículo|noticia|nota)\s+(?:(?:ha\s+sido|fue)\s+(?:retirad|eliminad|anulad)|ya\s+no\s+está\s+disponible)
            | quest[oa]\s*(?:articolo|notizia)\s+(?:è\s+stat[oa]\s+(?:ritirat|rimoss|annullat)|non\s+è\s+più\s+disponibile)
            | est[ea]\s+(?:artigo|notícia|texto|matéria)\s+(?:foi\s+(?:retirad|removid|anulad|apagad)|(?:já\s+)?não\s+está\s+(?:mais\s+)?disponível)
            | dit\s+(?:artikel|bericht)\s+is\s+(?:ingetrokken|verwijderd|niet\s+(?:meer|langer)\s+beschikbaar)
            | denn?[ea]?\s+(?:här\s+)?(?:artikeln|artikel|artikkelen|artiklen)\s+(?:har\s+tagits\s+bort|är\s+borttagen|er\s+(?:fjernet|trukket|slettet)|er\s+blevet\s+fjernet)
            )",
        )
        .expect("a fixed pattern")
    });
    let mut words = 0;
    let mut says = headline.is_some_and(|headline| MARK.is_match(headline));
    for block in blocks {
        words += block.split_whitespace().count();
        if words > MAX_WITHDRAWN_WORDS {
            return false;
        }
        says |= SAYS.is_match(block);
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_correction_are_known_in_many_wordings() {
        for notice in [
            "Correction: The bridge is in Linz, not in Graz.",
            "CORRECTION (4 June): A caption named the wrong minister.",
            "Correction, June 4, 2025: This story misspelled a name.",
            "Clarification: The company employs 300 people in Wales.",
            "This article was amended on 4 June 2025 to correct the age of the driver.",
            "This story has been corrected to say that the vote is on Friday.",
            "• This article was corrected on 5 June.",
            "An earlier version of this article misstated the height of the dam.",
            "A previous version of this story said the talks had ended.",
            "Editor's note: The number of seats has been corrected.",
            "Editor’s Note: an earlier version wrongly said that the mayor had resigned.",
            "(This June 3 story has been corrected to fix the name in paragraph 4)",
            "(Corrects spelling of name in second paragraph)",
            "Korrektur: In der Meldung stand eine falsche Zahl.",
            "In einer früheren Version dieses Artikels hieß es, die Brücke sei gesperrt.",
            "Une version précédente de cet article donnait un autre chiffre.",
            "Fe de errores: el pleno es el jueves.",
            "Rectificatif\u{a0}: le maire est élu depuis 2014.",
            "Dans une première version de cet article, nous écrivions que le vote était lundi.",
            "Corrección: la reunión es el jueves.",
            "En una versión anterior de esta noticia se decía que el puente era de hierro.",
            "Rettifica: il sindaco non era presente.",
            "In una precedente versione dell'articolo si leggeva un'altra cifra.",
            "Rectificatie: de brug ligt in Zwolle.",
            "In een eerdere versie van dit artikel stond dat de brug dicht was.",
            "Correção: a reunião é na quinta-feira.",
            "Uma versão anterior deste texto dizia que a ponte era de ferro.",
            "Rättelse: bron ligger i Umeå.",
            "I en tidligere versjon av denne saken sto det at broen var stengt.",
        ] {
            assert!(is_correction(notice), "{notice}");
        }
        for prose in [
            "The minister corrected himself: the law takes effect in May.",
            "This story begins in a village by the sea.",
            "The report was published on Friday and runs to 300 pages.",
            "Corrections officers went on strike in three prisons.",
            "An earlier version of the bill had foreseen higher fines.",
            "The correctional facility holds 400 people.",
            "Update: the road is open again.",
            "Une première version du projet de loi avait été rejetée.",
            "Una primera versión del plan costaba el doble.",
            "La correzione dei compiti dura due ore.",
            "De rectificatie komt te laat, zei de burgemeester.",
            "A correção dos exames demora uma semana.",
        ] {
            assert!(!is_correction(prose), "{prose}");
        }
        assert!(is_marked_corrected("CORRECTED-Bank lifts rates to 3 percent"));
        assert!(is_marked_corrected("UPDATE 1-CORRECTED-Bank lifts rates"));
        assert!(is_marked_corrected("RECTIFICATIF - La Banque relève ses taux"));
        assert!(!is_marked_corrected("Corrected vision for all, says charity"));
    }

    #[test]
    fn a_withdrawal_is_short_and_says_so() {
        let says = |text: &str| is_withdrawal(None, std::iter::once(text));
        assert!(says("This article has been removed."));
        assert!(says("We have withdrawn this story because it did not meet our standards."));
        for text in [
            "Dieser Artikel wurde zurückgezogen.",
            "Cet article a été dépublié.",
            "Esta noticia ya no está disponible.",
            "Questo articolo è stato rimosso.",
            "Este artigo foi removido.",
            "Dit bericht is niet meer beschikbaar.",
            "Den här artikeln har tagits bort.",
        ] {
            assert!(says(text), "{text}");
        }
        assert!(is_withdrawal(Some("WITHDRAWN: Bank lifts rates"), std::iter::once("Please do not use.")));
        assert!(
            !says("The report was removed from the desk of the minister by her own staff on Monday morning.")
                || !says(&"word ".repeat(100))
        );
        assert!(!says("The statue was removed."));
        assert!(!is_withdrawal(Some("Retracted claims"), std::iter::empty()));
    }
}
