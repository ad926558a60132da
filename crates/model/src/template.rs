//! URL templates of operations: `/orders/{id}/items/{*rest}?kind={kind}`.
//!
//! COMPAT: API Management documents the forms but not the grammar; where it is silent, `System.UriTemplate` is the
//! model (the gateway is .NET): a segment is a literal, one parameter, literals and parameters in turn
//! (`{name}.{kind}`), or at the end a wildcard (`*`, `{*rest}`). Query parts are required, in any order. Literals are
//! compared without regard to case.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::Invalid;

const WHAT: &str = "URL template";
/// Limit of the published resource models.
const LIMIT: usize = 1_000;

/// Which paths and query parameters an operation answers.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    text: Arc<str>,
    segments: Vec<Segment>,
    query: Vec<QueryPart>,
}

/// One segment of a template's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// This text (decoded), in any case.
    Literal(Arc<str>),
    /// One segment that is not empty.
    Parameter(Arc<str>),
    /// Literals and parameters in turn; no two parameters touch.
    Compound(Vec<Piece>),
    /// The rest of the path, which may be empty. Always the last one; `*` stands for a missing name.
    Wildcard(Arc<str>),
}

/// A piece of a compound segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This text (decoded), in any case.
    Literal(Arc<str>),
    /// Any text that is not empty.
    Parameter(Arc<str>),
}

/// A query parameter that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryPart {
    /// Its name (decoded), in any case.
    pub name: Arc<str>,
    /// What its value must be.
    pub value: QueryValue,
}

/// What the value of a query parameter must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryValue {
    /// This text (decoded), in any case.
    Literal(Arc<str>),
    /// Anything; it becomes a matched parameter of this name.
    Parameter(Arc<str>),
}

impl UrlTemplate {
    /// Takes a template; a missing first slash is added in thought, a trailing one makes no difference.
    ///
    /// # Errors
    /// [`Invalid`] for braces that do not pair, nameless or repeated parameters, parameters that touch, a wildcard
    /// that is not last, an empty segment, or more than 1,000 characters.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        Self::of(text.into())
    }

    /// The same of a text that others hold too.
    ///
    /// # Errors
    /// [`Invalid`], likewise.
    pub fn of(text: Arc<str>) -> Result<Self, Invalid> {
        if text.chars().count() > LIMIT {
            return Err(Invalid::TooLong { what: WHAT, length: text.chars().count(), limit: LIMIT });
        }
        let reader = Reader { text: &text };
        let (path, query) = text.split_once('?').unwrap_or((&text, ""));
        let (segments, query) = (reader.segments(path)?, reader.query(query)?);
        let template = Self { text: Arc::clone(&text), segments, query };
        reader.check_names(&template)?;
        Ok(template)
    }

    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The segments of its path; none for `/`.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The query parameters that must be there.
    #[must_use]
    pub fn query(&self) -> &[QueryPart] {
        &self.query
    }

    /// The names of its parameters from left to right; `*` for a nameless wildcard.
    pub fn parameters(&self) -> impl Iterator<Item = &Arc<str>> {
        let path = self.segments.iter().flat_map(Segment::parameters);
        path.chain(self.query.iter().filter_map(|part| match &part.value {
            QueryValue::Parameter(name) => Some(name),
            QueryValue::Literal(_) => None,
        }))
    }
}

