//! Which server calls go to.

use artifacts::{Server, Unusable};
use source::{Diagnostic, did_you_mean};
use url::Url;

use super::{Import, ServerChoice};
use crate::{Note, Plan};

/// The server that was chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    pub(super) url: Option<Url>,
    /// Whether somebody said so, and not the definition alone.
    pub(super) by_request: bool,
}

impl Import<'_> {
    pub(super) fn server(&self, plan: &mut Plan) -> Result<Chosen, Diagnostic> {
        let servers = &self.survey.servers;
        let by_request = self.request.server.is_some() || !self.request.variables.is_empty();
        let url = match &self.request.server {
            Some(ServerChoice::Url(url)) => {
                self.no_variables()?;
                Some(url.clone())
            }
            Some(ServerChoice::Number(number)) => Some(self.numbered(servers, *number)?),
            None => self.first(servers)?,
        };
        if self.request.server.is_none() && servers.len() > 1 {
            plan.note(several(servers, url.as_ref()));
        }
        if url.is_none() && !self.goes_elsewhere() {
            plan.note(self.nowhere(servers));
        }
        Ok(Chosen { url, by_request })
    }

    /// Whether calls go somewhere without the definition's server: to a backend, or where the API's file says.
    fn goes_elsewhere(&self) -> bool {
        let has =
            |existing: &super::Existing| existing.word("serviceUrl").is_some() || existing.policy.is_some();
        self.request.backend.is_some() || self.existing.as_ref().is_some_and(has)
    }

    fn no_variables(&self) -> Result<(), Diagnostic> {
        match self.request.variables.first() {
            None => Ok(()),
            Some((name, _)) => Err(Diagnostic::error(
                "unused-variable",
                format!("there is no variable `{name}` in a server that is given as a URL"),
            )),
        }
    }

    fn numbered(&self, servers: &[Server], number: usize) -> Result<Url, Diagnostic> {
        let server = number.checked_sub(1).and_then(|at| servers.get(at)).ok_or_else(|| {
            let message = format!("there is no server {number}: the definition has {}", servers.len());
            Diagnostic::error("unknown-server", message)
        })?;
        self.check_variables(std::slice::from_ref(server))?;
        self.target(server).map_err(|why| {
            let message = format!("the server {number} (`{}`) cannot be used: {why}", server.url);
            Diagnostic::error("unusable-server", message).at(server.at.clone())
        })
    }

    /// COMPAT: the first HTTPS server counts (documentation of import).
    fn first(&self, servers: &[Server]) -> Result<Option<Url>, Diagnostic> {
        self.check_variables(servers)?;
        for server in servers {
            match self.target(server) {
                Ok(url) if url.scheme() == "https" => return Ok(Some(url)),
                // Somebody gave a value, and it is to blame.
                Err(why @ (Unusable::Value { .. } | Unusable::NotBase(_))) if self.is_concerned(server) => {
                    let message = format!("the server `{}` cannot be used: {why}", server.url);
                    return Err(Diagnostic::error("unusable-server", message).at(server.at.clone()));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn target(&self, server: &Server) -> Result<Url, Unusable> {
        let given = |name: &str| {
            let mut values = self.request.variables.iter().rev().filter(|(each, _)| each == name);
            values.next().map(|(_, value)| value.clone())
        };
        server.target(given)
    }

    fn is_concerned(&self, server: &Server) -> bool {
        self.request.variables.iter().any(|(name, _)| has_variable(server, name))
    }

    fn check_variables(&self, servers: &[Server]) -> Result<(), Diagnostic> {
        let known = |name: &str| servers.iter().any(|server| has_variable(server, name));
        let Some((name, _)) = self.request.variables.iter().find(|(name, _)| !known(name)) else {
            return Ok(());
        };
        let all = servers.iter().flat_map(|server| &server.variables).map(|variable| variable.name.as_str());
        let near = did_you_mean(name, all);
        let problem = Diagnostic::error("unused-variable", format!("no server has the variable `{name}`"));
        Err(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
    }

    /// That calls go nowhere yet, why, and what to do.
    fn nowhere(&self, servers: &[Server]) -> Note {
        let reasons: Vec<String> = servers
            .iter()
            .enumerate()
            .map(|(at, server)| {
                let why = match self.target(server) {
                    Ok(url) => format!("it begins with `{}://`", url.scheme()),
                    Err(why) => why.to_string(),
                };
                format!("server {} (`{}`): {why}", at + 1, server.url)
            })
            .collect();
        let open = servers.iter().find_map(|server| match self.target(server) {
            Err(Unusable::Open(name)) => Some(name),
            _ => None,
        });
        let advice = match open {
            Some(name) => format!("say `--server-variable {name}=...`, `--server URL` or `--backend ...`"),
            None => "say `--server URL` or `--backend ...`".to_owned(),
        };
        let why =
            if reasons.is_empty() { "the definition names no server".to_owned() } else { reasons.join("; ") };
        Note::warning("no-server", format!("calls go nowhere yet: {why}")).with(advice)
    }
}

fn has_variable(server: &Server, name: &str) -> bool {
    server.url.contains(&format!("{{{name}}}"))
}

fn several(servers: &[Server], chosen: Option<&Url>) -> Note {
    let text = match chosen {
        Some(url) => format!("the definition has {} servers, of which calls go to `{url}`", servers.len()),
        None => format!("the definition has {} servers, none of which was chosen", servers.len()),
    };
    let list = servers.iter().enumerate().map(|(at, server)| {
        let about = server.description.as_deref().map(|text| format!("  {text}")).unwrap_or_default();
        format!("--server {}  {}{about}", at + 1, server.url)
    });
    Note::remark("several-servers", text).with(list.collect::<Vec<_>>().join("\n"))
}
