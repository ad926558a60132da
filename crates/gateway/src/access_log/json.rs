//! Just enough JSON to write lines: members of one object after the other, names as they stand in the code.
//!
//! ```text
//! {"category":"GatewayLogs","method":"POST","responseCode":200}
//! ```
//!
//! A line is written for every request, which is why no serializer goes over its names again each time.

use std::cell::Cell;
use std::fmt::Display;
use std::io::Write as _;
use std::net::IpAddr;

use expr::Text;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::address::{LONGEST_ADDRESS, put_address};

/// The name of a member as it stands between two members: `,"name":`.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
pub(super) use name;

/// An object that is being written.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    /// Where its first member begins.
    begin: usize,
}

/// Names are those that [`name!`] gives.
impl<'a> Object<'a> {
    /// Begins an object.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        let begin = out.len();
        Self { out, begin }
    }

    /// Ends it.
    pub(super) fn end(self) {
        // The first member has nothing before it.
        if self.out.get(self.begin) == Some(&b',') {
            self.out.remove(self.begin);
        }
        self.out.push(b'}');
    }

    /// A text.
    #[inline]
    pub(super) fn text(&mut self, name: &'static str, value: &str) {
        self.out.extend_from_slice(name.as_bytes());
        string(self.out, value);
    }

    /// A text that stands in pieces.
    pub(super) fn pieces(&mut self, name: &'static str, pieces: &[&str]) {
        if pieces.iter().any(|piece| wants_escapes(piece)) {
            return self.text(name, &pieces.concat());
        }
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        pieces.iter().for_each(|piece| self.out.extend_from_slice(piece.as_bytes()));
        self.out.push(b'"');
    }

    /// What needs no escapes: words of ours.
    pub(super) fn plain(&mut self, name: &'static str, value: impl Display) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        // INVARIANT: writing into memory does not fail.
        let _written = write!(self.out, "{value}");
        self.out.push(b'"');
    }

    /// A text that needs no escapes.
    #[inline]
    pub(super) fn word(&mut self, name: &'static str, value: &str) {
        self.bare(name, value.as_bytes());
    }

    /// Bytes of a text that needs no escapes.
    #[inline]
    fn bare(&mut self, name: &'static str, value: &[u8]) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        self.out.extend_from_slice(value);
        self.out.push(b'"');
    }

    /// An id.
    pub(super) fn id(&mut self, name: &'static str, value: uuid::Uuid) {
        self.word(name, value.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }

    /// An address.
    pub(super) fn address(&mut self, name: &'static str, value: IpAddr) {
        let mut room = [0; LONGEST_ADDRESS];
        let length = put_address(value, &mut room);
        self.bare(name, room.get(..length).unwrap_or_default());
    }

    /// A moment: UTC with seven decimals, as .NET writes it.
    pub(super) fn moment(&mut self, name: &'static str, at: Timestamp) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        moment(self.out, at);
        self.out.push(b'"');
    }

    /// A number.
    #[inline]
    pub(super) fn number(&mut self, name: &'static str, value: u64) {
        self.out.extend_from_slice(name.as_bytes());
        number(self.out, value);
    }

    /// True or false.
    pub(super) fn truth(&mut self, name: &'static str, value: bool) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An object of texts.
    pub(super) fn texts(&mut self, name: &'static str, members: &[(Text, Text)]) {
        self.object(name, |object| {
            for (name, value) in members {
                object.out.push(b',');
                string(object.out, name.as_str());
                object.out.push(b':');
                string(object.out, value.as_str());
            }
        });
    }

    /// An object.
    pub(super) fn object(&mut self, name: &'static str, write: impl FnOnce(&mut Object<'_>)) {
        self.out.extend_from_slice(name.as_bytes());
        let mut inner = Object::begin(self.out);
        write(&mut inner);
        inner.end();
    }

    /// A list of objects.
    pub(super) fn list<T>(&mut self, name: &'static str, items: &[T], write: impl Fn(&mut Object<'_>, &T)) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            let mut inner = Object::begin(self.out);
            write(&mut inner, item);
            inner.end();
        }
        self.out.push(b']');
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    if wants_escapes(text) {
        escaped(out, text);
        return;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cold]
fn escaped(out: &mut Vec<u8>, text: &str) {
    // INVARIANT: writing a text into memory does not fail.
    let _written = serde_json::to_writer(out, text);
}

