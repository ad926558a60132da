//! What differs between two texts, line by line, as `diff -u` shows it.

/// Lines of a text that are compared; of longer texts it is said only how long they are.
const MOST_LINES: usize = 1_500;
/// Lines shown around a difference.
const CONTEXT: usize = 3;

/// One line of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference<'a> {
    /// In both.
    Same(&'a str),
    /// In the first text only.
    Removed(&'a str),
    /// In the second text only.
    Added(&'a str),
}

/// Compares two texts line by line; none when one of them has too many lines for that.
#[must_use]
pub fn lines<'a>(before: &'a str, after: &'a str) -> Option<Vec<Difference<'a>>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if old.len() > MOST_LINES || new.len() > MOST_LINES {
        return None;
    }
    let lengths = common(&old, &new);
    let length = |i: usize, j: usize| lengths.get(i * (new.len() + 1) + j).copied().unwrap_or(0);
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => {
                found.push(Difference::Same(one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                found.push(Difference::Removed(one));
                i += 1;
            }
            (_, Some(other)) => {
                found.push(Difference::Added(other));
                j += 1;
            }
            _ => return Some(found),
        }
    }
}

/// For each pair of ends of the two lists, how long their longest common subsequence is.
fn common(old: &[&str], new: &[&str]) -> Vec<u16> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u16; (old.len() + 1) * width];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let at = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
            let length = if one == other {
                at(i + 1, j + 1).saturating_add(1)
            } else {
                at(i + 1, j).max(at(i, j + 1))
            };
            if let Some(place) = lengths.get_mut(i * width + j) {
                *place = length;
            }
        }
    }
    lengths
}

/// The lines that differ with a few around them; ` ⋮` stands where lines are left out.
#[must_use]
pub(crate) fn shown(differences: &[Difference<'_>]) -> String {
    let is_near = |at: usize| {
        let around = differences.get(at.saturating_sub(CONTEXT)..differences.len().min(at + CONTEXT + 1));
        around.is_some_and(|around| around.iter().any(|each| !matches!(each, Difference::Same(_))))
    };
    let mut text = String::new();
    let mut skipping = false;
    for (at, difference) in differences.iter().enumerate() {
        if !is_near(at) {
            if !skipping {
                text.push_str(" ⋮\n");
            }
            skipping = true;
            continue;
        }
        skipping = false;
        let (mark, line) = match difference {
            Difference::Same(line) => (' ', line),
            Difference::Removed(line) => ('-', line),
            Difference::Added(line) => ('+', line),
        };
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_with_a_few_lines_around_them() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = "1\n2\n3\n4\n5\nsix\n7\n8\n9\n10\n";
        let found = lines(before, after).unwrap();
        assert_eq!(shown(&found), " ⋮\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n+10\n");
        assert_eq!(shown(&lines("a", "").unwrap()), "-a\n");
        assert!(lines(&"x\n".repeat(2_000), "").is_none());
    }
}
