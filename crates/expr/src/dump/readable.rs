//! Values for people: the bits of numbers as digits.

/// The text of a value with the bits of floating numbers turned into digits: `d#400c000000000000` becomes `3.5d`.
#[must_use]
pub fn readable(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#") {
        let (bits, tail) = after.split_at_checked(16).unwrap_or((after, ""));
        let marked = before.ends_with(['d', 'f']);
        match u64::from_str_radix(bits, 16) {
            Ok(bits) if marked => {
                let (head, mark) = before.split_at(before.len() - 1);
                made.push_str(&format!("{head}{:?}{mark}", f64::from_bits(bits)));
                rest = tail;
            }
            _ => {
                made.push_str(before);
                made.push('#');
                rest = after;
            }
        }
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_become_digits() {
        assert_eq!(readable("[d#400c000000000000, \"a#b\", f#3fe0000000000000]"), "[3.5d, \"a#b\", 0.5f]");
    }
}
