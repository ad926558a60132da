//! Policies in a form in which white space, comments and the order of attributes make no difference.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use policy_doc::Element;
use source::Location;

/// A policy or an element of one.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Box<str>,
    pub(crate) attributes: BTreeMap<Box<str>, String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Arc<Node>>,
    pub(crate) at: Location,
    hash: u64,
}

/// INVARIANT: as deep as two documents at most, which the reader bounds: a fragment holds no further one.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.name == other.name
            && self.attributes == other.attributes
            && self.text == other.text
            && self.children == other.children
    }
}

impl Node {
    /// The normal form of an element; `children` are those of its child elements.
    pub(crate) fn new(element: &Element, children: Vec<Arc<Self>>) -> Self {
        let attributes: BTreeMap<Box<str>, String> = element
            .attributes
            .iter()
            .map(|each| (each.name.clone(), normal(each.value.text().text())))
            .collect();
        let text = normal(element.content().text().text());
        let mut hasher = DefaultHasher::new();
        (&element.name, &attributes, &text).hash(&mut hasher);
        children.iter().for_each(|child| child.hash.hash(&mut hasher));
        let (name, at) = (element.name.clone(), element.location());
        Self { name, attributes, text, children, at, hash: hasher.finish() }
    }

    /// An attribute's text.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// A number by which nodes can be put into an order that is the same each time.
    pub(crate) fn order(&self) -> u64 {
        self.hash
    }

    /// Its name with what tells it from others of that name: ``set-header `x` ``.
    pub(crate) fn title(&self) -> String {
        match self.key() {
            Some(key) => format!("{} `{}`", self.name, short(key)),
            None => self.name.to_string(),
        }
    }

    /// The same, its name in backticks too.
    pub(crate) fn quoted(&self) -> String {
        self.key()
            .map_or_else(|| format!("`{}`", self.name), |key| format!("`{}` `{}`", self.name, short(key)))
    }

    /// What tells it from others of its name.
    pub(crate) fn key(&self) -> Option<&str> {
        ["name", "fragment-id", "id"].iter().find_map(|name| self.attribute(name))
    }

    /// It and everything in it.
    pub(crate) fn visit(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        self.children.iter().for_each(|child| child.visit(see));
    }
}

/// How many characters of a value are shown.
const SHOWN: usize = 100;

/// A value on one line and not too long.
pub(crate) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or("")),
        None => line,
    }
}

/// A value without what means nothing: space around it, and in C# all space outside of strings that does not keep two
/// words apart.
fn normal(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n");
    let is_code = text.starts_with("@(") || text.starts_with("@{");
    // Strings inside of strings would need a lexer: such code is compared as it stands.
    let nests = text.contains("$\"") || text.contains("$@\"") || text.contains("@$\"");
    if is_code && !nests { code(&text) } else { text }
}

fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut gap = false;
    while let Some(c) = rest.chars().next() {
        let taken = literal(rest).or_else(|| {
            let skipped = comment(rest).or_else(|| c.is_whitespace().then(|| c.len_utf8()))?;
            gap = true;
            rest = rest.get(skipped..).unwrap_or("");
            Some(0)
        });
        if taken == Some(0) {
            continue;
        }
        let (piece, behind) = rest.split_at(taken.unwrap_or(c.len_utf8()).min(rest.len()));
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
        let apart = out.ends_with(joins) && piece.starts_with(joins)
            || out.ends_with(|c: char| "+-<>=&|?!.".contains(c))
                && piece.starts_with(|c: char| "+-<>=&|?!.".contains(c));
        if gap && apart {
            out.push(' ');
        }
        gap = false;
        out.push_str(piece);
        rest = behind;
    }
    out
}

/// The length of a string or character literal that begins here.
fn literal(text: &str) -> Option<usize> {
    if let Some(inside) = text.strip_prefix("@\"") {
        let mut at = 0;
        loop {
            at += inside.get(at..)?.find('"')? + 1;
            if !inside.get(at..)?.starts_with('"') {
                return Some(at + 2);
            }
            at += 1;
        }
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map(|(at, _)| at + 1)
}

/// The length of a comment that begins here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let inside = text.strip_prefix("/*")?;
    inside.find("*/").map(|end| end + 4)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn space_and_comments_in_code_mean_nothing_and_in_strings_much() {
        let same = [
            ("@( a  +\n b )", "@(a+b)"),
            ("@{ return a; // why\n }", "@{return a;}"),
            ("@(f(/* c */\"x  y\"))", "@(f(\"x  y\"))"),
            ("  plain  text ", "plain  text"),
        ];
        for (one, other) in same {
            assert_eq!(normal(one), normal(other));
        }
        let different = [
            ("@(\"a b\")", "@(\"a  b\")"),
            ("@(@\"a\"\" // b\")", "@(@\"a\"\" //b\")"),
            ("@(a + +b)", "@(a++b)"),
            ("@(new X())", "@(newX())"),
            ("@('\\'' + \" \")", "@('\\'' + \"\")"),
            ("@($\"{f(\"a  b\")}\")", "@($\"{f(\"a b\")}\")"),
            ("a  b", "a b"),
        ];
        for (one, other) in different {
            assert_ne!(normal(one), normal(other));
        }
    }
}
