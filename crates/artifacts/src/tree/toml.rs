//! TOML as a tree.

use std::ops::Range;
use std::sync::Arc;

use source::{Diagnostic, Location, SourceFile, Span};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Kind, Member, Node};

/// Reads a document.
///
/// # Errors
/// The first problem. It shows no line of the file, because the file may be one that should hold no secrets but does.
pub(crate) fn read(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let document = DeTable::parse(file.text()).map_err(|error| syntax(file, &error))?;
    let at = document.span();
    let kind = table(file, document.into_inner());
    Ok(Node::new(file, span(at), kind))
}

fn syntax(file: &Arc<SourceFile>, error: &toml::de::Error) -> Diagnostic {
    let at = error.span().map_or(Span::default(), span);
    let place = Location::new(file, at).to_string();
    let message = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
    Diagnostic::error("bad-toml", format!("{place}: {message}"))
}

fn span(range: Range<usize>) -> Span {
    Span::between(range.start, range.end)
}

fn table(file: &Arc<SourceFile>, table: DeTable<'_>) -> Kind {
    let mut members: Vec<Member> =
        table.into_iter().map(|(name, value)| member(file, &name, value)).collect();
    members.sort_by_key(|member| member.at.span);
    Kind::Table(members)
}

fn member(file: &Arc<SourceFile>, name: &Spanned<DeString<'_>>, value: Spanned<DeValue<'_>>) -> Member {
    let at = Location::new(file, span(name.span()));
    Member { name: name.get_ref().to_string(), at, value: node(file, value) }
}

fn node(file: &Arc<SourceFile>, value: Spanned<DeValue<'_>>) -> Node {
    let at = span(value.span());
    let kind = match value.into_inner() {
        DeValue::String(text) => Kind::Text(text.into_owned()),
        DeValue::Integer(number) => Kind::Number(number.as_str().to_owned()),
        DeValue::Float(number) => Kind::Number(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Kind::Bool(flag),
        DeValue::Datetime(moment) => Kind::Text(moment.to_string()),
        DeValue::Array(items) => Kind::List(items.into_iter().map(|item| node(file, item)).collect()),
        DeValue::Table(inner) => table(file, inner),
    };
    Node::new(file, at, kind)
}
