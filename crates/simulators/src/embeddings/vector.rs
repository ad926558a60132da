//! Vectors without a model: words, pairs of words and triples of letters, hashed into as many dimensions as asked for
//! and scaled to length 1. Texts that share words, or forms of the same words, are near; others are far.

/// Words that say little about a text weigh little.
const COMMON: [&str; 44] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "could", "do", "does", "for", "from", "has",
    "have", "how", "i", "if", "in", "is", "it", "its", "me", "my", "of", "on", "or", "our", "please", "so",
    "that", "the", "their", "there", "this", "to", "was", "we", "what", "when", "with", "you", "your",
];
const WORD: f32 = 1.0;
const COMMON_WORD: f32 = 0.1;
const PAIR: f32 = 0.4;
const LETTERS: f32 = 0.3;

/// The vector of a text.
pub(super) fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0; dimensions];
    let words: Vec<String> = words(text);
    for word in &words {
        let common = COMMON.contains(&word.as_str());
        add(&mut vector, &["word", stem(word)], if common { COMMON_WORD } else { WORD });
        if !common {
            letters(&mut vector, word);
        }
    }
    for (first, second) in words.iter().zip(words.iter().skip(1)) {
        add(&mut vector, &["pair", stem(first), stem(second)], PAIR);
    }
    scale(&mut vector);
    vector
}

fn words(text: &str) -> Vec<String> {
    let split = |letter: char| !letter.is_alphanumeric();
    text.split(split).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The word without the endings of English that change little.
fn stem(word: &str) -> &str {
    let endings = ["ing", "ed", "es", "s"];
    let stem = endings.into_iter().find_map(|ending| word.strip_suffix(ending));
    stem.filter(|stem| stem.chars().count() >= 3).unwrap_or(word)
}

/// Triples of letters, with a mark at both ends.
fn letters(vector: &mut [f32], word: &str) {
    let marked: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
    for triple in marked.windows(3) {
        add(vector, &["letters", &String::from_iter(triple)], LETTERS);
    }
}

fn add(vector: &mut [f32], feature: &[&str], weight: f32) {
    let hash = hash(feature);
    let index = (hash >> 1).checked_rem(vector.len() as u64).unwrap_or_default() as usize;
    if let Some(number) = vector.get_mut(index) {
        *number += if hash & 1 == 0 { weight } else { -weight };
    }
}

/// FNV-1a with a last mixing, since its low bits alone are weak.
fn hash(feature: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in feature {
        for byte in part.bytes().chain([0xFF]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

/// To length 1. A text without words gets the first axis.
fn scale(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        let (one, other) = (embed(one, 1536), embed(other, 1536));
        one.iter().zip(&other).map(|(left, right)| left * right).sum()
    }

    #[test]
    fn a_paraphrase_is_nearer_than_another_subject() {
        for (text, paraphrase, other) in [
            ("How do I reset my password?", "I want to reset the password", "What is the weather in Paris?"),
            ("What is the capital of France?", "Tell me the capital city of France", "How do I bake bread?"),
            ("cancel my subscription", "cancelling subscriptions", "upgrade the database server"),
        ] {
            let (near, far) = (cosine(text, paraphrase), cosine(text, other));
            assert!(near > 0.4 && far < 0.2, "{text}: {near} and {far}");
        }
    }

    #[test]
    fn vectors_have_length_one() {
        for text in ["", "  ?!", "hello", "お誕生日おめでとう"] {
            let length: f32 = embed(text, 256).iter().map(|number| number * number).sum();
            assert!((length - 1.0).abs() < 1e-5, "{text}: {length}");
        }
        assert!((cosine("the same", "the same") - 1.0).abs() < 1e-5);
    }
}
