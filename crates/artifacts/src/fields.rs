//! Members of objects, with their types checked.
//!
//! A member that is `null` is as good as absent. Names are found in any case, as API Management's own reader does.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use source::{Diagnostic, Diagnostics, did_you_mean};

use crate::files::{Reported, report};
use crate::tree::{Kind, Node};

/// The members of one object.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    /// The object.
    pub(crate) node: &'a Node,
    /// Whose members they are, for messages: "the API `echo`".
    pub(crate) subject: Arc<str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(node: &'a Node, subject: impl Into<Arc<str>>) -> Self {
        Self { node, subject: subject.into() }
    }

    /// The value of a member.
    pub(crate) fn any(&self, name: &str) -> Option<&'a Node> {
        let exact = self.node.get(name);
        let found = exact.or_else(|| {
            let members = self.node.members().iter().rev();
            members
                .map(|each| (&each.name, &each.value))
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v)
        });
        found.filter(|node| !node.is_null())
    }

    fn wrong_type(&self, name: &str, node: &Node, wanted: &str) -> Diagnostic {
        let message = format!("`{name}` of {} must be {wanted}, not {}", self.subject, node.kind_name());
        Diagnostic::error("wrong-type", message).at(node.at.clone())
    }

    /// A text and its node.
    pub(crate) fn text(&self, name: &str, problems: &mut Diagnostics) -> Option<(&'a str, &'a Node)> {
        let node = self.any(name)?;
        let text = node.text().map(|text| (text, node));
        if text.is_none() {
            problems.push(self.wrong_type(name, node, "text"));
        }
        text
    }

    /// A text, shared.
    pub(crate) fn shared(&self, name: &str, problems: &mut Diagnostics) -> Option<Arc<str>> {
        self.text(name, problems).map(|(text, _)| text.into())
    }

    /// A text that must be there.
    pub(crate) fn required(
        &self,
        name: &str,
        problems: &mut Diagnostics,
    ) -> Result<(&'a str, &'a Node), Reported> {
        if self.any(name).is_none() {
            let message = format!("{} has no `{name}`", self.subject);
            return Err(report(
                problems,
                Diagnostic::error("missing-member", message).at(self.node.at.clone()),
            ));
        }
        self.text(name, problems).ok_or(Reported)
    }

    /// A text made into something else; a bad one is reported and counts as absent.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Diagnostics,
    ) -> Option<T> {
        let (text, node) = self.text(name, problems)?;
        checked(parse(text), node, problems).ok()
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str, default: bool, problems: &mut Diagnostics) -> bool {
        let Some(node) = self.any(name) else { return default };
        node.flag().unwrap_or_else(|| {
            problems.push(self.wrong_type(name, node, "true or false"));
            default
        })
    }

    /// A whole number in a range.
    pub(crate) fn integer<T>(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<T>,
        problems: &mut Diagnostics,
    ) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let node = self.any(name)?;
        let number = match &node.kind {
            // Templates write numbers as texts too.
            Kind::Number(text) | Kind::Text(text) => {
                text.parse().ok().filter(|number| range.contains(number))
            }
            _ => None,
        };
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", range.start(), range.end());
            let given = node.scalar().map_or(node.kind_name().to_owned(), |text| format!("`{text}`"));
            let message = format!("`{name}` of {} must be {wanted}, not {given}", self.subject);
            problems.push(Diagnostic::error("wrong-number", message).at(node.at.clone()));
        }
        number
    }

    /// One of some words, in any case.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
        problems: &mut Diagnostics,
    ) -> Option<T> {
        let (text, node) = self.text(name, problems)?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message =
                format!("`{name}` of {} must be one of {}, not `{text}`", self.subject, all.join(", "));
            let near = did_you_mean(text, words.iter().map(|(word, _)| *word));
            let problem = Diagnostic::error("unknown-word", message).at(node.at.clone());
            problems.push(problem.maybe_help(near.map(|word| format!("did you mean `{word}`?"))));
        }
        found.map(|(_, value)| *value)
    }

    /// An object inside.
    pub(crate) fn object(&self, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let node = self.any(name)?;
        if !matches!(node.kind, Kind::Table(_)) {
            problems.push(self.wrong_type(name, node, "an object"));
            return None;
        }
        Some(Self { node, subject: Arc::clone(&self.subject) })
    }

    /// A list inside; an absent one is empty.
    pub(crate) fn items(&self, name: &str, problems: &mut Diagnostics) -> &'a [Node] {
        let Some(node) = self.any(name) else { return &[] };
        if !matches!(node.kind, Kind::List(_)) {
            problems.push(self.wrong_type(name, node, "a list"));
        }
        node.items()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, name: &str, problems: &mut Diagnostics) -> Vec<(&'a str, &'a Node)> {
        let mut texts = Vec::new();
        for node in self.items(name, problems) {
            match node.text() {
                Some(text) => texts.push((text, node)),
                None => problems.push(self.wrong_type(name, node, "a list of texts")),
            }
        }
        texts
    }
}

/// Reports what is wrong with a value, at its place.
pub(crate) fn checked<T, E: Display>(
    result: Result<T, E>,
    node: &Node,
    problems: &mut Diagnostics,
) -> Result<T, Reported> {
    result.map_err(|error| {
        report(problems, Diagnostic::error("invalid-value", error.to_string()).at(node.at.clone()))
    })
}
