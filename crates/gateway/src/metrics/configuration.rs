//! What is served, and in which state.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::snapshot::Edition;

/// What is known of the configuration. Clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationMetrics {
    generation: Gauge,
    problems: Family<SeverityLabel, Gauge>,
    apis: Family<ApiStateLabels, Gauge>,
    reloads: Family<ResultLabel, Counter>,
    editions: Family<EditionLabels, Gauge>,
    from_saved: Gauge,
    saves: Family<ResultLabel, Counter>,
    saved_at: Gauge,
}

/// How an API is served (decision 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiState {
    /// As its documents say.
    Serving,
    /// Its documents have errors; the last version without goes on.
    LastGood,
    /// Its documents have errors and there is no good version: callers get 500.
    Failed,
}

impl ApiState {
    /// A stable word for metrics and the admin listener.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::LastGood => "last-good",
            Self::Failed => "refused",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SeverityLabel {
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiStateLabels {
    api: Arc<str>,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EditionLabels {
    revision: Arc<str>,
    commit: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

impl ConfigurationMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let info =
            "1 for the configuration that is served; the same on every replica that read the same files";
        registry.register("configuration_info", info, self.editions.clone());
        let generation = "Number of the configuration that is served, counted by this process";
        registry.register("configuration_generation", generation, self.generation.clone());
        let problems = "Problems of the configuration, by severity";
        registry.register("configuration_problems", problems, self.problems.clone());
        registry.register("api_state", "1 for the state in which an API is served", self.apis.clone());
        let reloads = "Configurations that were read anew, by what became of them";
        registry.register("configuration_reloads", reloads, self.reloads.clone());
        let from_saved =
            "1 while the saved configuration is served, because the folder is away or is refused";
        registry.register("configuration_from_saved_state", from_saved, self.from_saved.clone());
        let saves = "Savings of the configuration to the state directory, by what became of them";
        registry.register("configuration_saves", saves, self.saves.clone());
        let saved_at = "When the configuration was saved last, in seconds since 1970";
        registry.register("configuration_saved_timestamp_seconds", saved_at, self.saved_at.clone());
    }

    /// A configuration has taken effect. APIs are named with their workspaces ([`model::qualified`]).
    pub fn publish(&self, edition: &Edition, apis: &[(String, ApiState)]) {
        self.generation.set(i64::try_from(edition.generation).unwrap_or(i64::MAX));
        self.editions.clear();
        let commit = edition.commit.clone().unwrap_or_default();
        self.editions
            .get_or_create(&EditionLabels { revision: Arc::clone(&edition.revision), commit })
            .set(1);
        self.apis.clear();
        for (id, state) in apis {
            let labels = ApiStateLabels { api: id.as_str().into(), state: state.label() };
            self.apis.get_or_create(&labels).set(1);
        }
        self.reloads.get_or_create(&ResultLabel { result: "served" }).inc();
    }

    /// A configuration was refused; the one before goes on.
    pub fn refused(&self) {
        self.reloads.get_or_create(&ResultLabel { result: "refused" }).inc();
    }

    /// The configuration could not be read; the one before goes on.
    pub fn unread(&self) {
        self.reloads.get_or_create(&ResultLabel { result: "unread" }).inc();
    }

    /// Whether what is served is what was saved, in the place of the folder's.
    pub fn from_saved(&self, is_saved: bool) {
        self.from_saved.set(i64::from(is_saved));
    }

    /// The configuration was saved at that second.
    pub fn saved(&self, second: i64) {
        self.saves.get_or_create(&ResultLabel { result: "saved" }).inc();
        self.saved_at.set(second);
    }

    /// The configuration could not be saved.
    pub fn not_saved(&self) {
        self.saves.get_or_create(&ResultLabel { result: "failed" }).inc();
    }

    /// How many problems were found in the configuration that was read last.
    pub fn problems(&self, errors: usize, warnings: usize) {
        for (severity, count) in [("error", errors), ("warning", warnings)] {
            let gauge = self.problems.get_or_create_owned(&SeverityLabel { severity });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::*;

    #[test]
    fn the_state_of_each_api_is_that_of_the_newest_configuration() {
        let metrics = Metrics::new("1");
        let id = str::to_owned;
        let edition = |generation| Edition {
            generation,
            revision: format!("r{generation}").into(),
            ..Edition::default()
        };
        metrics
            .configuration
            .publish(&edition(1), &[(id("a"), ApiState::Serving), (id("gone"), ApiState::Serving)]);
        metrics
            .configuration
            .publish(&edition(2), &[(id("a"), ApiState::LastGood), (id("b"), ApiState::Failed)]);
        metrics.configuration.problems(3, 1);
        let text = metrics.text();
        for line in [
            "cardea_configuration_generation 2",
            "cardea_configuration_info{revision=\"r2\",commit=\"\"} 1",
            "cardea_api_state{api=\"a\",state=\"last-good\"} 1",
            "cardea_api_state{api=\"b\",state=\"refused\"} 1",
            "cardea_configuration_problems{severity=\"error\"} 3",
            "cardea_configuration_reloads_total{result=\"served\"} 2",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("r1") && !text.contains("gone") && !text.contains("state=\"serving\""));
    }
}
