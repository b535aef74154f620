//! Walls: boxes and pages that ask the reader to subscribe, to give consent or to prove to be human.
//!
//! Their words belong to no article, in any language. A wall after a text is evidence that the text is truncated.

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use dateline_record::BlockKind;

use super::blocks::TextBlock;
use crate::fingerprint::word_count;
use crate::phrases::entries;

/// Blocks longer than this are prose, in bytes; notices of consent are long.
const MAX_WALL: usize = 400;
const MAX_SIGN_IN: usize = 200;
const MAX_CONSENT: usize = 4000;
/// The maximum number of blocks after a text that are examined for a wall: further down stands what scripts would show, and the page's footer.
const MAX_BEHIND: usize = 3;
/// This many words or fewer after a wall belong to its box.
const MAX_BOX: usize = 60;
/// The maximum number of words of a page that is nothing but a check of the reader.
const MAX_CHECK: usize = 150;

static WALLS: LazyLock<PhraseSet> = LazyLock::new(|| PhraseSet::new(include_str!("../data/walls.txt")));
static SIGN_INS: LazyLock<PhraseSet> = LazyLock::new(|| PhraseSet::new(include_str!("../data/sign-ins.txt")));
static CONSENT: LazyLock<PhraseSet> = LazyLock::new(|| PhraseSet::new(include_str!("../data/consent.txt")));
static CHECKS: LazyLock<PhraseSet> = LazyLock::new(|| PhraseSet::new(include_str!("../data/bot-checks.txt")));

/// Returns whether a block says that the rest of the article is for subscribers, members or those who register.
pub(crate) fn ends_story(text: &str) -> bool {
    text.len() <= MAX_WALL && WALLS.is_in(text)
}

/// Returns whether a block is of a box that asks to subscribe, log in or register.
pub(crate) fn is_wall_text(text: &str) -> bool {
    ends_story(text) || is_sign_in(text)
}

fn is_sign_in(text: &str) -> bool {
    text.len() <= MAX_SIGN_IN && SIGN_INS.is_in(text)
}

/// Returns whether a block is of a dialog that asks for consent to cookies, tracking or embedded content.
pub(crate) fn is_consent_text(text: &str) -> bool {
    text.len() <= MAX_CONSENT && CONSENT.is_in(text)
}

/// Returns whether a wall ends the text that these blocks stand after, in order.
pub(crate) fn stands_before<'a>(mut behind: impl Iterator<Item = &'a str>) -> bool {
    behind.by_ref().take(MAX_BEHIND).any(ends_story)
}

/// Removes the words of walls and dialogs from an article's parts; whether one of them ends the article. Where more of the article stands
/// after a wall, the page holds the whole.
pub(crate) fn remove(parts: &mut Vec<TextBlock>) -> bool {
    let mut words_behind = None;
    parts.retain(|part| {
        let ends = ends_story(&part.text);
        let stays = !ends && !is_sign_in(&part.text) && !is_consent_text(&part.text);
        if ends {
            words_behind = Some(0);
        } else if stays && part.kind != BlockKind::Caption {
            words_behind = words_behind.map(|words| words + word_count(&part.text));
        }
        stays
    });
    words_behind.is_some_and(|words| words <= MAX_BOX)
}

/// Returns whether a page shows nothing but a wall: a check for robots, a dialog of consent, an offer of subscriptions. `blocks` are those that
/// were taken for its article.
pub(crate) fn is_wall_page<'a>(title: Option<&str>, blocks: impl Iterator<Item = &'a str>) -> bool {
    let blocks: Vec<(&str, usize)> = blocks.map(|block| (block, word_count(block))).collect();
    let all: usize = blocks.iter().map(|(_, words)| words).sum();
    let is_check = |block: &str| block.len() <= MAX_WALL && CHECKS.is_in(block);
    let has_check =
        || title.is_some_and(|title| CHECKS.is_in(title)) || blocks.iter().any(|(block, _)| is_check(block));
    if all <= MAX_CHECK && has_check() {
        return true;
    }
    // Nearly all pages are known to be none by their first blocks.
    let mut of_others = 0;
    let is_of_wall = |block: &str| is_check(block) || is_wall_text(block) || is_consent_text(block);
    all > 0
        && blocks.iter().all(|(block, words)| {
            if !is_of_wall(block) {
                of_others += words;
            }
            of_others * 10 <= all
        })
}

/// Phrases that are looked for in blocks. One suffices; of those with `+` in front it takes several, and those with `=` in front have
/// to be the whole block.
struct PhraseSet {
    anywhere: AhoCorasick,
    /// The weight of each phrase of `anywhere`.
    weights: Vec<usize>,
    whole: HashSet<&'static str>,
}

/// The weight of a phrase without `+`.
const ENOUGH: usize = 4;

