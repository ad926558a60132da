//! What the place in the document wants, and what the expression gives (`expressions.md` 4).

use source::Span;

use crate::registry::{known, registry};
use crate::types::{Scalar, Type};
use crate::{Expected, Value};

use super::conversion::implicit;
use super::scope::{FunctionKind, Returns};
use super::{Binder, Bound};

impl Binder<'_> {
    /// Converts the value of the program to what its place wants.
    pub(super) fn result(&mut self, value: Bound) -> Bound {
        if value.ty == Type::Void {
            self.error("csharp-void", value.span, "the expression has no value (CS0029)");
            self.help("write it as a statement: `@{ … return …; }`");
            return self.wrong(value.span);
        }
        if value.ty == Type::Error {
            return value;
        }
        let wanted = match self.expected {
            Expected::Bool => Type::BOOL,
            Expected::Int => Type::INT,
            Expected::Long => Type::LONG,
            Expected::Double => Type::DOUBLE,
            Expected::String | Expected::Enum(_) => Type::String,
            Expected::Bytes => Type::bytes(),
            Expected::BodyText if value.ty == Type::bytes() => Type::bytes(),
            Expected::BodyText => Type::String,
            Expected::Any => return self.reify(value),
            Expected::Variable => return self.variable_result(value),
        };
        let value = self.result_as(value, &wanted);
        self.check_enum(&value);
        value
    }

    fn result_as(&mut self, value: Bound, wanted: &Type) -> Bound {
        if implicit(&value.ty, value.constant.as_ref(), wanted).is_some() {
            return self.convert(value, wanted);
        }
        let cast = super::conversion::explicit(&value.ty, None, wanted).is_some();
        // The compiler tells whether a cast would do.
        let code = if cast { "CS0266" } else { "CS0029" };
        let message = format!("the expression gives `{}`, but `{wanted}` is wanted here ({code})", value.ty);
        self.error("csharp-wrong-result", value.span, message);
        if cast {
            self.help(format!("cast it: `({wanted})(…)`"));
        } else if *wanted == Type::String {
            self.help("call `.ToString()` on it");
        }
        self.wrong(value.span)
    }

    fn check_enum(&mut self, value: &Bound) {
        let Expected::Enum(names) = self.expected else { return };
        let Some(Value::Text(text)) = &value.constant else { return };
        if !names.contains(&text.as_str()) {
            let message = format!("`{}` is not one of {}", text.as_str(), listed(names));
            self.error("csharp-wrong-result", value.span, message);
        }
    }

    /// The value as an object: lambdas and sequences that would run later cannot leave the expression.
    fn reify(&mut self, value: Bound) -> Bound {
        if super::overload::delegate(&value.ty).is_some() {
            self.error("csharp-wrong-result", value.span, "a function cannot be the value of an expression");
            return self.wrong(value.span);
        }
        value
    }

    fn variable_result(&mut self, value: Bound) -> Bound {
        if is_variable_type(&value.ty) {
            return value;
        }
        let message = format!("a variable cannot hold a value of type `{}`", value.ty);
        self.error("csharp-wrong-result", value.span, message);
        self.help("`set-variable` takes booleans, numbers, text, dates, Guids, `byte[]` and `Newtonsoft.Json.Linq` types");
        self.wrong(value.span)
    }

    /// Binds `return x;` of the program or of a function.
    pub(super) fn returned(&mut self, value: Option<Bound>, span: Span) -> Option<crate::code::NodeId> {
        let returns = self.functions.last().map(|function| function.returns.clone());
        match (returns, value) {
            (Some(Returns::Program(_)), Some(value)) => {
                let ty = value.ty.clone();
                let value = self.result(value);
                if let Some(Returns::Program(types)) =
                    self.functions.last_mut().map(|function| &mut function.returns)
                {
                    types.push(ty);
                }
                Some(value.node)
            }
            (Some(Returns::Typed(Type::Void)), None) => None,
            (Some(Returns::Typed(ty)), Some(value)) if ty != Type::Void => {
                Some(self.convert(value, &ty).node)
            }
            (Some(Returns::Open(_)), value) => {
                let node = value.as_ref().map(|value| value.node);
                if let Some(Returns::Open(all)) =
                    self.functions.last_mut().map(|function| &mut function.returns)
                {
                    all.extend(value);
                }
                node
            }
            (_, None) => {
                self.error("csharp-return", span, "a value is wanted behind `return` (CS0126)");
                None
            }
            (_, Some(value)) => {
                let lambda =
                    self.functions.last().is_some_and(|function| function.kind == FunctionKind::Lambda);
                let code = if lambda { "CS8030" } else { "CS0127" };
                let message = format!("the function returns nothing, so `return` takes no value ({code})");
                self.error("csharp-return", span, message);
                Some(value.node)
            }
        }
    }

    /// The type of the program: that of its `return`s when they agree.
    pub(super) fn returned_type(&self) -> Type {
        let Some(Returns::Program(types)) = self.functions.last().map(|function| &function.returns) else {
            return Type::Object;
        };
        let mut known = types.iter().filter(|ty| **ty != Type::Null);
        let first = known.next();
        match first {
            Some(first) if known.all(|ty| ty == first) => first.clone(),
            Some(_) => Type::Object,
            None => Type::Null,
        }
    }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// COMPAT: the types that `set-variable` documents, their nullable forms, and those of `Newtonsoft.Json.Linq` (set-variable
/// article; the JSON types by documentation pull request 128688). `object` passes: what it holds is known only when it
/// runs. Objects that APIM's own policies put into variables may be copied into another.
fn is_variable_type(ty: &Type) -> bool {
    let known = known();
    match ty.without_nullable() {
        Type::Object | Type::Null | Type::String | Type::Scalar(_) | Type::Error => true,
        Type::Array(element) => {
            matches!(**element, Type::Scalar(Scalar::Byte | Scalar::SByte) | Type::String)
        }
        Type::Class(id, _) => {
            let class = registry().class(*id);
            class.namespace() == "Newtonsoft.Json.Linq"
                || [known.guid, known.date_time, known.date_time_offset, known.time_span, known.response]
                    .contains(id)
                || ["Jwt", "BasicAuthCredentials", "Authorization"].contains(&class.name())
        }
        _ => false,
    }
}
