//! Declarations of library members, written in C# and read when the registry is built.
//!
//! ```text
//! static string Join<T>(string separator, IEnumerable<T> values)
//! string this[int index]
//! new(char[] value)
//! static implicit operator JToken(int value)
//! static bool TryParse(string s, out int result)
//! static string Format(string format, params object[] args)
//! static int Count<T>(this IEnumerable<T> source)
//! static IEnumerable<T> Nodes<T>(this IEnumerable<T> source) where T : XContainer
//! int Length
//! ```
//!
//! It reads exactly these shapes. A declaration that it cannot read is a mistake of ours; a test finds it.

use std::borrow::Cow;
use std::sync::Arc;

use crate::Value;
use crate::registry::Names;
use crate::types::{Scalar, TupleShape, Type};

/// A declared member, without what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) kind: MemberKind,
    pub(crate) is_static: bool,
    /// The first parameter is `this`: it is called as an instance method.
    pub(crate) extension: bool,
    /// Type parameters of the method itself.
    pub(crate) type_params: Vec<&'static str>,
    /// `where T : C`: a type parameter by its number, and the type that its argument has to be or derive from.
    pub(crate) constraints: Vec<(u8, Type)>,
    pub(crate) params: Vec<Param>,
    pub(crate) result: Type,
}

/// What kind of member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    Property,
    Method,
    Indexer,
    Constructor,
    /// `operator +`; the name is the operator.
    Operator,
    Implicit,
    Explicit,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Param {
    pub(crate) name: Cow<'static, str>,
    pub(crate) ty: Type,
    pub(crate) mode: Mode,
    /// It may be left out; what it then is.
    pub(crate) default: Option<DefaultValue>,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Value,
    Out,
    /// The variable's value goes in, and comes out as an `out` value.
    Ref,
    Params,
}

/// The value of a parameter that was left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DefaultValue {
    /// `null`, or what the type has by itself.
    Null,
    Bool(bool),
    /// A number, also that of an enum's member.
    Int(i32),
    /// A constant of a function that the author wrote.
    Value(Value),
}

/// Reads one declaration of a type whose own type parameters are `class_params`.
pub(crate) fn parse(text: &'static str, class_params: &[&'static str], names: &Names) -> Option<Signature> {
    let mut reader = Reader { text, at: 0, params: class_params.to_vec(), names };
    let is_static = reader.word("static");
    if reader.word("new") {
        return reader.method("new", MemberKind::Constructor, Type::Void, is_static);
    }
    for (word, kind) in [("implicit", MemberKind::Implicit), ("explicit", MemberKind::Explicit)] {
        if reader.word(word) {
            reader.word("operator");
            let result = reader.ty()?;
            return reader.method(word, kind, result, true);
        }
    }
    reader.typed_member(is_static)
}

/// Reads a type as declarations write it.
pub(crate) fn parse_type(text: &'static str, class_params: &[&'static str], names: &Names) -> Option<Type> {
    Reader { text, at: 0, params: class_params.to_vec(), names }.ty()
}

struct Reader<'a> {
    text: &'static str,
    at: usize,
    params: Vec<&'static str>,
    names: &'a Names,
}

