//! Trees as compact s-expressions.

use csharp::ast::{
    Arg, ArgMode, Args, Block, Case, Clause, Designation, Element, Expr, ExprKind, ForInit, ForeachTarget,
    Init, Initializer, InterpolatedPart, Label, Lambda, LambdaBody, Literal, Local, LocalFunction, Param,
    ParamMode, Pattern, PatternKind, QualifiedName, QueryBody, QueryEnd, SimpleName, Stmt, StmtKind, Type,
    TypeKind, UsingSubject,
};

/// `(head a b c)`.
fn list(head: &str, items: impl IntoIterator<Item = String>) -> String {
    let mut out = format!("({head}");
    for item in items {
        out.push(' ');
        out.push_str(&item);
    }
    out.push(')');
    out
}

fn each<T>(items: &[T], print: impl Fn(&T) -> String) -> Vec<String> {
    items.iter().map(print).collect()
}

/// Statements, one a line.
pub(crate) fn block(block: &Block) -> String {
    each(&block.statements, stmt).join("\n")
}

fn inner(body: &Block) -> String {
    list("block", each(&body.statements, stmt))
}

fn text(value: &str) -> String {
    format!("{value:?}")
}

pub(crate) fn expr(node: &Expr) -> String {
    match &node.kind {
        ExprKind::Error => "ERROR".into(),
        ExprKind::Literal(value) => literal(value),
        ExprKind::Interpolated(parts) => list("$", each(parts, part)),
        ExprKind::Name(name) => simple(name),
        ExprKind::Alias { alias, name } => format!("{}::{}", alias.text, simple(name)),
        ExprKind::Predefined(ty) => ty.keyword().into(),
        ExprKind::Paren(value) => list("paren", [expr(value)]),
        ExprKind::Ref(value) => list("ref", [expr(value)]),
        ExprKind::Tuple(items) => list(
            "tuple",
            each(items, |item| match &item.name {
                Some(name) => format!("{}: {}", name.text, expr(&item.value)),
                None => expr(&item.value),
            }),
        ),
        ExprKind::Member { target, name } => list(".", [expr(target), simple(name)]),
        ExprKind::NullConditional { target, access } => list("?", [expr(target), expr(access)]),
        ExprKind::Receiver => "_it_".into(),
        ExprKind::Call { target, args: list_of } => {
            list("call", [expr(target)].into_iter().chain(args(list_of)))
        }
        ExprKind::Index { target, args: list_of } => {
            list("[]", [expr(target)].into_iter().chain(args(list_of)))
        }
        ExprKind::New(new) => {
            let given = new.args.iter().map(|given| list("args", args(given)));
            let init = new.init.iter().map(initializer);
            list("new", [ty(&new.ty)].into_iter().chain(given).chain(init))
        }
        ExprKind::NewAnonymous(members) => list(
            "new-anonymous",
            each(members, |member| match &member.name {
                Some(name) => list("=", [name.text.to_string(), expr(&member.value)]),
                None => expr(&member.value),
            }),
        ),
        ExprKind::NewArray(new) => {
            let head = format!("new-array rank {}", new.rank);
            let lengths = new.lengths.iter().map(expr);
            list(&head, [ty(&new.element)].into_iter().chain(lengths).chain(new.init.iter().map(initializer)))
        }
        ExprKind::NewImplicitArray { rank, init } => {
            list(&format!("new-implicit-array rank {rank}"), [initializer(init)])
        }
        ExprKind::Cast { ty: to, value } => list("cast", [ty(to), expr(value)]),
        ExprKind::As { value, ty: to } => list("as", [expr(value), ty(to)]),
        ExprKind::Is { value, pattern: of } => list("is", [expr(value), pattern(of)]),
        ExprKind::Unary { op, operand } => list(op.text(), [expr(operand)]),
        ExprKind::Step { op, prefix: true, operand } => list(&format!("{}_", op.text()), [expr(operand)]),
        ExprKind::Step { op, operand, .. } => list(&format!("_{}", op.text()), [expr(operand)]),
        ExprKind::Binary { op, left, right, .. } => list(op.text(), [expr(left), expr(right)]),
        ExprKind::Assign { op, target, value } => {
            let op = op.map_or("=".to_owned(), |op| format!("{}=", op.text()));
            list(&op, [expr(target), expr(value)])
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            list("?:", [expr(condition), expr(then), expr(otherwise)])
        }
        ExprKind::Lambda(of) => lambda(of),
        ExprKind::Throw(value) => list("throw", [expr(value)]),
        ExprKind::DefaultLiteral => "default".into(),
        ExprKind::Default(of) => list("default", [ty(of)]),
        ExprKind::TypeOf(of) => list("typeof", [ty(of)]),
        ExprKind::SizeOf(of) => list("sizeof", [ty(of)]),
        ExprKind::NameOf(value) => list("nameof", [expr(value)]),
        ExprKind::Checked { checked, value } => {
            list(if *checked { "checked" } else { "unchecked" }, [expr(value)])
        }
        ExprKind::Query(query) => list("query", [clause(&query.from), query_body(&query.body)]),
        ExprKind::Declare { ty: of, designation: names } => list("declare", [ty(of), designation(names)]),
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".into(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int { value, suffix, .. } => match suffix {
            csharp::ast::IntSuffix::None => value.to_string(),
            csharp::ast::IntSuffix::U => format!("{value}u"),
            csharp::ast::IntSuffix::L => format!("{value}L"),
            csharp::ast::IntSuffix::Ul => format!("{value}uL"),
        },
        Literal::Float(value) => format!("{value:?}f"),
        Literal::Double(value) => format!("{value:?}d"),
        Literal::Decimal(digits) => format!("{digits}m"),
        Literal::Char(unit) => match char::from_u32(u32::from(*unit)) {
            Some(c) => format!("{c:?}"),
            None => format!("'\\u{unit:04X}'"),
        },
        Literal::Str(value) => text(value),
    }
}

