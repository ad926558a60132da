//! Start tags: the name, the attributes, the end.

use std::sync::Arc;

use source::{Diagnostic, Span};

use super::markup::ELLIPSES;
use super::{MARKUP_VALUES, Reader};
use crate::name::starts_name;
use crate::resolve::quoted;
use crate::{Attribute, Child, Element, Limits};

/// How a start tag ends.
enum End {
    /// `>`
    Open,
    /// `/>`
    Empty,
    /// Not at all.
    Missing,
}

/// Up to this many attributes each is compared with each.
const FEW: usize = 8;

impl Reader<'_> {
    pub(super) fn start_tag(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("<");
        let Some(name_span) = self.cursor.take_name() else { return self.cursor.skip_char() };
        let mut attributes = Vec::new();
        let end = self.attributes(name_span, &mut attributes);
        self.drop_duplicates(&mut attributes);
        let span = self.cursor.span_from(start);
        let element = Element {
            file: Arc::clone(self.file),
            name: self.slice(name_span).into(),
            name_span,
            open_span: span,
            close_span: None,
            span,
            attributes,
            children: Vec::new(),
        };
        self.may_begin = true;
        self.begin(element, &end);
    }

    fn begin(&mut self, element: Element, end: &End) {
        if matches!(end, End::Empty) {
            self.push(Child::Element(element));
        } else {
            if self.markup_from.is_none() && MARKUP_VALUES.contains(&&*element.name) {
                self.markup_from = Some(self.open.len() + 1);
            }
            self.open.push(element);
        }
        self.check_limits();
    }

    fn check_limits(&mut self) {
        let Limits { depth, elements, .. } = self.limits;
        self.elements += 1;
        if self.open.len() > depth {
            let message = format!("elements are nested more than {depth} deep");
            self.stop("nested-too-deeply", message, "move inner parts into policy fragments");
        } else if self.elements > elements {
            let message = format!("the document has more than {elements} elements");
            self.stop("too-many-elements", message, "move parts of it into policy fragments");
        }
    }

    fn attributes(&mut self, name: Span, attributes: &mut Vec<Attribute>) -> End {
        loop {
            let blank = self.cursor.skip_blank();
            if self.cursor.take("/>") {
                return End::Empty;
            }
            match self.cursor.peek() {
                _ if self.stopped => return End::Missing,
                Some('>') => {
                    self.cursor.skip_char();
                    return End::Open;
                }
                None | Some('<') => return self.missing_end(name),
                Some(c) if starts_name(c) => self.attribute(blank, attributes),
                Some(_) => self.stray_in_tag(),
            }
        }
    }

    fn missing_end(&mut self, name: Span) -> End {
        let message = format!("the start tag of {} is not closed", quoted(self.slice(name)));
        self.error("unclosed-tag", name, message, "close it with `>` or `/>`");
        End::Missing
    }

    /// Something in a start tag that is no attribute.
    fn stray_in_tag(&mut self) {
        let start = self.cursor.at();
        if ELLIPSES.iter().any(|dots| self.cursor.take(dots)) {
            return self.report_unfilled(self.cursor.span_from(start));
        }
        self.cursor.skip_char();
        self.cursor.skip_while(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '/'));
        let span = self.cursor.span_from(start);
        let message = format!("{} is not an attribute", quoted(self.slice(span)));
        self.error(
            "stray-in-tag",
            span,
            message,
            "write attributes as `name=\"value\"`, with a blank between them",
        );
    }

    /// Keeps the first attribute of each name and reports the others.
    fn drop_duplicates(&mut self, attributes: &mut Vec<Attribute>) {
        if attributes.len() < 2 {
            return;
        }
        let repeated = repeated(attributes);
        for &(first, again) in repeated.iter() {
            let (Some(first), Some(again)) = (attributes.get(first), attributes.get(again)) else { continue };
            let problem = Diagnostic::error(
                "duplicate-attribute",
                format!("the attribute {} is given twice", quoted(&again.name)),
            )
            .at(self.at(again.name_span))
            .label(self.at(first.name_span), "the first one")
            .help("remove one of them");
            self.report(problem);
        }
        let mut index = 0;
        attributes.retain(|_| {
            index += 1;
            repeated.binary_search_by_key(&(index - 1), |&(_, again)| again).is_err()
        });
    }
}

/// The attributes whose name stood before, each with the first of the name; in the order of the text.
fn repeated(attributes: &[Attribute]) -> Vec<(usize, usize)> {
    let is_repeated = |(at, each): (usize, &Attribute)| {
        let first = attributes.iter().position(|other| other.name == each.name)?;
        (first < at).then_some((first, at))
    };
    if attributes.len() <= FEW {
        return attributes.iter().enumerate().filter_map(is_repeated).collect();
    }
    let mut sorted: Vec<(&str, usize)> =
        attributes.iter().enumerate().map(|(at, each)| (&*each.name, at)).collect();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| a.0 == b.0);
    let mut found: Vec<(usize, usize)> = runs
        .flat_map(|run| {
            let first = run.first().map_or(0, |&(_, at)| at);
            run.iter().skip(1).map(move |&(_, at)| (first, at))
        })
        .collect();
    found.sort_unstable_by_key(|&(_, again)| again);
    found
}
