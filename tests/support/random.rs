//! Random numbers that a printed seed reproduces (SplitMix64, Steele et al. 2014).

pub struct Random(u64);

impl Random {
    /// Takes the seed from `DATELINE_TEST_SEED`, else from the clock; prints it to make failures reproducible.
    pub fn seeded(what: &str) -> Self {
        let clock = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
        let seed = std::env::var("DATELINE_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(clock);
        eprintln!("{what}: DATELINE_TEST_SEED={seed}");
        Self(seed)
    }

    /// Returns a generator of its own for a part of a test.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}
