//! Just enough JSON to write lines: members of one object after the other, names as they stand in the code.
//!
//! ```text
//! {"category":"GatewayLogs","method":"POST","responseCode":200}
//! ```
//!
//! A line is written for every request, which is why no serializer goes over its names again each time.

use std::fmt::Display;
use std::io::Write as _;
use std::net::IpAddr;

use expr::Text;
use jiff::Timestamp;
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
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
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
        self.word(name, str::from_utf8(room.get(..length).unwrap_or_default()).unwrap_or_default());
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
    // All bytes are looked at, so that the compiler can look at many at once.
    let escapes = |any: bool, byte: &u8| any | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    if text.as_bytes().iter().fold(false, escapes) {
        // INVARIANT: writing a text into memory does not fail.
        let _written = serde_json::to_writer(out, text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
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

fn moment(out: &mut Vec<u8>, at: Timestamp) {
    let time = Offset::UTC.to_datetime(at);
    let of = |value: i8| u32::from(value.unsigned_abs());
    if time.year() < 0 {
        let _written = write!(out, "{at:.7}");
        return;
    }
    digits::<4>(out, u32::from(time.year().unsigned_abs()));
    for (mark, value) in [(b'-', time.month()), (b'-', time.day()), (b'T', time.hour())] {
        out.push(mark);
        digits::<2>(out, of(value));
    }
    for value in [time.minute(), time.second()] {
        out.push(b':');
        digits::<2>(out, of(value));
    }
    out.push(b'.');
    digits::<7>(out, time.subsec_nanosecond().unsigned_abs() / 100);
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
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
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
        object.address(name!("v4"), IpAddr::from([127, 0, 0, 1]));
        object.end();
        let text = r#"{"a":"b","n":3,"t":true,"l":[{"i":1},{"i":2}],"e":[],"x":{"k\"":"v","l":"w"},"y":{},"v4":"127.0.0.1"}"#;
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
