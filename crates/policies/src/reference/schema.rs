//! An XML schema of policy documents, for editors: names, places, words and what they mean.
//!
//! It is a help for writing, not the judge: whether a document is accepted is decided by compiling it. A document whose
//! C# is not escaped is no XML, and no schema can look at it.

mod types;

use std::fmt::Write as _;

use policy::spec::{AttributeSpec, ChildSpec, Order};
use policy::{PolicySpec, Registry, Section};

use types::{VALUE_TYPES, annotation, attributes};

/// Where policies stand: in a section, or in a fragment, where any of them may.
type Place = Option<Section>;

const PLACES: [Place; 5] =
    [Some(Section::Inbound), Some(Section::Backend), Some(Section::Outbound), Some(Section::OnError), None];

fn name(place: Place) -> &'static str {
    place.map_or("fragment", Section::name)
}

pub(super) fn schema(registry: &Registry) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str("<!-- Written from the list in crates/policies/src/lib.rs: change it there. -->\n");
    out.push_str(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"unqualified\">\n",
    );
    out.push_str(&document());
    for place in PLACES {
        group(place, registry, &mut out);
    }
    for entry in registry.policies {
        out.push_str(&policy(entry.spec, registry));
    }
    out.push_str(VALUE_TYPES);
    out.push_str("</xs:schema>\n");
    out
}

fn document() -> String {
    let mut out = String::from("  <xs:element name=\"policies\">\n    <xs:complexType>\n      <xs:all>\n");
    for section in Section::ALL {
        let name = section.name();
        let _ = write!(
            out,
            "        <xs:element name=\"{name}\" minOccurs=\"0\">\n          <xs:complexType>\n            \
             <xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">\n              <xs:element name=\"base\">\n                \
             <xs:complexType />\n              </xs:element>\n              <xs:group ref=\"policies-of-{name}\" />\n            \
             </xs:choice>\n          </xs:complexType>\n        </xs:element>\n",
        );
    }
    out.push_str("      </xs:all>\n    </xs:complexType>\n  </xs:element>\n");
    out.push_str("  <xs:element name=\"fragment\">\n    <xs:complexType>\n");
    out.push_str(&policies_of(None, "      "));
    out.push_str("    </xs:complexType>\n  </xs:element>\n");
    out
}

fn policies_of(place: Place, indent: &str) -> String {
    let name = name(place);
    format!(
        "{indent}<xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">\n{indent}  <xs:group ref=\"policies-of-{name}\" \
         />\n{indent}</xs:choice>\n"
    )
}

/// The policies that may stand in a place.
fn group(place: Place, registry: &Registry, out: &mut String) {
    let _ = write!(out, "  <xs:group name=\"policies-of-{}\">\n    <xs:choice>\n", name(place));
    for spec in registry.policies.iter().map(|entry| entry.spec) {
        if place.is_none_or(|section| spec.sections.contains(section)) {
            let ty = type_name(spec, place);
            let _ = write!(
                out,
                "      <xs:element name=\"{}\" type=\"{ty}\">\n{}      </xs:element>\n",
                spec.element,
                annotation(spec.summary, "        ")
            );
        }
    }
    out.push_str("    </xs:choice>\n  </xs:group>\n");
}

/// Policies that hold policies have a type for each place, the others one for all.
fn type_name(spec: &PolicySpec, place: Place) -> String {
    if holds_policies(spec.children) {
        format!("{}-in-{}", spec.element, name(place))
    } else {
        spec.element.to_owned()
    }
}

fn holds_policies(children: &[ChildSpec]) -> bool {
    children.iter().any(|child| child.name == ChildSpec::POLICIES || holds_policies(child.children))
}

