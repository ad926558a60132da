//! A configuration as lines to compare.

use std::fmt::Write as _;

use model::{
    Api, ApiKind, Backend, BackendKind, BearerKeys, Configuration, ErrorDialect, JsonText, NamedValueContent,
    PolicyText, Product, Subscription, SubscriptionKey, SubscriptionScope, ValueText, VersioningScheme,
};

pub(crate) fn summary(configuration: &Configuration) -> String {
    let mut out = String::new();
    let service = &configuration.service;
    let _ = writeln!(
        out,
        "service {} in {}{}",
        service.name,
        service.region,
        policy(configuration.policy.as_ref())
    );
    for set in configuration.version_sets.iter() {
        let scheme = match &set.scheme {
            VersioningScheme::Segment => "segment".to_owned(),
            VersioningScheme::Query(name) => format!("query {name}"),
            VersioningScheme::Header(name) => format!("header {}", name.as_str()),
        };
        let _ = writeln!(
            out,
            "version set {} \"{}\" by {scheme}{}",
            set.id,
            set.display_name,
            rest(set.rest.as_ref())
        );
    }
    configuration.apis.iter().for_each(|api| self::api(&mut out, api));
    configuration.products.iter().for_each(|product| self::product(&mut out, product));
    for group in configuration.groups.iter().filter(|group| group.origin.is_some()) {
        let _ = writeln!(
            out,
            "group {} \"{}\" {:?}{}",
            group.id,
            group.display_name,
            group.kind,
            rest(group.rest.as_ref())
        );
    }
    for user in configuration.users.iter() {
        let groups: Vec<_> = user.groups.iter().map(|group| group.as_str()).collect();
        let _ = writeln!(out, "user {} <{}> {:?} in {}", user.id, user.email, user.state, groups.join(", "));
    }
    configuration.subscriptions.iter().for_each(|it| subscription(&mut out, it));
    for value in configuration.named_values.iter() {
        let content = match &value.content {
            NamedValueContent::Plain(text) => format!("plain \"{text}\""),
            NamedValueContent::Secret(slot) => format!("secret, {}", set(slot.is_set())),
            NamedValueContent::KeyVault { reference, slot } => {
                format!("key vault {}, {}", reference.secret, set(slot.is_set()))
            }
        };
        let _ = writeln!(
            out,
            "named value {} = {{{{{}}}}}: {content}{}",
            value.id,
            value.name,
            rest(value.rest.as_ref())
        );
    }
    configuration.backends.iter().for_each(|backend| self::backend(&mut out, backend));
    for certificate in configuration.certificates.iter() {
        let (chain, key) = (set(certificate.chain.is_set()), set(certificate.key.is_set()));
        let thumbprint = certificate.thumbprint.as_deref().unwrap_or("without thumbprint");
        let _ = writeln!(out, "certificate {} {thumbprint}, chain {chain}, key {key}", certificate.id);
    }
    for authority in configuration.authorities.iter() {
        let _ =
            writeln!(out, "authority {}, certificate {}", authority.id, set(authority.certificate.is_set()));
    }
    for fragment in configuration.fragments.iter() {
        let _ = writeln!(
            out,
            "fragment {}{}{}",
            fragment.id,
            policy(Some(&fragment.policy)),
            rest(fragment.rest.as_ref())
        );
    }
    kept(&mut out, configuration);
    for workspace in configuration.workspaces.iter() {
        let name = workspace.display_name.as_ref().map_or("", |name| name.as_str());
        let _ = writeln!(out, "workspace {} \"{name}\"{}", workspace.id, rest(workspace.rest.as_ref()));
        let inside = summary(&workspace.contents);
        inside.lines().skip(1).for_each(|line| {
            let _ = writeln!(out, "| {line}");
        });
    }
    for broken in &configuration.broken {
        let _ = writeln!(out, "broken {broken}");
    }
    for binding in configuration.secrets.iter().chain(configuration.keys.iter()) {
        let _ = writeln!(out, "{} from {}", binding.slot.name(), binding.reference);
    }
    out
}

