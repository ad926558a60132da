//! `cardea subscription`: keys for callers, made and ended at once.

mod tell;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use model::{ApiId, DisplayName, ProductId, SubscriptionId, SubscriptionScope, SubscriptionState};
use policy::Clock as _;
use store::{NewSubscription, Store, SystemRng};

use super::{control_runtime, read_settings, sealing_key_of_environment};
use crate::cli::{ChangeSubscription, Common, CreateSubscription, Subscription, WhichKey};
use crate::console;
use crate::instance::open_store;
use crate::settings::Settings;
use crate::system::SystemClock;

/// Runs the command.
///
/// # Errors
/// When the state directory cannot be used, or the change is not possible.
pub(crate) fn run(args: Subscription) -> anyhow::Result<ExitCode> {
    control_runtime()?.block_on(dispatch(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn dispatch(args: Subscription) -> anyhow::Result<()> {
    match args {
        Subscription::Create(args) => create(args).await,
        Subscription::Rotate { id, key, common } => rotate(&id, key, &common).await,
        Subscription::Suspend(args) => change(args, SubscriptionState::Suspended).await,
        Subscription::Activate(args) => change(args, SubscriptionState::Active).await,
        Subscription::Cancel(args) => change(args, SubscriptionState::Cancelled).await,
        Subscription::List { common, json } => list(&common, json).await,
    }
}

async fn open(common: &Common) -> anyhow::Result<(Store, Settings)> {
    let settings = read_settings(common.settings.as_deref())?;
    let store = open_store(&settings, sealing_key_of_environment()).await?;
    Ok((store, settings))
}

fn needs_key(store: &Store) -> anyhow::Result<()> {
    if !store.sealed() {
        bail!(
            "there is no sealing key, so no subscription key can be kept: make one with `cardea sealing-key create FILE`, and name it as `state.sealing-key-file` in the settings or as CARDEA_STATE__SEALING_KEY_FILE in the environment"
        );
    }
    Ok(())
}

async fn create(args: CreateSubscription) -> anyhow::Result<()> {
    let (store, settings) = open(&args.common).await?;
    needs_key(&store)?;
    let id = SubscriptionId::new(&args.id)?;
    let name = DisplayName::new(args.display_name.as_deref().unwrap_or(&args.id))?;
    let scope = scope(&args)?;
    let keys = store
        .subscriptions()
        .create(NewSubscription::new(id, name, scope), &SystemRng, SystemClock.now())
        .await?;
    console::line(&format!("subscription {} made; its keys are shown this once", args.id));
    console::line(&format!("primary:   {}", keys.primary.expose()));
    console::line(&format!("secondary: {}", keys.secondary.expose()));
    tell::gateway(&settings.state_dir()).await;
    Ok(())
}

fn scope(args: &CreateSubscription) -> anyhow::Result<SubscriptionScope> {
    match (&args.product, &args.api) {
        (Some(product), _) => Ok(SubscriptionScope::Product(ProductId::new(product)?)),
        (None, Some(api)) => Ok(SubscriptionScope::Api(ApiId::new(api)?)),
        (None, None) => Ok(SubscriptionScope::AllApis),
    }
}

async fn rotate(id: &str, which: WhichKey, common: &Common) -> anyhow::Result<()> {
    let (store, settings) = open(common).await?;
    needs_key(&store)?;
    let which = match which {
        WhichKey::Primary => store::WhichKey::Primary,
        WhichKey::Secondary => store::WhichKey::Secondary,
    };
    let key = store.subscriptions().rotate(&SubscriptionId::new(id)?, which, &SystemRng).await?;
    console::line(&format!(
        "subscription {id}: the {} key was replaced; the new one is shown this once",
        which.name()
    ));
    console::line(key.expose());
    tell::gateway(&settings.state_dir()).await;
    Ok(())
}

async fn change(args: ChangeSubscription, state: SubscriptionState) -> anyhow::Result<()> {
    let (store, settings) = open(&args.common).await?;
    let id = SubscriptionId::new(&args.id)?;
    store.subscriptions().set_state(&id, state, None, SystemClock.now()).await?;
    console::line(&format!("subscription {} is {}", args.id, state.name()));
    tell::gateway(&settings.state_dir()).await;
    Ok(())
}

fn scope_text(scope: &SubscriptionScope) -> String {
    match scope {
        SubscriptionScope::Product(id) => format!("/products/{id}"),
        SubscriptionScope::Api(id) => format!("/apis/{id}"),
        SubscriptionScope::AllApis => "/apis".to_owned(),
        SubscriptionScope::AllAccess => "/".to_owned(),
    }
}

async fn list(common: &Common, json: bool) -> anyhow::Result<()> {
    let (store, _) = open(common).await?;
    let all = store.subscriptions().list().await?;
    if json {
        let rows: Vec<_> = all
            .iter()
            .map(|each| {
                serde_json::json!({
                    "id": each.id.to_string(),
                    "displayName": each.display_name.as_str(),
                    "scope": scope_text(&each.scope),
                    "state": each.state.name(),
                    "createdDate": each.dates.created.map(|at| at.to_string()),
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&rows).context("the list cannot be written")?;
        console::line(&text);
        return Ok(());
    }
    for each in &all {
        console::line(&format!(
            "{:<24} {:<28} {}",
            each.id.to_string(),
            scope_text(&each.scope),
            each.state.name()
        ));
    }
    if all.is_empty() {
        console::line(
            "no subscriptions in the state directory; those of an artifact folder are listed in the folder",
        );
    }
    Ok(())
}
