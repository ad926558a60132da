//! What an import leaves out, said rather than passed over.
//!
//! COMPAT: all of it is ignored by API Management's import too (documentation of import).

use source::{Diagnostic, Diagnostics};

use super::operations::METHODS;
use super::references::resolved;
use crate::tree::{Kind, Member, Node};

/// Members of a path that are no operations.
const OF_A_PATH: [&str; 5] = ["parameters", "servers", "summary", "description", "$ref"];
/// Members that hold data rather than parts of a definition.
const DATA: [&str; 4] = ["example", "examples", "default", "enum"];
/// What API Management takes as the text of an import.
const INLINE: usize = 4 * 1024 * 1024;
/// Names that a remark lists before it only counts.
const LISTED: usize = 3;

/// What the import of a definition leaves out.
pub(super) fn remarks(document: &Node) -> Diagnostics {
    let mut found = Found { document: Some(document), ..Found::default() };
    for item in ["paths", "x-ms-paths"].into_iter().flat_map(|name| members(document, name)) {
        if !item.name.starts_with("x-") {
            found.path(item);
        }
    }
    let mut remarks = Diagnostics::new();
    let hooks: Vec<&Member> = members(document, "webhooks").iter().collect();
    remark(&mut remarks, "webhook", &hooks, "is not imported: it is no call to this API");
    remark(&mut remarks, "operation", &found.trace, "is not imported: TRACE is not served");
    remark(
        &mut remarks,
        "member of a path",
        &found.unknown,
        "is not read: methods are written in lower case",
    );
    remark(
        &mut remarks,
        "place",
        &found.servers,
        "has `servers` of its own, which do not count: those of the API do",
    );
    remark(&mut remarks, "operation", &found.callbacks, "has callbacks, which are not imported");
    remarks.extend(outside(document));
    let size = document.at.file.text().len();
    if size > INLINE {
        let message =
            format!("the definition has {size} bytes: API Management takes at most {INLINE} in one request");
        remarks.push(Diagnostic::warning("large-definition", message));
    }
    remarks
}

#[derive(Default)]
struct Found<'a> {
    document: Option<&'a Node>,
    trace: Vec<&'a Member>,
    unknown: Vec<&'a Member>,
    servers: Vec<&'a Member>,
    callbacks: Vec<&'a Member>,
}

impl<'a> Found<'a> {
    fn path(&mut self, item: &'a Member) {
        // What cannot be resolved is an error, told elsewhere.
        let target = self.document.and_then(|document| resolved(document, &item.value).ok());
        let node = target.unwrap_or(&item.value);
        if node.get("servers").is_some() {
            self.servers.push(item);
        }
        for member in node.members() {
            let name = member.name.as_str();
            match name {
                "trace" => self.trace.push(item),
                _ if METHODS.contains(&name) => self.operation(item, &member.value),
                _ if OF_A_PATH.contains(&name) || name.starts_with("x-") => {}
                _ => self.unknown.push(member),
            }
        }
    }

    fn operation(&mut self, item: &'a Member, operation: &Node) {
        if operation.get("servers").is_some() {
            self.servers.push(item);
        }
        if operation.get("callbacks").is_some() {
            self.callbacks.push(item);
        }
    }
}

fn members<'a>(document: &'a Node, name: &str) -> &'a [Member] {
    document.get(name).map(Node::members).unwrap_or_default()
}

fn remark(remarks: &mut Diagnostics, what: &str, places: &[&Member], why: &str) {
    let Some(first) = places.first() else { return };
    let names: Vec<String> = places.iter().take(LISTED).map(|each| format!("`{}`", each.name)).collect();
    let more = places.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("the {what} {}{more} {why}", names.join(", "));
    remarks.push(Diagnostic::warning("left-out", message).at(first.at.clone()));
}

/// Says that schemas refer to other documents. They are not read here, but API Management does not take them.
/// Examples do so in Microsoft's own definitions, which it does take.
fn outside(document: &Node) -> Option<Diagnostic> {
    let mut first: Option<&Node> = None;
    let mut count = 0_usize;
    let mut open = vec![document];
    while let Some(node) = open.pop() {
        let leads_out = |target: &&Node| target.text().is_some_and(|text| !text.starts_with('#'));
        if let Some(target) = node.get("$ref").filter(leads_out) {
            count += 1;
            first = first.or(Some(target));
        }
        match &node.kind {
            Kind::List(items) => open.extend(items.iter().rev()),
            Kind::Table(members) => {
                let counts = |member: &&Member| {
                    !member.name.starts_with("x-") && !DATA.contains(&member.name.as_str())
                };
                open.extend(members.iter().rev().filter(counts).map(|member| &member.value));
            }
            _ => {}
        }
    }
    let first = first?;
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let message = format!(
        "the reference `{}`{more} leads out of the document, which API Management does not support",
        first.text().unwrap_or("")
    );
    Some(Diagnostic::warning("reference-outside", message).at(first.at.clone()))
}
