//! Secrets of key vaults: when they were read, and how often that failed. Names, never values.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What is known of the secrets of vaults. Clones count into the same. The configuration bounds how many there are.
#[derive(Clone, Debug, Default)]
pub struct VaultMetrics {
    read: Family<SecretLabels, Gauge>,
    failed: Family<FailureLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SecretLabels {
    vault: String,
    secret: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    vault: String,
    secret: String,
    code: &'static str,
}

impl VaultMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let read = "When a secret of a key vault was read last, in seconds since 1970";
        registry.register("vault_secret_read_timestamp_seconds", read, self.read.clone());
        let failed = "How often a secret of a key vault could not be read, by what stood in the way";
        registry.register("vault_secret_failures", failed, self.failed.clone());
    }

    /// A secret was read; `at` is in seconds since 1970.
    pub fn read(&self, vault: &str, secret: &str, at: i64) {
        let labels = SecretLabels { vault: vault.to_owned(), secret: secret.to_owned() };
        self.read.get_or_create_owned(&labels).set(at);
    }

    /// A secret could not be read.
    pub fn failed(&self, vault: &str, secret: &str, code: &'static str) {
        let labels = FailureLabels { vault: vault.to_owned(), secret: secret.to_owned(), code };
        self.failed.get_or_create_owned(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;

    #[test]
    fn secrets_are_told_by_vault_and_name() {
        let metrics = Metrics::new("1");
        metrics.vaults.read("models.vault.azure.net", "provider-key", 1_700_000_000);
        metrics.vaults.failed("models.vault.azure.net", "other-key", "Forbidden");
        let text = metrics.text();
        for line in [
            "cardea_vault_secret_read_timestamp_seconds{vault=\"models.vault.azure.net\",secret=\"provider-key\"} 1700000000",
            "cardea_vault_secret_failures_total{vault=\"models.vault.azure.net\",secret=\"other-key\",code=\"Forbidden\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
