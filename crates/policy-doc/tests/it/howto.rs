//! The forms that published how-tos print, retyped as small documents of our own: they load as printed, with their
//! placeholders filled by named values.

use std::fs;
use std::path::{Path, PathBuf};

use policy_doc::{Child, Document, Element, Quote, Resolved, TextPiece, Unknown, read};
use source::{Diagnostics, SourceFile, render_all};

use crate::outline::{Names, outline};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/howto")
}

fn names() -> Names {
    Names::parse(&fs::read_to_string(folder().join("named-values.txt")).unwrap())
}

fn document(name: &str) -> Document {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    read(&SourceFile::new(name, text)).0
}

/// The first element of this name.
fn find<'a>(children: &'a [Child], name: &str) -> Option<&'a Element> {
    children.iter().filter_map(Child::as_element).find_map(|element| {
        if &*element.name == name { Some(element) } else { find(&element.children, name) }
    })
}

fn resolved(value: &policy_doc::RawValue) -> Resolved {
    value.resolve(&names(), Unknown::Refuse, &mut Diagnostics::new()).unwrap()
}

#[test]
fn every_howto_document_loads_without_a_problem() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let file = SourceFile::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
        let (document, mut problems) = read(&file);
        outline(&document, &names(), &mut problems);
        assert!(problems.is_empty(), "{}", render_all(&problems));
        count += 1;
    }
    assert!(count >= 7, "only {count} documents");
}

#[test]
fn a_tenant_without_quotes_is_the_named_value() {
    let document = document("validate-entra-token.xml");
    let tenant = find(&document.nodes, "validate-azure-ad-token")
        .and_then(|each| each.attribute("tenant-id"))
        .unwrap();
    assert_eq!(tenant.quote, Quote::Unquoted);
    assert_eq!(resolved(&tenant.value).as_text().as_deref(), Some("00000000-1111-2222-3333-444444444444"));
}

#[test]
fn a_provider_key_is_a_slot_and_never_text() {
    let document = document("provider-key.xml");
    let value = find(&document.nodes, "value").unwrap().content();
    let Resolved::Literal(pieces) = resolved(&value) else { panic!("not literal") };
    assert!(matches!(pieces.as_slice(), [TextPiece::Slot(slot)] if slot.slot == 0));
}

#[test]
fn a_bearer_header_is_one_expression() {
    let document = document("bearer-of-the-gateway.xml");
    let value = find(&document.nodes, "value").unwrap().content();
    let Resolved::Expression { code, .. } = resolved(&value) else { panic!("not an expression") };
    assert_eq!(code.text(), r#""Bearer " + (string)context.Variables["managed-id-access-token"]"#);
}

#[test]
fn a_placeholder_in_single_braces_is_plain_text() {
    let document = document("retry-over-a-pool.xml");
    let backend =
        find(&document.nodes, "set-backend-service").and_then(|each| each.attribute("backend-id")).unwrap();
    assert_eq!(resolved(&backend.value).as_text().as_deref(), Some("{backend-id}"));
}
