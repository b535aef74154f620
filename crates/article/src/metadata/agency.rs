//! News agencies and their signatures.

/// Agencies as they sign anywhere in a byline, and their names.
const SIGNS: &[(&str, &str)] = &[
    ("Reuters", "Reuters"),
    ("REUTERS", "Reuters"),
    ("Associated Press", "AP"),
    ("ASSOCIATED PRESS", "AP"),
    ("AP", "AP"),
    ("AFP", "AFP"),
    ("Agence France-Presse", "AFP"),
    ("Agence France Presse", "AFP"),
    ("dpa", "dpa"),
    ("DPA", "dpa"),
    ("Deutsche Presse-Agentur", "dpa"),
    ("PA Media", "PA"),
    ("Press Association", "PA"),
    ("Bloomberg News", "Bloomberg"),
    ("Canadian Press", "The Canadian Press"),
    ("CANADIAN PRESS", "The Canadian Press"),
    ("Australian Associated Press", "AAP"),
    ("AAP", "AAP"),
    ("ANSA", "ANSA"),
    ("EFE", "EFE"),
    ("Europa Press", "Europa Press"),
    ("EUROPA PRESS", "Europa Press"),
    ("Lusa", "Lusa"),
    ("Agência Brasil", "Agência Brasil"),
    ("Belga", "Belga"),
    ("Keystone-SDA", "Keystone-SDA"),
    ("Kyodo", "Kyodo"),
    ("KYODO", "Kyodo"),
    ("共同通信", "Kyodo"),
    ("Jiji Press", "Jiji"),
    ("Xinhua", "Xinhua"),
    ("XINHUA", "Xinhua"),
    ("新华社", "Xinhua"),
    ("新華社", "Xinhua"),
    ("TASS", "TASS"),
    ("ТАСС", "TASS"),
    ("РИА Новости", "RIA Novosti"),
    ("RIA Novosti", "RIA Novosti"),
    ("Интерфакс", "Interfax"),
    ("Interfax", "Interfax"),
    ("Press Trust of India", "PTI"),
    ("PTI", "PTI"),
    ("IANS", "IANS"),
    ("Anadolu", "Anadolu"),
    ("Yonhap", "Yonhap"),
    ("YONHAP", "Yonhap"),
    ("연합뉴스", "Yonhap"),
    ("Ukrinform", "Ukrinform"),
    ("Укринформ", "Ukrinform"),
    ("Bernama", "Bernama"),
    ("BERNAMA", "Bernama"),
    ("Antara", "Antara"),
    ("UPI", "UPI"),
];

/// Short signs that mean an agency only where they stand alone.
const ALONE: &[(&str, &str)] = &[
    ("PA", "PA"),
    ("CP", "The Canadian Press"),
    ("AA", "Anadolu"),
    ("ANI", "ANI"),
    ("APA", "APA"),
    ("SDA", "Keystone-SDA"),
    ("SID", "SID"),
    ("epd", "epd"),
    ("KNA", "KNA"),
    ("CNA", "CNA"),
    ("HINA", "HINA"),
    ("Hina", "HINA"),
    ("BTA", "BTA"),
    ("BELTA", "BelTA"),
    ("БелТА", "BelTA"),
    ("БТА", "BTA"),
    ("TASR", "TASR"),
    ("SITA", "SITA"),
    ("STA", "STA"),
    ("LETA", "LETA"),
    ("ELTA", "ELTA"),
    ("BNS", "BNS"),
    ("ANP", "ANP"),
    ("NTB", "NTB"),
    ("TT", "TT"),
    ("STT", "STT"),
    ("PAP", "PAP"),
    ("ČTK", "ČTK"),
    ("MTI", "MTI"),
    ("Ritzau", "Ritzau"),
    ("IRNA", "IRNA"),
    ("WAM", "WAM"),
    ("SPA", "SPA"),
    ("APP", "APP"),
    ("UNB", "UNB"),
    ("BSS", "BSS"),
    ("VNA", "VNA"),
];

/// Returns the news agency that a byline or an author field names.
pub(crate) fn agency(field: &str) -> Option<String> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let field = field.trim();
    if let Some((_, name)) = ALONE.iter().find(|(sign, _)| *sign == field) {
        return Some((*name).to_owned());
    }
    SIGNS
        .iter()
        .filter_map(|&(sign, name)| {
            let (at, _) = field.match_indices(sign).find(|&(at, _)| {
                is_edge(field[..at].chars().next_back()) && is_edge(field[at + sign.len()..].chars().next())
            })?;
            // The longest sign at the earliest place: "Australian Associated Press" is not AP.
            Some((at, std::cmp::Reverse(sign.len()), name))
        })
        .min()
        .map(|(_, _, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agencies_are_known_by_how_they_sign() {
        for (field, name) in [
            ("By ADA REYES, Associated Press", Some("AP")),
            ("Australian Associated Press", Some("AAP")),
            ("Reporting by Ada Reyes; Editing by Jo Lind for Reuters", Some("Reuters")),
            ("THE CANADIAN PRESS", Some("The Canadian Press")),
            ("Agencia EFE", Some("EFE")),
            ("ТАСС", Some("TASS")),
            ("AA", Some("Anadolu")),
            ("Ada Reyes, AA member", None),
            ("Ada Reyes, Approach Desk", None),
            ("", None),
        ] {
            assert_eq!(agency(field).as_deref(), name, "{field}");
        }
    }
}
