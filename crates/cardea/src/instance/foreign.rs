//! Providers of the demo, kept out of what is no demo (decision 23).
//!
//! The demo's identity provider makes tokens for whoever asks. Its keys are marked by their names, so that a gateway that
//! serves in earnest does not believe it, wherever its address got into the configuration.

use std::sync::Arc;

use policy::{OpenIdProviders, PortFuture, Provider, ProviderUnavailable};

use crate::system::DEMO_KEY;

/// Providers without those of the demo.
#[derive(Debug)]
pub(crate) struct NoDemo(pub Arc<dyn OpenIdProviders>);

fn is_of_demo(provider: &Provider) -> bool {
    let marked = |key: &jose::Key| key.id().is_some_and(|id| id.starts_with(DEMO_KEY));
    provider.issuer.contains(DEMO_KEY) || provider.keys.keys().iter().any(marked)
}

impl OpenIdProviders for NoDemo {
    fn known(&self, metadata_url: &str) -> Option<Arc<Provider>> {
        self.0.known(metadata_url).filter(|provider| !is_of_demo(provider))
    }

    fn provider<'a>(
        &'a self,
        metadata_url: &'a str,
    ) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>> {
        Box::pin(async move {
            let provider = self.0.provider(metadata_url).await?;
            if is_of_demo(&provider) {
                let why = "it is the provider of the demo, whose tokens are good in `cardea demo` only";
                return Err(ProviderUnavailable::new(metadata_url, why));
            }
            Ok(provider)
        })
    }

    fn after_unknown_key<'a>(
        &'a self,
        metadata_url: &'a str,
        seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>> {
        Box::pin(async move {
            let fresh = self.0.after_unknown_key(metadata_url, seen).await;
            if is_of_demo(&fresh) { Arc::clone(seen) } else { fresh }
        })
    }

    fn authority(&self) -> &str {
        self.0.authority()
    }
}
