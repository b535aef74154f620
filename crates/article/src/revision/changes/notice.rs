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
            "corrections?|corrections? and clarifications?|clarifications?|correction notice|corrected|corrects|erratum|errata|errata corrige|korrekturhinweis|korrektur|richtigstellung|berichtigung|rectificatif|rectification|correctif|corrección|fe de errores|rectificación|correzione|rettifica|correção|erramos|correctie|rectificatie",
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
            | (?:une\s+(?:version\s+précédente|première\s+version)|une\s+précédente\s+version)
            | una\s+(?:versión\s+anterior|versione\s+precedente|precedente\s+versione)
            | uma\s+versão\s+anterior | in\s+een\s+eerdere\s+versie
            )"
        ))
        .expect("a fixed pattern")
    });
    text.len() <= MAX_BYTES && OPENS.is_match(text)
}

/// Returns whether a headline is marked as corrected, as agencies do ("CORRECTED-…", "UPDATE 1-CORRECTED: …").
pub(super) fn is_marked_corrected(headline: &str) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W*(?:UPDATE \d+-|REFILE-)?\(?(?:CORRECTED|CORRECTION|CORRECTS|Corrected|Correction)\)?\s*[-:—–(]|\((?i:corrected)\)\s*$")
            .expect("a fixed pattern")
    });
    MARK.is_match(headline)
}

/// Returns whether the words of a page say, instead of an article, that it was withdrawn.
pub fn is_withdrawal<'a>(headline: Option<&str>, blocks: impl Iterator<Item = &'a str>) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W*(?:WITHDRAWN|RETRACTED|RETRACTION|KILLED|KILL|Withdrawn|Retracted|Retraction)\s*[-:—–]")
            .expect("a fixed pattern")
    });
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\b(?:
              (?:this|the)\s+(?:[\w,.]+\s+){0,3}?(?:article|story|report|page|post|content|item)\s+(?:has\s+been|was|is)\s+(?:since\s+)?(?:withdrawn|retracted|removed|taken\s+down|deleted|unpublished|pulled|no\s+longer\s+available)
            | (?:we|\w+)\s+(?:have|has)\s+(?:withdrawn|retracted|removed|unpublished|taken\s+down)\s+(?:this|the)\s+(?:article|story|report)
            | (?:article|story|report)\s+(?:is\s+)?no\s+longer\s+available
            | dieser\s+(?:artikel|beitrag|text)\s+(?:wurde|ist)\s+(?:zurückgezogen|entfernt|gelöscht|nicht\s+mehr\s+verfügbar)
            | cet\s+article\s+a\s+été\s+(?:retiré|supprimé) | cet\s+article\s+n['’]est\s+plus\s+disponible
            | (?:este|esta)\s+(?:artículo|noticia|nota)\s+(?:ha\s+sido|fue)\s+(?:retirad|eliminad)
            | questo\s+articolo\s+è\s+stato\s+(?:ritirato|rimosso) | esta?e?\s+(?:artigo|notícia)\s+foi\s+(?:retirad|removid)
            | dit\s+artikel\s+is\s+(?:ingetrokken|verwijderd)
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
        ] {
            assert!(!is_correction(prose), "{prose}");
        }
        assert!(is_marked_corrected("CORRECTED-Bank lifts rates to 3 percent"));
        assert!(is_marked_corrected("UPDATE 1-CORRECTED-Bank lifts rates"));
        assert!(!is_marked_corrected("Corrected vision for all, says charity"));
    }

    #[test]
    fn a_withdrawal_is_short_and_says_so() {
        let says = |text: &str| is_withdrawal(None, std::iter::once(text));
        assert!(says("This article has been removed."));
        assert!(says("We have withdrawn this story because it did not meet our standards."));
        assert!(says("Dieser Artikel wurde zurückgezogen."));
        assert!(is_withdrawal(Some("WITHDRAWN: Bank lifts rates"), std::iter::once("Please do not use.")));
        assert!(
            !says("The report was removed from the desk of the minister by her own staff on Monday morning.")
                || !says(&"word ".repeat(100))
        );
        assert!(!says("The statue was removed."));
        assert!(!is_withdrawal(Some("Retracted claims"), std::iter::empty()));
    }
}
