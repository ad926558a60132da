//! What the reference says, as it stands in `facts/`: no word in it comes from us.

pub mod policies;
pub mod resources;

/// A line of a file of facts or verdicts, without the remark behind ` -- `.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) remark: Option<String>,
    /// Whether it stands beneath a heading.
    pub(crate) inner: bool,
}

/// The lines that say something: no comments, nothing empty.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line> {
    let telling = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    telling.map(|line| {
        let (text, remark) =
            line.split_once(" -- ").map_or((line, None), |(text, remark)| (text, Some(remark)));
        let remark = remark.map(|remark| remark.trim().to_owned());
        Line { text: text.trim().to_owned(), remark, inner: line.starts_with(' ') }
    })
}

/// The first word, and what follows it.
pub(crate) fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}
