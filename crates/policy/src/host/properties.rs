//! The properties of `context` and of the objects behind it.

use std::sync::Arc;

use expr::{Exception, Heap, HostMember, HostObject, HostRef, Text, Type, Value};
use jiff::Timestamp;
use model::{Api, GroupId, Product, Protocol, Subscription, SubscriptionKey, User, unqualified};

use super::{date_time, url};
use crate::{Exchange, Response};

/// Which list a group's handle points into: the user's, or with this bit the product's.
const OF_PRODUCT: u32 = 1 << 31;

pub(super) fn read(
    exchange: &Exchange,
    object: HostRef,
    member: HostMember,
    heap: &mut Heap,
) -> Result<Value, Exception> {
    match object.object {
        HostObject::Context => Ok(context(exchange, member)),
        HostObject::Api => match exchange.api.as_deref() {
            Some(api) => self::api(api, object, member, heap),
            None => Ok(Value::Null),
        },
        HostObject::ProductApi => match product_api(exchange, object.handle) {
            Some(api) => self::api(&api, object, member, heap),
            None => Ok(Value::Null),
        },
        HostObject::SubscriptionKeyParameterNames => {
            Ok(exchange.api.as_deref().map_or(Value::Null, |api| key_names(api, member)))
        }
        HostObject::ProductApiKeyParameterNames => {
            Ok(product_api(exchange, object.handle).map_or(Value::Null, |api| key_names(&api, member)))
        }
        HostObject::ProductApiServiceUrl => {
            let query = HostRef::with(HostObject::ProductApiServiceUrlQuery, object.handle);
            Ok(url::view(exchange, object).map_or(Value::Null, |view| view.member(member, query)))
        }
        HostObject::ServiceUrl => Ok(of_url(exchange, object, member, HostObject::ServiceUrlQuery)),
        HostObject::RequestUrl => Ok(of_url(exchange, object, member, HostObject::RequestQuery)),
        HostObject::RequestOriginalUrl => {
            Ok(of_url(exchange, object, member, HostObject::RequestOriginalQuery))
        }
        HostObject::Backend => Ok(backend(exchange, member)),
        HostObject::Deployment | HostObject::Gateway | HostObject::SustainabilityInfo => {
            Ok(deployment(exchange, member))
        }
        HostObject::LastError => Ok(last_error(exchange, member)),
        HostObject::Operation => Ok(operation(exchange, member)),
        HostObject::Product => product(exchange, member, heap),
        HostObject::Workspace => Ok(workspace(exchange, member)),
        HostObject::Subscription => subscription(exchange, member, heap),
        HostObject::User => user(exchange, member, heap),
        HostObject::Group => Ok(group(exchange, object.handle, member)),
        HostObject::UserIdentity => Ok(identity(exchange, object.handle, member)),
        HostObject::Request => Ok(request(exchange, member)),
        HostObject::Response => Ok(exchange.response.as_ref().map_or(Value::Null, |it| response(it, member))),
        _ => Ok(Value::Null),
    }
}

fn text(shared: &Arc<str>) -> Value {
    Value::Text(Text::from_shared(shared))
}

fn copied(text: &str) -> Value {
    Value::Text(Text::copied(text))
}

/// A reference to an object of the exchange, or null when it is not there.
fn object_if(present: bool, object: HostObject) -> Value {
    if present { Value::Host(object.into()) } else { Value::Null }
}

fn moment(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::DateTime(date_time(at)))
}

fn context(exchange: &Exchange, member: HostMember) -> Value {
    let caller = &exchange.caller;
    match member {
        HostMember::ContextApi => object_if(exchange.api.is_some(), HostObject::Api),
        HostMember::ContextBackend => object_if(exchange.target.backend_id().is_some(), HostObject::Backend),
        HostMember::ContextDeployment => Value::Host(HostObject::Deployment.into()),
        HostMember::ContextElapsed => Value::TimeSpan(elapsed(exchange)),
        HostMember::ContextLastError => object_if(exchange.last_error.is_some(), HostObject::LastError),
        HostMember::ContextOperation => object_if(exchange.operation().is_some(), HostObject::Operation),
        HostMember::ContextProduct => object_if(caller.product.is_some(), HostObject::Product),
        HostMember::ContextRequest => Value::Host(HostObject::Request.into()),
        HostMember::ContextRequestId => Value::Guid(*exchange.id.as_bytes()),
        HostMember::ContextResponse => object_if(exchange.response.is_some(), HostObject::Response),
        HostMember::ContextSubscription => object_if(caller.subscription.is_some(), HostObject::Subscription),
        HostMember::ContextTimestamp => Value::DateTime(date_time(exchange.received)),
        HostMember::ContextTracing => Value::Bool(false),
        HostMember::ContextUser => object_if(caller.user.is_some(), HostObject::User),
        HostMember::ContextWorkspace => object_if(exchange.workspace.is_some(), HostObject::Workspace),
        HostMember::ContextVariables => Value::Host(HostObject::Variables.into()),
        _ => Value::Null,
    }
}

