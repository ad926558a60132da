//! Which characters make up names of elements, attributes and named values.

/// Whether an element's or attribute's name may begin with `c`.
pub(crate) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | ':')
}

/// Whether an element's or attribute's name may go on with `c`.
pub(crate) fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

/// Whether a named value's display name may hold `byte`: letters, digits, `-`, `.`, `_`.
fn in_reference(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The first `{{name}}` at or after `from`: where it begins, and its name.
///
/// COMPAT: only this strict form is a reference; `{{ x }}` and C#'s `}}` are not (expressions reference, section 3).
pub(crate) fn next_reference(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'{', text.as_bytes().get(at..)?)?;
        let Some(rest) = text.get(at + 1..)?.strip_prefix('{') else {
            at += 1;
            continue;
        };
        let length = rest.bytes().take_while(|&byte| in_reference(byte)).count();
        let name = rest.get(..length)?;
        if !name.is_empty() && rest.get(length..)?.starts_with("}}") {
            return Some((at, name));
        }
        // Behind the braces and the name-like text nothing of what was read can begin a reference, but for a brace
        // run such as `{{{name}}`, whose second brace may.
        at += if length == 0 { 1 } else { 2 + length };
    }
}

#[cfg(test)]
mod tests {
    use super::next_reference;

    #[test]
    fn only_the_strict_form_is_a_reference() {
        assert_eq!(next_reference("a{{b-1._}}c", 0), Some((1, "b-1._")));
        assert_eq!(next_reference("{{{b}}}", 0), Some((1, "b")));
        assert_eq!(next_reference("{{a {{b}}", 0), Some((4, "b")));
        assert_eq!(next_reference("{{ return \"1\"; }}", 0), None);
        assert_eq!(next_reference("{{}} {{a} }}", 0), None);
    }
}