impl Segment {
    fn parameters(&self) -> Vec<&Arc<str>> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Parameter(name) | Self::Wildcard(name) => vec![name],
            Self::Compound(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Parameter(name) => Some(name),
                    Piece::Literal(_) => None,
                })
                .collect(),
        }
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UrlTemplate({})", self.text)
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn refuse<T>(&self, why: impl Into<String>) -> Result<T, Invalid> {
        Err(Invalid::rule(WHAT, self.text, why))
    }

    fn segments(&self, path: &str) -> Result<Vec<Segment>, Invalid> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() {
            return Ok(Vec::new());
        }
        let segments: Vec<Segment> =
            path.split('/').map(|each| self.segment(each)).collect::<Result<_, _>>()?;
        let last = segments.len() - 1;
        let early = |(at, each): (usize, &Segment)| at < last && matches!(each, Segment::Wildcard(_));
        if segments.iter().enumerate().any(early) {
            return self.refuse("has a wildcard that is not its last segment");
        }
        Ok(segments)
    }

    fn segment(&self, text: &str) -> Result<Segment, Invalid> {
        if text.is_empty() {
            return self.refuse("has an empty segment");
        }
        if text == "*" {
            return Ok(Segment::Wildcard("*".into()));
        }
        if let Some(name) = text.strip_prefix("{*").and_then(|rest| rest.strip_suffix('}')) {
            return Ok(Segment::Wildcard(self.name(name)?));
        }
        let mut pieces = self.pieces(text)?;
        match (pieces.pop(), pieces.is_empty()) {
            (Some(Piece::Literal(text)), true) => Ok(Segment::Literal(text)),
            (Some(Piece::Parameter(name)), true) => Ok(Segment::Parameter(name)),
            (last, _) => {
                pieces.extend(last);
                Ok(Segment::Compound(pieces))
            }
        }
    }

    /// Splits `a{b}c` into its pieces.
    fn pieces(&self, text: &str) -> Result<Vec<Piece>, Invalid> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            if literal.is_empty() && matches!(pieces.last(), Some(Piece::Parameter(_))) {
                return self.refuse("has two parameters with nothing between them");
            }
            self.push_literal(&mut pieces, literal)?;
            let Some((name, after)) = after.split_once('}') else {
                return self.refuse("has a `{` without `}`");
            };
            pieces.push(Piece::Parameter(self.name(name)?));
            rest = after;
        }
        self.push_literal(&mut pieces, rest)?;
        Ok(pieces)
    }

    fn push_literal(&self, pieces: &mut Vec<Piece>, text: &str) -> Result<(), Invalid> {
        if text.contains('}') {
            return self.refuse("has a `}` without `{`");
        }
        if !text.is_empty() {
            pieces.push(Piece::Literal(self.decoded(text)?));
        }
        Ok(())
    }

    fn decoded(&self, text: &str) -> Result<Arc<str>, Invalid> {
        match percent_decode_str(text).decode_utf8() {
            Ok(text) => Ok(text.into()),
            Err(_) => self.refuse("has escapes that are not UTF-8"),
        }
    }

    fn name(&self, name: &str) -> Result<Arc<str>, Invalid> {
        if name.is_empty() {
            return self.refuse("has a parameter without a name");
        }
        if name.contains(['{', '*', '/', '=']) {
            return self.refuse(format!(
                "has the parameter name `{name}`, which may not hold `{{`, `*`, `/` or `=`"
            ));
        }
        Ok(name.into())
    }

    fn query(&self, query: &str) -> Result<Vec<QueryPart>, Invalid> {
        query.split('&').filter(|part| !part.is_empty()).map(|part| self.query_part(part)).collect()
    }

    fn query_part(&self, part: &str) -> Result<QueryPart, Invalid> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if name.is_empty() || name.contains(['{', '}']) {
            return self.refuse(format!("has the query part `{part}`, whose name must be plain text"));
        }
        let name = self.decoded(name)?;
        let mut pieces = self.pieces(value)?;
        let value = match (pieces.pop(), pieces.is_empty()) {
            (None, _) => QueryValue::Literal("".into()),
            (Some(Piece::Literal(text)), true) => QueryValue::Literal(text),
            (Some(Piece::Parameter(name)), true) => QueryValue::Parameter(name),
            _ => return self.refuse(format!("has the query part `{part}`, which mixes text and parameters")),
        };
        Ok(QueryPart { name, value })
    }

    fn check_names(&self, template: &UrlTemplate) -> Result<(), Invalid> {
        let mut seen = HashSet::new();
        match template.parameters().find(|name| !seen.insert(name.to_ascii_lowercase())) {
            Some(name) => self.refuse(format!("has the parameter `{name}` twice")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_have_segments_and_query_parts() {
        let template = UrlTemplate::new("/customers/{cid}/orders/{oid}/?date={date}&kind=a").unwrap();
        assert_eq!(template.segments().len(), 4);
        assert_eq!(template.parameters().map(AsRef::as_ref).collect::<Vec<&str>>(), ["cid", "oid", "date"]);
        assert_eq!(template.query().len(), 2);
        assert_eq!(UrlTemplate::new("/").unwrap().segments(), []);
        let rest = UrlTemplate::new("files/{*path}").unwrap();
        assert_eq!(rest.segments().last(), Some(&Segment::Wildcard("path".into())));
        let mixed = UrlTemplate::new("/{name}.{kind}").unwrap();
        assert_eq!(mixed.parameters().count(), 2);
    }

    #[test]
    fn what_cannot_be_matched_is_refused_with_a_reason() {
        let cases = [
            ("/{a", "has a `{` without `}`"),
            ("/a}", "has a `}` without `{`"),
            ("/{}", "has a parameter without a name"),
            ("/{a}{b}", "has two parameters with nothing between them"),
            ("/*/a", "has a wildcard that is not its last segment"),
            ("/a//b", "has an empty segment"),
            ("/{a}?x={A}", "has the parameter `A` twice"),
            ("/a?{x}=1", "has the query part `{x}=1`, whose name must be plain text"),
            ("/a?x=a{b}", "has the query part `x=a{b}`, which mixes text and parameters"),
        ];
        for (text, why) in cases {
            let found = UrlTemplate::new(text).unwrap_err().to_string();
            assert_eq!(found, format!("the URL template `{text}` {why}"));
        }
    }
}
