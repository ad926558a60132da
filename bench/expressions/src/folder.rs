//! All expressions of a folder of policy documents, compiled.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use expr::{CompileEnv, Expected, Form, compile};
use policy_doc::{Child, Element};
use source::SourceFile;

use crate::engines::time;

/// The expressions of a folder, as they stand in its documents.
pub fn expressions(folder: &Path) -> Result<Vec<(Form, String)>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let source = SourceFile::new(file.display().to_string(), text);
        let (document, _) = policy_doc::read(&source);
        if let Some(root) = document.root() {
            of_element(root, &mut found);
        }
    }
    Ok(found)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "xml" || extension == "policy") {
            files.push(path);
        }
    }
    Ok(())
}

fn of_element(element: &Element, found: &mut Vec<(Form, String)>) {
    for attribute in &element.attributes {
        found.extend(expression(attribute.value.text().text()));
    }
    for child in &element.children {
        match child {
            Child::Element(element) => of_element(element, found),
            _ => {
                if let Some(text) = child.as_text() {
                    found.extend(expression(text.text().text()));
                }
            }
        }
    }
}

fn expression(text: &str) -> Option<(Form, String)> {
    let text = text.trim();
    let (form, inner) = match text.strip_prefix("@(") {
        Some(rest) => (Form::Expression, rest.strip_suffix(')')?),
        None => (Form::Block, text.strip_prefix("@{")?.strip_suffix('}')?),
    };
    Some((form, inner.to_owned()))
}

/// Microseconds: of the median expression, and milliseconds of a thousand of them.
pub fn measure(expressions: &[(Form, String)], rounds: usize) -> (f64, f64, usize) {
    let compiled = |form: Form, text: &str| compile(text, form, &Expected::Any, &CompileEnv::default());
    let clean = expressions.iter().filter(|(form, text)| compiled(*form, text).program.is_some()).count();
    let mut each: Vec<f64> = expressions
        .iter()
        .map(|(form, text)| {
            let once = || {
                std::hint::black_box(compiled(*form, text));
            };
            (0..rounds).map(|_| time(4, once)).fold(f64::MAX, f64::min)
        })
        .collect();
    let total: f64 = each.iter().sum();
    each.sort_by(f64::total_cmp);
    let median = each.get(each.len() / 2).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let thousand = total / (each.len().max(1) as f64) * 1000.0;
    (median / 1000.0, thousand / 1e6, clean)
}
