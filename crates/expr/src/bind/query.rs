//! Query syntax: `from x in xs where x > 1 select x` means `xs.Where(x => x > 1)`.
//!
//! A query is rewritten into the calls that C# prescribes (specification, 12.20.3), which are then bound like any
//! others. Where several range variables are in scope, an element is an anonymous object of all of them; a lambda takes it
//! apart into variables again.

use std::sync::Arc;

use csharp::ast::{
    AnonymousMember, Arg, ArgMode, Args, Block, Clause, Declarator, Expr, ExprKind, Init, Join, Lambda,
    LambdaBody, Local, Name, Ordering, Param, ParamMode, Query, QueryBody, QueryEnd, SimpleName, Stmt,
    StmtKind, Type as TypeTree, TypeKind,
};
use source::Span;

use crate::registry::{as_class, derives, known};
use crate::types::Type;

use super::{Binder, Bound};

impl Binder<'_> {
    pub(super) fn query(&mut self, query: &Query, span: Span) -> Bound {
        if !self.is_queryable(query) {
            return self.wrong(span);
        }
        let mut rewriter = Rewriter { span, count: 0 };
        let rewritten = rewriter.query(query);
        let bound = self.expr(&rewritten);
        Bound { span, ..bound }
    }
}

impl Binder<'_> {
    /// Whether the first source has elements to query; reported when it has none.
    fn is_queryable(&mut self, query: &Query) -> bool {
        let Clause::From { source, .. } = &query.from else { return true };
        let (ty, _) = self.trial(|binder| binder.expr(source).ty);
        let sequence = ty == Type::Error
            || derives(&ty, &Type::class(known().sequence))
            || as_class(&ty, known().enumerable).is_some();
        if sequence {
            return true;
        }
        let message = format!("a value of type `{ty}` cannot be queried: it has no elements (CS1936)");
        self.error("csharp-query", source.span, message);
        if ty == Type::Object {
            self.help("cast it to the type that it has: `(JArray)x`");
        }
        false
    }
}

/// The query so far: a sequence, and the range variables that its elements hold.
struct Source {
    sequence: Expr,
    variables: Vec<Name>,
}

struct Rewriter {
    span: Span,
    count: u32,
}

impl Rewriter {
    fn query(&mut self, query: &Query) -> Expr {
        let Clause::From { ty, name, source } = &query.from else {
            return Expr { kind: ExprKind::Error, span: self.span };
        };
        let sequence = self.cast(source.clone(), ty.as_ref());
        self.body(Source { sequence, variables: vec![name.clone()] }, &query.body)
    }

    fn body(&mut self, mut source: Source, body: &QueryBody) -> Expr {
        let mut clauses = body.clauses.iter().peekable();
        while let Some(clause) = clauses.next() {
            // A second `from` or a `join` directly before `select` makes the result itself.
            if clauses.peek().is_none()
                && let QueryEnd::Select(result) = &body.end
                && let Some(done) = self.last_clause(&source, clause, result)
            {
                return self.into(done, body);
            }
            source = self.clause(source, clause);
        }
        let done = self.end(source, &body.end);
        self.into(done, body)
    }

    fn into(&mut self, done: Expr, body: &QueryBody) -> Expr {
        match &body.into {
            Some((name, rest)) => self.body(Source { sequence: done, variables: vec![name.clone()] }, rest),
            None => done,
        }
    }

    fn last_clause(&mut self, source: &Source, clause: &Clause, result: &Expr) -> Option<Expr> {
        match clause {
            Clause::From { ty, name, source: inner } => {
                let inner = self.cast(inner.clone(), ty.as_ref());
                let many = self.lambda(&source.variables, None, inner);
                let both = self.lambda(&source.variables, Some(name), result.clone());
                Some(self.call(source.sequence.clone(), "SelectMany", vec![many, both]))
            }
            Clause::Join(join) => Some(self.join(source, join, Some(result))),
            _ => None,
        }
    }

    fn clause(&mut self, source: Source, clause: &Clause) -> Source {
        match clause {
            Clause::Where(condition) => {
                let test = self.lambda(&source.variables, None, condition.clone());
                Source { sequence: self.call(source.sequence, "Where", vec![test]), ..source }
            }
            Clause::Let { name, value } => {
                let mut members = self.members(&source.variables);
                members.push(AnonymousMember { name: Some(name.clone()), value: value.clone() });
                let made = self.expr(ExprKind::NewAnonymous(members));
                let select = self.lambda(&source.variables, None, made);
                let sequence = self.call(source.sequence, "Select", vec![select]);
                self.with(sequence, source.variables, name)
            }
            Clause::From { ty, name, source: inner } => {
                let inner = self.cast(inner.clone(), ty.as_ref());
                let many = self.lambda(&source.variables, None, inner);
                let both = self.both(&source.variables, name);
                let sequence = self.call(source.sequence, "SelectMany", vec![many, both]);
                self.with(sequence, source.variables, name)
            }
            Clause::Join(join) => {
                let sequence = self.join(&source, join, None);
                let name = join.into.as_ref().unwrap_or(&join.name);
                self.with(sequence, source.variables, name)
            }
            Clause::OrderBy(orderings) => {
                let mut sequence = source.sequence;
                for (at, Ordering { key, descending }) in orderings.iter().enumerate() {
                    let method = match (at, descending) {
                        (0, false) => "OrderBy",
                        (0, true) => "OrderByDescending",
                        (_, false) => "ThenBy",
                        (_, true) => "ThenByDescending",
                    };
                    let key = self.lambda(&source.variables, None, key.clone());
                    sequence = self.call(sequence, method, vec![key]);
                }
                Source { sequence, variables: source.variables }
            }
        }
    }

