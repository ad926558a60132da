//! As much DER (X.690) as keys and PKCS #12 files need: elements one after another, nothing recursive.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const BMP_STRING: u8 = 0x1E;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xA0;
/// `[0]`, primitive: an implicitly tagged string.
pub(crate) const CONTEXT_0_PRIMITIVE: u8 = 0x80;

/// Elements one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a>(pub(crate) &'a [u8]);

impl<'a> Elements<'a> {
    /// The content of an element of a type that the bytes begin with, and that ends where they end.
    pub(crate) fn only(mut self, tag: u8) -> Option<&'a [u8]> {
        let content = self.take(tag)?;
        self.0.is_empty().then_some(content)
    }

    /// The type of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next element, when it is of a type.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.next_element()?;
        (found == tag).then_some(content)
    }

    /// Type and content of the next element.
    pub(crate) fn next_element(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&short, rest) = rest.split_first()?;
        let (length, rest) = match short.checked_sub(0x80) {
            None => (usize::from(short), rest),
            Some(digits @ 1..=4) => {
                let (digits, rest) = rest.split_at_checked(usize::from(digits))?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            Some(_) => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, content))
    }

    /// A positive integer without zeros in front.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        let mut digits = self.take(INTEGER)?;
        while let [0, rest @ ..] = digits {
            digits = rest;
        }
        Some(digits)
    }

    /// A positive integer that is small.
    pub(crate) fn small(&mut self) -> Option<u32> {
        let digits = self.integer()?;
        (digits.len() <= 4).then(|| digits.iter().fold(0, |number, digit| number << 8 | u32::from(*digit)))
    }
}

/// An element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            der.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            der.extend(&digits);
        }
    }
    der.extend(content);
    der
}

/// A sequence of elements.
pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A positive integer given by its big-endian digits.
pub(crate) fn integer(digits: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = digits.iter().copied().skip_while(|digit| *digit == 0).collect();
    if digits.first().is_none_or(|digit| *digit >= 0x80) {
        digits.insert(0, 0);
    }
    element(INTEGER, &digits)
}

/// An object identifier as people write it: `2.5.4.3`.
pub(crate) fn dotted(content: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    for byte in content {
        arc = arc.wrapping_shl(7) | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            match arcs.is_empty() {
                true => arcs.extend([(arc / 40).min(2), arc - 40 * (arc / 40).min(2)]),
                false => arcs.push(arc),
            }
            arc = 0;
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let der = sequence(&[integer(&[0, 0x80]), element(OCTET_STRING, &[7; 300])]);
        let mut elements = Elements(Elements(&der).only(SEQUENCE).unwrap());
        assert_eq!(elements.small(), Some(0x80));
        assert_eq!(elements.take(OCTET_STRING).unwrap().len(), 300);
        assert!(elements.next_element().is_none());
    }

    /// X.690, 8.19.5: `{2 999 3}`; RFC 5280 appendix A.1: `id-at-commonName`.
    #[test]
    fn identifiers_are_shown_with_dots() {
        assert_eq!(dotted(&[0x88, 0x37, 0x03]), "2.999.3");
        assert_eq!(dotted(&[0x55, 0x04, 0x03]), "2.5.4.3");
    }
}
