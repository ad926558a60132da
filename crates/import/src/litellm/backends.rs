//! Backends of deployments: one each, and pools where several have one name.

use std::collections::BTreeSet;

use artifacts::FolderSource;
use artifacts::write::{BACKEND_ORDER, Object, information, places, single_backend};
use model::{BackendId, SecretReference};
use source::Diagnostic;

use super::policy::Choice;
use super::read::{Deployment, Text};
use super::rows::Rows;
use super::settings::{Breaker, Settings};
use super::{Request, unreadable};
use crate::wizard::{key_credentials, named_key, place};
use crate::{Note, Plan, overlay};

/// Members of one pool, at most.
const POOL: usize = 30;

/// Adds the files of backends to a plan.
pub(super) struct Making<'a> {
    pub(super) request: &'a Request,
    pub(super) folder: &'a dyn FolderSource,
    pub(super) plan: &'a mut Plan,
    pub(super) settings: &'a Settings,
    /// Names of backends that are taken.
    pub(super) taken: BTreeSet<String>,
}

impl Making<'_> {
    /// The backends of all models; gives where the calls of each go.
    pub(super) fn all(&mut self, all: &[Deployment], rows: &mut Rows) -> Result<Vec<Choice>, Diagnostic> {
        let mut groups: Vec<(&str, Vec<&Deployment>)> = Vec::new();
        for deployment in all {
            match groups.iter_mut().find(|(alias, _)| *alias == deployment.alias) {
                Some((_, group)) => group.push(deployment),
                None => groups.push((&deployment.alias, vec![deployment])),
            }
        }
        groups.into_iter().map(|(alias, group)| self.group(alias, &group, rows)).collect()
    }

    fn group(&mut self, alias: &str, group: &[&Deployment], rows: &mut Rows) -> Result<Choice, Diagnostic> {
        let name = self.free(format!("{}-{}", self.request.api.root(), plain(alias)));
        // Azure takes the model from the URL, and passes over what the body says.
        let model = group.iter().find(|each| !each.provider.is_azure()).map(|each| each.model.clone());
        let fits = |each: &&&Deployment| each.provider.is_azure() || Some(&each.model) == model.as_ref();
        let members: Vec<&Deployment> = group.iter().filter(fits).take(POOL).copied().collect();
        if members.len() < group.len() {
            let left = group.len() - members.len();
            let what = format!(
                "`{alias}`: members of a pool are called with one name of the model; deployments left out: {left}"
            );
            rows.none(0, "model_list", what);
        }
        match members.as_slice() {
            [one] => self.single(&name, one)?,
            several => self.pool(&name, several)?,
        }
        let rename = model.filter(|model| model != alias);
        Ok(Choice { names: vec![alias.to_owned()], backend: name, rename })
    }

    /// The name, or one like it that nobody has.
    fn free(&mut self, name: String) -> String {
        let mut free = name.clone();
        let mut number = 1;
        while !self.taken.insert(free.to_ascii_lowercase()) {
            number += 1;
            free = format!("{name}.{number}");
        }
        free
    }

    fn pool(&mut self, name: &str, members: &[&Deployment]) -> Result<(), Diagnostic> {
        let most = members.iter().filter_map(|each| each.share).fold(0.0, f64::max);
        let is_weighted = most > 0.0 && members.iter().all(|each| each.share.is_some());
        let mut services = Vec::new();
        for (at, member) in members.iter().enumerate() {
            let own = self.free(format!("{name}-{}", at + 1));
            self.single(&own, member)?;
            let weight = member.share.filter(|_| is_weighted).map(|share| share_of(share, most));
            let order = member.order.map(u32::from);
            services.push(
                Object::new()
                    .with("id", format!("/backends/{own}"))
                    .maybe("priority", order)
                    .maybe("weight", weight),
            );
        }
        let pool = Object::new().with("services", services);
        self.write(name, Object::new().with("pool", pool).with("title", name).with("type", "Pool"))
    }

    fn single(&mut self, name: &str, deployment: &Deployment) -> Result<(), Diagnostic> {
        let base = self.value(&deployment.base)?;
        let url = match deployment.provider.is_azure() {
            true => format!("{}/openai/deployments/{}", base.trim_end_matches("/openai"), deployment.model),
            false => base,
        };
        let mut credentials = Object::new();
        if let Some(variable) = &deployment.key {
            let header = deployment.provider.is_azure().then_some("api-key");
            credentials = key_credentials(header, &format!("{{{{{}}}}}", self.named(variable)?));
        }
        if let Some(organization) =
            deployment.organization.as_ref().filter(|_| !deployment.provider.is_azure())
        {
            let header = Object::new().with("OpenAI-Organization", vec![self.value(organization)?]);
            credentials = credentials.with("header", header);
        }
        if let Some(version) = deployment.version.as_ref().filter(|_| deployment.provider.is_azure()) {
            credentials =
                credentials.with("query", Object::new().with("api-version", vec![self.value(version)?]));
        }
        let mut properties =
            single_backend(&format!("{} of {}", deployment.alias, deployment.provider.name), &url);
        if !credentials.is_empty() {
            properties.set_in_order("credentials", credentials, &BACKEND_ORDER);
        }
        if let Some(rule) = self.settings.breaker.map(breaker) {
            properties.set_in_order(
                "circuitBreaker",
                Object::new().with("rules", vec![rule]),
                &BACKEND_ORDER,
            );
        }
        self.write(name, properties)
    }

    /// A text, or a named value for the variable that holds it.
    fn value(&mut self, text: &Text) -> Result<String, Diagnostic> {
        match text {
            Text::Here(text) => Ok(text.clone()),
            Text::Variable(variable) => Ok(format!("{{{{{}}}}}", self.named(variable)?)),
        }
    }

    /// The named value of an environment variable.
    fn named(&mut self, variable: &str) -> Result<String, Diagnostic> {
        let name = plain(variable);
        let at = SecretReference::Env(variable.to_owned());
        if !self.plan.files.iter().any(|file| file.path.starts_with(&format!("named values/{name}/"))) {
            named_key(self.plan, &name, &at)?;
        }
        if let Some(place) = place(&at) {
            let line = ("named-values", &*overlay::key(&name), &*place);
            let put = overlay::put(self.plan, self.folder, overlay::SECRETS, line);
            if put.map_err(|error| unreadable(&error))? == overlay::Put::Other {
                let text = format!("`{name}` in `secrets.toml` stays as it is");
                self.plan.note(Note::warning("line-kept", text).with(format!("{name} = {place}")));
            }
        }
        Ok(name)
    }

    fn write(&mut self, name: &str, properties: Object) -> Result<(), Diagnostic> {
        let id =
            BackendId::new(name).map_err(|error| Diagnostic::error("invalid-name", error.to_string()))?;
        self.plan.write(places::backend_information(&id), information(properties));
        Ok(())
    }
}

fn breaker(breaker: Breaker) -> Object {
    let range = |min: u32, max: u32| Object::new().with("max", max).with("min", min);
    let condition = Object::new()
        .with("count", breaker.failures)
        .with("interval", "PT1M")
        .with("statusCodeRanges", vec![range(429, 429), range(500, 599)]);
    Object::new()
        .with("acceptRetryAfter", true)
        .with("failureCondition", condition)
        .with("name", "cooldown")
        .with("tripDuration", format!("PT{}S", breaker.cooldown))
}

/// A weight from 1 to 100.
fn share_of(share: f64, most: f64) -> u32 {
    (share / most * 100.0).round().clamp(1.0, 100.0) as u32
}

/// A name of letters, digits, `-`, `.` and `_`.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' })
        .collect()
}