impl PhraseSet {
    fn new(list: &'static str) -> Self {
        let phrases = || entries(list);
        let whole = phrases().filter_map(|phrase| phrase.strip_prefix('=')).collect();
        // Languages share phrases.
        let mut anywhere: Vec<&str> = phrases().filter(|phrase| !phrase.starts_with('=')).collect();
        anywhere.sort_unstable();
        anywhere.dedup();
        let weights = anywhere.iter().map(|phrase| if phrase.starts_with('+') { 1 } else { ENOUGH }).collect();
        let anywhere = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(anywhere.iter().map(|phrase| phrase.trim_start_matches('+')))
            .expect("a fixed list of phrases");
        Self { anywhere, weights, whole }
    }

    /// Returns whether a text is or holds what is looked for.
    fn is_in(&self, text: &str) -> bool {
        let text = plain(text);
        let whole = text.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '?' | '+'));
        let mut met: Vec<usize> = Vec::new();
        for found in self.anywhere.find_iter(&text) {
            let phrase = found.pattern().as_usize();
            if is_apart(&text, found.start(), found.end()) && !met.contains(&phrase) {
                met.push(phrase);
            }
        }
        self.whole.contains(whole) || met.into_iter().map(|phrase| self.weights[phrase]).sum::<usize>() >= ENOUGH
    }
}

/// Returns whether no letter continues before or after a place; scripts without spaces between words have no such limits.
fn is_apart(text: &str, start: usize, end: usize) -> bool {
    let joins = |a: Option<char>, b: Option<char>| {
        let is_spaced = |c: char| c.is_alphanumeric() && !is_unspaced(c);
        a.is_some_and(is_spaced) && b.is_some_and(is_spaced)
    };
    let (before, found, after) = (&text[..start], &text[start..end], &text[end..]);
    !joins(before.chars().next_back(), found.chars().next()) && !joins(found.chars().next_back(), after.chars().next())
}

