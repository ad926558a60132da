//! The policy that finds the backend of a call by the model that its body names.

use artifacts::write::{Document, attribute};

use super::settings::Settings;

/// A model as callers name it, and where its calls go.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Its names.
    pub(super) names: Vec<String>,
    pub(super) backend: String,
    /// Its name at the provider, where it has another one.
    pub(super) rename: Option<String>,
}

const MODEL: &str = "<set-variable name=\"model\" value=\"@{\n    try {\n        return \
(string)context.Request.Body.As&lt;JObject&gt;(preserveContent: true)[&quot;model&quot;] ?? &quot;&quot;;\n    } catch (Exception) {\n        \
return &quot;&quot;;\n    }\n}\" />";

/// As OpenAI says it.
const UNKNOWN: &str = "<return-response>\n    <set-status code=\"404\" reason=\"Not Found\" />\n    \
<set-header name=\"Content-Type\" exists-action=\"override\">\n        <value>application/json</value>\n    </set-header>\n    \
<set-body>{\"error\":{\"message\":\"The model does not exist.\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}</set-body>\n\
</return-response>";

/// What marks a document that nobody has taken over.
pub(super) const MARK: &str =
    "made by `cardea import litellm`, which writes it anew; without this line it stays as it is";

/// The document.
pub(super) fn document(choices: &[Choice], settings: &Settings) -> String {
    let mut choose = String::from("<choose>\n");
    for choice in choices {
        choose.push_str(&when(choice));
    }
    choose.push_str(&format!("    <otherwise>\n{}    </otherwise>\n</choose>", indented(UNKNOWN, 8)));
    let document = Document::new().comment(MARK).inbound(MODEL).inbound(&choose);
    match forward(settings) {
        Some(forward) => document.backend(&forward).text(),
        None => document.text(),
    }
}

fn when(choice: &Choice) -> String {
    let is = |name: &String| format!("(string)context.Variables[\"model\"] == {}", literal(name));
    let condition = choice.names.iter().map(is).collect::<Vec<_>>().join(" || ");
    let mut inside = format!("<set-backend-service backend-id=\"{}\" />\n", attribute(&choice.backend));
    if let Some(model) = &choice.rename {
        let code = format!(
            "@{{\n    var body = context.Request.Body.As<JObject>(preserveContent: true);\n    body[\"model\"] = {};\n    \
             return body.ToString();\n}}",
            literal(model)
        );
        inside.push_str(&format!("<set-body>{}</set-body>\n", escaped(&code)));
    }
    format!("    <when condition=\"@({})\">\n{}    </when>\n", attribute(&condition), indented(&inside, 8))
}

fn forward(settings: &Settings) -> Option<String> {
    let timeout = settings.timeout.map(|seconds| format!(" timeout=\"{seconds}\"")).unwrap_or_default();
    let Some(count) = settings.retries else {
        return settings.timeout.map(|_| format!("<forward-request{timeout} />"));
    };
    let condition = "@(context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)";
    Some(format!(
        "<retry condition=\"{}\" count=\"{count}\" interval=\"1\" first-fast-retry=\"true\">\n    \
         <forward-request buffer-request-body=\"true\"{timeout} />\n</retry>",
        attribute(condition)
    ))
}

/// A string of C#.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn indented(text: &str, blanks: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(blanks))).collect()
}
