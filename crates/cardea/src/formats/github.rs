//! Problems as workflow commands, by which GitHub Actions annotates the lines of a change.
//!
//! ```text
//! ::error file=apim/policy.xml,line=3,endLine=3,col=6,endColumn=15,title=unknown-policy::`set-heder` is not a policy
//! ```
//!
//! Facts: GitHub's page "Workflow commands for GitHub Actions" (levels `notice`, `warning`, `error`; the parameters;
//! `endColumn` needs one line), and the escaping of `@actions/core`, which writes these commands: `%`, CR and LF in
//! messages, `:` and `,` too in parameters.

use std::fmt::Write as _;

use source::{Diagnostic, Diagnostics, Severity};

use super::{Base, Place};

/// A command a line for each problem.
pub(crate) fn render(problems: &Diagnostics, base: &Base) -> String {
    problems.iter().map(|each| command(each, base)).collect()
}

fn command(diagnostic: &Diagnostic, base: &Base) -> String {
    let level = match diagnostic.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let at = diagnostic.at.as_ref().map_or_else(String::new, |at| place(&Place::of(at, base)));
    format!("::{level} {at}title={}::{}\n", property(diagnostic.code), message(&whole(diagnostic)))
}

/// What is wrong and what to do, a line each.
fn whole(diagnostic: &Diagnostic) -> String {
    let helps = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(diagnostic.message.clone()).chain(helps).collect()
}

fn place(at: &Place) -> String {
    let mut out = format!("file={},line={},endLine={}", property(&at.file), at.line, at.end_line);
    if at.line == at.end_line {
        // An empty range is a place between two characters; the one behind it is shown.
        let _ = write!(out, ",col={},endColumn={}", at.column, at.end_column.max(at.column + 1));
    }
    out.push(',');
    out
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use source::{Diagnostic, Diagnostics, Location, SourceFile, Span};

    use super::{Base, render};

    fn one(problem: Diagnostic) -> String {
        render(&Diagnostics::from_iter([problem]), &Base::of_command(Path::new("a,b")))
    }

    #[test]
    fn what_has_a_meaning_in_commands_is_escaped() {
        let file = SourceFile::new("apis/x:y/policy.xml", "<a>\n<b/>\n</a>");
        let at = Location::new(&file, Span::new(4, 8));
        let problem = Diagnostic::warning("code", "100 %: a,b\r\nc").at(at).help("do it");
        assert_eq!(
            one(problem),
            "::warning file=a%2Cb/apis/x%3Ay/policy.xml,line=2,endLine=2,col=1,endColumn=5,title=code::\
             100 %25: a,b%0D%0Ac%0Ahelp: do it\n"
        );
    }

    #[test]
    fn columns_are_given_for_one_line_only_and_a_place_only_where_there_is_one() {
        let file = SourceFile::new("p.xml", "<a>\n<b/>\n</a>");
        let at = Location::new(&file, Span::new(0, 8));
        assert_eq!(
            one(Diagnostic::error("c", "m").at(at)),
            "::error file=a%2Cb/p.xml,line=1,endLine=2,title=c::m\n"
        );
        assert_eq!(one(Diagnostic::note("c", "m")), "::notice title=c::m\n");
    }
}
