//! What a file of LiteLLM says of its deployments.

use artifacts::{Kind, Node};
use source::{Diagnostic, Diagnostics};

use super::providers::Provider;
use super::rows::Rows;

/// A deployment of a model.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    /// What callers name.
    pub(super) alias: String,
    /// Its name at the provider.
    pub(super) model: String,
    pub(super) provider: Provider,
    pub(super) base: Text,
    pub(super) version: Option<Text>,
    /// The variable that holds the key; none when it takes none.
    pub(super) key: Option<String>,
    pub(super) organization: Option<Text>,
    /// Share, from `weight`, `rpm` or `tpm`.
    pub(super) share: Option<f64>,
    /// Lower ones are used first.
    pub(super) order: Option<u8>,
}

/// A text, or the variable that holds it.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Here(String),
    Variable(String),
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        match text.strip_prefix("os.environ/") {
            Some(name) => Self::Variable(name.to_owned()),
            None => Self::Here(text.to_owned()),
        }
    }
}

/// Parameters that [`deployment`] looks at.
const KNOWN: [&str; 9] =
    ["model", "api_base", "api_key", "api_version", "organization", "weight", "rpm", "tpm", "order"];
/// Values of `api_key` that stand for none.
const NO_KEY: [&str; 5] = ["none", "null", "dummy", "fake", "anything"];

/// The deployments of `model_list`, and what becomes of what they say.
pub(super) fn deployments(document: &Node, rows: &mut Rows, problems: &mut Diagnostics) -> Vec<Deployment> {
    let mut all = Vec::new();
    let list = document.get("model_list").map(Node::items).unwrap_or_default();
    if list.is_empty() {
        problems.push(Diagnostic::error("no-models", "the file has no `model_list`, or an empty one"));
    }
    for (at, item) in list.iter().enumerate() {
        let place = format!("model_list[{at}]");
        all.extend(deployment(item, &place, rows, problems));
    }
    all
}

fn deployment(item: &Node, place: &str, rows: &mut Rows, problems: &mut Diagnostics) -> Option<Deployment> {
    let (alias, params) = (text(item, "model_name"), item.get("litellm_params"));
    let (Some(alias), Some(params)) = (alias, params) else {
        problems.push(wrong(item, format!("`{place}` has no `model_name` or no `litellm_params`")));
        return None;
    };
    let written = text(params, "model").unwrap_or_default();
    let line = line_of(params);
    if alias.contains('*') || written.contains('*') {
        rows.none(line, place, "a pattern of models has no equivalent: name each model");
        return None;
    }
    let Some((provider, model)) = Provider::of(&written) else {
        let name = written.split('/').next().unwrap_or_default().to_owned();
        rows.none(
            line,
            place,
            format!("`{alias}`: calls of `{name}` are not translated; the deployment is left out"),
        );
        return None;
    };
    let key = key(params, provider, (&alias, place), rows, problems);
    let base = base(params, provider);
    let Some(base) = base else {
        problems.push(wrong(params, format!("`{place}` has no `api_base`, which `{}` needs", provider.name)));
        return None;
    };
    if provider.is_translated {
        let what = format!("`{alias}`: the provider's own endpoint that speaks like OpenAI is called");
        rows.nearest(line, format!("{place}.litellm_params.model"), what);
    } else {
        rows.same(line, format!("{place}.litellm_params.model"), format!("`{alias}`"));
    }
    others(item, params, place, rows);
    Some(Deployment {
        model: model.to_owned(),
        provider,
        base,
        version: text(params, "api_version").as_deref().map(Text::of),
        key,
        organization: text(params, "organization").as_deref().map(Text::of),
        share: share(params, place, rows),
        order: number(params, "order").map(|order| order.clamp(0.0, 100.0) as u8),
        alias,
    })
}

