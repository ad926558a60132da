//! `include-fragment`: runs the policies of a fragment in its place.
//!
//! ```xml
//! <include-fragment fragment-id="forward-context" />
//! ```
//!
//! A fragment is put in when the configuration is loaded: nothing of it is looked up when a request comes.

use expr::{Facts, Text};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{Action, CompileCx, PolicySpec, Reader, Reported, Scopes, Section, Sections};
use policy_doc::Element;
use source::{Diagnostic, did_you_mean};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "include-fragment",
    summary: "Runs the policies of a fragment in its place.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[attribute("fragment-id", Kind::String, "The name of the fragment.").required().literal()],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "The fragment's document has the root `fragment` and holds policies: no sections, no `base`, and no further \
         `include-fragment`.",
        "The policies of the fragment must be allowed where it is included: a fragment may fit into `inbound` and not \
         into `outbound`.",
        "A fragment that does not exist is an error of the document. A changed fragment takes effect in every document \
         that includes it.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/include-fragment-policy",
    examples: &[Example {
        title: "The same headers for several APIs",
        document: r#"<include-fragment fragment-id="team-headers" />"#,
        when: "fragment team-headers = <fragment><set-header name=\"X-Team\"><value>red</value></set-header></fragment>\n> GET /",
        then: "> GET /\n> X-Team: red\n< 200",
    }],
};

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let id = reader.literal::<Text>("fragment-id", cx)?.ok_or(Reported)?;
    let id = id.as_str().trim();
    let Some(document) = cx.fragment_document(id) else { return Err(unknown(id, reader, cx)) };
    let Some(root) = document.root() else {
        let message = format!("the fragment `{id}` is empty");
        return Err(cx.report(Diagnostic::error("empty-fragment", message).at(reader.location())));
    };
    check_root(root, cx)?;
    cx.fragment(id, root, reader.element()).map(Action::Group)
}

fn unknown(id: &str, reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Reported {
    let near = did_you_mean(id, cx.known.fragments.ids()).map(|near| format!("did you mean `{near}`?"));
    let at = reader.location_of("fragment-id");
    let message = format!("there is no fragment `{id}`");
    cx.report(Diagnostic::error("unknown-fragment", message).at(at).maybe_help(near))
}

fn check_root(root: &Element, cx: &mut CompileCx<'_>) -> Result<(), Reported> {
    if &*root.name != "fragment" {
        let message = format!("a fragment begins with `fragment`, not with `{}`", root.name);
        return Err(cx.report(Diagnostic::error("wrong-root", message).at(root.location())));
    }
    let mut result = Ok(());
    for attribute in &root.attributes {
        let message = format!("`fragment` has no attribute `{}`", attribute.name);
        result = Err(cx.report(Diagnostic::error("unknown-attribute", message).at(attribute.location())));
    }
    for text in root.texts() {
        let message = "`fragment` cannot hold text";
        result = Err(cx.report(Diagnostic::error("unexpected-text", message).at(text.location())));
    }
    for element in root.elements().filter(|each| Section::named(&each.name).is_some()) {
        let message = format!("a fragment cannot hold the section `{}`", element.name);
        let diagnostic = Diagnostic::error("section-in-fragment", message).at(element.location());
        result = Err(cx.report(diagnostic.help("write the policies directly into `fragment`")));
    }
    result
}
