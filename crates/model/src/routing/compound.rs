//! Segments of literals and parameters in turn, taken apart.

use super::path::{Form, Raw};
use crate::Piece;

/// Splits a segment as its template says; what its parameters capture is put on the trail.
///
/// COMPAT: as `System.UriTemplate`, from the right: `{name}.{kind}` takes `a.b.c` apart as `a.b` and `c`.
pub(super) fn split_compound<'r>(pieces: &[Piece], segment: &'r str, trail: &mut Vec<&'r str>) -> bool {
    let before = trail.len();
    let fits = split_pieces(pieces, segment, trail).is_some();
    match (fits, trail.get_mut(before..)) {
        (true, Some(new)) => new.reverse(),
        _ => trail.truncate(before),
    }
    fits
}

/// Does so; what is captured comes in reverse order.
fn split_pieces<'r>(pieces: &[Piece], segment: &'r str, trail: &mut Vec<&'r str>) -> Option<()> {
    let (pieces, mut rest) = match pieces.split_first() {
        Some((Piece::Literal(text), pieces)) => (pieces, after_prefix(segment, text)?),
        _ => (pieces, segment),
    };
    let mut open = false;
    for piece in pieces.iter().rev() {
        match piece {
            Piece::Parameter(_) => open = true,
            Piece::Literal(text) => {
                let (left, right) = split_last(rest, text, open)?;
                if open {
                    trail.push(right);
                }
                (rest, open) = (left, false);
            }
        }
    }
    if open {
        trail.push(rest);
    }
    (open != rest.is_empty()).then_some(())
}

fn after_prefix<'r>(segment: &'r str, literal: &str) -> Option<&'r str> {
    let behind = Raw::new(segment, Form::Path).strip_prefix(literal)?.len();
    segment.get(segment.len() - behind..)
}

/// Splits a raw segment at the last place where a literal stands; `open` wants text behind it, else none may be there.
fn split_last<'r>(segment: &'r str, literal: &str, open: bool) -> Option<(&'r str, &'r str)> {
    let mut places = segment.char_indices().rev().filter(|&(at, _)| !inside_escape(segment, at));
    places.find_map(|(at, _)| {
        let (left, here) = segment.split_at_checked(at)?;
        let right = after_prefix(here, literal)?;
        (open != right.is_empty()).then_some((left, right))
    })
}

/// Whether a place is behind the `%` of an escape and before its end.
fn inside_escape(segment: &str, at: usize) -> bool {
    let before = segment.as_bytes().get(at.saturating_sub(2)..at);
    before.is_some_and(|before| before.contains(&b'%'))
}