/// Ticks of 100 ns since the request was received.
fn elapsed(exchange: &Exchange) -> i64 {
    let passed = exchange.ports.clock.now().as_nanosecond() - exchange.received.as_nanosecond();
    i64::try_from(passed / 100).unwrap_or(i64::MAX)
}

/// The API of the request, or one of the product's.
fn api(api: &Api, object: HostRef, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
    let part = |own: HostObject, of_product: HostObject| match object.object {
        HostObject::Api => Value::Host(own.into()),
        _ => Value::Host(HostRef::with(of_product, object.handle)),
    };
    Ok(match member {
        HostMember::ApiId => text(api.id.shared()),
        HostMember::ApiName => text(&api.display_name.to_shared()),
        HostMember::ApiPath => copied(api.path.as_str()),
        HostMember::ApiProtocols => heap.strings(protocols(api))?,
        HostMember::ApiServiceUrl if api.service_url.is_none() => Value::Null,
        HostMember::ApiServiceUrl => part(HostObject::ServiceUrl, HostObject::ProductApiServiceUrl),
        HostMember::ApiKeyParameterNames => {
            part(HostObject::SubscriptionKeyParameterNames, HostObject::ProductApiKeyParameterNames)
        }
        HostMember::ApiIsCurrentRevision => Value::Bool(api.is_current),
        HostMember::ApiRevision => text(&api.revision),
        HostMember::ApiVersion => {
            api.version.as_ref().and_then(|version| version.name.as_ref()).map_or(Value::Null, text)
        }
        _ => Value::Null,
    })
}

fn protocols(api: &Api) -> Vec<Text> {
    let name = |protocol: &Protocol| match protocol {
        Protocol::Http => "http",
        Protocol::Https => "https",
        Protocol::Ws => "ws",
        Protocol::Wss => "wss",
    };
    api.protocols.iter().map(|protocol| Text::from_static(name(protocol))).collect()
}

/// An API of the product by its place in the product's list: of the workspace that the request is in, or the service's.
pub(super) fn product_api(exchange: &Exchange, handle: u32) -> Option<Arc<Api>> {
    let id = exchange.caller.product.as_ref()?.apis.get(handle as usize)?;
    let place = exchange.workspace.as_ref().map(|workspace| &workspace.id);
    let inside = |place| exchange.site.apis.iter().find(|(own, _)| own.as_ref() == place);
    let of = |place| inside(place).and_then(|(_, apis)| apis.get(id));
    of(place).or_else(|| of(None)).cloned()
}

fn key_names(api: &Api, member: HostMember) -> Value {
    match member {
        HostMember::KeyParameterHeader => copied(api.key_names.header.as_str()),
        HostMember::KeyParameterQuery => text(&api.key_names.query),
        _ => Value::Null,
    }
}

fn of_url(exchange: &Exchange, object: HostRef, member: HostMember, query: HostObject) -> Value {
    url::view(exchange, object).map_or(Value::Null, |view| view.member(member, query.into()))
}

/// Of a pool it is the member that the latest call went to; before the first one it is the pool.
fn backend(exchange: &Exchange, member: HostMember) -> Value {
    let chosen = exchange.target.backend().map(|backend| &backend.id);
    match (chosen.or_else(|| exchange.target.backend_id()), member) {
        (Some(id), HostMember::BackendId) => copied(unqualified(id)),
        (Some(_), HostMember::BackendKind) => {
            Value::Text(Text::from_static(if chosen.is_some() { "Single" } else { "Pool" }))
        }
        _ => Value::Null,
    }
}

fn deployment(exchange: &Exchange, member: HostMember) -> Value {
    let service = &exchange.site.service;
    match member {
        HostMember::DeploymentRegion => text(&service.region),
        HostMember::DeploymentServiceName => text(&service.name),
        HostMember::DeploymentServiceId => text(&service.id),
        HostMember::DeploymentGatewayId | HostMember::GatewayId => text(&service.gateway_id),
        HostMember::DeploymentGateway => Value::Host(HostObject::Gateway.into()),
        HostMember::GatewayInstanceId => text(&exchange.site.instance_id),
        HostMember::GatewayIsManaged => Value::Bool(&*service.gateway_id == "managed"),
        HostMember::DeploymentSustainabilityInfo => Value::Host(HostObject::SustainabilityInfo.into()),
        // Nobody tells a gateway of one's own how clean its power is.
        HostMember::CurrentCarbonIntensity => Value::Text(Text::from_static("NotAvailable")),
        _ => Value::Null,
    }
}

