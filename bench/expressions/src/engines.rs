//! What runs the programs: Cardea, rhai, CEL, and C# on Mono.

pub mod cel;
pub mod mono;
pub mod ours;
pub mod rhai;

use std::time::Instant;

use anyhow::Result;

/// An engine with all programs that it can express.
pub trait Engine {
    fn name(&self) -> &'static str;

    /// Nanoseconds per evaluation of a program; none when it cannot be expressed.
    fn evaluate(&mut self, case: usize, times: u32) -> Result<Option<f64>>;

    /// Nanoseconds per compilation of a program.
    fn compile(&mut self, case: usize, times: u32) -> Result<Option<f64>>;

    /// How often an evaluation asks for memory, in a request that has evaluated it before.
    fn allocations(&mut self, _case: usize) -> Result<Option<f64>> {
        Ok(None)
    }
}

/// Nanoseconds for each of so many runs.
pub fn time(times: u32, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        run();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(times.max(1))
}
