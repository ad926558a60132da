//! What differs on purpose, and what was decided where Microsoft's pages are silent: `verdicts/differences.txt` and
//! `verdicts/decisions.txt`.

use anyhow::{Context as _, bail};

use crate::facts::{first_word, lines};

/// Something said about a topic.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// What it is about.
    pub topic: String,
    /// What API Management does, where that is known.
    pub apim: String,
    /// What Cardea does.
    pub cardea: String,
    /// The reason or the source, where it does not go without saying.
    pub why: String,
}

/// What differs on purpose.
///
/// # Errors
/// When a line cannot be read.
pub fn differences() -> anyhow::Result<Vec<Note>> {
    read(include_str!("../verdicts/differences.txt"))
}

/// What was decided where Microsoft's pages are silent.
///
/// # Errors
/// When a line cannot be read.
pub fn decisions() -> anyhow::Result<Vec<Note>> {
    read(include_str!("../verdicts/decisions.txt"))
}

fn read(text: &str) -> anyhow::Result<Vec<Note>> {
    let mut notes: Vec<Note> = Vec::new();
    for line in lines(text) {
        if !line.inner {
            notes.push(Note { topic: line.text, ..Note::default() });
            continue;
        }
        let note = notes.last_mut().with_context(|| format!("`{}` is about nothing", line.text))?;
        let (word, rest) = first_word(&line.text);
        let place = match word {
            "apim" => &mut note.apim,
            "cardea" => &mut note.cardea,
            "why" => &mut note.why,
            other => bail!("{}: `{other}` is none of `apim`, `cardea` and `why`", note.topic),
        };
        rest.clone_into(place);
    }
    match notes.iter().find(|note| note.cardea.is_empty()) {
        Some(note) => bail!("{}: nothing says what Cardea does", note.topic),
        None => Ok(notes),
    }
}
