//! LINQ query syntax: `from x in xs where x > 1 orderby x select x`.

use super::{Expr, Name, Type};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The first clause; always [`Clause::From`].
    pub from: Clause,
    /// The rest.
    pub body: QueryBody,
}

/// A query without its first clause.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryBody {
    /// In order.
    pub clauses: Vec<Clause>,
    /// `select` or `group`.
    pub end: QueryEnd,
    /// `into name …`: a query over the results.
    pub into: Option<(Name, Box<QueryBody>)>,
}

/// A clause of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Clause {
    /// `from T x in xs`.
    From {
        /// Elements are cast to it.
        ty: Option<Type>,
        /// The range variable.
        name: Name,
        /// The elements.
        source: Expr,
    },
    /// `let x = y`.
    Let {
        /// The range variable.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `where x`.
    Where(Expr),
    /// `join … in … on … equals … into …`.
    Join(Box<Join>),
    /// `orderby a, b descending`.
    OrderBy(Vec<Ordering>),
}

/// `join T x in xs on left equals right into group`.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Elements are cast to it.
    pub ty: Option<Type>,
    /// The range variable.
    pub name: Name,
    /// The elements.
    pub source: Expr,
    /// The key of what there was before.
    pub left: Expr,
    /// The key of an element.
    pub right: Expr,
    /// The variable that holds all matching elements.
    pub into: Option<Name>,
}

/// One key of `orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordering {
    /// The key.
    pub key: Expr,
    /// `descending`.
    pub descending: bool,
}

/// How a query ends.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryEnd {
    /// Could not be parsed; reported.
    Error,
    /// `select x`.
    Select(Expr),
    /// `group x by k`.
    Group {
        /// The elements of the groups.
        value: Expr,
        /// Their key.
        key: Expr,
    },
}
