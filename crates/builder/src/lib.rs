//! Configuration to snapshot: compiles every policy and reports every problem.