fn last_error(exchange: &Exchange, member: HostMember) -> Value {
    let Some(error) = &exchange.last_error else { return Value::Null };
    let optional = |shared: &Option<Arc<str>>| shared.as_ref().map_or(Value::Null, text);
    let named =
        |name: Option<&'static str>| name.map_or(Value::Null, |name| Value::Text(Text::from_static(name)));
    match member {
        HostMember::LastErrorSource => text(&error.source),
        HostMember::LastErrorReason => named(Some(error.reason)),
        HostMember::LastErrorMessage => text(&error.message),
        HostMember::LastErrorScope => named(error.scope.map(crate::Scope::name)),
        HostMember::LastErrorSection => named(error.section.map(crate::Section::name)),
        HostMember::LastErrorPath => optional(&error.path),
        HostMember::LastErrorPolicyId => optional(&error.policy_id),
        HostMember::LastErrorHttpErrorCode => Value::Int32(error.status.into()),
        _ => Value::Null,
    }
}

fn operation(exchange: &Exchange, member: HostMember) -> Value {
    let Some(operation) = exchange.operation() else { return Value::Null };
    match member {
        HostMember::OperationId => text(operation.id.shared()),
        HostMember::OperationMethod => copied(operation.method.as_str()),
        HostMember::OperationName => text(&operation.display_name.to_shared()),
        HostMember::OperationUrlTemplate => copied(operation.url_template.as_str()),
        _ => Value::Null,
    }
}

fn groups(heap: &mut Heap, ids: &[GroupId], of: u32) -> Result<Value, Exception> {
    let count = u32::try_from(ids.len()).unwrap_or(0);
    let items = (0..count).map(|index| Value::Host(HostRef::with(HostObject::Group, index | of))).collect();
    heap.array(Type::Object, items)
}

fn product(exchange: &Exchange, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
    let Some(product) = exchange.caller.product.as_deref() else { return Ok(Value::Null) };
    Ok(match member {
        HostMember::ProductId => text(product.id.shared()),
        HostMember::ProductName => text(&product.display_name.to_shared()),
        HostMember::ProductApprovalRequired => Value::Bool(product.approval_required),
        HostMember::ProductSubscriptionRequired => Value::Bool(product.subscription_required),
        HostMember::ProductState => Value::Text(Text::from_static(product.state.as_str())),
        HostMember::ProductSubscriptionsLimit | HostMember::ProductSubscriptionLimit => limit(product),
        HostMember::ProductApis => {
            let count = u32::try_from(product.apis.len()).unwrap_or(0);
            let there = (0..count).filter(|&index| product_api(exchange, index).is_some());
            let items = there.map(|index| Value::Host(HostRef::with(HostObject::ProductApi, index)));
            heap.array(Type::Object, items.collect())?
        }
        HostMember::ProductGroups => groups(heap, &product.groups, OF_PRODUCT)?,
        _ => Value::Null,
    })
}

fn workspace(exchange: &Exchange, member: HostMember) -> Value {
    let Some(workspace) = exchange.workspace.as_deref() else { return Value::Null };
    match (member, &workspace.display_name) {
        (HostMember::WorkspaceName, Some(name)) => text(&name.to_shared()),
        (HostMember::WorkspaceId | HostMember::WorkspaceName, _) => text(workspace.id.shared()),
        _ => Value::Null,
    }
}

fn limit(product: &Product) -> Value {
    let limit = product.subscriptions_limit.and_then(|limit| i32::try_from(limit).ok());
    limit.map_or(Value::Null, Value::Int32)
}

/// A key of the subscription: tainted, so that traces and logs do not show it.
fn key(key: Option<&SubscriptionKey>, heap: &mut Heap) -> Value {
    let Some(SubscriptionKey::Known(slot)) = key else { return Value::Null };
    let Ok(secret) = slot.load() else { return Value::Null };
    let value = Value::Text(Text::copied(secret.expose()).tainted());
    heap.admit(&value);
    value
}

fn subscription(exchange: &Exchange, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
    let Some(subscription) = exchange.caller.subscription.as_deref() else { return Ok(Value::Null) };
    Ok(match member {
        HostMember::SubscriptionId => text(subscription.id.shared()),
        HostMember::SubscriptionName => text(&subscription.display_name.to_shared()),
        HostMember::SubscriptionKey => presented(exchange, heap),
        HostMember::SubscriptionPrimaryKey => key(subscription.primary.as_ref(), heap),
        HostMember::SubscriptionSecondaryKey => key(subscription.secondary.as_ref(), heap),
        _ => dates(subscription, member),
    })
}

