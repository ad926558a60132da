//! Differences that are known: `tests/oracle/known.txt`.
//!
//! A line is the kind of difference (or `*`), a tab, a part of the program, a tab, the reason.

use std::path::Path;

use crate::Difference;

/// The list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Vec<(String, String)>);

impl Known {
    /// Reads the list of a workspace.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) fn read(root: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(root.join("tests/oracle/known.txt"))?;
        let lines = text.lines().filter(|line| !line.starts_with("# "));
        let rows = lines.filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        });
        Ok(Self(rows.collect()))
    }

    /// Whether a difference of a program is named.
    #[must_use]
    pub(crate) fn names(&self, code: &str, difference: Difference) -> bool {
        let kind = format!("{difference:?}");
        self.0.iter().any(|(own, part)| (own == "*" || *own == kind) && code.contains(part.as_str()))
    }
}
