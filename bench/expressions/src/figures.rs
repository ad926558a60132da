//! What many rounds say.

/// The best sample, which is one that nothing interrupted, and the middle one.
#[derive(Clone, Copy, Debug)]
pub struct Middle {
    pub best: f64,
    pub median: f64,
}

impl Middle {
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self { best: *sorted.first()?, median: *sorted.get(sorted.len() / 2)? })
    }
}

/// How many times as long ours takes as theirs: best against best.
pub fn ratio(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    Some(Middle::of(ours)?.best / Middle::of(theirs)?.best)
}
