//! Two folders and what is told of their difference.
//!
//! `base/` is a small service. A directory of `cases/` is a change of it: files beneath `a/` and `b/` are put over the
//! base for the one side and the other (an empty file takes one away), `expected.txt` is what is told, and `one.txt`
//! names kinds of changes of which there must be exactly one. `CARDEA_UPDATE=1` writes `expected.txt` anew, to be read
//! before it is kept.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod ways;
