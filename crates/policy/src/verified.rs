//! Tokens of callers whose signature was judged before.
//!
//! ```text
//! token's text + name of the keys ──▶ the token, and what every request with it needs of it
//!                                 └─▶ or that these very keys do not fit
//! ```
//!
//! What is remembered holds for these very keys: other keys have another name ([`KeysName`]). Times are judged at every
//! request; what else a policy asks of a token depends on nothing but the two, so it is judged once ([`Accepts`]).

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use expr::{Jwt, Text};
use jose::{Proof, Shown, Token, TokenDigest, TokenProblem};
use secret::Secret;

/// What tells keys that verify together from all others: a SHA-256 over them and whose they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeysName([u8; 32]);

impl KeysName {
    /// The name of what these parts say. Each counts with its length.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(*TokenDigest::of_parts(parts).as_bytes())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A digest of a short secret can be guessed, so it is not shown.
impl fmt::Debug for KeysName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysName(…)")
    }
}

/// Tokens whose signature was judged before. Only that is remembered, never how times were judged.
pub trait VerifiedTokens: Send + Sync + fmt::Debug {
    /// The token of this text, if it was verified with these very keys.
    fn get(&self, text: &str, keys: &KeysName) -> Option<Arc<VerifiedToken>>;

    /// Remembers a verified token until it expires.
    fn put(&self, keys: KeysName, verified: Arc<VerifiedToken>);

    /// Why these very keys did not vouch for this text a short while ago, if so.
    fn refused(&self, text: &str, keys: &KeysName) -> Option<TokenProblem>;

    /// Remembers for a short while that these keys do not vouch for this text.
    fn put_refused(&self, text: &str, keys: &KeysName, problem: TokenProblem);
}

/// A token that somebody vouches for, and what every request with it needs of it.
pub struct VerifiedToken {
    text: Secret,
    token: Token,
    oid: Option<Arc<str>>,
    app_id: Option<Arc<str>>,
    shown: Arc<[(Text, Text)]>,
    jwt: Jwt,
    accepted_by: ArcSwapOption<Accepts>,
}

impl VerifiedToken {
    /// A token that was verified; `text` is its compact form as it was presented.
    #[must_use]
    pub fn new(text: Secret, token: Token) -> Self {
        let bounded = |text: &str| Shown::new(text).into_shared();
        // What nobody signed says nothing of who calls.
        let signed = matches!(token.proof, Proof::Signature { .. });
        let of_caller = |claim| token.text(claim).filter(|_| signed).map(bounded);
        Self {
            oid: of_caller("oid"),
            app_id: of_caller("appid").or_else(|| of_caller("azp")),
            shown: shown(&token),
            jwt: Jwt::new(Arc::clone(&token.header), Arc::clone(&token.claims)),
            accepted_by: ArcSwapOption::empty(),
            text,
            token,
        }
    }

    /// Its compact form.
    #[must_use]
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// What its signer says.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// `oid`, as logs may hold it; none of a token that nobody signed.
    #[must_use]
    pub fn oid(&self) -> Option<&Arc<str>> {
        self.oid.as_ref()
    }

    /// `appid`, or `azp`, as logs may hold it; none of a token that nobody signed.
    #[must_use]
    pub fn app_id(&self) -> Option<&Arc<str>> {
        self.app_id.as_ref()
    }

    /// As expressions see it.
    #[must_use]
    pub fn jwt(&self) -> &Jwt {
        &self.jwt
    }

    /// What a trace says of it: algorithm, issuer, applications; no other text of it.
    #[must_use]
    pub fn shown(&self) -> &Arc<[(Text, Text)]> {
        &self.shown
    }

    /// Whether this policy found before that it claims what it should.
    #[must_use]
    pub fn is_accepted_by(&self, policy: &Arc<Accepts>) -> bool {
        self.accepted_by.load().as_ref().is_some_and(|known| Arc::ptr_eq(known, policy))
    }

    /// Remembers that it claims what this policy asks for. The last policy that says so counts.
    pub fn accept(&self, policy: &Arc<Accepts>) {
        self.accepted_by.store(Some(Arc::clone(policy)));
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedToken(…)")
    }
}

/// Stands for a policy that asks the same of every token: nothing that it compares with comes from a request, a secret or
/// the clock. What it says of a token and its signer holds for as long as both are remembered.
///
/// It is told by where it is in memory, which nothing else can take while somebody holds it.
#[derive(Debug)]
pub struct Accepts {
    /// Something without size has no place of its own.
    _place: u8,
}

impl Accepts {
    /// A new one, for a policy that was compiled.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { _place: 0 })
    }
}

fn shown(token: &Token) -> Arc<[(Text, Text)]> {
    let by = match &token.proof {
        Proof::Signature { algorithm, .. } => algorithm.name(),
        Proof::Unsigned => "none",
    };
    let claims = [("issuer", "iss"), ("application", "appid"), ("application", "azp")];
    let claims = claims.into_iter().filter_map(|(name, claim)| {
        let value = Shown::new(token.text(claim)?).into_shared();
        Some((Text::from_static(name), Text::from_shared(&value)))
    });
    std::iter::once((Text::from_static("algorithm"), Text::from_static(by))).chain(claims).collect()
}