fn presented(exchange: &Exchange, heap: &mut Heap) -> Value {
    let Some(key) = &exchange.caller.key else { return Value::Null };
    let value = Value::Text(Text::copied(key.expose()).tainted());
    heap.admit(&value);
    value
}

fn dates(subscription: &Subscription, member: HostMember) -> Value {
    let dates = &subscription.dates;
    match member {
        HostMember::SubscriptionCreatedDate => moment(Some(dates.created.unwrap_or(Timestamp::UNIX_EPOCH))),
        HostMember::SubscriptionStartDate => moment(dates.start),
        HostMember::SubscriptionEndDate => moment(dates.end.or(dates.expiration)),
        _ => Value::Null,
    }
}

fn user(exchange: &Exchange, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
    let Some(user) = exchange.caller.user.as_deref() else { return Ok(Value::Null) };
    Ok(match member {
        HostMember::UserId => text(user.id.shared()),
        HostMember::UserEmail => text(&user.email),
        HostMember::UserFirstName => text(&user.first_name),
        HostMember::UserLastName => text(&user.last_name),
        HostMember::UserNote => user.note.as_ref().map_or(Value::Null, text),
        HostMember::UserGroups => groups(heap, &user.groups, 0)?,
        HostMember::UserIdentities => identities(user, heap)?,
        HostMember::UserRegistrationDate => {
            moment(Some(user.registration_date.unwrap_or(Timestamp::UNIX_EPOCH)))
        }
        _ => Value::Null,
    })
}

fn identities(user: &User, heap: &mut Heap) -> Result<Value, Exception> {
    let count = u32::try_from(user.identities.len()).unwrap_or(0);
    let items = (0..count).map(|index| Value::Host(HostRef::with(HostObject::UserIdentity, index))).collect();
    heap.array(Type::Object, items)
}

fn group(exchange: &Exchange, handle: u32, member: HostMember) -> Value {
    let index = (handle & !OF_PRODUCT) as usize;
    let id = if handle & OF_PRODUCT == 0 {
        exchange.caller.user.as_ref().and_then(|user| user.groups.get(index))
    } else {
        exchange.caller.product.as_ref().and_then(|product| product.groups.get(index))
    };
    let Some(id) = id else { return Value::Null };
    // A user's groups are the service's; a product of a workspace has those of the workspace and the built-in ones.
    let own = exchange.workspace.as_ref().filter(|_| handle & OF_PRODUCT != 0);
    let own = own.and_then(|workspace| workspace.groups.get(id));
    match (member, own.or_else(|| exchange.site.groups.get(id))) {
        (HostMember::GroupName, Some(group)) => text(&group.display_name.to_shared()),
        _ => copied(id.as_str()),
    }
}

fn identity(exchange: &Exchange, handle: u32, member: HostMember) -> Value {
    let user = exchange.caller.user.as_ref();
    let Some(identity) = user.and_then(|user| user.identities.get(handle as usize)) else {
        return Value::Null;
    };
    match member {
        HostMember::UserIdentityProvider => text(&identity.provider),
        _ => text(&identity.id),
    }
}

fn request(exchange: &Exchange, member: HostMember) -> Value {
    let request = &exchange.request;
    match member {
        HostMember::RequestBody => object_if(request.body.exists(), HostObject::RequestBody),
        HostMember::RequestHeaders => Value::Host(HostObject::RequestHeaders.into()),
        HostMember::RequestIpAddress => request.client_ip.map_or(Value::Null, |ip| copied(&ip.to_string())),
        HostMember::RequestMatchedParameters => Value::Host(HostObject::MatchedParameters.into()),
        HostMember::RequestMethod => copied(request.method.as_str()),
        HostMember::RequestOriginalUrl => Value::Host(HostObject::RequestOriginalUrl.into()),
        HostMember::RequestUrl => Value::Host(HostObject::RequestUrl.into()),
        _ => Value::Null,
    }
}

fn response(response: &Response, member: HostMember) -> Value {
    match member {
        HostMember::ResponseBody => object_if(response.body.exists(), HostObject::ResponseBody),
        HostMember::ResponseHeaders => Value::Host(HostObject::ResponseHeaders.into()),
        HostMember::ResponseStatusCode => Value::Int32(response.status.as_u16().into()),
        HostMember::ResponseStatusReason => Value::Text(response.reason.clone()),
        _ => Value::Null,
    }
}