fn part(part: &InterpolatedPart) -> String {
    match part {
        InterpolatedPart::Text { value, .. } => text(value),
        InterpolatedPart::Hole { value, alignment, format, .. } => {
            let width = alignment.as_ref().map(|width| list("width", [expr(width)]));
            let format = format.as_ref().map(|format| list("format", [text(format)]));
            list("hole", [expr(value)].into_iter().chain(width).chain(format))
        }
    }
}

fn simple(name: &SimpleName) -> String {
    match &name.args {
        None => name.text().to_owned(),
        Some(args) => format!("{}<{}>", name.text(), each(args, ty).join(",")),
    }
}

fn args(args: &Args) -> Vec<String> {
    each(&args.list, arg)
}

fn arg(arg: &Arg) -> String {
    let value = match arg.mode {
        ArgMode::Value => expr(&arg.value),
        ArgMode::Out => list("out", [expr(&arg.value)]),
        ArgMode::Ref => list("ref", [expr(&arg.value)]),
        ArgMode::In => list("in", [expr(&arg.value)]),
    };
    arg.name.as_ref().map_or(value.clone(), |name| format!("{}: {value}", name.text))
}

fn initializer(of: &Initializer) -> String {
    let element = |element: &Element| match element {
        Element::Value(value) => expr(value),
        Element::Group(group) => initializer(group),
        Element::Member { name, value } => list("=", [name.text.to_string(), init(value)]),
        Element::Index { args: at, value } => list("=", [list("[]", args(at)), init(value)]),
    };
    format!("{{{}}}", each(&of.elements, element).join(" "))
}

fn init(of: &Init) -> String {
    match of {
        Init::Expr(value) => expr(value),
        Init::List(items) => initializer(items),
    }
}

fn lambda(lambda: &Lambda) -> String {
    let params = lambda.params.as_ref().map_or("any".into(), |params| list("params", each(params, param)));
    list("lambda", [params, body(&lambda.body)])
}

fn body(of: &LambdaBody) -> String {
    match of {
        LambdaBody::Expr(value) => expr(value),
        LambdaBody::Block(of) => inner(of),
    }
}

