//! Programs that compilers refuse, made of programs that they take: a token is left out, doubled, exchanged.

/// What tokens are exchanged for.
const TOKENS: [&str; 24] = [
    "int", "string", "object", "null", "true", "\"a\"", "1", "1.5", "'c'", "foo", "context", "new", "(", ")",
    "return", ";", ",", ".", "+", "==", "=>", "var", "?", "x.y",
];

use super::grammar::Dice;

/// A program with one or two changes.
pub(crate) fn mutate(code: &str, dice: &mut Dice) -> String {
    let mut tokens = tokens(code);
    for _ in 0..=dice.below(2) {
        if tokens.is_empty() {
            break;
        }
        let at = dice.below(tokens.len());
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
    tokens.join(" ")
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
