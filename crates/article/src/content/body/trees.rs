//! Boosted decision trees that give the probability that a block belongs to the article.

use super::features::COUNT;

/// The first bytes of a file of trees; the digit is the version of the format.
const MAGIC: &[u8; 4] = b"BLK1";

/// After each so many trees a block that is hopeless by then (log odds) is given up: most of a page is.
const SOME: usize = 40;
const HOPELESS: f32 = -4.0;

/// One inner node of a tree. A child below zero is a leaf, counted from -1 downwards.
#[derive(Debug, Clone, Copy)]
struct Node {
    feature: u8,
    threshold: f32,
    below: i8,
    above: i8,
}

#[derive(Debug, Clone)]
struct Tree {
    nodes: Vec<Node>,
    leaves: Vec<f32>,
}

/// Trees whose leaves are added up to a log odds. Without any, every block is as probable as not.
#[derive(Debug, Clone, Default)]
pub struct Trees(Vec<Tree>);

/// The reason why a file of trees is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreesError {
    /// The file has another format or version.
    #[error("not a file of trees, or of another version")]
    Magic,
    /// The trees were trained on other features.
    #[error("trained on {0} features, but blocks have {COUNT}")]
    Features(usize),
    /// The file is truncated or too long, or a node points outside of its tree.
    #[error("the file of trees is damaged")]
    Damaged,
}

impl Trees {
    /// Reads a file, little-endian throughout: `BLK1`, the number of features and of trees (u16 each); for each tree the number of
    /// inner nodes (u8), the nodes (feature u8, threshold f32, child at or below the threshold i8, child above it i8), and the
    /// leaves, one more than nodes (f32).
    pub fn read(bytes: &[u8]) -> Result<Self, TreesError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(TreesError::Magic)?;
        let features = usize::from(u16::from_le_bytes(take(&mut rest)?));
        if features != COUNT {
            return Err(TreesError::Features(features));
        }
        let trees = u16::from_le_bytes(take(&mut rest)?);
        let all: Vec<Tree> = (0..trees).map(|_| tree(&mut rest)).collect::<Result<_, _>>()?;
        if rest.is_empty() { Ok(Self(all)) } else { Err(TreesError::Damaged) }
    }

    /// Returns the probability (0–1) for a block with these features.
    pub fn probability(&self, features: &[f32; COUNT]) -> f32 {
        let mut sum = 0.0;
        for some in self.0.chunks(SOME) {
            sum += some.iter().map(|tree| tree.leaf(features)).sum::<f32>();
            if sum < HOPELESS {
                break;
            }
        }
        1.0 / (1.0 + (-sum).exp())
    }
}

impl Tree {
    fn leaf(&self, features: &[f32; COUNT]) -> f32 {
        let mut at = if self.nodes.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(at) {
            let node = self.nodes[node];
            at = if features[usize::from(node.feature)] <= node.threshold { node.below } else { node.above };
        }
        self.leaves[usize::from((-1 - at).unsigned_abs())]
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], TreesError> {
    let (first, after) = rest.split_first_chunk().ok_or(TreesError::Damaged)?;
    *rest = after;
    Ok(*first)
}

fn tree(rest: &mut &[u8]) -> Result<Tree, TreesError> {
    let [count] = take(rest)?;
    let mut nodes = Vec::with_capacity(usize::from(count));
    for at in 0..i16::from(count) {
        let ([feature], threshold) = (take(rest)?, f32::from_le_bytes(take(rest)?));
        let [below, above] = [i8::from_le_bytes(take(rest)?), i8::from_le_bytes(take(rest)?)];
        // Children come later than their node, so every walk ends.
        let is_valid = |child: i8| {
            let child = i16::from(child);
            if child < 0 { -child - 1 <= i16::from(count) } else { child > at && child < i16::from(count) }
        };
        if usize::from(feature) >= COUNT || !is_valid(below) || !is_valid(above) {
            return Err(TreesError::Damaged);
        }
        nodes.push(Node { feature, threshold, below, above });
    }
    let leaves = (0..=count).map(|_| take(rest).map(f32::from_le_bytes)).collect::<Result<_, _>>()?;
    Ok(Tree { nodes, leaves })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a tree that asks whether feature 1 is at most 2.5, and says `low` or `high`.
    fn file(low: f32, high: f32) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend(u16::try_from(COUNT).unwrap().to_le_bytes());
        file.extend(1u16.to_le_bytes());
        file.extend([1, 1]);
        file.extend(2.5f32.to_le_bytes());
        file.extend([(-1i8).to_le_bytes()[0], (-2i8).to_le_bytes()[0]]);
        file.extend(low.to_le_bytes());
        file.extend(high.to_le_bytes());
        file
    }

    #[test]
    fn trees_add_up_to_a_probability() {
        let trees = Trees::read(&file(-2.0, 0.0)).unwrap();
        let mut features = [0.0; COUNT];
        assert!((trees.probability(&features) - 0.1192).abs() < 1e-3);
        features[1] = 3.0;
        assert!((trees.probability(&features) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn damaged_files_are_rejected() {
        let whole = file(0.0, 1.0);
        assert_eq!(Trees::read(b"BLK0").unwrap_err(), TreesError::Magic);
        for end in 4..whole.len() {
            assert_eq!(Trees::read(&whole[..end]).unwrap_err(), TreesError::Damaged, "{end}");
        }
        let with = |at: usize, byte: u8| {
            let mut file = whole.clone();
            file[at] = byte;
            Trees::read(&file).unwrap_err()
        };
        assert_eq!(with(4, 7), TreesError::Features(7));
        // A feature that there is not, a node that is its own child, a leaf that there is not.
        for (at, byte) in [(9, 255), (14, 0), (15, 0x80)] {
            assert_eq!(with(at, byte), TreesError::Damaged, "{at}");
        }
        assert_eq!(Trees::read(&[whole.as_slice(), b"x"].concat()).unwrap_err(), TreesError::Damaged);
    }
}
