//! Facts of resources; `facts/resources/README.md` tells their language.

use anyhow::{Context as _, bail, ensure};

use super::{first_word, lines};

/// What the reference says of one kind of resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceFacts {
    /// A short name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Where it stands below the service.
    pub path: String,
    /// Where the layout has it, if it does.
    pub file: Option<String>,
    /// Its properties.
    pub properties: Vec<PropertyFact>,
}

/// A property.
#[derive(Clone, Debug)]
pub struct PropertyFact {
    /// Names of members, joined with `.`.
    pub path: String,
    /// What its value is.
    pub ty: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether only the service sets it.
    pub read_only: bool,
    /// What stands beside it.
    pub remark: Option<String>,
}

/// All kinds of resources of the reference.
///
/// # Errors
/// When a line of the facts cannot be read.
pub fn resources() -> anyhow::Result<Vec<ResourceFacts>> {
    let mut all: Vec<ResourceFacts> = Vec::new();
    for line in lines(include_str!("../../facts/resources/resources.txt")) {
        let (word, rest) = first_word(&line.text);
        if !line.inner {
            ensure!(word == "resource", "`{}` is no heading", line.text);
            let title = line.remark.context("a resource has a title")?;
            all.push(ResourceFacts { name: rest.to_owned(), title, ..ResourceFacts::default() });
            continue;
        }
        let resource =
            all.last_mut().with_context(|| format!("`{}` stands before the first resource", line.text))?;
        match word {
            "path" => rest.clone_into(&mut resource.path),
            "file" => resource.file = Some(rest.to_owned()),
            "property" => resource.properties.push(property(rest, line.remark)?),
            other => bail!("`{other}` is no kind of fact"),
        }
    }
    Ok(all)
}

fn property(text: &str, remark: Option<String>) -> anyhow::Result<PropertyFact> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (path, ty, rest) = match words.as_slice() {
        [path, ty, rest @ ..] => (path, ty, rest),
        _ => bail!("`{text}` is no property"),
    };
    let (required, read_only) = match rest {
        [] => (false, false),
        ["required"] => (true, false),
        ["read-only"] => (false, true),
        _ => bail!("`{text}` is no property"),
    };
    Ok(PropertyFact { path: (*path).to_owned(), ty: (*ty).to_owned(), required, read_only, remark })
}
