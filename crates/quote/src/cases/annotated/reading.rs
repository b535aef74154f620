//! Reads the annotated texts in `annotated/`: one file a language, the format in `annotated/README.md`.

use dateline_record::{QuotationType, Span};

/// A text with its quotations.
#[derive(Debug)]
pub(super) struct Annotated {
    /// The number within the file; those divisible by [`HELD_OUT`] are kept apart.
    pub number: usize,
    pub text: String,
    pub quotations: Vec<Expected>,
}

/// Every text with a number divisible by this is kept apart: no rule and no list was changed for it.
const HELD_OUT: usize = 4;

/// An expected quotation.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// `None` if it counts neither when found nor when missed.
    pub kind: Option<QuotationType>,
    pub segments: Vec<Span>,
    pub speaker: Option<ExpectedSpeaker>,
    pub cues: Vec<Span>,
}

/// The words that name a speaker, and the name that the text gives elsewhere.
#[derive(Debug, Clone)]
pub(super) struct ExpectedSpeaker {
    pub span: Span,
    pub text: String,
    pub name: Option<String>,
}

impl Annotated {
    /// Returns whether no rule was changed for the text.
    pub(super) fn is_held_out(&self) -> bool {
        self.number.is_multiple_of(HELD_OUT)
    }
}

/// Returns the texts of a file.
pub(super) fn read(file: &str) -> Vec<Annotated> {
    file.split("\n# ").map(|part| text(part.trim_start_matches("# "))).collect()
}

/// An open brace: its letter, its digits, where its words begin, and the name after `=`.
struct Open {
    letter: char,
    digits: Vec<usize>,
    start: usize,
    name: Option<String>,
}

fn text(part: &str) -> Annotated {
    let (number, body) = part.split_once('\n').expect("a number, then the text");
    let mut quotations: Vec<Expected> = Vec::new();
    let (mut text, mut length) = (String::new(), 0);
    let mut open: Vec<Open> = Vec::new();
    let mut chars = body.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' => {
                let letter = chars.next().expect("a letter");
                let digits = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit));
                let digits = digits.map(|digit| digit as usize - '1' as usize).collect();
                assert_eq!(chars.next(), Some(' '), "text {number}, after {text:?}");
                open.push(Open { letter, digits, start: length, name: None });
            }
            '}' => {
                let closed = open.pop().expect("a brace that opens");
                for &index in &closed.digits {
                    quotations.resize_with(quotations.len().max(index + 1), Expected::default);
                    closed.add(&text, length, &mut quotations[index]);
                }
            }
            '=' if open.last().is_some_and(|open| open.letter == 's') => {
                let name: String = std::iter::from_fn(|| chars.next_if(|c| *c != '}')).collect();
                open.last_mut().expect("an open brace").name = Some(name);
            }
            c => {
                text.push(c);
                length += 1;
            }
        }
    }
    assert!(open.is_empty(), "text {number}");
    Annotated { number: number.trim().parse().expect("a number"), text, quotations }
}

impl Open {
    fn add(&self, text: &str, end: usize, quotation: &mut Expected) {
        let span = Span { start: self.start, end };
        let words = || text.chars().skip(span.start).take(span.end - span.start).collect::<String>();
        match self.letter {
            's' => quotation.speaker = Some(ExpectedSpeaker { span, text: words(), name: self.name.clone() }),
            'c' => quotation.cues.push(span),
            letter => {
                quotation.segments.push(span);
                quotation.kind = match letter {
                    'd' => Some(QuotationType::Direct),
                    'm' => Some(QuotationType::Mixed),
                    'i' => Some(QuotationType::Indirect),
                    'x' => None,
                    letter => panic!("unknown letter {letter}"),
                };
            }
        }
    }
}

#[test]
fn braces_become_spans() {
    let file = "# 4\n\u{ab} {d1 Oui}, {c1 dit} {s1 elle=Anne Roux}, {d1 non}. \u{bb}\n{x2 Bien}.\n\n# 5\nRien.";
    let texts = read(file);
    assert_eq!(texts[0].text, "\u{ab} Oui, dit elle, non. \u{bb}\nBien.");
    assert!(texts[0].is_held_out() && !texts[1].is_held_out());
    let [first, second] = &texts[0].quotations[..] else { panic!("{texts:?}") };
    let words = |span: &Span| &texts[0].text[span.start + 1..=span.end];
    assert_eq!(first.segments.iter().map(words).collect::<Vec<_>>(), ["Oui", "non"]);
    let speaker = first.speaker.as_ref().unwrap();
    assert_eq!((speaker.text.as_str(), speaker.name.as_deref()), ("elle", Some("Anne Roux")));
    assert!(second.kind.is_none() && second.segments.len() == 1);
}
