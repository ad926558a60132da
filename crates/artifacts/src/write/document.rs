//! Policy documents with four sections, each with `<base />`.

/// A policy document to be written.
///
/// ```
/// use artifacts::write::Document;
///
/// let document = Document::new().inbound(r#"<set-backend-service backend-id="models" />"#);
/// assert!(document.text().contains("        <base />\n        <set-backend-service backend-id=\"models\" />\n"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Document {
    comment: Option<String>,
    inbound: Vec<String>,
    backend: Vec<String>,
    outbound: Vec<String>,
    on_error: Vec<String>,
}

impl Document {
    /// A document that does nothing of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A comment before the document. `--` would end it, and is written as two dashes apart.
    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        self.comment = Some(text.replace("--", "- -"));
        self
    }

    /// Elements of `inbound`, behind `<base />`; may have several lines.
    #[must_use]
    pub fn inbound(mut self, elements: &str) -> Self {
        self.inbound.push(elements.to_owned());
        self
    }

    /// Elements of `backend` instead of `<base />`.
    #[must_use]
    pub fn backend(mut self, elements: &str) -> Self {
        self.backend.push(elements.to_owned());
        self
    }

    /// Elements of `outbound`, behind `<base />`.
    #[must_use]
    pub fn outbound(mut self, elements: &str) -> Self {
        self.outbound.push(elements.to_owned());
        self
    }

    /// Elements of `on-error`, behind `<base />`.
    #[must_use]
    pub fn on_error(mut self, elements: &str) -> Self {
        self.on_error.push(elements.to_owned());
        self
    }

    /// The document's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(comment) = &self.comment {
            text.push_str(&format!("<!-- {comment} -->\n"));
        }
        text.push_str("<policies>\n");
        section("inbound", true, &self.inbound, &mut text);
        // The section holds one policy: what a document puts there replaces what it inherits.
        section("backend", self.backend.is_empty(), &self.backend, &mut text);
        section("outbound", true, &self.outbound, &mut text);
        section("on-error", true, &self.on_error, &mut text);
        text.push_str("</policies>\n");
        text
    }
}

fn section(name: &str, base: bool, elements: &[String], text: &mut String) {
    text.push_str(&format!("    <{name}>\n"));
    if base {
        text.push_str("        <base />\n");
    }
    for line in elements.iter().flat_map(|element| element.lines()) {
        if line.trim().is_empty() {
            text.push('\n');
        } else {
            text.push_str(&format!("        {line}\n"));
        }
    }
    text.push_str(&format!("    </{name}>\n"));
}

/// Text as it may stand inside an attribute in quotation marks.
#[must_use]
pub fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
