//! `$ref`: what it names in the same document.
//!
//! COMPAT: references out of the document are refused (documentation of import: external files are not supported).

use percent_encoding::percent_decode_str;
use source::Diagnostic;

use crate::tree::{Kind, Node};

/// A reference may name another one; more than so many in a row go around in a circle.
const CHAIN: usize = 16;

/// The node itself, or what its `$ref` names in the same document.
pub(super) fn resolved<'a>(document: &'a Node, node: &'a Node) -> Result<&'a Node, Diagnostic> {
    let mut node = node;
    for _ in 0..CHAIN {
        let Some(reference) = node.get("$ref") else { return Ok(node) };
        let text = reference.text().unwrap_or("");
        match text.strip_prefix('#').and_then(|pointer| pointed(document, pointer)) {
            Some(target) => node = target,
            None if text.starts_with('#') => return Err(refused(reference, text, "names nothing")),
            None => {
                let problem = refused(reference, text, "leads out of the document");
                return Err(problem.help("put what it names into the document first, with a bundler"));
            }
        }
    }
    Err(refused(node, "", "goes around in a circle"))
}

fn refused(at: &Node, text: &str, why: &str) -> Diagnostic {
    Diagnostic::error("bad-reference", format!("the reference `{text}` {why}")).at(at.at.clone())
}

/// What a JSON pointer (RFC 6901), as it stands behind `#`, names.
fn pointed<'a>(document: &'a Node, pointer: &str) -> Option<&'a Node> {
    pointer.split('/').skip(1).try_fold(document, |node, part| {
        let part = part.replace("~1", "/").replace("~0", "~");
        match &node.kind {
            Kind::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => node.get(&part).or_else(|| node.get(&percent_decode_str(&part).decode_utf8().ok()?)),
        }
    })
}
