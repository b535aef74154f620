//! Reads the embedded weights, which are safetensors files.
//!
//! An error in a file is an error of the build, which the tests find, so reading panics on errors.

use safetensors::SafeTensors;

/// Named tensors over the bytes of a file.
pub(super) struct Tensors(SafeTensors<'static>);

impl Tensors {
    /// Reads and checks the header.
    pub(super) fn new(file: &'static [u8]) -> Self {
        Self(SafeTensors::deserialize(file).expect("the weights are a safetensors file"))
    }

    /// Returns whether there is a tensor of this name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    /// Returns the bytes of a tensor.
    fn data(&self, name: &str) -> &'static [u8] {
        self.0.tensor(name).unwrap_or_else(|error| panic!("weights: {error}")).data()
    }

    /// Returns the bytes of a tensor that holds `length` of them.
    pub(super) fn bytes(&self, name: &str, length: usize) -> &'static [u8] {
        let bytes = self.data(name);
        assert_eq!(bytes.len(), length, "bytes of {name} in the weights");
        bytes
    }

    /// Returns the values of a tensor of `length` 32-bit floats.
    pub(super) fn floats(&self, name: &str, length: usize) -> Vec<f32> {
        self.bytes(name, 4 * length).as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
    }

    /// Returns a tensor that holds text.
    pub(super) fn text(&self, name: &str) -> &'static str {
        std::str::from_utf8(self.data(name)).expect("the tensor contains UTF-8")
    }
}