fn kept(out: &mut String, configuration: &Configuration) {
    for logger in configuration.loggers.iter() {
        let _ = writeln!(out, "logger {} {}", logger.id, logger.document.as_str());
    }
    for diagnostic in configuration.diagnostics.iter() {
        let _ = writeln!(out, "diagnostic {} {}", diagnostic.id, diagnostic.document.as_str());
    }
    for tag in configuration.tags.iter() {
        let apis: Vec<_> = tag.apis.iter().map(|id| id.as_str()).collect();
        let products: Vec<_> = tag.products.iter().map(|id| id.as_str()).collect();
        let _ = writeln!(
            out,
            "tag {} \"{}\", apis [{}], products [{}]{}",
            tag.id,
            tag.display_name,
            apis.join(", "),
            products.join(", "),
            rest(tag.rest.as_ref())
        );
    }
    for gateway in configuration.gateways.iter() {
        let apis: Vec<_> = gateway.apis.iter().map(|id| id.as_str()).collect();
        let _ = writeln!(
            out,
            "gateway {}, apis [{}]{}",
            gateway.id,
            apis.join(", "),
            rest(gateway.rest.as_ref())
        );
    }
}

fn rest(rest: Option<&JsonText>) -> String {
    rest.map_or(String::new(), |rest| format!(", and {}", rest.as_str()))
}

fn set(is: bool) -> &'static str {
    if is { "set" } else { "unset" }
}

fn policy(policy: Option<&PolicyText>) -> String {
    policy.map_or(String::new(), |policy| format!(", policy {}", policy.file.name()))
}

fn api(out: &mut String, api: &Api) {
    let kind = if api.kind == ApiKind::Http { String::new() } else { format!(" {}", api.kind.as_str()) };
    let current = if api.is_current { "current" } else { "not current" };
    let key = if api.subscription_required { "key required" } else { "no key required" };
    let bearer = if api.settings.bearer_keys == BearerKeys::Accepted { " or bearer" } else { "" };
    let errors = match api.settings.errors {
        ErrorDialect::Apim => String::new(),
        dialect => format!(", errors of {}", dialect.as_str()),
    };
    let _ = writeln!(
        out,
        "api {} \"{}\" at /{} revision {} {current}{kind}",
        api.id, api.display_name, api.path, api.revision
    );
    let _ = writeln!(
        out,
        "  {:?}, {key}, {:?}{bearer}{errors}{}",
        api.protocols,
        api.key_names,
        policy(api.policy.as_ref())
    );
    if let Some(rest) = &api.rest {
        let _ = writeln!(out, "  and {}", rest.as_str());
    }
    if let Some(kept) = &api.kept {
        for diagnostic in &kept.diagnostics {
            let _ = writeln!(out, "  diagnostic {} {}", diagnostic.id, diagnostic.document.as_str());
        }
        for release in &kept.releases {
            let _ = writeln!(out, "  release {} {}", release.id, release.document.as_str());
        }
        for tag in &kept.tags {
            let _ = writeln!(out, "  tag {tag}");
        }
        for schema in &kept.schemas {
            let _ = writeln!(out, "  schema {} {}", schema.id, schema.document.as_str());
        }
    }
    if let Some(url) = &api.service_url {
        let _ = writeln!(out, "  to {url}");
    }
    if let Some(version) = &api.version {
        let _ =
            writeln!(out, "  version {} of {}", version.name.as_deref().unwrap_or("(original)"), version.set);
    }
    for operation in &api.operations {
        let parameters: Vec<String> = operation
            .template_parameters
            .iter()
            .map(|each| {
                format!(
                    "{}: {}{}",
                    each.name,
                    each.kind,
                    if each.values.is_empty() { "" } else { " of some" }
                )
            })
            .collect();
        let _ = writeln!(
            out,
            "  {} {} is {} \"{}\" ({}){}",
            operation.method,
            operation.url_template,
            operation.id,
            operation.display_name,
            parameters.join(", "),
            policy(operation.policy.as_ref())
        );
    }
}