fn param(of: &Param) -> String {
    let mode = match of.mode {
        ParamMode::Value => "",
        ParamMode::Out => "out ",
        ParamMode::Ref => "ref ",
        ParamMode::In => "in ",
        ParamMode::Params => "params ",
    };
    let typed = of.ty.as_ref().map_or(String::new(), |of| format!("{} ", ty(of)));
    let default = of.default.as_ref().map_or(String::new(), |value| format!(" = {}", expr(value)));
    let written = format!("{mode}{typed}{}{default}", of.name.text);
    if written.contains(' ') { format!("({written})") } else { written }
}

fn pattern(of: &Pattern) -> String {
    match &of.kind {
        PatternKind::Error => "ERROR".into(),
        PatternKind::Type(of) => list("type", [ty(of)]),
        PatternKind::Declaration { ty: of, designation: names } => {
            list("declare", [ty(of), designation(names)])
        }
        PatternKind::Var(names) => list("var", [designation(names)]),
        PatternKind::Constant(value) => list("constant", [expr(value)]),
    }
}

fn designation(of: &Designation) -> String {
    match of {
        Designation::Variable(name) => name.text.to_string(),
        Designation::Discard(_) => "_".into(),
        Designation::Tuple(items, _) => list("tuple", each(items, designation)),
    }
}

fn ty(of: &Type) -> String {
    match &of.kind {
        TypeKind::Error => "ERROR".into(),
        TypeKind::Var => "var".into(),
        TypeKind::Predefined(ty) => ty.keyword().into(),
        TypeKind::Name(name) => qualified(name),
        TypeKind::Nullable(inner) => format!("{}?", ty(inner)),
        TypeKind::Array { element, rank } => {
            format!("array{}({})", ",".repeat(usize::from(*rank) - 1), ty(element))
        }
        TypeKind::Tuple(items) => list(
            "tuple",
            each(items, |item| match &item.name {
                Some(name) => format!("{} {}", ty(&item.ty), name.text),
                None => ty(&item.ty),
            }),
        ),
        TypeKind::Omitted => "-".into(),
    }
}

fn qualified(name: &QualifiedName) -> String {
    let alias = name.alias.as_ref().map_or(String::new(), |alias| format!("{}::", alias.text));
    format!("{alias}{}", each(&name.parts, simple).join("."))
}

fn query_body(of: &QueryBody) -> String {
    let end = match &of.end {
        QueryEnd::Error => "ERROR".into(),
        QueryEnd::Select(value) => list("select", [expr(value)]),
        QueryEnd::Group { value, key } => list("group", [expr(value), expr(key)]),
    };
    let into = of.into.iter().map(|(name, rest)| list("into", [name.text.to_string(), query_body(rest)]));
    each(&of.clauses, clause).into_iter().chain([end]).chain(into).collect::<Vec<_>>().join(" ")
}

fn clause(of: &Clause) -> String {
    match of {
        Clause::From { ty: of, name, source } => {
            list("from", [ranged(of.as_ref(), &name.text), expr(source)])
        }
        Clause::Let { name, value } => list("let", [name.text.to_string(), expr(value)]),
        Clause::Where(value) => list("where", [expr(value)]),
        Clause::Join(join) => {
            let into = join.into.iter().map(|name| list("into", [name.text.to_string()]));
            let head = [ranged(join.ty.as_ref(), &join.name.text), expr(&join.source)];
            list("join", head.into_iter().chain([expr(&join.left), expr(&join.right)]).chain(into))
        }
        Clause::OrderBy(keys) => list(
            "orderby",
            each(keys, |key| match key.descending {
                true => list("descending", [expr(&key.key)]),
                false => expr(&key.key),
            }),
        ),
    }
}

fn ranged(of: Option<&Type>, name: &str) -> String {
    of.map_or(name.to_owned(), |of| list(&ty(of), [name.to_owned()]))
}

