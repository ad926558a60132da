//! Decision 3: `check` warns where a caller's token would reach a backend, and only there.
