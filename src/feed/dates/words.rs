//! Month names in the languages that feeds are written in.

/// Stems by month; a word names the month of the longest stem that it begins with. Weekdays that begin like a month or stand
/// behind the date are first, as month 0.
const STEMS: [&str; 13] = [
    "mard marte maandag maanantai mon tue wed thu fri sat sun pazar salı çarşamba perşembe cuma",
    "jan ene gen янв січ oca sty led ιαν ian яну јан xan jaa saus siječ يناير ינו בינו",
    "feb fév fev фев лют şub lut úno φεβ феб veeb vasar velj فبراير شباط פבר בפבר",
    "mar már mär mrz mrt maart maalis mart bře μαρ μάρ мар бер kov ožuj مارس آذار מרץ במרץ",
    "apr avr abr ápr апр кві nis kwi dub απρ bal trav أبريل ابريل نيسان אפר באפר",
    "may mai maj mei mag máj мая май тра kvě μάι μαΐ μαϊ μαι мај maí geg svib مايو أيار מאי במאי",
    "jun juin giu jún июн чер haz cze červn čvn ιούν ιουν ιον iun юни јун jūn juun xuñ birž lipnj lipanj يونيو حزيران יוני ביוני",
    "jul juil lug júl июл лип tem lip červe čvc ιούλ ιουλ ιολ iul юли јул jūl juul xul liep srpnj srpanj يوليو تموز יולי ביולי",
    "aug aoû aou ago авг сер ağu sie srp αύγ αυγ agu ágú rugp kolov أغسطس اغسطس אוג באוג",
    "sep set szep сен вер eyl wrz zář σεπ rugs rujn rujan سبتمبر أيلول ספט בספט",
    "oct okt out ott окт жов eki paź říj οκτ lokak spal أكتوبر اكتوبر אוק באוק",
    "nov ноя kas lis νοέ νοε noi ное lapk studen نوفمبر נוב בנוב",
    "dec dez des dic déc дек гру ara gru pro δεκ дец det gruod ديسمبر דצמ בדצמ",
];

/// The month a word names, 1–12; 0 for a weekday that looks like one.
pub(super) fn month(word: &str) -> Option<u32> {
    let mut best: Option<(usize, u32)> = None;
    for (month, stems) in (0..).zip(STEMS) {
        for stem in stems.split(' ') {
            if word.starts_with(stem) && best.is_none_or(|(length, _)| stem.len() > length) {
                best = Some((stem.len(), month));
            }
        }
    }
    // Finnish names end in what means "month", Ukrainian June and July differ by more than a stem.
    match word {
        "tammikuuta" | "tammikuu" => Some(1),
        "helmikuuta" | "helmikuu" => Some(2),
        "huhtikuuta" | "huhtikuu" => Some(4),
        "toukokuuta" | "toukokuu" => Some(5),
        "kesäkuuta" | "kesäkuu" => Some(6),
        "heinäkuuta" | "heinäkuu" | "липня" | "липень" => Some(7),
        "elokuuta" | "elokuu" => Some(8),
        "syyskuuta" | "syyskuu" => Some(9),
        "marraskuuta" | "marraskuu" | "листопада" | "листопад" => Some(11),
        "joulukuuta" | "joulukuu" => Some(12),
        _ => best.map(|(_, month)| month),
    }
}

/// Words between the parts of a date, in any language met.
pub(super) fn is_filler(word: &str) -> bool {
    const FILLERS: [&str; 47] = [
        "of", "at", "on", "the", "de", "del", "do", "da", "den", "der", "am", "um", "uhr", "le", "la", "el", "à", "a",
        "às", "las", "alle", "ore", "kl", "klo", "o", "os", "om", "г", "в", "t", "st", "nd", "rd", "th", "er", "e",
        "dne", "d", "and", "y", "i", "v", "godz", "saat", "m", "tháng", "lúc",
    ];
    FILLERS.contains(&word)
}
