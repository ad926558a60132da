//! Tasks that are alive: a number that grows while traffic does not is a leak.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;
use tokio::runtime::Handle;

/// Counts the tasks of runtimes when it is asked.
#[derive(Debug)]
pub struct TaskMetrics(Vec<Handle>);

impl TaskMetrics {
    /// Of these runtimes, together.
    #[must_use]
    pub fn new(runtimes: Vec<Handle>) -> Self {
        Self(runtimes)
    }
}

impl Collector for TaskMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let tasks: usize = self.0.iter().map(|runtime| runtime.metrics().num_alive_tasks()).sum();
        let gauge = ConstGauge::new(i64::try_from(tasks).unwrap_or(i64::MAX));
        let metric = encoder.encode_descriptor("tasks", "Tasks that are alive", None, gauge.metric_type())?;
        gauge.encode(metric)
    }
}
