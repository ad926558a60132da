//! Rules made of the table of .NET's members: a call of each, with arguments of the kinds of its parameters.
//!
//! `bool EndsWith(string value)` of `System.String` is `{text}.EndsWith({text})`. A member of whose types one has no kind
//! (`kinds.txt`) has no rule.

use std::collections::HashMap;
use std::path::Path;

use crate::command::Failure;

/// How types are made: `type = kind`, or `type = text of a rule`.
const KINDS: &str = include_str!("kinds.txt");

/// The rules of a workspace: kind `members` for all, `members:TYPE` for those of a type.
///
/// # Errors
/// When the table is not there.
pub(crate) fn rules(root: &Path) -> Result<Vec<(String, String)>, Failure> {
    let kinds = Kinds::read();
    let mut rules = Vec::new();
    for entry in std::fs::read_dir(root.join("crates/expr/reference/types"))? {
        let path = entry?.path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(&path)?;
        let mut lines = text.lines();
        let Some(of) = lines.next().and_then(|line| line.strip_prefix("type\t")) else { continue };
        let usable = lines.filter_map(|line| line.split_once("\t\t")).map(|(declaration, _)| declaration);
        let node = if name.starts_with("System.Xml") { "<XElement>" } else { "<JToken>" };
        for declaration in usable {
            // Constraints: annotations are of reference types, nodes have nodes. And nothing that touches files.
            let declaration =
                if of == "Extensions" { declaration.replace("<T>", node) } else { declaration.to_owned() };
            let left_out = |part: &&str| declaration.contains(*part);
            let bound = ["Annotation", "Children<T", "Value<T, U>", "<T, U>"].iter().any(left_out);
            let files = ["string fileName", "string uri", "string inputUri"].iter().any(left_out);
            if files || bound && !of.starts_with("Enumerable") {
                continue;
            }
            let Some(rule) = kinds.rule(of, &declaration) else { continue };
            rules.push((format!("members:{name}"), rule.clone()));
            rules.push(("members".to_owned(), rule));
        }
    }
    rules.sort();
    Ok(rules)
}

struct Kinds(HashMap<String, String>);

impl Kinds {
    fn read() -> Self {
        let lines = KINDS.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
        Self(
            lines
                .filter_map(|line| line.split_once(" = "))
                .map(|(ty, how)| (ty.to_owned(), how.to_owned()))
                .collect(),
        )
    }

    /// The text that makes a value of a type.
    fn make(&self, ty: &str) -> Option<&str> {
        self.0.get(&instantiated(ty)).map(String::as_str)
    }

    fn rule(&self, of: &str, declaration: &str) -> Option<String> {
        let concrete = instantiated(of);
        let (setter, text) =
            declaration.strip_prefix("set ").map_or((false, declaration), |rest| (true, rest));
        let (is_static, text) = text.strip_prefix("static ").map_or((false, text), |rest| (true, rest));
        if text.contains("operator ") || declaration.contains("ref ") || of.starts_with("Tuple<") {
            return None;
        }
        if let Some(params) = text.strip_prefix("new(") {
            return Some(format!("new {concrete}({})", self.arguments(params.strip_suffix(')')?)?));
        }
        let receiver = if is_static { concrete } else { self.make(of)?.to_owned() };
        if let Some((_, params)) = text.split_once(" this[") {
            let index = self.arguments(params.strip_suffix(']')?)?;
            let value = self.make(text.split_once(" this[")?.0);
            return match setter {
                true => Some(format!("@{{{{ var $ = {receiver}; $[{index}] = {}; return $; }}}}", value?)),
                false => Some(format!("{receiver}[{index}]")),
            };
        }
        let Some((head, params)) = text.split_once('(') else {
            let (ty, name) = split_name(text)?;
            return match setter {
                true if is_static => None,
                true => {
                    Some(format!("@{{{{ var $ = {receiver}; $.{name} = {}; return $; }}}}", self.make(ty)?))
                }
                false => Some(format!("{receiver}.{name}")),
            };
        };
        self.call(&receiver, head, params.strip_suffix(')')?)
    }