/// Returns whether a letter is of a script that puts no spaces between words, or joins particles to them (Thai, Chinese, Japanese, Korean).
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Lower case, one kind of apostrophe, single spaces.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        for c in word.chars() {
            match c {
                '’' | 'ʼ' | '`' => plain.push('\''),
                // Soft hyphens and marks of direction.
                '\u{ad}' | '\u{200b}'..='\u{200f}' => {}
                c if c.is_ascii() => plain.push(c.to_ascii_lowercase()),
                c => plain.extend(c.to_lowercase()),
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::class_words;
    use crate::content::marks::Marks;
    use crate::{SiteContext, from_page};

    #[test]
    fn walls_are_known_in_many_languages() {
        for text in [
            "Subscribe to continue reading",
            "This article is for subscribers only. Log in or choose a plan.",
            "You’ve reached your monthly limit of free articles.",
            "Jetzt weiterlesen mit Tageblatt+",
            "Sie möchten weiterlesen? Testen Sie uns einen Monat.",
            "Cet article est réservé aux abonnés",
            "Il vous reste 75 % de cet article à lire.",
            "Contenido exclusivo para suscriptores",
            "Regístrate gratis para seguir leyendo",
            "Contenuto riservato agli abbonati",
            "Conteúdo exclusivo para assinantes",
            "Log in om verder te lezen",
            "För att läsa vidare behöver du vara prenumerant",
            "Denne artikel er forbeholdt abonnenter",
            "Logg inn for å lese hele saken",
            "Tämä artikkeli on vain tilaajille",
            "Artykuł dostępny tylko dla prenumeratorów",
            "Tento článek je pouze pro předplatitele",
            "Материал доступен только подписчикам",
            "Оформіть підписку, щоб читати далі",
            "Okumaya devam etmek için abone olun",
            "Μόνο για συνδρομητές",
            "A cikk folytatásához fizessen elő",
            "Acest articol este exclusiv pentru abonați",
            "この記事は会員限定です",
            "이 기사는 구독자 전용입니다",
            "本文为付费内容，订阅后继续阅读",
            "訂閱會員專屬，登入後繼續閱讀",
            "هذا المقال للمشتركين فقط",
            "הכתבה המלאה למנויים בלבד",
            "Artikel ini khusus untuk pelanggan",
            "Đăng nhập để đọc tiếp",
            "आगे पढ़ने के लिए सब्सक्राइब करें",
            "এই লেখাটি শুধু গ্রাহকদের জন্য",
            "پڑھنا جاری رکھنے کے لیے لاگ ان کریں",
            "برای خواندن متن کامل وارد شوید",
        ] {
            assert!(ends_story(text) && is_wall_text(text), "{text}");
        }
        for text in [
            "Already a subscriber? Log in here",
            "Bereits Abonnent?",
            "Déjà abonné ? Connectez-vous",
            "¿Ya eres suscriptor? Inicia sesión",
            "Cancel anytime.",
            "ログイン",
            "구독하기",
            "Sign in",
        ] {
            assert!(is_wall_text(text) && !ends_story(text), "{text}");
        }
        for text in [
            "The paper lost half of its subscribers in a year.",
            "Turkey, already a member of the alliance, voted against.",
            "Subscribers of the opera will keep their seats, the director said.",
            "Die Abonnenten des Theaters bekommen ihr Geld zurück.",
            "Les abonnés du gaz paieront plus cher en avril.",
            "Los suscriptores del servicio pagarán más.",
            "Сервис потерял миллион подписчиков за год.",
            "会員は五千人に上る。",
            "She asked the judge to log in the papers and to accept the plea.",
            "",
        ] {
            assert!(!is_wall_text(text) && !is_consent_text(text), "{text}");
        }
    }

    #[test]
    fn dialogs_of_consent_are_known_in_many_languages() {
        for text in [
            "We value your privacy. We and our partners store and access information on a device.",
            "Wir benötigen Ihre Zustimmung, um den Inhalt anzuzeigen.",
            "Mit Werbung weiterlesen oder das Pur-Abo wählen",
            "Nous et nos partenaires stockons des données sur votre appareil.",
            "Utilizamos cookies propias y de terceros.",
            "Noi e i nostri partner archiviamo informazioni.",
            "Nós e os nossos parceiros guardamos informações.",
            "Wij gebruiken cookies om de site te verbeteren.",
            "Vi använder cookies för att förbättra tjänsten.",
            "Używamy plików cookies w celach statystycznych.",
            "Мы используем файлы cookie.",
            "当サイトではクッキーを使用しています。",
            "我们使用 Cookie 来改善服务。",
            "نستخدم ملفات تعريف الارتباط لتحسين الخدمة.",
            "Accept all",
        ] {
            assert!(is_consent_text(text), "{text}");
        }
        for text in [
            "The regulator said that consent to cookies had been obtained by deceit.",
            "The firm shared personal data without consent, the privacy policy notwithstanding.",
            "She baked cookies for the whole school.",
            "Die Behörde rügt die Datenschutzerklärung des Konzerns.",
            "Le consentement des deux parties est nécessaire.",
        ] {
            assert!(!is_consent_text(text), "{text}");
        }
    }

    #[test]
    fn a_page_that_is_a_wall_is_not_an_article() {
        for (title, blocks) in [
            ("Just a moment...", &["harbour.example", "Verifying you are human. This may take a few seconds."][..]),
            (
                "Attention Required! | Cloudflare",
                &["Sorry, you have been blocked", "You are unable to access this site."],
            ),
            ("Harbour Post", &["Please enable JS and disable any ad blocker"]),
            ("Hafenbote", &["Wir benötigen Ihre Zustimmung, um weiterzumachen.", "Alle akzeptieren"]),
            (
                "Le Port",
                &["Nous et nos partenaires utilisons des cookies.", "Continuer sans accepter", "Tout accepter"],
            ),
            ("Harbour Post", &["Subscribe to continue reading", "Already a subscriber? Log in", "Cancel anytime."]),
            ("Einen Moment, bitte", &["Überprüfung, ob Sie ein Mensch sind."]),
        ] {
            assert!(is_wall_page(Some(title), blocks.iter().copied()), "{title} {blocks:?}");
            let paragraphs: String = blocks.iter().map(|block| format!("<p>{block}</p>")).collect();
            let article = from_page(
                &format!("<title>{title}</title><main>{paragraphs}</main>"),
                None,
                None,
                None,
                &SiteContext::default(),
            );
            assert!(article.word_count == 0 && article.truncated, "{title}: {}", article.text);
        }
        for (title, blocks) in [
            ("Council raises sea wall", &["The council voted on Monday.", "Subscribe to continue reading"][..]),
            ("Just a moment of rest", &["The pier was quiet on Sunday."]),
            ("Harbour Post", &[]),
        ] {
            assert!(!is_wall_page(Some(title), blocks.iter().copied()), "{title}");
        }
    }

    #[test]
    fn boxes_are_known_by_their_classes() {
        for (class, is_box) in [
            ("paywall-prompt", true),
            ("c-regwall__inner", true),
            ("tp-container-inner", true),
            ("piano-inline-offer", true),
            ("subscription-wall", true),
            ("article__abo-box", true),
            // The paid part of the article itself.
            ("paywall", false),
            ("paywall-content", false),
            ("premium-content", false),
            ("piano-inline-content-wrapper", false),
            ("story wallpaper", false),
        ] {
            assert_eq!(class_words::marks(class).has(Marks::WALL), is_box, "{class}");
        }
    }

    #[test]
    fn a_wall_is_removed_and_cuts_the_article_that_it_ends() {
        const STORY: &str = "The council of the harbour town voted on Monday to raise the sea wall by a metre.";
        let part = |text: &str| TextBlock { kind: BlockKind::Paragraph, text: text.into(), credit: None };
        let story = || std::iter::repeat_n(STORY, 5);
        for (behind, ends) in [
            (vec!["Subscribe to continue reading", "Already a subscriber? Log in"], true),
            (vec!["Cet article est réservé aux abonnés", "Dès 1 € par mois", "S’abonner"], true),
            (vec!["Already a subscriber? Log in"], false),
            ([&["Subscribe to continue reading"], vec![STORY; 5].as_slice()].concat(), false),
            (vec![], false),
        ] {
            let mut parts: Vec<TextBlock> = story().chain(behind.iter().copied()).map(part).collect();
            assert_eq!(remove(&mut parts), ends, "{behind:?}");
            assert!(parts.iter().all(|part| !is_wall_text(&part.text)), "{behind:?}");
        }
    }
}