/// Whether JSON has a text in other bytes than its own: with control characters, quotes and backslashes. Eight bytes are
/// looked at together.
fn wants_escapes(text: &str) -> bool {
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [b' '; 8];
    last.iter_mut().zip(rest).for_each(|(room, byte)| *room = *byte);
    let found = eights.iter().fold(special(last), |found, eight| found | special(*eight));
    found != 0
}

/// Not zero where one of these bytes is below a blank, a quote, or a backslash.
fn special(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let word = u64::from_le_bytes(bytes);
    // What is taken from a byte borrows its highest bit only where the byte is smaller.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & (ONES << 7)
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// So many digits, with zeros in front.
fn digits<const COUNT: usize>(out: &mut Vec<u8>, mut value: u32) {
    let mut digits = [b'0'; COUNT];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    out.extend_from_slice(&digits);
}

thread_local! {
    /// The second since 1970 that was written last, and how: many lines share it.
    static SECOND: Cell<(i64, [u8; 19])> = const { Cell::new((0, *b"1970-01-01T00:00:00")) };
}

fn moment(out: &mut Vec<u8>, at: Timestamp) {
    let (second, fraction) = (at.as_second(), at.subsec_nanosecond());
    if second < 0 || fraction < 0 {
        before_1970(out, at);
        return;
    }
    let (known, text) = SECOND.get();
    if second == known {
        out.extend_from_slice(&text);
    } else {
        let begin = out.len();
        whole_second(out, Offset::UTC.to_datetime(at));
        if let Some(Ok(text)) = out.get(begin..).map(TryInto::try_into) {
            SECOND.set((second, text));
        }
    }
    part_of_second(out, fraction);
}

#[cold]
fn before_1970(out: &mut Vec<u8>, at: Timestamp) {
    let time = Offset::UTC.to_datetime(at);
    if time.year() < 0 {
        let _written = write!(out, "{at:.7}");
        return;
    }
    whole_second(out, time);
    part_of_second(out, time.subsec_nanosecond());
}

fn whole_second(out: &mut Vec<u8>, time: DateTime) {
    let of = |value: i8| u32::from(value.unsigned_abs());
    digits::<4>(out, u32::from(time.year().unsigned_abs()));
    for (mark, value) in [(b'-', time.month()), (b'-', time.day()), (b'T', time.hour())] {
        out.push(mark);
        digits::<2>(out, of(value));
    }
    for value in [time.minute(), time.second()] {
        out.push(b':');
        digits::<2>(out, of(value));
    }
}

fn part_of_second(out: &mut Vec<u8>, nanoseconds: i32) {
    out.push(b'.');
    digits::<7>(out, nanoseconds.unsigned_abs() / 100);
    out.push(b'Z');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_read_as_the_libraries_write_them() {
        for value in [0, 7, 10, 1_234_567_890, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
        for text in [
            "2026-11-21T08:00:00.0350147Z",
            "2026-11-21T08:00:00.9000000Z",
            "2026-11-21T08:00:01.0000000Z",
            "1970-01-01T00:00:00.0000000Z",
            "1969-12-31T23:59:59.9999999Z",
            "2024-02-29T23:59:59.0000001Z",
            "9999-12-30T22:00:00.9999999Z",
            "-000001-03-04T05:06:07.0000001Z",
        ] {
            let mut out = Vec::new();
            moment(&mut out, text.parse().unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn texts_are_escaped_where_json_asks_for_it() {
        for text in ["", "a/b?c=ü&d", "\"", "back\\slash", "line\nbreak", "\u{1}\u{7f}\u{2028}"] {
            for before in 0..10 {
                let text = format!("{}{text}{}", " ".repeat(before), "!".repeat(9 - before));
                let mut out = Vec::new();
                string(&mut out, &text);
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn an_object_may_hold_nothing_or_lists_and_objects() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.text(name!("a"), "b");
        object.number(name!("n"), 3);
        object.truth(name!("t"), true);
        object.list(name!("l"), &[1, 2], |inner, item| inner.number(name!("i"), *item));
        object.list(name!("e"), &[0; 0], |_, _| {});
        object.texts(name!("x"), &[("k\"".into(), "v".into()), ("l".into(), "w".into())]);
        object.texts(name!("y"), &[]);
        object.pieces(name!("p"), &["a", "", "://b"]);
        object.pieces(name!("q"), &["a\"", "b"]);
        object.address(name!("v4"), IpAddr::from([127, 0, 0, 1]));
        object.end();
        let text = r#"{"a":"b","n":3,"t":true,"l":[{"i":1},{"i":2}],"e":[],"x":{"k\"":"v","l":"w"},"y":{},"p":"a://b","q":"a\"b","v4":"127.0.0.1"}"#;
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
