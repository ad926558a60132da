//! What the artifact layout has no place for: `secrets.toml` and `overlay.toml` in the folder.
//!
//! ```toml
//! # secrets.toml: where secrets are, never what they are
//! [named-values]
//! provider-key = { env = "PROVIDER_KEY" }          # by display name
//! other-key = { vault = "https://contoso.vault.azure.net/secrets/other-key", identity = "<client id>" }
//!
//! [subscriptions.team-a]
//! primary = { file = "/run/secrets/team-a" }
//! secondary = { env = "TEAM_A_SECONDARY" }
//!
//! [certificates.client]                            # by the id that backends refer to
//! chain = { file = "/run/secrets/client.pem" }     # PEM: the certificate, then those between it and a root
//! key = { file = "/run/secrets/client.key" }       # PEM, not encrypted
//! thumbprint = "AB…"                               # SHA-1, 40 digits, for backends that refer to it by that
//!
//! [certificate-authorities.contoso]                # trusted in calls to backends
//! certificate = { file = "/etc/ssl/contoso.pem" }  # PEM
//!
//! # overlay.toml
//! [service]
//! name = "contoso"                                 # also id, region, gateway-id
//! subscription-dates = "limit"                     # or "inform": dates do not limit keys
//!
//! [users.jane]
//! email = "jane@example.com"                       # also first-name, last-name, note, registration-date
//! state = "blocked"                                # active, blocked, pending, deleted
//! groups = ["developers"]
//!
//! [apis.chat]
//! bearer-keys = true                               # `Authorization: Bearer <subscription key>`
//! forward-key = false                              # send the caller's key on, as API Management does
//! forward-token = false                            # send the caller's validated token on, too
//! errors = "apim"                                  # or "openai", "anthropic": the shape of our own errors
//!
//! [workspaces.team.named-values]                   # also subscriptions and apis: those of a workspace
//! key = { env = "TEAM_KEY" }
//! ```
//!
//! Both files may hold every section; a value where a reference belongs is refused in both. Named values and
//! subscriptions must exist in the folder.

use std::sync::Arc;

use jiff::Timestamp;
use model::{
    ApiId, ApiSettings, BearerKeys, CallerKey, CallerToken, CertificateId, DateRule, ErrorDialect, GroupId,
    SecretReference, Service, SubscriptionId, User, UserId, UserIdentity, UserState, WorkspaceId,
};
use source::{Diagnostic, Diagnostics, Location, SourceFile, did_you_mean};

use crate::fields::{Fields, checked};
use crate::files::{Reported, report};
use crate::load::moment;
use crate::secrets::{blotted, hidden_texts, reference};
use crate::tree::{self, Member, Node};

/// What `secrets.toml` and `overlay.toml` say.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    pub(crate) service: Service,
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) certificates: Vec<CertificateFiles>,
    pub(crate) authorities: Vec<AuthorityFile>,
    /// About what the service has.
    pub(crate) inside: Inside,
    /// About what each workspace has.
    pub(crate) workspaces: Vec<(WorkspaceId, Inside, Location)>,
}

/// What is said about the resources of the service, or of one workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside {
    pub(crate) named_values: Vec<NamedReference<Arc<str>>>,
    /// There may be very many.
    pub(crate) subscriptions: Arc<Vec<NamedReference<(SubscriptionId, KeySlot)>>>,
    pub(crate) apis: Vec<(ApiId, ApiSettings, Location)>,
}

/// A client certificate, and where its two parts are.
#[derive(Clone, Debug)]
pub(crate) struct CertificateFiles {
    pub(crate) id: CertificateId,
    pub(crate) thumbprint: Option<Arc<str>>,
    pub(crate) chain: (SecretReference, Location),
    pub(crate) key: (SecretReference, Location),
    pub(crate) at: Location,
}

/// A certificate authority, and where its certificate is.
#[derive(Clone, Debug)]
pub(crate) struct AuthorityFile {
    pub(crate) id: CertificateId,
    pub(crate) certificate: (SecretReference, Location),
    pub(crate) at: Location,
}

/// A reference to a secret for something with a name.
#[derive(Clone, Debug)]
pub(crate) struct NamedReference<N> {
    pub(crate) name: N,
    pub(crate) reference: SecretReference,
    pub(crate) at: Location,
}

/// Which of the two keys of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySlot {
    Primary,
    Secondary,
}

