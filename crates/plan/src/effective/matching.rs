//! Which policies of two lists are the same, which moved, changed, came or went.

use std::sync::Arc;

use super::node::{Node, short};
use crate::change::{Detail, How};
use crate::words::{Meaning, hides, meaning};

/// Largest product of two lengths for which the longest common sequence is looked for.
const LARGEST: usize = 4_000_000;

/// As many characters that are alike are shown.
const ALIKE: usize = 60;

/// Most details that are told of one policy.
const DETAILS: usize = 12;

/// What became of a policy.
#[derive(Clone, Debug)]
pub(crate) enum Matched {
    /// It is there no longer.
    Removed(Arc<Node>),
    /// It is there now.
    Added(Arc<Node>),
    /// It is another.
    Changed(Arc<Node>, Arc<Node>),
    /// It runs earlier or later among the others.
    Moved(Arc<Node>, Arc<Node>),
}

impl Matched {
    pub(crate) fn how(&self) -> How {
        match self {
            Self::Removed(_) => How::Removed,
            Self::Added(_) => How::Added,
            Self::Changed(..) | Self::Moved(..) => How::Changed,
        }
    }

    /// What was there, and what is.
    pub(crate) fn nodes(&self) -> (Option<&Arc<Node>>, Option<&Arc<Node>>) {
        match self {
            Self::Removed(node) => (Some(node), None),
            Self::Added(node) => (None, Some(node)),
            Self::Changed(before, after) | Self::Moved(before, after) => (Some(before), Some(after)),
        }
    }

    /// What differs inside of it.
    pub(crate) fn details(&self) -> Vec<Detail> {
        let mut details = Vec::new();
        match self {
            Self::Changed(before, after) => inside(before, after, ("", ""), &mut details),
            Self::Moved(..) => details.push(Detail {
                what: "its place among the other policies".to_owned(),
                before: None,
                after: None,
            }),
            Self::Added(_) | Self::Removed(_) => {}
        }
        details.truncate(DETAILS);
        details
    }
}

/// Pairs two lists up. What is equal in both and in order is not told of.
pub(crate) fn match_up(before: &[Arc<Node>], after: &[Arc<Node>]) -> Vec<Matched> {
    let (mut gone, mut come) = leftovers(before, after);
    let mut found = Vec::new();
    pair_off(
        &mut gone,
        &mut come,
        |one, other| one == other,
        |one, other| found.push(Matched::Moved(one, other)),
    );
    let mut changed = Vec::new();
    let same_key = |one: &Node, other: &Node| one.name == other.name && one.key() == other.key();
    pair_off(&mut gone, &mut come, same_key, |one, other| changed.push(Matched::Changed(one, other)));
    let unnamed =
        |one: &Node, other: &Node| one.name == other.name && one.key().is_none() == other.key().is_none();
    let alike = |one: &Node, other: &Node| unnamed(one, other) && one.key().is_none();
    pair_off(&mut gone, &mut come, alike, |one, other| changed.push(Matched::Changed(one, other)));
    found.extend(changed);
    found.extend(gone.into_iter().map(Matched::Removed));
    found.extend(come.into_iter().map(Matched::Added));
    found
}

/// Takes pairs out of both lists, the first with the first that fits.
fn pair_off(
    gone: &mut Vec<Arc<Node>>,
    come: &mut Vec<Arc<Node>>,
    fits: impl Fn(&Node, &Node) -> bool,
    mut take: impl FnMut(Arc<Node>, Arc<Node>),
) {
    gone.retain(|one| {
        let Some(at) = come.iter().position(|other| fits(one, other)) else { return true };
        take(Arc::clone(one), come.remove(at));
        false
    });
}

/// What is not in the longest common sequence of both.
fn leftovers(before: &[Arc<Node>], after: &[Arc<Node>]) -> (Vec<Arc<Node>>, Vec<Arc<Node>>) {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (before, after) = (before.get(head..).unwrap_or(&[]), after.get(head..).unwrap_or(&[]));
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(one, other)| one == other).count();
    let before = before.get(..before.len() - tail).unwrap_or(&[]);
    let after = after.get(..after.len() - tail).unwrap_or(&[]);
    if before.len().saturating_mul(after.len()) > LARGEST {
        return (before.to_vec(), after.to_vec());
    }
    common(before, after)
}

