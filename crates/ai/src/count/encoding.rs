//! Encodings, which model has which, and the operations on text that need a vocabulary.

use bpe_openai::{Tokenizer, cl100k_base, o200k_base};

/// No token of these vocabularies is longer, in bytes. (A test looks at all of them.)
const LONGEST_TOKEN: usize = 128;

/// A vocabulary and its rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GPT-4, GPT-3.5 and the embedding models.
    Cl100kBase,
    /// GPT-4o and everything later. The default for models that are not known.
    #[default]
    O200kBase,
    /// The open-weight models: the text tokens of `o200k_base`, other special tokens.
    O200kHarmony,
}

/// How a model's name must look to have an encoding.
enum Name {
    Is(&'static str),
    Starts(&'static str),
}

/// COMPAT: the tables of tiktoken 0.14.0 (`model.py`), with Azure's spelling `gpt-35-turbo`. The first row that fits
/// counts.
const MODELS: [(Name, Encoding); 19] = [
    (Name::Starts("gpt-oss-"), Encoding::O200kHarmony),
    (Name::Starts("gpt-5"), Encoding::O200kBase),
    (Name::Starts("gpt-4.1"), Encoding::O200kBase),
    (Name::Starts("gpt-4.5"), Encoding::O200kBase),
    (Name::Starts("gpt-4o"), Encoding::O200kBase),
    (Name::Starts("chatgpt-4o-"), Encoding::O200kBase),
    (Name::Starts("o1"), Encoding::O200kBase),
    (Name::Starts("o3"), Encoding::O200kBase),
    (Name::Starts("o4-mini"), Encoding::O200kBase),
    (Name::Starts("codex-mini"), Encoding::O200kBase),
    (Name::Is("gpt-4"), Encoding::Cl100kBase),
    (Name::Starts("gpt-4-"), Encoding::Cl100kBase),
    (Name::Starts("gpt-3.5"), Encoding::Cl100kBase),
    (Name::Starts("gpt-35-turbo"), Encoding::Cl100kBase),
    (Name::Is("davinci-002"), Encoding::Cl100kBase),
    (Name::Is("babbage-002"), Encoding::Cl100kBase),
    (Name::Is("text-embedding-ada-002"), Encoding::Cl100kBase),
    (Name::Starts("text-embedding-3-small"), Encoding::Cl100kBase),
    (Name::Starts("text-embedding-3-large"), Encoding::Cl100kBase),
];

/// A part of a text that a model would emit at once: one token, or several where a character needs several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// How many tokens it has.
    pub tokens: usize,
}

impl Encoding {
    /// The encoding of a model, not of a deployment: names of deployments are arbitrary. A fine-tuned model
    /// (`ft:gpt-4o:acme::id`) has that of its base. `None` when the model is not known, or retired with its encoding.
    #[must_use]
    pub fn of_model(model: &str) -> Option<Self> {
        let base = model.strip_prefix("ft:").map_or(model, |tuned| tuned.split(':').next().unwrap_or(tuned));
        let fits = |name: &Name| match name {
            Name::Is(whole) => base == *whole,
            Name::Starts(start) => base.starts_with(start),
        };
        MODELS.iter().find(|(name, _)| fits(name)).map(|(_, encoding)| *encoding)
    }

    /// Its name in tiktoken.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cl100kBase => "cl100k_base",
            Self::O200kBase => "o200k_base",
            Self::O200kHarmony => "o200k_harmony",
        }
    }

    /// Reads the vocabulary now, so that no request has to wait for it.
    pub fn load(self) {
        self.tokenizer();
    }

    /// The number of tokens. Special tokens in the text are text. The work grows with the text: bound its length, or
    /// use [`Encoding::count_within`].
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        self.tokenizer().count(text)
    }

    /// The number of tokens if it is at most `limit`, with work that the limit bounds.
    #[must_use]
    pub fn count_within(self, text: &str, limit: usize) -> Option<usize> {
        if text.len() > limit.saturating_mul(LONGEST_TOKEN) {
            return None;
        }
        let tokenizer = self.tokenizer();
        tokenizer.count_till_limit(&tokenizer.normalize(text), limit)
    }

    /// The text in the pieces in which a model would stream it.
    #[must_use]
    pub fn pieces(self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let (mut bytes, mut tokens) = (Vec::new(), 0);
        for token in self.tokenizer().encode(text) {
            bytes.extend_from_slice(self.tokenizer().bpe.token_bytes(token));
            tokens += 1;
            // A character may be spread over tokens: it leaves with its last one.
            if let Ok(whole) = std::str::from_utf8(&bytes) {
                pieces.push(Piece { text: String::from(whole), tokens });
                bytes.clear();
                tokens = 0;
            }
        }
        pieces
    }

    /// The text of token ids. `None` when an id is not in the vocabulary or the bytes are no text.
    #[must_use]
    pub fn decode(self, tokens: &[u32]) -> Option<String> {
        let vocabulary = self.tokenizer().bpe.num_tokens();
        let known = tokens.iter().all(|token| (*token as usize) < vocabulary);
        known.then(|| self.tokenizer().decode(tokens))?
    }

    fn tokenizer(self) -> &'static Tokenizer {
        match self {
            Self::Cl100kBase => cl100k_base(),
            Self::O200kBase | Self::O200kHarmony => o200k_base(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_longer_than_the_bound() {
        for encoding in [Encoding::Cl100kBase, Encoding::O200kBase] {
            let bpe = &encoding.tokenizer().bpe;
            let longest = (0..bpe.num_tokens() as u32).map(|token| bpe.token_len(token)).max();
            assert!(longest.unwrap() <= LONGEST_TOKEN, "{encoding:?}: {longest:?}");
        }
    }

    #[test]
    fn pieces_are_the_text_and_its_count() {
        for text in ["", "antidisestablishmentarianism", "お誕生日おめでとう 👩‍👩‍👧 !", "a\r\n\t  b"]
        {
            let pieces = Encoding::O200kBase.pieces(text);
            assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
            let tokens: usize = pieces.iter().map(|piece| piece.tokens).sum();
            assert_eq!(tokens, Encoding::O200kBase.count(text));
        }
    }

    #[test]
    fn ids_outside_the_vocabulary_have_no_text() {
        assert_eq!(Encoding::Cl100kBase.decode(&[83, 1609, u32::MAX]), None);
    }
}
