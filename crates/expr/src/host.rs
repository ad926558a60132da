//! What a program asks of the request that it runs in.
//!
//! The policy crate's exchange implements it; tests have a small one. Everything is live: `set-header` followed by an
//! expression shows the new header. No method does IO.

use std::sync::Arc;

use crate::catalogue::{HostMember, HostRef};
use crate::{Certificate, DateTime, Exception, Heap, Text, Value};

/// The name of a variable, shared between the policies and expressions that mention it.
///
/// Comparison tries the address first: a name interned once compares in a nanosecond.
#[derive(Clone, Debug, Eq)]
pub struct VarName(Arc<str>);

impl VarName {
    /// A name.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shared text.
    #[must_use]
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl PartialEq for VarName {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl std::hash::Hash for VarName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl std::borrow::Borrow<str> for VarName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// In which form an expression wants a body: the `T` of `Body.As<T>()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// `string`: [`Value::Text`].
    Text,
    /// `byte[]`: a value of [`Heap::bytes`].
    Bytes,
    /// `JObject`, `JArray`, `JToken`: a value of [`Heap::parse_json`]. The host keeps the node of a preserved body,
    /// so that it is parsed once a request; the evaluator checks that it is of the wanted kind.
    Json,
    /// `XDocument`, `XElement`, `XNode`: the host gives the text.
    Xml,
}

/// Whether a certificate that was revoked still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It does not, and one of which nobody can say whether it was revoked does not either.
    Checked,
    /// Nobody asks.
    Ignored,
}

/// The request in flight, as programs see it.
pub trait Host {
    /// The value of a property, in the type that the catalogue declares for it; [`Value::Null`] where it says so.
    ///
    /// # Errors
    /// An exception where reading fails.
    fn property(&mut self, object: HostRef, member: HostMember, heap: &mut Heap) -> Result<Value, Exception>;

    /// The value of a variable; none when it is not set.
    fn variable(&mut self, name: &VarName, heap: &mut Heap) -> Result<Option<Value>, Exception>;

    /// Names of all variables, in the order in which they were set.
    fn variable_names(&mut self) -> Vec<Text>;

    /// All values of a key of a dictionary (`RequestHeaders`, `RequestQuery`, `MatchedParameters`, ...), joined with
    /// `,`; none when the key is missing. Names of headers do not distinguish case.
    fn joined(&mut self, map: HostRef, key: &str) -> Option<Text>;

    /// The values of a key of a dictionary, one by one; none when the key is missing.
    fn values(&mut self, map: HostRef, key: &str) -> Option<Vec<Text>>;

    /// The keys of a dictionary, each once, in order.
    fn keys(&mut self, map: HostRef) -> Vec<Text>;

    /// A body in a form. With `preserve` the body stays as it is; without, it is consumed: what is forwarded afterwards
    /// is empty.
    ///
    /// # Errors
    /// The exception of a body that is not of this form.
    fn body(
        &mut self,
        body: HostRef,
        kind: BodyKind,
        preserve: bool,
        heap: &mut Heap,
    ) -> Result<Value, Exception>;

    /// `context.Trace(message)`.
    fn trace(&mut self, message: Text);

    /// Whether a certificate leads to an authority that is trusted and is valid now: `Verify()` of `X509Certificate2`.
    /// A host that knows no authorities trusts nobody.
    fn verify_certificate(&mut self, certificate: &Certificate, revocation: Revocation) -> bool {
        let _ = (certificate, revocation);
        false
    }

    /// The time, UTC.
    fn now(&mut self) -> DateTime;

    /// Random bytes.
    fn random(&mut self, bytes: &mut [u8]);

    /// Asked every few thousand steps of an evaluation: whether it may go on. So a host bounds the time of an evaluation,
    /// or ends one that nobody waits for any more.
    ///
    /// # Errors
    /// [`Exception::limit`] when it may not.
    fn may_go_on(&mut self) -> Result<(), Exception> {
        Ok(())
    }
}
