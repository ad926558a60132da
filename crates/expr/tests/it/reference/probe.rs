//! Whether a member can be used although no declaration has its shape: the language does it (`==` of texts, operators of numbers),
//! or a wider overload gives the same type (`Convert.ToInt32(object)` for each type of argument).
//!
//! The member is called with a value of unknown origin for each parameter; it counts when that compiles and has the member's type.

use expr::{CompileEnv, Expected, Form, compile};

/// Whether a call of a member compiles and has its type.
pub(crate) fn usable(of: &str, declaration: &str) -> bool {
    let Some((code, result)) = program(of, declaration) else { return false };
    let compiled = compile(&code, Form::Expression, &Expected::Any, &CompileEnv::default());
    compiled.program.is_some() && compiled.ty.is_some_and(|ty| ty.to_string() == result)
}

/// A call, and the type that it gives; none for what is not called, and for generic members and types.
fn program(of: &str, declaration: &str) -> Option<(String, String)> {
    let (head, params) = declaration.split_once('(')?;
    if of.contains('<')
        || head.contains("this[")
        || declaration.contains("out ")
        || declaration.contains("ref ")
    {
        return None;
    }
    let types: Vec<&str> = params.strip_suffix(')')?.split(", ").filter(|param| !param.is_empty()).collect();
    let types = types.into_iter().map(|param| {
        let param = param.strip_prefix("this ").or_else(|| param.strip_prefix("params ")).unwrap_or(param);
        param.split_once(" = ").map_or(param, |(before, _)| before).rsplit_once(' ').map(|(ty, _)| ty)
    });
    let arguments: Vec<String> = types.map(|ty| Some(of_unknown_value(ty?))).collect::<Option<_>>()?;
    let all = arguments.join(", ");
    let (is_static, head) = head.strip_prefix("static ").map_or((false, head), |rest| (true, rest));
    if head == "new" {
        return Some((format!("new {of}({all})"), of.to_owned()));
    }
    let conversion =
        ["implicit operator ", "explicit operator "].into_iter().find_map(|kind| head.strip_prefix(kind));
    if let Some(result) = conversion {
        return Some((format!("({result}){all}"), result.to_owned()));
    }
    if let Some((result, operator)) = head.split_once(" operator ") {
        return operation(operator, &arguments).map(|code| (code, result.to_owned()));
    }
    let (result, name) = head.rsplit_once(' ')?;
    if name.contains('<') || name.contains('>') {
        return None;
    }
    let of = if is_static { of.to_owned() } else { of_unknown_value(of) };
    Some((format!("{of}.{name}({all})"), result.to_owned()))
}

fn of_unknown_value(ty: &str) -> String {
    format!("(({ty})context.Variables[\"x\"])")
}

fn operation(operator: &str, arguments: &[String]) -> Option<String> {
    match arguments {
        [one] if operator == "++" || operator == "--" => Some(format!("{one} {} 1", operator.get(..1)?)),
        [one] => Some(format!("{operator}{one}")),
        [one, other] => Some(format!("{one} {operator} {other}")),
        _ => None,
    }
}
