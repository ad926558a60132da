//! Settings of the file beside its models.

use std::collections::BTreeMap;

use artifacts::Node;

use super::read::{line_of, number};
use super::rows::Rows;

/// What of the settings the result keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) retries: Option<u32>,
    /// In seconds.
    pub(super) timeout: Option<u32>,
    pub(super) breaker: Option<Breaker>,
    /// Other names of models.
    pub(super) aliases: BTreeMap<String, String>,
}

/// When a deployment is left alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breaker {
    pub(super) failures: u32,
    /// In seconds.
    pub(super) cooldown: u32,
}

const SECTIONS: [&str; 3] = ["litellm_settings", "router_settings", "general_settings"];

/// COMPAT: documentation of the router: a deployment rests for 5 seconds unless `cooldown_time` says otherwise.
const COOLDOWN: u32 = 5;

pub(super) fn read(document: &Node, rows: &mut Rows) -> Settings {
    let mut settings = Settings::default();
    let mut breaker = (None, None);
    for member in document.members() {
        let name = member.name.as_str();
        if name == "model_list" {
            continue;
        }
        if !SECTIONS.contains(&name) {
            rows.none(line_of(&member.value), name, advice(name));
            continue;
        }
        for each in member.value.members() {
            let setting = format!("{name}.{}", each.name);
            one(&mut settings, &mut breaker, (&member.value, each), &setting, rows);
        }
    }
    let (failures, cooldown) = breaker;
    if failures.is_some() || cooldown.is_some() {
        // More failures than allowed, so one more.
        let failures = failures.unwrap_or(3) + 1;
        settings.breaker = Some(Breaker { failures, cooldown: cooldown.unwrap_or(COOLDOWN).max(1) });
    }
    settings
}

fn one(
    settings: &mut Settings,
    breaker: &mut (Option<u32>, Option<u32>),
    (section, member): (&Node, &artifacts::Member),
    setting: &str,
    rows: &mut Rows,
) {
    let line = line_of(&member.value);
    let value = number(section, &member.name).map(|value| value.ceil().min(100_000.0) as u32);
    match (member.name.as_str(), value) {
        ("num_retries", Some(count)) => {
            settings.retries = Some(count.min(50)).filter(|count| *count > 0);
            rows.nearest(line, setting, "`retry` in the policy, for 429 and 5xx");
        }
        ("request_timeout" | "timeout", Some(seconds)) => {
            settings.timeout = Some(seconds.max(1));
            rows.nearest(line, setting, "`timeout` of `forward-request`, until headers come");
        }
        ("allowed_fails", Some(count)) => {
            breaker.0 = Some(count.min(9_999));
            rows.nearest(line, setting, "circuit breakers of the backends, for 429 and 5xx within a minute");
        }
        ("cooldown_time", Some(seconds)) => {
            breaker.1 = Some(seconds);
            rows.nearest(line, setting, "circuit breakers of the backends; `Retry-After` comes first");
        }
        ("model_group_alias", _) => {
            for alias in member.value.members() {
                if let Some(model) = alias.value.text() {
                    settings.aliases.insert(alias.name.clone(), model.to_owned());
                }
            }
            rows.same(line, setting, "other names in the policy");
        }
        ("routing_strategy", _) if member.value.text() == Some("simple-shuffle") => {
            rows.nearest(line, setting, "pools, which call their members by turns");
        }
        (name, _) => rows.none(line, setting, advice(name)),
    }
}

/// What to do about a setting that has no equivalent.
fn advice(name: &str) -> &'static str {
    match name {
        "master_key" => "make a subscription for each caller: `cardea subscription create`",
        "fallbacks" | "default_fallbacks" => {
            "put deployments that can stand in for each other into one pool, with priorities"
        }
        "context_window_fallbacks" | "content_policy_fallbacks" => "look at the answer in a policy",
        "cache" | "cache_params" => "answers are not kept",
        "routing_strategy" => "pools call their members by turns, with weights and priorities",
        "redis_host" | "redis_port" | "redis_password" => "gateways share no state",
        "database_url" | "store_model_in_db" => "there is no database: the folder says everything",
        "success_callback" | "failure_callback" | "callbacks" | "service_callbacks" => {
            "the access log and `/metrics` tell of calls"
        }
        "guardrails" => "no policy for it yet",
        "max_budget" | "budget_duration" | "max_internal_user_budget" => "there are no budgets",
        "environment_variables" => "set them where the gateway runs",
        "json_logs" | "set_verbose" => "see `log` in the settings",
        "drop_params" | "modify_params" => "bodies are sent as they come",
        _ => "nothing here does it",
    }
}