/// Sections. `docs/schemas/overlay.schema.json` has the same names, and those of the members.
const SECTIONS: [&str; 8] = [
    "service",
    "named-values",
    "subscriptions",
    "users",
    "apis",
    "certificates",
    "certificate-authorities",
    "workspaces",
];
const SERVICE: [&str; 5] = ["id", "name", "region", "gateway-id", "subscription-dates"];
const USER: [&str; 8] =
    ["email", "first-name", "last-name", "state", "note", "registration-date", "groups", "identities"];
const SUBSCRIPTION: [&str; 2] = ["primary", "secondary"];
const API: [&str; 4] = ["bearer-keys", "forward-key", "forward-token", "errors"];
const CERTIFICATE: [&str; 3] = ["chain", "key", "thumbprint"];
const AUTHORITY: [&str; 1] = ["certificate"];
/// Sections of a workspace.
const INSIDE: [&str; 3] = ["named-values", "subscriptions", "apis"];

/// Hexadecimal digits of a SHA-1.
const THUMBPRINT: usize = 40;

impl Overlay {
    /// Reads one more file; what it says comes after what is there.
    pub fn read(&mut self, file: &Arc<SourceFile>, problems: &mut Diagnostics) {
        match blotted_tree(file) {
            Ok(document) => self.sections(&document, problems),
            Err(problem) => problems.push(problem),
        }
    }

    fn sections(&mut self, document: &Node, problems: &mut Diagnostics) {
        for section in sections_of(document, problems) {
            match section.name.as_str() {
                "service" => self.service(section, problems),
                "users" => each(section, |user| self.user(user, problems)),
                "certificates" => each(section, |certificate| self.certificate(certificate, problems)),
                "certificate-authorities" => each(section, |authority| self.authority(authority, problems)),
                "authorization-providers" => problems.push(not_yet(section)),
                "workspaces" => each(section, |workspace| self.workspace(workspace, problems)),
                name if INSIDE.contains(&name) => self.inside.section(section, problems),
                _ => problems.push(unknown(section, "a section", &SECTIONS)),
            }
        }
    }

    fn workspace(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(WorkspaceId::new(&member.name), &named(member), problems) else { return };
        let mut inside = Inside::default();
        for section in sections_of(&member.value, problems) {
            if INSIDE.contains(&section.name.as_str()) {
                inside.section(section, problems);
            } else {
                problems.push(unknown(section, "a section of a workspace", &INSIDE));
            }
        }
        self.workspaces.push((id, inside, member.at.clone()));
    }

    fn service(&mut self, section: &Member, problems: &mut Diagnostics) {
        deny_rest(&section.value, "a setting of the service", &SERVICE, problems);
        let fields = Fields::new(&section.value, "the service");
        let service = &mut self.service;
        for (name, place) in [
            ("id", &mut service.id),
            ("name", &mut service.name),
            ("region", &mut service.region),
            ("gateway-id", &mut service.gateway_id),
        ] {
            if let Some(text) = fields.shared(name, problems) {
                *place = text;
            }
        }
        let words = [("limit", DateRule::Limits), ("inform", DateRule::Informs)];
        if let Some(rule) = fields.choice("subscription-dates", &words, problems) {
            service.subscription_dates = rule;
        }
    }

    fn user(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(UserId::new(&member.name), &named(member), problems) else { return };
        deny_rest(&member.value, "a property of a user", &USER, problems);
        let fields = Fields::new(&member.value, format!("the user `{id}`"));
        let Ok((email, _)) = fields.required("email", problems) else { return };
        let registration_date: Option<Timestamp> = fields.parsed("registration-date", moment, problems);
        let groups = fields.texts("groups", problems);
        let groups =
            groups.into_iter().filter_map(|(text, node)| checked(GroupId::new(text), node, problems).ok());
        let groups = groups.collect();
        self.users.push(Arc::new(User {
            id,
            email: email.into(),
            first_name: fields.shared("first-name", problems).unwrap_or_else(|| "".into()),
            last_name: fields.shared("last-name", problems).unwrap_or_else(|| "".into()),
            state: user_state(&fields, problems),
            note: fields.shared("note", problems),
            registration_date,
            groups,
            identities: identities(&fields, problems),
            origin: Some(member.at.clone()),
        }));
    }

    fn authority(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(CertificateId::new(&member.name), &named(member), problems) else { return };
        deny_rest(&member.value, "a part of a certificate authority", &AUTHORITY, problems);
        let fields = Fields::new(&member.value, format!("the certificate authority `{id}`"));
        if let Ok(certificate) = part_of_certificate(&fields, member, "certificate", problems) {
            self.authorities.push(AuthorityFile { id, certificate, at: member.at.clone() });
        }
    }