    /// A call: of a method without result it is a block that gives the receiver.
    fn call(&self, receiver: &str, head: &str, params: &str) -> Option<String> {
        let (result, name) = split_name(head)?;
        let (name, generics) =
            name.split_once('<').map_or((name, ""), |(name, rest)| (name, rest.trim_end_matches('>')));
        let extension = params.strip_prefix("this ");
        let mut arguments = self.arguments(extension.unwrap_or(params))?;
        let mut receiver = receiver.to_owned();
        if extension.is_some() {
            let (first, rest) = split_first(&arguments);
            (receiver, arguments) = (first.to_owned(), rest.to_owned());
        }
        // Type arguments that no parameter shows have to be written.
        let hidden = generics.split(", ").find(|generic| !generic.is_empty() && !params.contains(generic));
        let written = if hidden.is_some() { format!("<{}>", instantiated(generics)) } else { String::new() };
        if result == "void" {
            return Some(format!("@{{{{ var $ = {receiver}; $.{name}{written}({arguments}); return $; }}}}"))
                .filter(|_| receiver.starts_with(['{', '(', 'n']));
        }
        Some(format!("{receiver}.{name}{written}({arguments})"))
    }

    fn arguments(&self, params: &str) -> Option<String> {
        let made = split_top(params, ',').into_iter().map(|param| {
            let param = param.split_once(" = ").map_or(param, |(before, _)| before).trim();
            if let Some(out) = param.strip_prefix("out ") {
                let (ty, name) = split_name(out)?;
                return Some(format!("out {} o{name}", instantiated(ty)));
            }
            let param = param.strip_prefix("params ").unwrap_or(param);
            self.make(split_name(param)?.0).map(str::to_owned)
        });
        made.collect::<Option<Vec<_>>>().map(|made| made.join(", "))
    }
}

/// Type parameters stand for `int`, those that are results for `string`, keys of dictionaries too.
fn instantiated(ty: &str) -> String {
    let mut text = String::new();
    let mut word = String::new();
    for c in ty.chars().chain(['\0']) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        text.push_str(match word.as_str() {
            "T" | "TSource" | "TValue" | "TAccumulate" | "TInner" | "TOuter" | "TFirst" | "TSecond" | "U" => {
                "int"
            }
            "TKey"
                if ty.starts_with("IGrouping")
                    || ty.starts_with("Func")
                    || ty.starts_with("IEqualityComparer") =>
            {
                "int"
            }
            "TKey" | "TResult" | "TElement" | "TOutput" => "string",
            other => other,
        });
        word.clear();
        if c != '\0' {
            text.push(c);
        }
    }
    text
}

fn split_name(text: &str) -> Option<(&str, &str)> {
    // The name has no blank but may have type parameters.
    let plain = text
        .rfind('>')
        .filter(|end| end + 1 == text.len())
        .map_or(text.len(), |_| text.rfind('<').unwrap_or(0));
    let blank = text.get(..plain)?.rfind(' ')?;
    Some((text.get(..blank)?, text.get(blank + 1..)?))
}

fn split_first(arguments: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in arguments.char_indices() {
        depth +=
            i32::from(matches!(c, '(' | '{' | '<' | '[')) - i32::from(matches!(c, ')' | '}' | '>' | ']'));
        if c == ',' && depth == 0 {
            return (arguments.get(..at).unwrap_or_default(), arguments.get(at + 2..).unwrap_or_default());
        }
    }
    (arguments, "")
}

fn split_top(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, c) in text.char_indices() {
        depth += i32::from(matches!(c, '<' | '(')) - i32::from(matches!(c, '>' | ')'));
        if c == at && depth == 0 {
            parts.push(text.get(start..place).unwrap_or_default().trim());
            start = place + 1;
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts.retain(|part| !part.is_empty());
    parts
}
