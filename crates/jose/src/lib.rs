//! JSON Web Tokens, signed and encrypted, and the keys that verify them. No IO, no clock.

use serde_json::{Map, Value};

/// A token that was verified: what its signer says.
#[derive(Clone)]
pub struct Token {
    /// The protected header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// The keys that a provider signs with.
#[derive(Clone, Debug, Default)]
pub struct KeySet {}
