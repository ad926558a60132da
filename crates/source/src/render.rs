//! Diagnostics as text for people, in the manner of compilers.

use std::fmt::Write as _;

use crate::{Diagnostic, Diagnostics, Location};

/// Widest piece of a source line that is shown, in characters.
const WIDTH: usize = 160;

/// One diagnostic with its source line underlined; ends with a line break.
#[must_use]
pub fn render(diagnostic: &Diagnostic) -> String {
    let mut out = format!("{}[{}]: {}\n", diagnostic.severity, diagnostic.code, diagnostic.message);
    if let Some(at) = &diagnostic.at {
        snippet(&mut out, at, '^', "");
    }
    for label in &diagnostic.labels {
        snippet(&mut out, &label.at, '-', &label.text);
    }
    let last = diagnostic.labels.last().map(|label| &label.at).or(diagnostic.at.as_ref());
    let digits = last.map_or(1, |at| at.file.line_column(at.span.start).line.to_string().len());
    let gutter = " ".repeat(digits);
    for help in &diagnostic.help {
        let _ = writeln!(out, " {gutter} = help: {help}");
    }
    out
}

/// All diagnostics, a blank line between them.
#[must_use]
pub fn render_all(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(render).collect::<Vec<_>>().join("\n")
}

fn snippet(out: &mut String, at: &Location, mark: char, text: &str) {
    let place = at.file.line_column(at.span.start);
    let line = at.file.line(place.line);
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let (shown, before, marked) =
        window(line, place.column as usize - 1, width_on_line(at, line, place.line));
    let _ = writeln!(out, " {gutter} --> {at}");
    // A file that is empty, or of which nothing could be read, has no line to show.
    if at.file.text().is_empty() {
        return;
    }
    let _ = writeln!(out, " {gutter} |");
    let _ = writeln!(out, " {number} | {shown}");
    let underline = mark.to_string().repeat(marked.max(1));
    let _ = writeln!(out, " {gutter} | {}{underline} {text}", " ".repeat(before));
    while out.ends_with(" \n") {
        out.truncate(out.len() - 2);
        out.push('\n');
    }
}

/// How many characters of the span stand on its first line.
fn width_on_line(at: &Location, line: &str, number: u32) -> usize {
    let into = at.span.start.saturating_sub(at.file.line_start(number)) as usize;
    let rest = line.get(into..).unwrap_or("");
    rest.char_indices().take_while(|&(offset, _)| offset < at.span.len() as usize).count()
}

/// Cuts a long line around the marked part; gives the text, the characters before the mark, and the mark's width.
fn window(line: &str, column: usize, marked: usize) -> (String, usize, usize) {
    let skip = column.saturating_sub(WIDTH / 2);
    let shown: String =
        line.chars().skip(skip).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let left = if skip > 0 { "…" } else { "" };
    let right = if line.chars().count() > skip + WIDTH { "…" } else { "" };
    let before = column - skip + left.chars().count();
    (format!("{left}{shown}{right}"), before, marked.min(WIDTH - (column - skip).min(WIDTH - 1)))
}

#[cfg(test)]
mod tests {
    use crate::{Diagnostic, Location, SourceFile, Span, render};

    #[test]
    fn shows_the_line_with_the_place_underlined() {
        let file = SourceFile::new("apis/echo/policy.xml", "<policies>\n  <inbund />\n</policies>\n");
        let at = Location::new(&file, Span::new(14, 20));
        let problem = Diagnostic::error("unknown-section", "`inbund` is not a section")
            .at(at)
            .help("did you mean `inbound`?");
        let expected = "error[unknown-section]: `inbund` is not a section\n   --> apis/echo/policy.xml:2:4\n   |\n 2 |   <inbund />\n   |    ^^^^^^\n   = help: did you mean `inbound`?\n";
        assert_eq!(render(&problem), expected);
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_place() {
        let file = SourceFile::new("a", format!("{}HERE{}", "x".repeat(5_000), "y".repeat(5_000)));
        let shown = render(&Diagnostic::error("c", "m").at(Location::new(&file, Span::new(5_000, 5_004))));
        assert!(shown.contains("HERE") && shown.lines().all(|line| line.chars().count() < 200), "{shown}");
    }

    #[test]
    fn help_stands_below_the_bar_whatever_the_number_of_the_line() {
        let file = SourceFile::new("a.xml", format!("{}<x />", "\n".repeat(11)));
        let diagnostic =
            Diagnostic::error("unknown", "`x` is not known").at(Location::new(&file, Span::new(12, 13)));
        let text = render(&diagnostic.help("remove it"));
        assert!(
            text.contains("\n    |\n 12 | <x />\n") && text.ends_with("\n    = help: remove it\n"),
            "{text}"
        );
    }
}
