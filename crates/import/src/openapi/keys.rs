//! Security schemes as a proposal: where callers could put their keys, and which policy would validate their tokens.

use artifacts::SecurityKind;
use artifacts::write::attribute;

use super::Import;
use crate::{Note, Plan};

/// Header and query parameter in which a definition's callers send keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposed {
    pub(super) header: Option<String>,
    pub(super) query: Option<String>,
}

impl Import<'_> {
    /// The names that the schemes propose: the first header and the first query parameter. `Authorization` is for
    /// tokens.
    pub(super) fn proposed_keys(&self) -> Proposed {
        let mut proposed = Proposed::default();
        for kind in self.asked_for() {
            match kind {
                SecurityKind::KeyInHeader(name) if !name.eq_ignore_ascii_case("authorization") => {
                    proposed.header.get_or_insert_with(|| name.clone());
                }
                SecurityKind::KeyInQuery(name) => {
                    proposed.query.get_or_insert_with(|| name.clone());
                }
                _ => {}
            }
        }
        proposed
    }

    /// The schemes that are asked for; all of them when none is.
    fn asked_for(&self) -> Vec<&SecurityKind> {
        let all = &self.survey.security;
        let some = all.iter().any(|scheme| scheme.is_asked_for);
        all.iter().filter(|scheme| scheme.is_asked_for || !some).map(|scheme| &scheme.kind).collect()
    }

    pub(super) fn key_notes(&self, plan: &mut Plan) {
        self.key_note(plan);
        let mut urls = Vec::new();
        for kind in self.asked_for() {
            let url = match kind {
                SecurityKind::OpenId(url) => url.clone(),
                SecurityKind::OAuth2(url) => metadata_of(url.as_deref()),
                SecurityKind::Bearer => metadata_of(None),
                SecurityKind::KeyInHeader(name) if name.eq_ignore_ascii_case("authorization") => {
                    plan.note(bearer_keys(self.api.as_str()));
                    continue;
                }
                SecurityKind::Basic | SecurityKind::KeyInCookie(_) | SecurityKind::Other(_) => {
                    plan.note(not_ours(kind));
                    continue;
                }
                _ => continue,
            };
            if !urls.contains(&url) {
                plan.note(tokens(&url));
                urls.push(url);
            }
        }
    }

    fn key_note(&self, plan: &mut Plan) {
        let choice = &self.request.keys;
        let proposed = self.proposed_keys();
        let decided = choice.of_definition || choice.header.is_some() || choice.query.is_some();
        if decided || proposed == Proposed::default() || self.has_key_names(&proposed) {
            return;
        }
        let places = [
            proposed.header.map(|name| format!("the header `{name}`")),
            proposed.query.map(|name| format!("the query parameter `{name}`")),
        ];
        let places: Vec<String> = places.into_iter().flatten().collect();
        let text = format!(
            "callers of the service put a key into {}; clients written for it work unchanged if their subscription keys go \
             there too",
            places.join(" or ")
        );
        plan.note(
            Note::proposal("key-names", text)
                .with("say `--keys-as-defined`, or `--key-header` and `--key-query`"),
        );
    }

    /// Whether the API takes its keys from there already.
    fn has_key_names(&self, proposed: &Proposed) -> bool {
        let Some(existing) = &self.existing else { return false };
        let names = existing.properties.get("subscriptionKeyParameterNames").and_then(|it| it.as_object());
        let is = |name: &str, wanted: &Option<String>| {
            let given = names.and_then(|names| names.get(name)).and_then(|it| it.as_text());
            wanted
                .as_deref()
                .is_none_or(|wanted| given.is_some_and(|given| given.eq_ignore_ascii_case(wanted)))
        };
        is("header", &proposed.header) && is("query", &proposed.query)
    }
}

/// Where an OAuth 2 server says who it is; for Microsoft's with the tenant left open, because `common` has tokens of
/// every tenant.
fn metadata_of(url: Option<&str>) -> String {
    match url.and_then(|url| url::Url::parse(url).ok()) {
        Some(url) if url.host_str() == Some("login.microsoftonline.com") => {
            "https://login.microsoftonline.com/TENANT-ID/v2.0/.well-known/openid-configuration".to_owned()
        }
        Some(url) => match url.join("/.well-known/openid-configuration") {
            Ok(url) => url.to_string(),
            Err(_) => metadata_of(None),
        },
        None => "https://ISSUER/.well-known/openid-configuration".to_owned(),
    }
}

fn tokens(url: &str) -> Note {
    let text = "callers of the service send a token; to let only valid ones through, put this into `inbound` of the \
                API's policy";
    let url = attribute(url);
    Note::proposal("validate-tokens", text).with(format!(
        "<validate-jwt header-name=\"Authorization\" failed-validation-httpcode=\"401\" require-scheme=\"Bearer\">\n    \
         <openid-config url=\"{url}\" />\n    <audiences>\n        <audience>AUDIENCE</audience>\n    \
         </audiences>\n</validate-jwt>"
    ))
}

fn bearer_keys(api: &str) -> Note {
    let text = "callers of the service put a key into the header `Authorization`; to take subscription keys from there, \
                as `Bearer <key>`, put this into `overlay.toml`";
    Note::proposal("bearer-keys", text).with(format!("[apis.{api}]\nbearer-keys = true"))
}

fn not_ours(kind: &SecurityKind) -> Note {
    let what = match kind {
        SecurityKind::Basic => "user and password".to_owned(),
        SecurityKind::KeyInCookie(name) => format!("a key in the cookie `{name}`"),
        SecurityKind::Other(kind) => format!("what the definition calls `{kind}`"),
        _ => "something else".to_owned(),
    };
    Note::remark(
        "other-security",
        format!("the service asks for {what}: callers send it, and it is passed on"),
    )
}
