//! Lines for `secrets.toml` and `overlay.toml`, put among those that people wrote.

use artifacts::{FolderError, FolderSource};

use crate::Plan;

/// Where secrets are.
pub(crate) const SECRETS: &str = "secrets.toml";
/// What API Management has no property for.
pub(crate) const OVERLAY: &str = "overlay.toml";

/// Plans a line `name = value` in a section of a file. A line for that name that is there already stays; gives whether
/// there is one.
///
/// # Errors
/// [`FolderError`] when the file cannot be read.
pub(crate) fn put(
    plan: &mut Plan,
    folder: &dyn FolderSource,
    file: &'static str,
    (section, name, value): (&str, &str, &str),
) -> Result<Put, FolderError> {
    let planned = plan.files.iter().position(|each| each.path == file).map(|at| plan.files.remove(at));
    let before = match planned {
        Some(planned) => planned.bytes,
        None => folder.read(file)?.unwrap_or_default(),
    };
    let text = String::from_utf8_lossy(&before);
    let (text, put) = with_line(&text, section, name, value);
    plan.write(file, text);
    Ok(put)
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is there now.
    Added,
    /// It was there, in these words.
    Same,
    /// There is another one.
    Other,
}

fn with_line(text: &str, section: &str, name: &str, value: &str) -> (String, Put) {
    let header = format!("[{section}]");
    let line = format!("{name} = {value}");
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(at) = lines.iter().position(|each| without_comment(each) == header) else {
        let gap = if text.trim().is_empty() { "" } else { "\n" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return (format!("{text}{end}{gap}{header}\n{line}\n"), Put::Added);
    };
    let inside = lines.iter().skip(at + 1).take_while(|each| !each.trim_start().starts_with('['));
    let names = |each: &&&str| each.split_once('=').is_some_and(|(there, _)| bare(there) == bare(name));
    if let Some(there) = inside.clone().find(names) {
        let put = if without_comment(there) == line { Put::Same } else { Put::Other };
        return (text.to_owned(), put);
    }
    let used = inside.enumerate().filter(|(_, each)| !each.trim().is_empty()).map(|(nth, _)| nth + 1);
    let last = used.last().unwrap_or(0);
    lines.insert(at + 1 + last, &line);
    (lines.join("\n") + "\n", Put::Added)
}

/// INVARIANT: only for lines of our own form and headers, in whose names no `#` stands.
fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim()
}

fn bare(name: &str) -> &str {
    name.trim().trim_matches('"')
}

/// A name as TOML takes it on the left side and in headers.
pub(crate) fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { string(name) }
}

/// Text as TOML takes it.
pub(crate) fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_put_among_those_that_are_there() {
        let added = |text: &str| with_line(text, "named-values", "k", "{ env = \"K\" }").0;
        assert_eq!(added(""), "[named-values]\nk = { env = \"K\" }\n");
        assert_eq!(
            added("[service]\nname = \"x\""),
            "[service]\nname = \"x\"\n\n[named-values]\nk = { env = \"K\" }\n"
        );
        let there =
            "[named-values] # ours\na = { env = \"A\" }\n\n[subscriptions.s]\nprimary = { env = \"S\" }\n";
        assert_eq!(
            added(there),
            "[named-values] # ours\na = { env = \"A\" }\nk = { env = \"K\" }\n\n[subscriptions.s]\nprimary = { env = \"S\" }\n"
        );
        let same = "[named-values]\nk = { env = \"K\" } # ours\n";
        assert_eq!(with_line(same, "named-values", "k", "{ env = \"K\" }"), (same.to_owned(), Put::Same));
        let other = "[named-values]\n\"k\" = { file = \"k\" }\n";
        assert_eq!(with_line(other, "named-values", "k", "{ env = \"K\" }"), (other.to_owned(), Put::Other));
    }
}
