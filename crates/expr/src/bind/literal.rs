//! Literals and interpolated strings.

use csharp::Piece;
use csharp::ast::{IntBase, IntSuffix, InterpolatedPart, Literal};
use source::Span;

use crate::code::{Index, Node, NodeId};
use crate::types::{Scalar, Type};
use crate::{Facts, Text, Value};

use super::{Binder, Bound, formatted_hole};

impl Binder<'_> {
    pub(super) fn literal_expr(&mut self, literal: &Literal, span: Span) -> Bound {
        let (value, ty) = match literal {
            Literal::Null => (Value::Null, Type::Null),
            Literal::Bool(value) => (Value::Bool(*value), Type::BOOL),
            Literal::Int { value, suffix, .. } => integer(*value, *suffix),
            Literal::Float(value) => (Value::Single(*value), Type::Scalar(Scalar::Single)),
            Literal::Double(value) => (Value::Double(*value), Type::DOUBLE),
            Literal::Decimal(digits) => return self.decimal(digits, span),
            Literal::Char(unit) => (Value::Char(*unit), Type::CHAR),
            Literal::Str(text) => return self.text_literal(text, span),
        };
        self.literal(value, ty, span)
    }

    fn decimal(&mut self, digits: &str, span: Span) -> Bound {
        let parsed = if digits.contains(['e', 'E']) {
            rust_decimal::Decimal::from_scientific(digits).ok()
        } else {
            digits.parse().ok()
        };
        match parsed {
            Some(value) => self.literal(Value::Decimal(value), Type::Scalar(Scalar::Decimal), span),
            None => {
                self.error(
                    "csharp-number-range",
                    span,
                    "the number is outside the range of `decimal` (CS0594)",
                );
                self.wrong(span)
            }
        }
    }

    /// `-2147483648` and `-9223372036854775808`, whose digits alone do not fit.
    pub(super) fn lowest(&mut self, literal: &Literal, span: Span) -> Option<Bound> {
        let Literal::Int { value, suffix, base: IntBase::Decimal } = literal else { return None };
        match (*value, suffix) {
            (0x8000_0000, IntSuffix::None) => Some(self.literal(Value::Int32(i32::MIN), Type::INT, span)),
            (0x8000_0000_0000_0000, IntSuffix::None | IntSuffix::L) => {
                Some(self.literal(Value::Int64(i64::MIN), Type::LONG, span))
            }
            _ => None,
        }
    }

    /// A string, whose secrets are loaded when it runs.
    fn text_literal(&mut self, text: &std::sync::Arc<str>, span: Span) -> Bound {
        match self.text_nodes(text) {
            Pieces::Plain => self.literal(Value::Text(Text::from_shared(text)), Type::String, span),
            Pieces::Secret(nodes) => {
                let list = self.node_list(&nodes);
                let node = self.emit(Node::Concat(list));
                self.bound(node, Type::String, span)
            }
        }
    }

    fn text_nodes(&mut self, text: &str) -> Pieces {
        let pieces = csharp::pieces(text);
        if !pieces.iter().any(|piece| matches!(piece, Piece::Secret(_))) {
            return Pieces::Plain;
        }
        let mut nodes = Vec::new();
        for piece in pieces {
            nodes.push(match piece {
                Piece::Text(text) => self.constant_node(Value::text(text)),
                Piece::Secret(index) => self.secret(index),
            });
        }
        Pieces::Secret(nodes)
    }

    fn secret(&mut self, index: usize) -> NodeId {
        self.facts |= Facts::SECRET;
        let Some(slot) = self.slots.get(index) else {
            self.error(
                "csharp-unknown-secret",
                Span::new(0, 0),
                format!("there is no secret with the index {index}"),
            );
            return self.constant_node(Value::Null);
        };
        let at = match self.code.slots.iter().position(|own| own.name() == slot.name()) {
            Some(at) => at,
            None => {
                self.code.slots.push(slot.clone());
                self.code.slots.len() - 1
            }
        };
        self.emit(Node::Secret(Index::try_from(at).unwrap_or(Index::MAX)))
    }

    pub(super) fn interpolated(&mut self, parts: &[InterpolatedPart], span: Span) -> Bound {
        let mut nodes = Vec::new();
        let mut constant = Some(String::new());
        for part in parts {
            match part {
                InterpolatedPart::Text { value, .. } => match self.text_nodes(value) {
                    Pieces::Plain => {
                        nodes.push(self.constant_node(Value::text(value)));
                        if let Some(text) = &mut constant {
                            text.push_str(value);
                        }
                    }
                    Pieces::Secret(more) => {
                        nodes.extend(more);
                        constant = None;
                    }
                },
                InterpolatedPart::Hole { value, alignment, format, .. } => {
                    constant = None;
                    nodes.push(self.hole(value, alignment.as_ref(), format.as_deref()));
                }
            }
        }
        if let Some(text) = constant {
            return self.literal(Value::Text(text.into()), Type::String, span);
        }
        let list = self.node_list(&nodes);
        let node = self.emit(Node::Concat(list));
        self.bound(node, Type::String, span)
    }

    fn hole(
        &mut self,
        value: &csharp::ast::Expr,
        alignment: Option<&csharp::ast::Expr>,
        format: Option<&str>,
    ) -> NodeId {
        let value = self.expr(value);
        let value = self.something(value);
        if alignment.is_none() && format.is_none() {
            return value.node;
        }
        let width = match alignment {
            None => Value::Int32(0),
            Some(alignment) => {
                let width = self.expr(alignment);
                let width = self.convert(width, &Type::INT);
                match width.constant {
                    Some(width) => width,
                    None => {
                        if width.ty != Type::Error {
                            self.error(
                                "csharp-constant-expected",
                                width.span,
                                "a constant value is expected (CS0150)",
                            );
                        }
                        Value::Int32(0)
                    }
                }
            }
        };
        let width = self.constant_node(width);
        let format = self.constant_node(format.map_or(Value::Null, Value::text));
        self.call_native(formatted_hole, &[value.node, width, format])
    }

    /// A value that is one: not the result of a `void` method.
    pub(super) fn something(&mut self, value: Bound) -> Bound {
        if value.ty == Type::Void {
            self.error(
                "csharp-void",
                value.span,
                "a call without a result cannot be used as a value (CS0029)",
            );
            return self.wrong(value.span);
        }
        value
    }
}

enum Pieces {
    Plain,
    Secret(Vec<NodeId>),
}

/// The first of `int`, `uint`, `long`, `ulong` that the suffix allows and that holds the value.
fn integer(value: u64, suffix: IntSuffix) -> (Value, Type) {
    let int = i32::try_from(value).ok().map(|n| (Value::Int32(n), Type::INT));
    let uint = u32::try_from(value).ok().map(|n| (Value::UInt32(n), Type::Scalar(Scalar::UInt32)));
    let long = i64::try_from(value).ok().map(|n| (Value::Int64(n), Type::LONG));
    let ulong = (Value::UInt64(value), Type::Scalar(Scalar::UInt64));
    let found = match suffix {
        IntSuffix::None => int.or(uint).or(long),
        IntSuffix::U => uint,
        IntSuffix::L => long,
        IntSuffix::Ul => None,
    };
    found.unwrap_or(ulong)
}
