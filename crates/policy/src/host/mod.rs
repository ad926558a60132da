//! The exchange as policy expressions see it: `context`.
//!
//! Everything is read live from the [`Exchange`]. Where API Management documents nothing, the choice stands in a
//! `COMPAT:` comment here.

mod body;
mod certificates;
mod maps;
mod properties;
mod url;

use std::sync::Arc;

use expr::{
    BodyKind, Certificate, DateTime, Exception, Heap, Host, HostMember, HostRef, Revocation, Text, Value,
    VarName,
};
use jiff::Timestamp;

use crate::Exchange;
use crate::trace::{Severity, TraceRecord};

impl Host for Exchange {
    fn property(&mut self, object: HostRef, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
        match member {
            HostMember::DeploymentCertificates => certificates::of_service(self, heap),
            HostMember::RequestCertificate => certificates::of_caller(self, heap),
            _ => properties::read(self, object, member, heap),
        }
    }

    fn variable(&mut self, name: &VarName, heap: &mut Heap) -> Result<Option<Value>, Exception> {
        let value = self.variables.get(name.as_str()).cloned();
        if let Some(value) = &value {
            heap.admit(value);
        }
        Ok(value)
    }

    fn variable_names(&mut self) -> Vec<Text> {
        self.variables.iter().map(|(name, _)| Text::from_shared(name)).collect()
    }

    fn joined(&mut self, map: HostRef, key: &str) -> Option<Text> {
        maps::joined(self, map, key)
    }

    fn values(&mut self, map: HostRef, key: &str) -> Option<Vec<Text>> {
        maps::values(self, map, key)
    }

    fn keys(&mut self, map: HostRef) -> Vec<Text> {
        maps::keys(self, map)
    }

    fn body(
        &mut self,
        body: HostRef,
        kind: BodyKind,
        preserve: bool,
        heap: &mut Heap,
    ) -> Result<Value, Exception> {
        body::read(self, body, kind, preserve, heap)
    }

    fn trace(&mut self, message: Text) {
        let shown = if message.is_tainted() { Text::from_static("***") } else { message };
        self.trace.push(TraceRecord {
            source: "context.Trace".into(),
            severity: Severity::Information,
            message: shown,
            metadata: Arc::default(),
        });
    }

    fn verify_certificate(&mut self, certificate: &Certificate, revocation: Revocation) -> bool {
        certificates::verify(self, certificate, revocation)
    }

    fn now(&mut self) -> DateTime {
        date_time(self.ports.clock.now())
    }

    fn random(&mut self, bytes: &mut [u8]) {
        self.ports.rng.fill(bytes);
    }

    fn may_go_on(&mut self) -> Result<(), Exception> {
        self.watch.check(&*self.ports.clock, self.limits.evaluation)
    }
}

/// A moment as .NET has it.
fn date_time(at: Timestamp) -> DateTime {
    DateTime::from_unix_nanoseconds(at.as_nanosecond())
}