    /// `join y in ys on a equals b`, with what is made of a pair: the result of the query, or both.
    fn join(&mut self, source: &Source, join: &Join, result: Option<&Expr>) -> Expr {
        let inner = self.cast(join.source.clone(), join.ty.as_ref());
        let left = self.lambda(&source.variables, None, join.left.clone());
        let right = self.lambda(std::slice::from_ref(&join.name), None, join.right.clone());
        let name = join.into.as_ref().unwrap_or(&join.name);
        let made = match result {
            Some(result) => self.lambda(&source.variables, Some(name), result.clone()),
            None => self.both(&source.variables, name),
        };
        let method = if join.into.is_some() { "GroupJoin" } else { "Join" };
        self.call(source.sequence.clone(), method, vec![inner, left, right, made])
    }

    fn end(&mut self, source: Source, end: &QueryEnd) -> Expr {
        match end {
            QueryEnd::Error => self.expr(ExprKind::Error),
            QueryEnd::Select(result) => {
                let select = self.lambda(&source.variables, None, result.clone());
                self.call(source.sequence, "Select", vec![select])
            }
            QueryEnd::Group { value, key } => {
                let mut arguments = vec![self.lambda(&source.variables, None, key.clone())];
                if !is_variable(value, &source.variables) {
                    arguments.push(self.lambda(&source.variables, None, value.clone()));
                }
                self.call(source.sequence, "GroupBy", arguments)
            }
        }
    }

    fn with(&self, sequence: Expr, mut variables: Vec<Name>, name: &Name) -> Source {
        variables.push(name.clone());
        Source { sequence, variables }
    }

    /// A lambda that makes an object of all range variables and another one.
    fn both(&mut self, variables: &[Name], name: &Name) -> Expr {
        let mut members = self.members(variables);
        members.extend(self.members(std::slice::from_ref(name)));
        let made = self.expr(ExprKind::NewAnonymous(members));
        self.lambda(variables, Some(name), made)
    }

    fn members(&self, variables: &[Name]) -> Vec<AnonymousMember> {
        let member = |name: &Name| AnonymousMember { name: Some(name.clone()), value: self.read(name) };
        variables.iter().map(member).collect()
    }

    /// `element => body`, where the element holds the range variables; `and` is a second parameter.
    fn lambda(&mut self, variables: &[Name], and: Option<&Name>, body: Expr) -> Expr {
        let span = body.span;
        let (first, body) = match variables {
            [one] => (one.clone(), LambdaBody::Expr(body)),
            many => {
                self.count += 1;
                let name = Name { text: Arc::from(format!("<element {}>", self.count)), span: self.span };
                let block = self.unpacked(&name, many, body);
                (name, LambdaBody::Block(block))
            }
        };
        let params = std::iter::once(&first).chain(and).map(param).collect();
        let kind = ExprKind::Lambda(Box::new(Lambda { params: Some(params), body }));
        Expr { kind, span }
    }

    /// `{ var a = element.a; var b = element.b; return body; }`
    fn unpacked(&self, element: &Name, variables: &[Name], body: Expr) -> Block {
        let span = body.span;
        let mut statements: Vec<Stmt> = variables.iter().map(|name| self.local(element, name)).collect();
        statements.push(Stmt { kind: StmtKind::Return(Some(body)), span });
        Block { statements, span }
    }

    fn local(&self, element: &Name, name: &Name) -> Stmt {
        let target = Box::new(self.read(element));
        let value = self.expr(ExprKind::Member { target, name: simple(name) });
        let declarator = Declarator { name: name.clone(), init: Some(Init::Expr(value)), span: name.span };
        let ty = TypeTree { kind: TypeKind::Var, span: name.span };
        let local = Local { constant: false, by_ref: false, ty, declarators: vec![declarator] };
        Stmt { kind: StmtKind::Local(local), span: name.span }
    }

    fn read(&self, name: &Name) -> Expr {
        Expr { kind: ExprKind::Name(simple(name)), span: name.span }
    }

    fn expr(&self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span }
    }

    /// `from T x in xs` casts the elements.
    fn cast(&self, sequence: Expr, ty: Option<&TypeTree>) -> Expr {
        let Some(ty) = ty else { return sequence };
        let span = sequence.span;
        let text = Arc::from("Cast");
        let name = SimpleName { name: Name { text, span }, args: Some(vec![ty.clone()]), span };
        let target = ExprKind::Member { target: Box::new(sequence), name };
        let target = Box::new(Expr { kind: target, span });
        Expr { kind: ExprKind::Call { target, args: Args { list: Vec::new(), span } }, span }
    }

    fn call(&self, target: Expr, method: &str, arguments: Vec<Expr>) -> Expr {
        let span = target.span.to(self.span);
        let name = simple(&Name { text: Arc::from(method), span: target.span });
        let target = Box::new(Expr { kind: ExprKind::Member { target: Box::new(target), name }, span });
        let argument = |value| Arg { name: None, mode: ArgMode::Value, value };
        let args = Args { list: arguments.into_iter().map(argument).collect(), span };
        Expr { kind: ExprKind::Call { target, args }, span }
    }
}

fn simple(name: &Name) -> SimpleName {
    SimpleName { name: name.clone(), args: None, span: name.span }
}

fn param(name: &Name) -> Param {
    Param { mode: ParamMode::Value, ty: None, name: name.clone(), default: None, span: name.span }
}

/// Whether an expression is the only range variable: `group x by …` groups the elements themselves.
fn is_variable(expr: &Expr, variables: &[Name]) -> bool {
    match (&expr.kind, variables) {
        (ExprKind::Name(name), [one]) => name.args.is_none() && name.text() == &*one.text,
        _ => false,
    }
}
