//! `[expressions]`: what policy expressions may use.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use gateway::ComputeSettings;
use policy::CodeUse;
use serde::Deserialize;

/// `[expressions]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Expressions {
    /// Steps of one evaluation: each operation, each turn of a loop and each element of a sequence is at least one.
    /// Default: 1000000.
    pub steps: u64,
    /// Nesting of calls, operations and statements, 400 at most. Default: 400.
    pub depth: u32,
    /// Bytes of UTF-8 of the longest text that an operation may make. Default: 16777216.
    pub text_bytes: usize,
    /// Bytes that all expressions of a request may keep. Default: 67108864.
    pub memory: usize,
    /// Milliseconds of one evaluation. For one that may take long, the wait for its turn is a part of it. Default: 2000.
    pub milliseconds: u64,
    /// Steps of one search with a regular expression. Default: 8000000.
    pub regex_steps: u64,
    /// Threads for expressions that may take long: those with loops, functions, lambdas, searches that go back, private keys,
    /// or a body above `body-in-line`. Other expressions run where the request is served. Default: half of the cores.
    pub threads: Option<usize>,
    /// Evaluations that may wait for one of these threads. One more fails at once. Default: 256.
    pub queue: usize,
    /// Bytes of a body above which expressions that read it count as taking long. Default: 65536.
    pub body_in_line: usize,
    /// Whether named values may stand in code, outside of string literals, as API Management lets them. If not, a document
    /// with such a one is refused: who may only write named values cannot write code. Default: true.
    pub named_values_as_code: bool,
}

impl Default for Expressions {
    fn default() -> Self {
        let own = policy::Limits::default();
        Self {
            steps: own.expression.fuel,
            depth: own.expression.depth,
            text_bytes: own.expression.text,
            memory: own.heap,
            milliseconds: u64::try_from(own.evaluation.as_millis()).unwrap_or(u64::MAX),
            regex_steps: own.expression.regex,
            threads: None,
            queue: 256,
            body_in_line: own.body_in_line,
            named_values_as_code: true,
        }
    }
}

impl Expressions {
    /// The stack of a thread is made for this nesting.
    pub(super) const DEEPEST: u32 = 400;

    /// The limits of one evaluation.
    pub(super) fn of_evaluation(&self) -> expr::Limits {
        expr::Limits { fuel: self.steps, depth: self.depth, text: self.text_bytes, regex: self.regex_steps }
    }

    /// Whether named values may stand in code.
    pub(crate) fn named_values(&self) -> CodeUse {
        if self.named_values_as_code { CodeUse::Allowed } else { CodeUse::Refused }
    }

    /// How long one evaluation may take.
    pub(super) fn time(&self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// The threads for expressions that may take long.
    pub(crate) fn pool(&self) -> ComputeSettings {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = self.threads.unwrap_or_else(|| cores() / 2);
        ComputeSettings {
            threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
            queue: self.queue,
        }
    }
}