    fn certificate(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(CertificateId::new(&member.name), &named(member), problems) else { return };
        deny_rest(&member.value, "a part of a certificate", &CERTIFICATE, problems);
        let fields = Fields::new(&member.value, format!("the certificate `{id}`"));
        let thumbprint = fields.parsed("thumbprint", thumbprint, problems);
        let chain = part_of_certificate(&fields, member, "chain", problems);
        let key = part_of_certificate(&fields, member, "key", problems);
        if let (Ok(chain), Ok(key)) = (chain, key) {
            self.certificates.push(CertificateFiles { id, thumbprint, chain, key, at: member.at.clone() });
        }
    }
}

/// A section that API Management has and nothing here acts on.
fn not_yet(section: &Member) -> Diagnostic {
    let message =
        format!("`{}` is not yet supported: no policy gets tokens from the credential manager", section.name);
    Diagnostic::error("not-yet-supported", message).at(section.at.clone()).help(
        "let the gateway sign in with `authentication-managed-identity`, or with a backend's credentials",
    )
}

impl Inside {
    /// Takes what is said later.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.named_values.append(&mut later.named_values);
        Arc::make_mut(&mut self.subscriptions).append(Arc::make_mut(&mut later.subscriptions));
        self.apis.append(&mut later.apis);
    }

    fn section(&mut self, section: &Member, problems: &mut Diagnostics) {
        match section.name.as_str() {
            "named-values" => self.named_values(section, problems),
            "subscriptions" => each(section, |name| self.subscription(name, problems)),
            _ => each(section, |api| self.api(api, problems)),
        }
    }

    fn named_values(&mut self, section: &Member, problems: &mut Diagnostics) {
        for member in section.value.members() {
            let what = format!("the named value `{}`", member.name);
            if let Ok(reference) = reference(&member.value, &what, problems) {
                let name = member.name.as_str().into();
                self.named_values.push(NamedReference { name, reference, at: member.at.clone() });
            }
        }
    }

    fn subscription(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(SubscriptionId::new(&member.name), &named(member), problems) else { return };
        deny_rest(&member.value, "a key of a subscription", &SUBSCRIPTION, problems);
        for (name, slot) in [("primary", KeySlot::Primary), ("secondary", KeySlot::Secondary)] {
            let Some(key) = member.value.member(name) else { continue };
            let what = format!("the {name} key of the subscription `{id}`");
            if let Ok(reference) = reference(&key.value, &what, problems) {
                let name = (id.clone(), slot);
                Arc::make_mut(&mut self.subscriptions).push(NamedReference {
                    name,
                    reference,
                    at: key.at.clone(),
                });
            }
        }
    }

    fn api(&mut self, member: &Member, problems: &mut Diagnostics) {
        let Ok(id) = checked(ApiId::new(&member.name), &named(member), problems) else { return };
        deny_rest(&member.value, "a setting of an API", &API, problems);
        let fields = Fields::new(&member.value, format!("the API `{id}`"));
        let mut settings = ApiSettings::default();
        if fields.flag("bearer-keys", false, problems) {
            settings.bearer_keys = BearerKeys::Accepted;
        }
        if fields.flag("forward-key", false, problems) {
            settings.caller_key = CallerKey::Forwarded;
        }
        if fields.flag("forward-token", false, problems) {
            settings.caller_token = CallerToken::Forwarded;
        }
        if let Some(dialect) = fields.choice("errors", &ErrorDialect::WORDS, problems) {
            settings.errors = dialect;
        }
        self.apis.push((id, settings, member.at.clone()));
    }
}

/// The members of a table that are tables; others are reported.
fn sections_of<'n>(table: &'n Node, problems: &mut Diagnostics) -> Vec<&'n Member> {
    let (sections, others): (Vec<&Member>, Vec<&Member>) =
        table.members().iter().partition(|member| matches!(member.value.kind, tree::Kind::Table(_)));
    for other in others {
        let message = format!("`{}` must be a section, not {}", other.name, other.value.kind_name());
        problems.push(Diagnostic::error("wrong-type", message).at(other.at.clone()));
    }
    sections
}

fn part_of_certificate(
    fields: &Fields<'_>,
    member: &Member,
    name: &str,
    problems: &mut Diagnostics,
) -> Result<(SecretReference, Location), Reported> {
    let Some(node) = fields.any(name) else {
        let message = format!("{} has no `{name}`", fields.subject);
        let problem = Diagnostic::error("missing-member", message).at(member.at.clone());
        return Err(report(problems, problem.help(format!("write `{name} = {{ file = \"path\" }}`"))));
    };
    let what = format!("the {name} of {}", fields.subject);
    Ok((reference(node, &what, problems)?, node.at.clone()))
}

