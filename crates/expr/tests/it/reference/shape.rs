//! What overload resolution sees of a declaration: name, type parameters by number, types and modes of parameters.
//!
//! `static string Join<T>(string separator, IEnumerable<T> values)` is `Join<1>(string,IEnumerable<m0>)`.

/// The shape of a declaration in a type with these type parameters.
pub(crate) fn shape(declaration: &str, of_type: &[String]) -> String {
    // Constraints are no part of it.
    let declaration = declaration.split(" where ").next().unwrap_or(declaration);
    let (setter, text) = match declaration.strip_prefix("set ") {
        Some(rest) => ("set ", rest),
        None => ("", declaration),
    };
    let text = text.strip_prefix("static ").unwrap_or(text);
    let (head, params) = split_params(text);
    let name = head_name(head);
    let (name, of_method) = generic_name(&name);
    let params: Vec<String> =
        top_level(params).iter().map(|param| parameter(param, of_type, &of_method)).collect();
    let arity = if of_method.is_empty() { String::new() } else { format!("<{}>", of_method.len()) };
    let conversion =
        if name == "implicit" || name == "explicit" { result_type(head, of_type) } else { String::new() };
    format!("{setter}{name}{arity}{conversion}({})", params.join(","))
}

/// What stands before the parameters, and the parameters.
fn split_params(text: &str) -> (&str, &str) {
    // An indexer's brackets; those of array types stand directly behind a type.
    if let Some((head, rest)) = text.split_once(" this[") {
        return (head, rest.strip_suffix(']').unwrap_or(rest));
    }
    match text.split_once('(') {
        Some((head, rest)) => (head, rest.strip_suffix(')').unwrap_or(rest)),
        None => (text, ""),
    }
}

/// `Join<T>` of `string Join<T>`, `operator ==` of an operator, `new`, `implicit`, `this` when there is only a type.
fn head_name(head: &str) -> String {
    if head == "new" {
        return "new".to_owned();
    }
    for kind in ["implicit", "explicit"] {
        if head.starts_with(kind) {
            return kind.to_owned();
        }
    }
    if let Some((_, operator)) = head.split_once("operator ") {
        return format!("operator {operator}");
    }
    let words = words(head);
    match words.as_slice() {
        [only] => only.clone(),
        [.., last] => last.clone(),
        [] => String::new(),
    }
}

/// The words at blanks outside of angle brackets.
fn words(text: &str) -> Vec<String> {
    split(text, ' ')
}

fn top_level(text: &str) -> Vec<String> {
    split(text, ',')
}

fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        depth += i32::from(matches!(c, '<' | '(')) - i32::from(matches!(c, '>' | ')'));
        if c == at && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// `Join` and its type parameters.
fn generic_name(name: &str) -> (String, Vec<String>) {
    if name.starts_with("operator") {
        return (name.to_owned(), Vec::new());
    }
    match name.split_once('<') {
        Some((plain, rest)) => {
            let names = rest.trim_end_matches('>').split(',').map(|name| name.trim().to_owned());
            (plain.to_owned(), names.collect())
        }
        None => (name.to_owned(), Vec::new()),
    }
}

fn result_type(head: &str, of_type: &[String]) -> String {
    let result = head.split_once("operator ").map(|(_, result)| result).unwrap_or_default();
    format!(" {}", named(result, of_type, &[]))
}

fn parameter(text: &str, of_type: &[String], of_method: &[String]) -> String {
    let text = text.split_once(" = ").map_or(text, |(before, _)| before);
    let mut words = words(text);
    if words.len() > 1 {
        words.pop();
    }
    let mode = if words.iter().any(|word| word == "out" || word == "ref") { "&" } else { "" };
    let ty = words.last().cloned().unwrap_or_default();
    format!("{mode}{}", named(&ty, of_type, of_method))
}

/// The type with its type parameters numbered.
fn named(ty: &str, of_type: &[String], of_method: &[String]) -> String {
    let mut text = String::new();
    let mut word = String::new();
    for c in ty.chars().chain(['\0']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        let place = |names: &[String]| names.iter().position(|name| *name == word);
        match (place(of_method), place(of_type)) {
            (Some(at), _) => text.push_str(&format!("m{at}")),
            (None, Some(at)) => text.push_str(&format!("t{at}")),
            (None, None) => text.push_str(&word),
        }
        word.clear();
        if c != '\0' && c != ' ' {
            text.push(c);
        }
    }
    text
}

#[test]
fn shapes_do_not_see_names_of_parameters() {
    let of_type = ["T".to_owned()];
    let same = [
        ("static string Join<T>(string separator, IEnumerable<T> values)", "Join<1>(string,IEnumerable<m0>)"),
        ("bool TryGetValue(T key, out int value)", "TryGetValue(t0,&int)"),
        ("static bool operator ==(Uri uri1, Uri uri2)", "operator ==(Uri,Uri)"),
        ("static explicit operator int(JToken value)", "explicit int(JToken)"),
        ("T this[int index]", "T(int)"),
        ("set T this[int index]", "set T(int)"),
        ("int Length", "Length()"),
        ("new(params char[] value)", "new(char[])"),
        ("int As(bool preserveContent = false)", "As(bool)"),
    ];
    for (declaration, wanted) in same {
        assert_eq!(shape(declaration, &of_type), wanted);
    }
}