fn base(params: &Node, provider: Provider) -> Option<Text> {
    match text(params, "api_base") {
        None => provider.base.map(|base| Text::Here(base.to_owned())),
        Some(text) => Some(match Text::of(text.trim_end_matches('/')) {
            Text::Here(text) if text.ends_with(provider.suffix) => Text::Here(text),
            Text::Here(text) => Text::Here(format!("{text}{}", provider.suffix)),
            variable @ Text::Variable(_) => variable,
        }),
    }
}

/// The variable of the key. One in clear is refused, and not shown: neither it nor its line.
fn key(
    params: &Node,
    provider: Provider,
    (alias, place): (&str, &str),
    rows: &mut Rows,
    problems: &mut Diagnostics,
) -> Option<String> {
    let setting = format!("{place}.litellm_params.api_key");
    let Some(node) = params.get("api_key").filter(|node| !matches!(node.kind, Kind::Null)) else {
        let variable = provider.variable;
        if provider.base.is_some() || provider.is_azure() {
            rows.same(line_of(params), setting, format!("`{alias}`: the environment variable `{variable}`"));
            return Some(variable.to_owned());
        }
        return None;
    };
    let text = node.scalar().unwrap_or_default();
    if let Text::Variable(variable) = Text::of(text) {
        rows.same(line_of(node), setting, format!("`{alias}`: the environment variable `{variable}`"));
        return Some(variable);
    }
    if text.is_empty() || NO_KEY.contains(&text.to_ascii_lowercase().as_str()) {
        rows.same(line_of(node), setting, format!("`{alias}`: no key"));
        return None;
    }
    let line = line_of(node);
    let message = format!("line {line}: the key of `{alias}` stands in clear in `{setting}`");
    let help = "put it into the environment and write `os.environ/NAME` instead; it is in nothing that the import writes";
    problems.push(Diagnostic::error("secret-in-clear", message).help(help));
    None
}

fn share(params: &Node, place: &str, rows: &mut Rows) -> Option<f64> {
    let mut share = None;
    for name in ["weight", "rpm", "tpm"] {
        let Some(value) = number(params, name) else { continue };
        let setting = format!("{place}.litellm_params.{name}");
        let line = params.get(name).map(line_of).unwrap_or_default();
        match (share.is_none(), name) {
            (true, "weight") => rows.same(line, setting, "its share in the pool".to_owned()),
            (true, _) => {
                rows.nearest(line, setting, "its share in the pool; as a limit it is not kept".to_owned())
            }
            (false, _) => {
                rows.none(line, &setting, "another member decides its share; as a limit it is not kept")
            }
        }
        share = share.or(Some(value));
    }
    share
}

fn others(item: &Node, params: &Node, place: &str, rows: &mut Rows) {
    for name in ["api_base", "api_version", "organization", "order"] {
        if let Some(node) = params.get(name) {
            rows.same(line_of(node), format!("{place}.litellm_params.{name}"), "of its backend");
        }
    }
    for member in params.members().iter().filter(|member| !KNOWN.contains(&member.name.as_str())) {
        let setting = format!("{place}.litellm_params.{}", member.name);
        rows.none(line_of(&member.value), &setting, "it is not put into calls");
    }
    for member in item.members() {
        if !matches!(member.name.as_str(), "model_name" | "litellm_params") {
            rows.none(line_of(&member.value), &format!("{place}.{}", member.name), "nothing here needs it");
        }
    }
}

pub(super) fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::scalar).map(str::to_owned)
}

pub(super) fn number(node: &Node, name: &str) -> Option<f64> {
    node.get(name)?.scalar()?.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// The line of a node, from 1.
pub(super) fn line_of(node: &Node) -> u32 {
    node.at.file.line_column(node.at.span.start).line
}

/// A problem with its place in words: lines of such a file may hold keys.
fn wrong(node: &Node, message: String) -> Diagnostic {
    Diagnostic::error("missing-member", format!("line {}: {message}", line_of(node)))
}
