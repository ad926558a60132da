//! "Did you mean": the nearest of some names.

/// The candidate that a person most likely meant when writing `given`; none when nothing is near.
///
/// Nearness is the optimal string alignment distance (insert, delete, replace, swap of neighbours) without regard to
/// ASCII case, at most a third of the longer name.
#[must_use]
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given: Vec<char> = given.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let chars: Vec<char> = candidate.chars().map(|c| c.to_ascii_lowercase()).collect();
            let limit = given.len().max(chars.len()).div_ceil(3);
            let distance = distance(&given, &chars);
            (distance <= limit && distance < chars.len()).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, candidate)| (distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&previous, j) + usize::from(ca != cb);
            let mut best = replaced.min(at(&previous, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && b.get(j - 1) == Some(ca) && a.get(i - 1) == Some(cb);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_the_near_name_and_nothing_far() {
        let names = ["set-header", "set-body", "choose", "check-header"];
        assert_eq!(did_you_mean("set-heder", names), Some("set-header"));
        assert_eq!(did_you_mean("SetHeader", names), Some("set-header"));
        assert_eq!(did_you_mean("chosoe", names), Some("choose"));
        assert_eq!(did_you_mean("rate-limit", names), None);
    }
}