impl Reader<'_> {
    fn typed_member(&mut self, is_static: bool) -> Option<Signature> {
        // The type parameters are behind the name but the result type may mention them.
        let before = self.params.len();
        let generic = self.find_type_params();
        self.params.extend(generic.iter().copied());
        let result = self.ty()?;
        if self.word("operator") {
            let operator = self.until('(').trim();
            return self.method(operator, MemberKind::Operator, result, true);
        }
        let name = self.name()?;
        if name == "this" {
            let params = self.params_between('[', ']')?;
            return Some(self.signature(name, MemberKind::Indexer, is_static, params, result));
        }
        if self.peek() == Some('<') {
            self.until('(');
        }
        if self.peek().is_none() {
            self.params.truncate(before);
            return Some(self.signature(name, MemberKind::Property, is_static, Vec::new(), result));
        }
        let params = self.params_between('(', ')')?;
        let mut signature = self.signature(name, MemberKind::Method, is_static, params, result);
        signature.constraints = self.constraints()?;
        signature.type_params = generic;
        signature.extension = self.text.contains("(this ");
        Some(signature)
    }

    /// The type parameters in `Name<A, B>(`.
    fn find_type_params(&self) -> Vec<&'static str> {
        let Some((head, _)) = self.text.split_once('(') else { return Vec::new() };
        let Some(inner) = head.strip_suffix('>') else { return Vec::new() };
        let Some((_, list)) = inner.rsplit_once('<') else { return Vec::new() };
        list.split(',').map(str::trim).collect()
    }

    fn method(
        &mut self,
        name: &'static str,
        kind: MemberKind,
        result: Type,
        is_static: bool,
    ) -> Option<Signature> {
        let params = self.params_between('(', ')')?;
        Some(self.signature(name, kind, is_static, params, result))
    }

    /// `where T : C where U : D`.
    fn constraints(&mut self) -> Option<Vec<(u8, Type)>> {
        let mut found = Vec::new();
        while self.peek().is_some() && self.word("where") {
            let Type::Param(index) = self.ty()? else { return None };
            self.eat(':').then_some(())?;
            found.push((index, self.ty()?));
        }
        Some(found)
    }

    fn signature(
        &self,
        name: &'static str,
        kind: MemberKind,
        is_static: bool,
        params: Vec<Param>,
        result: Type,
    ) -> Signature {
        Signature {
            name,
            kind,
            is_static,
            extension: false,
            type_params: Vec::new(),
            constraints: Vec::new(),
            params,
            result,
        }
    }

    fn params_between(&mut self, open: char, close: char) -> Option<Vec<Param>> {
        self.eat(open).then_some(())?;
        let mut params = Vec::new();
        while !self.eat(close) {
            self.eat(',');
            params.push(self.param()?);
        }
        Some(params)
    }

    fn param(&mut self) -> Option<Param> {
        self.word("this");
        let mode = if self.word("out") {
            Mode::Out
        } else if self.word("ref") {
            Mode::Ref
        } else if self.word("params") {
            Mode::Params
        } else {
            Mode::Value
        };
        let ty = self.ty()?;
        let name = self.name()?;
        let default = if self.eat('=') { Some(self.default()?) } else { None };
        Some(Param { name: name.into(), ty, mode, default })
    }

    fn default(&mut self) -> Option<DefaultValue> {
        let word = self.name()?;
        Some(match word {
            "null" => DefaultValue::Null,
            "true" => DefaultValue::Bool(true),
            "false" => DefaultValue::Bool(false),
            number => DefaultValue::Int(number.parse().ok()?),
        })
    }

    fn ty(&mut self) -> Option<Type> {
        let name = self.name()?;
        let mut ty = self.named(name)?;
        loop {
            if self.eat('?') {
                // A nullable of a type parameter is declared so only where the parameter is a value type.
                ty = Type::Nullable(Arc::new(ty));
            } else if self.rest().starts_with("[]") {
                self.at += 2;
                ty = Type::array(ty);
            } else {
                return Some(ty);
            }
        }
    }

    fn named(&mut self, name: &'static str) -> Option<Type> {
        if let Some(index) = self.params.iter().position(|param| *param == name) {
            return u8::try_from(index).ok().map(Type::Param);
        }
        match name {
            "void" => return Some(Type::Void),
            "object" => return Some(Type::Object),
            "string" => return Some(Type::String),
            _ => {}
        }
        if let Some(scalar) = Scalar::ALL.into_iter().find(|scalar| scalar.keyword() == name) {
            return Some(Type::Scalar(scalar));
        }
        let mut args = self.type_args()?;
        if name == "ValueTuple" && !args.is_empty() {
            return Some(Type::Tuple(Arc::new(TupleShape::unnamed(args))));
        }
        let mut id = self.names.find(name, args.len())?;
        // What is nested has the type arguments of what it stands in: `List<T>.Enumerator`.
        while self.eat('.') {
            let name = self.name()?;
            let own = self.type_args()?;
            id = self.names.nested(id, name, own.len())?;
            args.extend(own);
        }
        Some(Type::generic(id, args))
    }

    fn type_args(&mut self) -> Option<Vec<Type>> {
        let mut args = Vec::new();
        if self.eat('<') {
            while !self.eat('>') {
                self.eat(',');
                args.push(self.ty()?);
            }
        }
        Some(args)
    }

    fn rest(&self) -> &'static str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.rest().chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn name(&mut self) -> Option<&'static str> {
        self.skip_blanks();
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).filter(|name| !name.is_empty())
    }

    /// A whole word, if it is the next one.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        let found = self.name() == Some(word);
        if !found {
            self.at = before;
        }
        found
    }

    fn until(&mut self, c: char) -> &'static str {
        let rest = self.rest();
        let end = rest.find(c).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ClassId;

    fn read(text: &'static str) -> Signature {
        let names = Names::new(["System.IEnumerable<T>", "System.Func<A, B>"].into_iter());
        parse(text, &[], &names).unwrap()
    }

    #[test]
    fn declarations_are_read() {
        let join = read("static string Join<T>(string separator, IEnumerable<T> values)");
        assert!(join.is_static && !join.extension && join.type_params == ["T"]);
        assert_eq!(join.params[1].ty, Type::generic(ClassId(0), [Type::Param(0)]));
        let count = read("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)");
        assert!(count.extension && count.params[1].name == "predicate");
        let parse = read("static bool TryParse(string s, out int result)");
        assert_eq!(parse.params[1].mode, Mode::Out);
        assert_eq!(read("char this[int index]").kind, MemberKind::Indexer);
        assert_eq!(read("static implicit operator string(int value)").kind, MemberKind::Implicit);
        assert_eq!(read("static bool operator ==(int a, int b)").name, "==");
        assert_eq!(read("int Length").kind, MemberKind::Property);
        let body = read("int As(bool preserveContent = false)");
        assert_eq!(body.params[0].default, Some(DefaultValue::Bool(false)));
    }
}
