//! Key Vault's REST interface: a request in, a response out. No sockets here.
//!
//! The order of the questions is Key Vault's: who calls (401 before anything else is looked at, the body included),
//! which vault, which version of the interface, which operation, its body, and then the vault itself.

mod answer;
mod body;
mod host;
mod route;
mod token;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;

pub(crate) use host::resource;

use crate::{Actor, Authenticator, Call, NotAuthenticated, Problem, Reply, Vaults};
use route::{Asked, Route};

/// The interface of some vaults under a domain.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) vaults: Vaults,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    /// The domain that vaults are under, without a dot in front.
    pub(crate) suffix: String,
    /// What tokens must have been made out for.
    pub(crate) resource: String,
}

impl Rest {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let response = match self.handle(request).await {
            Ok(response) => response,
            Err(problem) => self.refuse(&problem),
        };
        answer::with_fixed_headers(response)
    }

    /// The answer to a problem.
    pub(crate) fn refuse(&self, problem: &Problem) -> Response<Full<Bytes>> {
        if let Problem::Store(error) = problem {
            tracing::error!(%error, "the vault's store failed");
        }
        let mut response = answer::problem(problem);
        if matches!(problem, Problem::NoToken | Problem::BadToken(_)) {
            response.headers_mut().extend(self.challenge().map(|value| (header::WWW_AUTHENTICATE, value)));
        }
        response
    }

    /// COMPAT: `management.md` 3.1, the challenge that Azure's clients parse.
    fn challenge(&self) -> Option<HeaderValue> {
        let authorization = self.authenticator.authorization();
        let text = format!("Bearer authorization=\"{authorization}\", resource=\"{}\"", self.resource);
        HeaderValue::from_str(&text).ok()
    }

    async fn handle(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Problem> {
        let actor = self.who(&request).await?;
        let (head, body) = request.into_parts();
        let place = host::Place::of(&head)?;
        let vault = place.vault(&self.vaults, &self.suffix)?;
        let Route { asked, api_version } = route::read(&head)?;
        let call = match asked {
            Asked::Set(name) => Call::Set(name, body::new_secret(&body::read(body).await?)?),
            Asked::Update(name, version) => {
                Call::Update(name, version, body::change(&body::read(body).await?)?)
            }
            Asked::Call(call) => call,
        };
        let shape = answer::Shape {
            base: place.base(),
            api_version,
            rules: self.vaults.0.rules,
            list: (&call).into(),
        };
        let reply = vault.perform(&actor, call).await?;
        Ok(match reply {
            Reply::Secret(bundle) => answer::json(&shape.bundle(&bundle)),
            Reply::List(listed) => answer::json(&shape.list(listed)),
            Reply::Done => answer::empty(),
        })
    }

    async fn who(&self, request: &Request<Incoming>) -> Result<Actor, Problem> {
        let token = token::of(request.headers())?;
        let who = self.authenticator.authenticate(token, &self.resource, self.vaults.now()).await;
        who.map(Actor::Caller).map_err(|problem| match problem {
            NotAuthenticated::Refused(why) => {
                tracing::info!(why, "a token was refused");
                Problem::BadToken(why)
            }
            NotAuthenticated::Unavailable(why) => {
                tracing::warn!(why, "tokens cannot be verified");
                Problem::Unavailable
            }
        })
    }
}
