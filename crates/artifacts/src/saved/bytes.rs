//! Values written one after the other into bytes, and read again.
//!
//! Numbers take as many bytes as they need (seven bits each), texts stand behind their length. Nothing says what a value
//! is: reader and writer agree by the order, and what holds the bytes says which version of that order they have.

use std::collections::HashSet;
use std::sync::Arc;

/// Bytes that do not mean what they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its bytes make no sense")]
pub struct Damaged;

/// Writes values.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes were written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A number.
    pub fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes().first().copied().unwrap_or(0) | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes().first().copied().unwrap_or(0));
    }

    /// How many follow.
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number that is as likely to be big as small.
    pub fn wide(&mut self, value: u128) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Yes or no.
    pub fn flag(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.bytes.extend_from_slice(value);
    }

    /// A text.
    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Something that need not be there.
    pub fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Things of one kind.
    pub fn list<T>(&mut self, values: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(values.len());
        values.iter().for_each(|value| write(self, value));
    }
}

/// Reads values.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Texts that were read, so that equal ones are held once.
    known: HashSet<Arc<str>>,
}

impl<'a> Reader<'a> {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, known: HashSet::new() }
    }

    /// How many bytes are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.rest.split_first().ok_or(Damaged)?;
        self.rest = rest;
        Ok(*first)
    }

    /// A number.
    ///
    /// # Errors
    /// As all of these: [`Damaged`] when there is no such value.
    pub fn number(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    /// How many follow. Each takes a byte at the least, so that what is damaged asks for no more memory than it has.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn count(&mut self) -> Result<usize, Damaged> {
        let count = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        if count > self.rest.len() { Err(Damaged) } else { Ok(count) }
    }

    /// A number that was written as one of four bytes at the most.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn small(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    /// A number that is as likely to be big as small.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn wide(&mut self) -> Result<u128, Damaged> {
        let (value, rest) = self.rest.split_first_chunk().ok_or(Damaged)?;
        self.rest = rest;
        Ok(u128::from_le_bytes(*value))
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn flag(&mut self) -> Result<bool, Damaged> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }

    /// Bytes.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = self.count()?;
        let (value, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
        self.rest = rest;
        Ok(value)
    }

    /// A text.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged)
    }

    /// A text that others hold too.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn shared(&mut self) -> Result<Arc<str>, Damaged> {
        let text = self.text()?;
        if let Some(known) = self.known.get(text) {
            return Ok(Arc::clone(known));
        }
        let fresh: Arc<str> = text.into();
        self.known.insert(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Something that need not be there.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Option<T>, Damaged> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Things of one kind.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.count()?;
        let mut list = Vec::new();
        // What a value takes in memory may be many times what it takes here.
        list.reserve_exact(count.min(1 << 16));
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut writer = Writer::default();
        [0, 127, 128, u64::MAX].into_iter().for_each(|value| writer.number(value));
        writer.wide(u128::MAX - 1);
        writer.text("zwölf");
        writer.maybe(Some("x"), Writer::text);
        writer.maybe(None::<&str>, Writer::text);
        writer.list(&["a", "b", "a"], |writer, text| writer.text(text));
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        for value in [0, 127, 128, u64::MAX] {
            assert_eq!(reader.number(), Ok(value));
        }
        assert_eq!(reader.wide(), Ok(u128::MAX - 1));
        assert_eq!(reader.text(), Ok("zwölf"));
        assert_eq!(reader.maybe(Reader::text), Ok(Some("x")));
        assert_eq!(reader.maybe(Reader::text), Ok(None));
        let list = reader.list(Reader::shared).unwrap();
        assert!(Arc::ptr_eq(&list[0], &list[2]));
        assert_eq!(reader.left(), 0);
    }

    #[test]
    fn what_is_cut_or_too_long_is_damaged() {
        assert_eq!(Reader::new(&[]).number(), Err(Damaged));
        assert_eq!(Reader::new(&[0xff; 11]).number(), Err(Damaged));
        assert_eq!(Reader::new(&[5, b'a']).text(), Err(Damaged));
        assert_eq!(Reader::new(&[2]).flag(), Err(Damaged));
        assert_eq!(Reader::new(&[1, 0xff]).text(), Err(Damaged));
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]).count(), Err(Damaged));
    }
}