/// A thumbprint as certificate tools print it: in either case, with or without colons.
fn thumbprint(text: &str) -> Result<Arc<str>, String> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    if digits.len() == THUMBPRINT && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_uppercase().into());
    }
    Err(format!("`{text}` is not a thumbprint: a SHA-1 has {THUMBPRINT} hexadecimal digits"))
}

/// Reads a file twice if it holds values where references belong: the second time with those blotted out.
fn blotted_tree(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let document = tree::read_toml(file)?;
    let hidden = hidden_texts(&document, &|path| match inside_of(path) {
        ["named-values", _] | ["subscriptions", _, _] | ["certificates", _, "chain" | "key"] => true,
        ["certificate-authorities", _, "certificate"] => true,
        ["named-values", _, place]
        | ["subscriptions", _, _, place]
        | ["certificates", _, "chain" | "key", place]
        | ["certificate-authorities", _, "certificate", place] => {
            !matches!(*place, "env" | "file" | "vault" | "identity")
        }
        _ => false,
    });
    if hidden.is_empty() { Ok(document) } else { tree::read_toml(&blotted(file, &hidden)) }
}

/// A path with the workspace taken off its front.
fn inside_of<'p, 'n>(path: &'p [&'n str]) -> &'p [&'n str] {
    match path {
        ["workspaces", _, inside @ ..] => inside,
        path => path,
    }
}

fn user_state(fields: &Fields<'_>, problems: &mut Diagnostics) -> UserState {
    let words = [
        ("active", UserState::Active),
        ("blocked", UserState::Blocked),
        ("pending", UserState::Pending),
        ("deleted", UserState::Deleted),
    ];
    match fields.any("state") {
        None => UserState::Active,
        // A word that is not understood must not let anybody in.
        Some(_) => fields.choice("state", &words, problems).unwrap_or(UserState::Blocked),
    }
}

fn identities(fields: &Fields<'_>, problems: &mut Diagnostics) -> Vec<UserIdentity> {
    let mut identities = Vec::new();
    for node in fields.items("identities", problems) {
        let fields = Fields::new(node, format!("an identity of {}", fields.subject));
        let provider = fields.required("provider", problems);
        let id = fields.required("id", problems);
        if let (Ok((provider, _)), Ok((id, _))) = (provider, id) {
            identities.push(UserIdentity { provider: provider.into(), id: id.into() });
        }
    }
    identities
}

fn each(section: &Member, mut read: impl FnMut(&Member)) {
    section.value.members().iter().for_each(&mut read);
}

/// A member's name as a node, to point at.
fn named(member: &Member) -> Node {
    Node { at: member.at.clone(), kind: tree::Kind::Text(member.name.clone()) }
}

fn deny_rest(node: &Node, what: &str, names: &[&str], problems: &mut Diagnostics) {
    let unknown_ones = node.members().iter().filter(|member| !names.contains(&member.name.as_str()));
    problems.extend(unknown_ones.map(|member| unknown(member, what, names)));
}

fn unknown(member: &Member, what: &str, names: &[&str]) -> Diagnostic {
    let near = did_you_mean(&member.name, names.iter().copied());
    Diagnostic::error("unknown-setting", format!("`{}` is not {what}", member.name))
        .at(member.at.clone())
        .help(match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known are {}", names.join(", ")),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::read_json;

    /// The schema that editors complete with names what is read, no more and no less.
    #[test]
    fn the_schema_names_the_sections_and_members_that_are_read() {
        let text = include_str!("../../../docs/schemas/overlay.schema.json");
        let schema = read_json(&SourceFile::new("overlay.schema.json", text)).unwrap();
        let names = |path: &[&str]| {
            let found =
                path.iter().fold(&schema, |node, name| node.get(name).unwrap_or_else(|| panic!("{path:?}")));
            let mut names: Vec<&str> = found.members().iter().map(|member| member.name.as_str()).collect();
            names.sort_unstable();
            names
        };
        let sorted = |names: &[&'static str]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        assert_eq!(names(&["properties"]), sorted(&SECTIONS));
        assert_eq!(names(&["$defs", "workspace", "properties"]), sorted(&INSIDE));
        let members: [(&str, &[&str]); 6] = [
            ("service", &SERVICE),
            ("user", &USER),
            ("subscription", &SUBSCRIPTION),
            ("api", &API),
            ("certificate", &CERTIFICATE),
            ("certificate-authority", &AUTHORITY),
        ];
        for (what, known) in members {
            assert_eq!(names(&["$defs", what, "properties"]), sorted(known), "{what}");
        }
        assert_eq!(names(&["$defs", "identity", "properties"]), ["id", "provider"]);
    }
}
