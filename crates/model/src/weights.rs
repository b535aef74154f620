//! The weights embedded in the program. Each file in `weights/` has a card with its data, terms and figures.

/// The fast tagger of names.
pub static NAMES_FAST: &[u8] = include_bytes!("../weights/names-fast.bin");
/// The fast tagger of names in the languages beside English.
pub static NAMES_EUROPEAN: &[u8] = include_bytes!("../weights/names-european.bin");
/// The network of the accurate tagger of names in the languages beside English.
pub static NAMES_EUROPEAN_ACCURATE: &[u8] = include_bytes!("../weights/names-european-accurate.safetensors");
/// The network of the accurate tagger of names in English.
pub static NAMES_ACCURATE: &[u8] = include_bytes!("../weights/ner-accurate.safetensors");
/// The fast tagger of quotations: the heads of cues.
pub static QUOTES_CUE: &[u8] = include_bytes!("../weights/quotes-cue.bin");
/// The fast tagger of quotations: what a cue announces.
pub static QUOTES_CONTENT: &[u8] = include_bytes!("../weights/quotes-content.bin");
/// The fast tagger of quotations: whom a cue names.
pub static QUOTES_SOURCE: &[u8] = include_bytes!("../weights/quotes-source.bin");
/// The taggers of quotations for German: of cues, contents and sources, of marked words, and of sentences.
pub static QUOTES_DE: [&[u8]; 5] = [
    include_bytes!("../weights/quotes-de-cue.bin"),
    include_bytes!("../weights/quotes-de-content.bin"),
    include_bytes!("../weights/quotes-de-source.bin"),
    include_bytes!("../weights/quotes-de-marks.bin"),
    include_bytes!("../weights/quotes-de-sentences.bin"),
];
/// The layers of the accurate tagger of quotations, which lie on the network of the accurate tagger of names.
pub static QUOTES_ACCURATE: &[u8] = include_bytes!("../weights/quotes-accurate.safetensors");
/// The same for German, on the network of the accurate tagger of names in the languages beside English.
pub static QUOTES_DE_ACCURATE: &[u8] = include_bytes!("../weights/quotes-de-accurate.safetensors");