fn policy(spec: &PolicySpec, registry: &Registry) -> String {
    let places: &[Place] = if holds_policies(spec.children) { &PLACES } else { &[None] };
    let allowed = places.iter().filter(|place| place.is_none_or(|section| spec.sections.contains(section)));
    let one = |&place: &Place| {
        let mut writer = Writer { registry, place, out: String::new() };
        let content =
            Content { children: spec.children, order: spec.order, attributes: spec.attributes, id: true };
        writer.complex(&format!("  <xs:complexType name=\"{}\"", type_name(spec, place)), &content, "  ");
        writer.out
    };
    allowed.map(one).collect()
}

/// What an element holds.
struct Content {
    children: &'static [ChildSpec],
    order: Order,
    attributes: &'static [AttributeSpec],
    /// Whether it may have an `id`: policies may, wherever they stand.
    id: bool,
}

/// Writes types for policies of one place.
struct Writer<'r> {
    registry: &'r Registry,
    place: Place,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, indent: &str, text: &str) {
        let _ = writeln!(self.out, "{indent}{text}");
    }

    /// A complex type; `head` is its start tag without its end.
    fn complex(&mut self, head: &str, content: &Content, indent: &str) {
        let has = |name: &str| content.children.iter().any(|child| child.name == name);
        let inner = format!("{indent}  ");
        if has(ChildSpec::TEXT) && !has(ChildSpec::MARKUP) {
            self.line(head, ">");
            self.line(&inner, "<xs:simpleContent>");
            self.line(&inner, "  <xs:extension base=\"xs:string\">");
            self.attributes(content, &format!("{inner}    "));
            self.line(&inner, "  </xs:extension>");
            self.line(&inner, "</xs:simpleContent>");
        } else {
            self.line(head, if has(ChildSpec::MARKUP) { " mixed=\"true\">" } else { ">" });
            if has(ChildSpec::MARKUP) {
                self.markup(&inner);
            } else if has(ChildSpec::POLICIES) {
                let policies = policies_of(self.place, &inner);
                self.out.push_str(&policies);
            } else if !content.children.is_empty() {
                self.elements(content, &inner);
            }
            self.attributes(content, &inner);
        }
        self.line(indent, "</xs:complexType>");
    }

    fn attributes(&mut self, content: &Content, indent: &str) {
        self.out.push_str(&attributes(content.attributes, indent));
        if content.id {
            self.line(indent, "<xs:attribute name=\"id\" type=\"xs:string\" />");
        }
    }

    fn markup(&mut self, indent: &str) {
        self.line(indent, "<xs:sequence>");
        self.line(indent, "  <xs:any minOccurs=\"0\" maxOccurs=\"unbounded\" processContents=\"skip\" />");
        self.line(indent, "</xs:sequence>");
    }

    fn elements(&mut self, content: &Content, indent: &str) {
        let once = content.children.iter().all(|child| child.max <= 1);
        let (kind, counted) = match content.order {
            Order::AsDeclared => ("sequence", true),
            Order::Any if once => ("all", true),
            Order::Any => ("choice", false),
        };
        let occurs = if counted { "" } else { " maxOccurs=\"unbounded\"" };
        self.line(indent, &format!("<xs:{kind}{occurs}>"));
        for child in content.children {
            self.element(child, counted, &format!("{indent}  "));
        }
        self.line(indent, &format!("</xs:{kind}>"));
    }

    fn element(&mut self, child: &ChildSpec, counted: bool, indent: &str) {
        let occurs = if counted { occurs(child) } else { String::new() };
        self.line(indent, &format!("<xs:element name=\"{}\"{occurs}>", child.name));
        self.out.push_str(&annotation(child.doc, &format!("{indent}  ")));
        let content = Content {
            children: child.children,
            order: Order::AsDeclared,
            attributes: child.attributes,
            id: self.registry.find(child.name).is_some(),
        };
        self.complex(&format!("{indent}  <xs:complexType"), &content, &format!("{indent}  "));
        self.line(indent, "</xs:element>");
    }
}

fn occurs(child: &ChildSpec) -> String {
    let max = if child.max == u32::MAX { "unbounded".to_owned() } else { child.max.to_string() };
    format!(" minOccurs=\"{}\" maxOccurs=\"{max}\"", child.min)
}