fn product(out: &mut String, product: &Product) {
    let apis: Vec<_> = product.apis.iter().map(|id| id.as_str()).collect();
    let groups: Vec<_> = product.groups.iter().map(|id| id.as_str()).collect();
    let _ = writeln!(
        out,
        "product {} \"{}\" {:?}, subscription {}, approval {}, limit {:?}, apis [{}], groups [{}]{}{}",
        product.id,
        product.display_name,
        product.state,
        if product.subscription_required { "required" } else { "not required" },
        if product.approval_required { "required" } else { "not required" },
        product.subscriptions_limit,
        apis.join(", "),
        groups.join(", "),
        policy(product.policy.as_ref()),
        rest(product.rest.as_ref())
    );
}

fn subscription(out: &mut String, subscription: &Subscription) {
    let scope = match &subscription.scope {
        SubscriptionScope::Product(id) => format!("product {id}"),
        SubscriptionScope::Api(id) => format!("api {id}"),
        SubscriptionScope::AllApis => "all apis".to_owned(),
        SubscriptionScope::AllAccess => "everything".to_owned(),
    };
    let key = |key: &Option<SubscriptionKey>| match key {
        None => "no key",
        Some(SubscriptionKey::Known(slot)) => set(slot.is_set()),
        Some(SubscriptionKey::Verified(_)) => "verified",
    };
    let dates = &subscription.dates;
    let dates: Vec<String> = [dates.created, dates.start, dates.expiration, dates.end]
        .iter()
        .map(|date| date.map_or("-".to_owned(), |date| date.to_string()))
        .collect();
    let _ = writeln!(
        out,
        "subscription {} \"{}\" for {scope}, {:?}, owner {}, dates {}, primary {}, secondary {}{}",
        subscription.id,
        subscription.display_name,
        subscription.state,
        subscription.owner.as_ref().map_or("nobody", |owner| owner.as_str()),
        dates.join(" "),
        key(&subscription.primary),
        key(&subscription.secondary),
        rest(subscription.rest.as_ref())
    );
}

fn texts(values: &[ValueText]) -> String {
    values.iter().map(|value| value.text.as_ref()).collect::<Vec<_>>().join(" and ")
}

fn backend(out: &mut String, backend: &Backend) {
    match &backend.kind {
        BackendKind::Single { url, protocol } => {
            let _ = writeln!(out, "backend {} {protocol:?} {}", backend.id, url.text);
        }
        BackendKind::Pool { members, affinity, .. } => {
            let _ = writeln!(out, "backend {} pool, affinity {affinity:?}", backend.id);
            for member in members {
                let _ =
                    writeln!(out, "  member {} {:?} {:?}", member.backend, member.priority, member.weight);
            }
        }
    }
    for header in &backend.credentials.headers {
        let _ = writeln!(out, "  header {}: {}", header.name.as_str(), texts(&header.values));
    }
    for query in &backend.credentials.query {
        let _ = writeln!(out, "  query {}: {}", query.name, texts(&query.values));
    }
    if let Some(authorization) = &backend.credentials.authorization {
        let _ =
            writeln!(out, "  authorization {} {}", authorization.scheme.text, authorization.parameter.text);
    }
    for certificate in &backend.credentials.certificates {
        let _ = writeln!(out, "  {certificate:?}");
    }
    if let Some(identity) = &backend.credentials.managed_identity {
        let client_id = identity.client_id.as_ref().map_or("the system's", |id| &id.text);
        let _ = writeln!(out, "  managed identity {client_id} for {}", identity.resource.text);
    }
    if backend.tls != model::BackendTls::default() {
        let _ = writeln!(out, "  {:?}", backend.tls);
    }
    if let Some(proxy) = &backend.proxy {
        let _ = writeln!(out, "  proxy {}", proxy.url.text);
    }
    if let Some(rest) = &backend.rest {
        let _ = writeln!(out, "  and {}", rest.as_str());
    }
    if let Some(rule) = &backend.circuit_breaker {
        let _ = writeln!(out, "  {rule:?}");
    }
}
