//! The language of a story as a BCP 47 tag.

/// Text shorter than this does not overrule what the page or the feed says, in code points.
const ENOUGH: usize = 400;
/// What is looked at of a text, in bytes: more makes no identification surer.
const SAMPLE: usize = 2000;

/// The declared tag, unless a long text is surely in another language.
pub fn language(declared: Option<&str>, text: &str) -> Option<String> {
    let declared = declared.map(str::to_owned);
    if text.chars().nth(ENOUGH).is_none() {
        return declared;
    }
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    let found = whatlang::detect(sample).filter(whatlang::Info::is_reliable).map(|i| two_letters(i.lang()));
    match (declared, found) {
        (Some(tag), Some(found)) if primary(&tag) != found && !akin(primary(&tag), found) => Some(found.to_owned()),
        (None, found) => found.map(str::to_owned),
        (declared, _) => declared,
    }
}

/// A declared tag in its usual writing (`en_us` is `en-US`), or `None` where it is no tag.
pub fn tag(raw: &str) -> Option<String> {
    let mut out = String::new();
    for (i, part) in raw.trim().split(['-', '_']).enumerate() {
        if part.is_empty() || part.len() > 8 || !part.bytes().all(|b| b.is_ascii_alphanumeric()) || i > 4 {
            return None;
        }
        match (i, part.len()) {
            (0, 2 | 3) => out.push_str(&part.to_ascii_lowercase()),
            (0, _) => return None,
            (_, 2) => out.extend(["-", &part.to_ascii_uppercase()]),
            (_, 4) => out.extend(["-", &part[..1].to_ascii_uppercase(), &part[1..].to_ascii_lowercase()]),
            _ => out.extend(["-", &part.to_ascii_lowercase()]),
        }
    }
    (!matches!(out.as_str(), "und" | "mul" | "zxx")).then_some(out)
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// Languages that a detector mixes up, or names by another code.
fn akin(a: &str, b: &str) -> bool {
    const KIN: &[&[&str]] = &[
        &["no", "nb", "nn", "da"],
        &["sr", "hr", "bs", "sh", "mk", "bg"],
        &["id", "ms", "jv"],
        &["cs", "sk"],
        &["he", "iw"],
        &["fil", "tl"],
        &["es", "ca", "gl", "pt"],
        &["ru", "uk", "be"],
    ];
    KIN.iter().any(|kin| kin.contains(&a) && kin.contains(&b))
}

/// ISO 639-1 for the languages that whatlang names by ISO 639-3.
fn two_letters(lang: whatlang::Lang) -> &'static str {
    use whatlang::Lang::{
        Afr, Aka, Amh, Ara, Aze, Bel, Ben, Bul, Cat, Ces, Cmn, Cym, Dan, Deu, Ell, Eng, Epo, Est, Fin, Fra, Guj, Heb,
        Hin, Hrv, Hun, Hye, Ind, Ita, Jav, Jpn, Kan, Kat, Khm, Kor, Lat, Lav, Lit, Mal, Mar, Mkd, Mya, Nep, Nld, Nob,
        Ori, Pan, Pes, Pol, Por, Ron, Rus, Sin, Slk, Slv, Sna, Spa, Srp, Swe, Tam, Tel, Tgl, Tha, Tuk, Tur, Ukr, Urd,
        Uzb, Vie, Yid, Zul,
    };
    match lang {
        Afr => "af",
        Amh => "am",
        Ara => "ar",
        Aze => "az",
        Bel => "be",
        Ben => "bn",
        Bul => "bg",
        Cat => "ca",
        Ces => "cs",
        Cmn => "zh",
        Cym => "cy",
        Dan => "da",
        Deu => "de",
        Ell => "el",
        Eng => "en",
        Epo => "eo",
        Est => "et",
        Fin => "fi",
        Fra => "fr",
        Guj => "gu",
        Heb => "he",
        Hin => "hi",
        Hrv => "hr",
        Hun => "hu",
        Hye => "hy",
        Ind => "id",
        Ita => "it",
        Jav => "jv",
        Jpn => "ja",
        Kan => "kn",
        Kat => "ka",
        Khm => "km",
        Kor => "ko",
        Lat => "la",
        Lav => "lv",
        Lit => "lt",
        Mal => "ml",
        Mar => "mr",
        Mkd => "mk",
        Mya => "my",
        Nep => "ne",
        Nld => "nl",
        Nob => "nb",
        Ori => "or",
        Pan => "pa",
        Pes => "fa",
        Pol => "pl",
        Por => "pt",
        Ron => "ro",
        Rus => "ru",
        Sin => "si",
        Slk => "sk",
        Slv => "sl",
        Sna => "sn",
        Spa => "es",
        Srp => "sr",
        Swe => "sv",
        Tam => "ta",
        Tel => "te",
        Tgl => "tl",
        Tha => "th",
        Tuk => "tk",
        Tur => "tr",
        Ukr => "uk",
        Urd => "ur",
        Uzb => "uz",
        Vie => "vi",
        Yid => "yi",
        Zul => "zu",
        Aka => "ak",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(declared: Option<&str>, text: &str) -> Option<String> {
        super::language(declared.and_then(tag).as_deref(), text)
    }

    #[test]
    fn tags_are_written_as_bcp_47_says() {
        let long = "The ministers met in the capital on Monday and said that they would meet again. ".repeat(8);
        assert_eq!(language(Some("en_us"), "short").as_deref(), Some("en-US"));
        assert_eq!(language(Some("ZH-hant-tw"), "short").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(language(Some("english"), "short"), None);
        assert_eq!(language(Some("de"), &long).as_deref(), Some("en"), "the text is plainly English");
        assert_eq!(language(Some("en-GB"), &long).as_deref(), Some("en-GB"));
        assert_eq!(language(None, &long).as_deref(), Some("en"));
    }
}
