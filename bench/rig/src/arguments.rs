//! Arguments of the programs here: `--name value`, in any order.

use std::collections::HashMap;
use std::io;
use std::str::FromStr;

/// What was given, and not asked for yet.
#[derive(Debug)]
pub struct Arguments(HashMap<String, String>);

impl Arguments {
    /// The arguments of this process.
    ///
    /// # Errors
    /// When one does not begin with `--`, or has no value.
    pub fn of_process() -> io::Result<Self> {
        Self::read(std::env::args().skip(1))
    }

    fn read(mut given: impl Iterator<Item = String>) -> io::Result<Self> {
        let mut found = HashMap::new();
        while let Some(name) = given.next() {
            let plain = name.strip_prefix("--").map(str::to_owned);
            let (Some(plain), Some(value)) = (plain, given.next()) else {
                return Err(io::Error::other(format!("`{name}` means nothing, or has no value")));
            };
            found.insert(plain, value);
        }
        Ok(Self(found))
    }

    /// An argument that may be left out.
    ///
    /// # Errors
    /// When it is not of the type that is wanted.
    pub fn take<T: FromStr>(&mut self, name: &str) -> io::Result<Option<T>> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| io::Error::other(format!("`--{name} {text}` means nothing")))
    }

    /// An argument that may not.
    ///
    /// # Errors
    /// When it is not there, or not of the type that is wanted.
    pub fn need<T: FromStr>(&mut self, name: &str) -> io::Result<T> {
        self.take(name)?.ok_or_else(|| io::Error::other(format!("`--{name}` is missing")))
    }

    /// Looks whether all of them have been asked for.
    ///
    /// # Errors
    /// When one has not.
    pub fn end(self) -> io::Result<()> {
        match self.0.into_keys().next() {
            Some(name) => Err(io::Error::other(format!("`--{name}` means nothing"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Arguments> {
        Arguments::read(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_taken_by_name_and_none_is_ignored() {
        let mut given = read("--to a:1 --size 12 --more x").unwrap();
        assert_eq!(given.need::<String>("to").unwrap(), "a:1");
        assert_eq!(given.take::<usize>("size").unwrap(), Some(12));
        assert_eq!(given.take::<usize>("rate").unwrap(), None);
        assert!(given.end().is_err());
        assert!(read("--to").is_err());
        assert!(read("to a:1").is_err());
    }
}