fn stmt(of: &Stmt) -> String {
    match &of.kind {
        StmtKind::Error => "ERROR".into(),
        StmtKind::Empty => "(empty)".into(),
        StmtKind::Expr(value) => list("do-expr", [expr(value)]),
        StmtKind::Local(of) => local(of),
        StmtKind::LocalFunction(of) => local_function(of),
        StmtKind::Block(of) => inner(of),
        StmtKind::If { condition, then, otherwise } => {
            list("if", [expr(condition), stmt(then)].into_iter().chain(otherwise.iter().map(|of| stmt(of))))
        }
        StmtKind::Lock { subject, body } => list("lock", [expr(subject), stmt(body)]),
        StmtKind::While { condition, body } => list("while", [expr(condition), stmt(body)]),
        StmtKind::Do { body, condition } => list("do", [stmt(body), expr(condition)]),
        StmtKind::For { init, condition, step, body } => {
            let init = match init {
                ForInit::Local(of) => local(of),
                ForInit::Exprs(of) => list("init", each(of, expr)),
            };
            let condition = condition.as_ref().map_or("always".into(), expr);
            list("for", [init, condition, list("step", each(step, expr)), stmt(body)])
        }
        StmtKind::Foreach(of) => {
            let target = match &of.target {
                ForeachTarget::Variable { ty: of, name } => list(&ty(of), [name.text.to_string()]),
                ForeachTarget::Deconstruct(of) => expr(of),
            };
            list("foreach", [target, expr(&of.source), stmt(&of.body)])
        }
        StmtKind::Switch { value, cases } => {
            list("switch", [expr(value)].into_iter().chain(each(cases, case)))
        }
        StmtKind::Try(of) => {
            let catches = of.catches.iter().map(|catch| {
                let caught =
                    catch.ty.iter().map(ty).chain(catch.name.iter().map(|name| name.text.to_string()));
                let filter = catch.filter.iter().map(|filter| list("when", [expr(filter)]));
                list("catch", caught.chain(filter).chain([inner(&catch.body)]))
            });
            let finally = of.finally.iter().map(|body| list("finally", [inner(body)]));
            list("try", [inner(&of.body)].into_iter().chain(catches).chain(finally))
        }
        StmtKind::Throw(value) => list("throw", value.iter().map(expr)),
        StmtKind::Using { subject, body } => {
            let subject = match subject {
                UsingSubject::Local(of) => local(of),
                UsingSubject::Expr(of) => expr(of),
            };
            list("using", [subject, stmt(body)])
        }
        StmtKind::Return(value) => list("return", value.iter().map(expr)),
        StmtKind::Break => "(break)".into(),
        StmtKind::Continue => "(continue)".into(),
        StmtKind::Checked { checked, body } => {
            list(if *checked { "checked" } else { "unchecked" }, [inner(body)])
        }
    }
}

fn local(of: &Local) -> String {
    let declarator = |each: &csharp::ast::Declarator| match &each.init {
        Some(value) => list("=", [each.name.text.to_string(), init(value)]),
        None => each.name.text.to_string(),
    };
    let head = match (of.constant, of.by_ref) {
        (true, _) => "const",
        (_, true) => "ref",
        _ => "local",
    };
    list(head, [ty(&of.ty)].into_iter().chain(each(&of.declarators, declarator)))
}

fn local_function(of: &LocalFunction) -> String {
    let generic = each(&of.type_params, |name| name.text.to_string()).join(",");
    let name =
        if generic.is_empty() { of.name.text.to_string() } else { format!("{}<{generic}>", of.name.text) };
    list("function", [ty(&of.result), name, list("params", each(&of.params, param)), body(&of.body)])
}

fn case(of: &Case) -> String {
    let label = |label: &Label| match label {
        Label::Default(_) => "default".into(),
        Label::Case { pattern: of, guard } => list(
            "label",
            [pattern(of)].into_iter().chain(guard.iter().map(|guard| list("when", [expr(guard)]))),
        ),
    };
    list("case", each(&of.labels, label).into_iter().chain(each(&of.body, stmt)))
}
