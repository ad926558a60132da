//! What many rounds say.

/// The middle of samples, and where the middle of all samples lies with 95 % certainty (by ranks).
#[derive(Clone, Copy, Debug)]
pub struct Middle {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Middle {
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        #[expect(clippy::cast_precision_loss, reason = "few")]
        let spread = 0.98 * (count as f64).sqrt();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let spread = spread.ceil() as usize;
        let half = count / 2;
        Some(Self {
            median: *sorted.get(half)?,
            low: *sorted.get(half.saturating_sub(spread))?,
            high: *sorted.get((half + spread).min(count - 1))?,
        })
    }
}

/// The middle of ratios, round by round.
pub fn ratio(ours: &[f64], theirs: &[f64]) -> Option<Middle> {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    Middle::of(&ratios)
}
