//! URLs and the dictionaries of a request.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::Error;
use crate::file::Texts;

/// Keys with their values, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary(Vec<(String, Vec<String>)>);

impl Dictionary {
    pub(crate) fn of(texts: &Texts) -> Self {
        Self(texts.iter().map(|(name, values)| (name.clone(), values.all().to_vec())).collect())
    }

    pub(crate) fn single(texts: &IndexMap<String, String>) -> Self {
        Self(texts.iter().map(|(name, value)| (name.clone(), vec![value.clone()])).collect())
    }

    /// The query of a URL, decoded.
    pub(crate) fn query(url: &Url) -> Self {
        let mut all = Self::default();
        for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.add(decoded(name), decoded(value));
        }
        all
    }

    fn add(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&[String]> {
        let found = self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.as_slice())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A URL with its query.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) url: Url,
    pub(crate) query: Dictionary,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let error = |error: url::ParseError| Error::Url { url: text.to_owned(), reason: error.to_string() };
        let url = Url::parse(text).map_err(error)?;
        Ok(Self { query: Dictionary::query(&url), url })
    }
}
