//! The vector instructions that the encoder uses, if the machine has them.

#[cfg(target_arch = "x86_64")]
pub(super) use pulp::x86::V3 as Simd;

/// Elsewhere the compiler's own vectors serve.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub(super) enum Simd {}

#[cfg(not(target_arch = "x86_64"))]
impl Simd {
    pub(super) fn try_new() -> Option<Self> {
        None
    }

    pub(super) fn vectorize<F: pulp::NullaryFnOnce>(self, run: F) -> F::Output {
        run.call()
    }
}
