//! `System.Random`: Knuth's subtractive generator, with the numbers that .NET Framework gives for a seed.
//!
//! Policies seed it with a hash to choose a backend, and may rely on one seed giving one sequence. The algorithm is that
//! of D. E. Knuth, The Art of Computer Programming, volume 2, 3.2.2, as the remarks of `System.Random` say, with .NET's
//! constants (`MSEED` 161803398, `MBIG` 2147483647, lags 21 and 55).

const BIG: i32 = i32::MAX;
const SEED: i32 = 161_803_398;
const LAG: usize = 21;

/// The state of a generator.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    /// Entry 0 is not used.
    table: [i32; 56],
    next: usize,
    lagged: usize,
}

impl Generator {
    /// `new Random(seed)`.
    pub(crate) fn new(seed: i32) -> Self {
        let amount = if seed == i32::MIN { BIG } else { seed.abs() };
        let mut table = [0; 56];
        let (mut last, mut value) = (SEED - amount, 1);
        set(&mut table, 55, last);
        for index in 1..55 {
            let place = 21 * index % 55;
            set(&mut table, place, value);
            value = wrap(last.wrapping_sub(value));
            last = get(&table, place);
        }
        for _ in 1..5 {
            for index in 1..56 {
                let difference = get(&table, index).wrapping_sub(get(&table, 1 + (index + 30) % 55));
                set(&mut table, index, wrap(difference));
            }
        }
        Self { table, next: 0, lagged: LAG }
    }

    /// `Next()`: from 0 to `int.MaxValue`, which is excluded.
    pub(crate) fn sample(&mut self) -> i32 {
        let forward = |index: usize| if index >= 55 { 1 } else { index + 1 };
        self.next = forward(self.next);
        self.lagged = forward(self.lagged);
        let difference = get(&self.table, self.next).wrapping_sub(get(&self.table, self.lagged));
        let value = wrap(if difference == BIG { difference - 1 } else { difference });
        set(&mut self.table, self.next, value);
        value
    }

    /// `NextDouble()`: from 0 to 1, which is excluded.
    pub(crate) fn fraction(&mut self) -> f64 {
        f64::from(self.sample()) * (1.0 / f64::from(BIG))
    }

    /// `Next(least, limit)`: `limit` is excluded. The caller has checked that `least` is not larger.
    #[expect(clippy::cast_possible_truncation, reason = "the product is smaller than the range")]
    pub(crate) fn between(&mut self, least: i32, limit: i32) -> i32 {
        let range = i64::from(limit) - i64::from(least);
        let share = if range <= i64::from(BIG) { self.fraction() } else { self.large_fraction() };
        let offset = (share * range_as_float(range)) as i64;
        i32::try_from(i64::from(least) + offset).unwrap_or(least)
    }

    /// A finer fraction, of two samples.
    fn large_fraction(&mut self) -> f64 {
        let amount = self.sample();
        let negative = self.sample() % 2 == 0;
        let value = f64::from(if negative { -amount } else { amount });
        (value + f64::from(BIG - 1)) / (2.0 * f64::from(BIG) - 1.0)
    }

    /// `NextBytes(buffer)`.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.sample().to_le_bytes().first().copied().unwrap_or(0);
        }
    }
}

/// At most 2^32, which is exact.
#[expect(clippy::cast_precision_loss, reason = "at most 2^32")]
fn range_as_float(range: i64) -> f64 {
    range as f64
}

fn wrap(difference: i32) -> i32 {
    if difference < 0 { difference.wrapping_add(BIG) } else { difference }
}

fn get(table: &[i32; 56], index: usize) -> i32 {
    table.get(index).copied().unwrap_or(0)
}

fn set(table: &mut [i32; 56], index: usize, value: i32) {
    if let Some(entry) = table.get_mut(index) {
        *entry = value;
    }
}

#[cfg(test)]
mod tests {
    use super::Generator;

    /// The first numbers of `new Random(0)` and `new Random(42)`, as .NET (Framework, and later with a seed) gives them.
    #[test]
    fn a_seed_gives_the_numbers_of_net() {
        let mut zero = Generator::new(0);
        assert_eq!(
            [zero.sample(), zero.sample(), zero.sample()],
            [1_559_595_546, 1_755_192_844, 1_649_316_166]
        );
        assert_eq!(Generator::new(42).sample(), 1_434_747_710);
        assert_eq!(Generator::new(-42).sample(), 1_434_747_710);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut generator = Generator::new(i32::MIN);
        for _ in 0..1_000 {
            assert!((3..7).contains(&generator.between(3, 7)));
            assert!(generator.between(i32::MIN, i32::MAX) < i32::MAX);
            assert!((0.0..1.0).contains(&generator.fraction()));
        }
    }
}
