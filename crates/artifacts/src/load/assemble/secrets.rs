//! Slots of secrets, and certificates, which the overlay describes.

use std::sync::Arc;

use model::{Certificate, CertificateAuthority, CertificateId, SecretBinding, SecretReference};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, Location};

use super::{Assembly, Secrets, insert};
use crate::overlay::{AuthorityFile, CertificateFiles};
use crate::secrets::{SecretError, SecretSource, missing};

impl Assembly<'_> {
    pub(super) fn certificates(&mut self, certificates: Vec<CertificateFiles>) {
        for files in certificates {
            let certificate = Certificate {
                thumbprint: files.thumbprint,
                chain: self.part(&files.id, "chain", files.chain),
                key: self.part(&files.id, "key", files.key),
                origin: Some(files.at),
                id: files.id,
            };
            insert(&mut self.configuration.certificates, Arc::new(certificate), &mut self.problems);
        }
    }

    pub(super) fn authorities(&mut self, authorities: Vec<AuthorityFile>) {
        for AuthorityFile { id, certificate: (reference, place), at } in authorities {
            let certificate = self.bind(format!("certificate of the authority {id}"), reference, &place);
            let authority = CertificateAuthority { id, certificate, origin: Some(at) };
            insert(&mut self.configuration.authorities, Arc::new(authority), &mut self.problems);
        }
    }

    fn part(&mut self, id: &CertificateId, name: &str, at: (SecretReference, Location)) -> SecretSlot {
        self.bind(format!("{name} of the certificate {id}"), at.0, &at.1)
    }

    /// A slot that is filled from there: the one from before if there was one, so that whoever still uses that sees
    /// rotation too. It is filled now if secrets are fetched and it is not in a vault.
    pub(super) fn bind(
        &mut self,
        name: impl Into<Arc<str>>,
        reference: SecretReference,
        at: &Location,
    ) -> SecretSlot {
        self.bind_fetched(name, reference, at, None)
    }

    /// The same of a secret that was read already.
    pub(super) fn bind_fetched(
        &mut self,
        name: impl Into<Arc<str>>,
        reference: SecretReference,
        at: &Location,
        fetched: Option<Result<Secret, SecretError>>,
    ) -> SecretSlot {
        let name = name.into();
        if let SecretReference::Vault(vault) = &reference
            && let Some(problem) = self.options.vaults.problem(&vault.secret)
        {
            // Nobody may ask for it: the slot stays unset, and what needs it fails.
            self.problems.push(problem.at(at.clone()));
            return SecretSlot::unset(name);
        }
        let before = match self.options.secrets {
            Secrets::Read(source) => source.before(&reference, &name),
            Secrets::Unread => None,
        };
        let slot = before.unwrap_or_else(|| SecretSlot::unset(name));
        let binding = SecretBinding { slot: slot.clone(), reference, at: Some(at.clone()) };
        if let Secrets::Read(source) = self.options.secrets {
            self.problems.extend(fill(&binding, source, fetched));
        }
        self.configuration.secrets.push(binding);
        slot
    }
}

/// Fills a slot, unless a vault does; gives what is wrong.
fn fill(
    binding: &SecretBinding,
    source: &dyn SecretSource,
    fetched: Option<Result<Secret, SecretError>>,
) -> Option<Diagnostic> {
    if matches!(binding.reference, SecretReference::Vault(_)) {
        return None;
    }
    let why = match fetched.unwrap_or_else(|| source.read(&binding.reference)) {
        Ok(secret) if !secret.is_empty() => {
            binding.slot.replace(secret);
            return None;
        }
        Ok(_) => "it is empty".to_owned(),
        Err(error) => error.why,
    };
    Some(missing(binding, &why))
}
