//! The salience of entities.

#![allow(clippy::cast_precision_loss, reason = "shares of counts")]

use dateline_record::Entity;
use dateline_text::Document;

/// Sets the salience: half from how often the entity is named (against the most named one), a third from how early it comes
/// first, the rest for standing in the first block (the headline). 0–1.
pub(super) fn weigh(document: &Document, entities: &mut [Entity]) {
    let most = entities.iter().map(|entity| entity.mentions.len()).max().unwrap_or(1) as f64;
    let length = document.tokens().last().map_or(1, |token| token.end) as f64;
    let headline = document.blocks().iter().find(|block| !block.is_empty());
    let headline_end = headline.map_or(0, |block| document.tokens()[block.end - 1].end);
    for entity in entities {
        let first = entity.mentions.first().map_or(0, |mention| mention.start);
        let often = entity.mentions.len() as f64 / most;
        let early = 1.0 - first as f64 / length;
        let top = f64::from(u8::from(first < headline_end));
        let salience = 0.5 * often + early / 3.0 + top / 6.0;
        entity.salience = (salience * 1000.0).round() / 1000.0;
    }
}
