//! Types of values in the schema: each may be a literal, hold a named value, and where it says so be an expression.

use std::fmt::Write as _;

use policy::spec::{AttributeSpec, Kind};

/// The simple types that attributes refer to. A literal may hold named values, which stand for anything.
pub(super) const VALUE_TYPES: &str = r#"  <xs:simpleType name="expression">
    <xs:restriction base="xs:string">
      <xs:pattern value="\s*@[({][\s\S]+" />
    </xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="named-value">
    <xs:restriction base="xs:string">
      <xs:pattern value="[\s\S]*\{\{[A-Za-z0-9\-._]+\}\}[\s\S]*" />
    </xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="bool">
    <xs:restriction base="xs:string">
      <xs:pattern value="\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|0|1)\s*" />
    </xs:restriction>
  </xs:simpleType>
"#;

/// The attributes of an element.
pub(super) fn attributes(specs: &[AttributeSpec], indent: &str) -> String {
    specs.iter().map(|spec| attribute(spec, indent)).collect()
}

fn attribute(spec: &AttributeSpec, indent: &str) -> String {
    let usage = if spec.required { " use=\"required\"" } else { "" };
    let mut out = String::new();
    let text =
        spec.default.map_or(spec.doc.to_owned(), |default| format!("{} Default: {default}.", spec.doc));
    let Some(literal) = literal(spec.kind) else {
        let _ = writeln!(out, "{indent}<xs:attribute name=\"{}\" type=\"xs:string\"{usage}>", spec.name);
        out.push_str(&annotation(&text, &format!("{indent}  ")));
        let _ = writeln!(out, "{indent}</xs:attribute>");
        return out;
    };
    let _ = writeln!(out, "{indent}<xs:attribute name=\"{}\"{usage}>", spec.name);
    out.push_str(&annotation(&text, &format!("{indent}  ")));
    let also = if spec.expression { "named-value expression" } else { "named-value" };
    out.push_str(&union(&literal, also, &format!("{indent}  ")));
    let _ = writeln!(out, "{indent}</xs:attribute>");
    out
}

/// What a literal may be.
enum Literal {
    Type(&'static str),
    Words(&'static [&'static str]),
}

fn literal(kind: Kind) -> Option<Literal> {
    match kind {
        Kind::String | Kind::Any => None,
        Kind::Bool => Some(Literal::Type("bool")),
        Kind::Int => Some(Literal::Type("xs:integer")),
        Kind::Seconds | Kind::Milliseconds => Some(Literal::Type("xs:nonNegativeInteger")),
        Kind::Double => Some(Literal::Type("xs:double")),
        Kind::Enum(words) => Some(Literal::Words(words)),
    }
}

fn union(literal: &Literal, also: &str, indent: &str) -> String {
    let mut out = format!("{indent}<xs:simpleType>\n");
    match literal {
        Literal::Type(name) => {
            let _ = writeln!(out, "{indent}  <xs:union memberTypes=\"{name} {also}\" />");
        }
        Literal::Words(words) => {
            let _ = writeln!(out, "{indent}  <xs:union memberTypes=\"{also}\">");
            let _ = writeln!(
                out,
                "{indent}    <xs:simpleType>\n{indent}      <xs:restriction base=\"xs:string\">"
            );
            for word in *words {
                let _ = writeln!(out, "{indent}        <xs:enumeration value=\"{}\" />", escape(word));
            }
            let _ = writeln!(
                out,
                "{indent}      </xs:restriction>\n{indent}    </xs:simpleType>\n{indent}  </xs:union>"
            );
        }
    }
    let _ = writeln!(out, "{indent}</xs:simpleType>");
    out
}

/// What an editor shows of an element or attribute.
pub(super) fn annotation(text: &str, indent: &str) -> String {
    let text = escape(&text.replace('`', ""));
    format!(
        "{indent}<xs:annotation>\n{indent}  <xs:documentation>{text}</xs:documentation>\n{indent}</xs:annotation>\n"
    )
}

/// Text inside of markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
