//! Programs that compilers refuse, made of programs that they take: a token is left out, doubled, exchanged.

/// What tokens are exchanged for.
const TOKENS: [&str; 24] = [
    "int", "string", "object", "null", "true", "\"a\"", "1", "1.5", "'c'", "foo", "context", "new", "(", ")",
    "return", ";", ",", ".", "+", "==", "=>", "var", "?", "x.y",
];

use super::grammar::Dice;

/// Types that are exchanged for others.
const TYPES: [&str; 9] = ["int", "string", "object", "double", "bool", "JObject", "var", "long", "DateTime"];

/// Values that are exchanged for others.
const VALUES: [&str; 7] = ["1", "\"a\"", "1.5", "null", "true", "'c'", "new object()"];

/// A program with one change, mostly of the kind that authors make: a wrong type, a wrong name, a wrong value.
pub(crate) fn mutate(code: &str, dice: &mut Dice) -> String {
    let mut tokens = tokens(code);
    if tokens.is_empty() {
        return code.to_owned();
    }
    let at = dice.below(tokens.len());
    if dice.below(10) < 3 {
        any_token(&mut tokens, at, dice);
        return tokens.join(" ");
    }
    // The next token that is a word or a value.
    let change = |token: &String| token.starts_with(|c: char| c.is_alphanumeric() || c == '"' || c == '_');
    let places: Vec<usize> = (0..tokens.len()).filter(|at| tokens.get(*at).is_some_and(change)).collect();
    let Some(token) = places.get(dice.below(places.len())).and_then(|place| tokens.get_mut(*place)) else {
        return code.to_owned();
    };
    let one = |list: &[&'static str], dice: &mut Dice| {
        list.get(dice.below(list.len())).copied().unwrap_or_default()
    };
    if TYPES.contains(&token.as_str()) {
        *token = one(&TYPES, dice).to_owned();
    } else if token.starts_with(|c: char| c.is_ascii_digit() || c == '"') {
        *token = one(&VALUES, dice).to_owned();
    } else if dice.below(2) == 0 {
        token.push('x');
    } else {
        *token = one(&VALUES, dice).to_owned();
    }
    tokens.join(" ")
}

fn any_token(tokens: &mut Vec<String>, at: usize, dice: &mut Dice) {
    match dice.below(4) {
        0 => {
            tokens.remove(at);
        }
        1 => {
            let token = tokens.get(at).cloned().unwrap_or_default();
            tokens.insert(at, token);
        }
        2 => {
            let other = dice.below(tokens.len());
            tokens.swap(at, other);
        }
        _ => {
            let token = TOKENS.get(dice.below(TOKENS.len())).copied().unwrap_or_default();
            if let Some(place) = tokens.get_mut(at) {
                token.clone_into(place);
            }
        }
    }
}

/// Words, numbers, texts, symbols; near enough to C#'s.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        let mut token = String::from(c);
        if c.is_whitespace() {
            continue;
        } else if c == '"' {
            while let Some(inner) = rest.next() {
                token.push(inner);
                match inner {
                    '\\' => token.extend(rest.next()),
                    '"' => break,
                    _ => {}
                }
            }
        } else if c.is_alphanumeric() || c == '_' || c == '@' || c == '$' {
            while let Some(inner) =
                rest.next_if(|inner| inner.is_alphanumeric() || *inner == '_' || *inner == '"')
            {
                token.push(inner);
                if inner == '"' {
                    token.extend(rest.by_ref().take_while(|inner| *inner != '"'));
                    token.push('"');
                    break;
                }
            }
        } else {
            while let Some(inner) =
                rest.next_if(|inner| "=&|<>+-?".contains(*inner) && "=&|<>+-?!".contains(c))
            {
                token.push(inner);
            }
        }
        tokens.push(token);
    }
    tokens
}
