//! Every relative link of a Markdown file leads to a file, and its `#fragment` to a heading.

use crate::{File, Repository};

/// The links that lead nowhere.
#[must_use]
pub fn check(repository: &Repository) -> Vec<String> {
    let pages = repository.between("", ".md");
    pages.flat_map(|page| links(page.text).filter_map(move |link| wrong(repository, page, link))).collect()
}

/// The targets of `[text](target)`, outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    let prose = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    let parts = prose.flat_map(|line| line.split('`').step_by(2));
    parts.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| Some(rest.split_once(')')?.0))
}

fn wrong(repository: &Repository, page: File<'_>, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let target = if path.is_empty() { page.path.to_owned() } else { beside(page.path, path) };
    if !repository.holds(&target) {
        return Some(format!("{}: the link `{link}` leads to no file", page.path));
    }
    let text = repository.text(&target).unwrap_or("");
    let found = heading.is_none_or(|wanted| headings(text).any(|known| known == wanted));
    (!found).then(|| format!("{}: the link `{link}` leads to no heading", page.path))
}

/// A path that is relative to the directory of a page, from the root.
fn beside(page: &str, path: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/").replace("%20", " ")
}

/// The names that readers of Markdown give to headings: lower case, blanks as `-`, no punctuation.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let page = "See [b](b.md), [up](../README.md#the-end), [c](c.md), [x](b.md#no) and [web](https://e.example).\n\
                    `[code](no.md)`\n```\n[code](no.md)\n```\n";
        let files = [("docs/a.md", page), ("docs/b.md", "# B\n"), ("README.md", "## The end!\n")];
        assert_eq!(
            check(&Repository::of(&files)),
            [
                "docs/a.md: the link `c.md` leads to no file",
                "docs/a.md: the link `b.md#no` leads to no heading"
            ]
        );
    }
}