fn common(before: &[Arc<Node>], after: &[Arc<Node>]) -> (Vec<Arc<Node>>, Vec<Arc<Node>>) {
    // lengths[i][j]: of the longest common sequence of what follows i and j.
    let mut lengths = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    let at = |lengths: &[Vec<usize>], i: usize, j: usize| {
        lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for (i, one) in before.iter().enumerate().rev() {
        for (j, other) in after.iter().enumerate().rev() {
            let best = match one == other {
                true => at(&lengths, i + 1, j + 1) + 1,
                false => at(&lengths, i + 1, j).max(at(&lengths, i, j + 1)),
            };
            if let Some(place) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *place = best;
            }
        }
    }
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while let (Some(one), Some(other)) = (before.get(i), after.get(j)) {
        if one == other {
            (i, j) = (i + 1, j + 1);
        } else if drops_first(at(&lengths, i + 1, j), at(&lengths, i, j + 1), (one, other)) {
            gone.push(Arc::clone(one));
            i += 1;
        } else {
            come.push(Arc::clone(other));
            j += 1;
        }
    }
    gone.extend(before.get(i..).unwrap_or(&[]).iter().cloned());
    come.extend(after.get(j..).unwrap_or(&[]).iter().cloned());
    (gone, come)
}

/// Which of two to leave out. Where both ways are as long, whoever reads is told of the check that moved, and the same
/// whichever list comes first.
fn drops_first(without_one: usize, without_other: usize, (one, other): (&Node, &Node)) -> bool {
    let key = |node: &Node| (!is_check(node), node.order());
    without_one.cmp(&without_other).reverse().then_with(|| key(one).cmp(&key(other))).is_lt()
}

/// Whether it may keep a request from the backend.
pub(super) fn is_check(node: &Node) -> bool {
    let mut found = false;
    node.visit(&mut |each| found |= matches!(meaning(&each.name), Meaning::Guards | Meaning::Answers));
    found
}

/// What differs between two elements of one name. INVARIANT: as deep as the elements.
fn inside(before: &Node, after: &Node, (parent, path): (&str, &str), details: &mut Vec<Detail>) {
    if details.len() >= DETAILS {
        return;
    }
    let names = before
        .attributes
        .keys()
        .chain(after.attributes.keys().filter(|name| !before.attributes.contains_key(*name)));
    for name in names {
        let (one, other) = (before.attribute(name), after.attribute(name));
        if one != other {
            let hidden = hides(&before.name, name);
            details.push(detail(&within(path, &format!("attribute `{name}`")), (one, other), hidden));
        }
    }
    if before.text != after.text {
        let hidden = hides(parent, &before.name) || hides(&before.name, &before.name);
        let text = |node: &Node| Some(node.text.clone()).filter(|text| !text.is_empty());
        let (one, other) = (text(before), text(after));
        details.push(detail(&within(path, "text"), (one.as_deref(), other.as_deref()), hidden));
    }
    for matched in match_up(&before.children, &after.children) {
        let title = |node: &Node| within(path, &node.title());
        match matched {
            Matched::Changed(one, other) => inside(&one, &other, (&before.name, &title(&other)), details),
            Matched::Moved(one, _) => {
                details.push(Detail { what: title(&one) + ", its place", before: None, after: None })
            }
            Matched::Removed(one) => {
                details.push(Detail { what: title(&one), before: Some("there".to_owned()), after: None })
            }
            Matched::Added(one) => {
                details.push(Detail { what: title(&one), before: None, after: Some("there".to_owned()) })
            }
        }
    }
}

fn within(path: &str, what: &str) -> String {
    if path.is_empty() { what.to_owned() } else { format!("{path}/{what}") }
}

fn detail(what: &str, (before, after): (Option<&str>, Option<&str>), hidden: bool) -> Detail {
    if hidden {
        return Detail { what: format!("{what} (not shown)"), before: None, after: None };
    }
    let (before, after) = apart(before, after);
    Detail { what: what.to_owned(), before, after }
}

/// Two texts in short; where they begin alike for long, from a little before they differ.
fn apart(before: Option<&str>, after: Option<&str>) -> (Option<String>, Option<String>) {
    let (Some(one), Some(other)) = (before, after) else { return (before.map(short), after.map(short)) };
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if alike > ALIKE { alike - ALIKE / 2 } else { 0 };
    let tail = |text: &str| {
        let rest: String = text.chars().skip(skipped).collect();
        if skipped == 0 { short(&rest) } else { format!("…{}", short(&rest)) }
    };
    (Some(tail(one)), Some(tail(other)))
}
