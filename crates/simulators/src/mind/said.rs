//! An answer as a model gives it: in pieces, with an end and a reason for the end.

use ai::count::{Encoding, Piece};

/// The longest answer in tokens, whatever the caller allows.
const MAX_TOKENS: usize = 16_384;

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    Length,
}

/// What ends an answer early.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits<'a> {
    /// Texts that end it; they are not said themselves.
    pub(crate) stop: Vec<&'a str>,
    pub(crate) max_tokens: Option<usize>,
}

/// A text in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) tokens: usize,
    pub(crate) finish: Finish,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// Says a text within limits.
pub(crate) fn say(encoding: Encoding, text: &str, limits: &Limits<'_>) -> Said {
    let end = limits.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop)).min();
    let text = end.and_then(|end| text.get(..end)).unwrap_or(text);
    let most = limits.max_tokens.unwrap_or(MAX_TOKENS).min(MAX_TOKENS);
    let mut said = Said { pieces: Vec::new(), tokens: 0, finish: Finish::Stop };
    for piece in encoding.pieces(text) {
        if said.tokens + piece.tokens > most {
            said.finish = Finish::Length;
            break;
        }
        said.tokens += piece.tokens;
        said.pieces.push(piece);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    // The tokens of "tiktoken is great!" in cl100k_base are t, ik, token, " is", " great", "!" (OpenAI cookbook).
    const TEXT: &str = "tiktoken is great!";

    fn said(limits: &Limits<'_>) -> (String, usize, Finish) {
        let said = say(Encoding::Cl100kBase, TEXT, limits);
        (said.text(), said.tokens, said.finish)
    }

    #[test]
    fn a_limit_of_tokens_ends_the_text() {
        assert_eq!(said(&Limits::default()), (String::from(TEXT), 6, Finish::Stop));
        let four = Limits { max_tokens: Some(4), ..Limits::default() };
        assert_eq!(said(&four), (String::from("tiktoken is"), 4, Finish::Length));
        let six = Limits { max_tokens: Some(6), ..Limits::default() };
        assert_eq!(said(&six).2, Finish::Stop);
    }

    #[test]
    fn the_first_stop_ends_the_text() {
        let stops = Limits { stop: vec!["great", " is", ""], max_tokens: None };
        assert_eq!(said(&stops), (String::from("tiktoken"), 3, Finish::Stop));
    }
}
