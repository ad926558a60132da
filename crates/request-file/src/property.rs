//! The properties of the objects below `context`.

use expr::{DateTime, Exception, Heap, HostMember as M, HostObject as O, HostRef, Text, Type, Value};

use crate::file::{Api, Backend, Deployment, Gateway, KeyNames, LastError, Moment, Named, Operation};
use crate::file::{Product, Subscription, User};
use crate::host::FileHost;
use crate::maps::Address;

type Read = Result<Value, Exception>;

fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::text)
}

fn or(value: Option<&str>, otherwise: &str) -> Value {
    Value::text(value.unwrap_or(otherwise))
}

fn date(value: Option<Moment>) -> Value {
    value.map_or(Value::Null, |moment| Value::DateTime(moment.date()))
}

fn object(object: O) -> Value {
    Value::Host(HostRef::of(object))
}

fn some(present: bool, of: O) -> Value {
    if present { object(of) } else { Value::Null }
}

/// An array of references, numbered.
fn numbered(heap: &mut Heap, of: O, count: usize) -> Read {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let items = (0..count).map(|handle| Value::Host(HostRef::with(of, handle))).collect();
    heap.array(Type::Object, items)
}

impl FileHost {
    pub(crate) fn read(&mut self, of: HostRef, member: M, heap: &mut Heap) -> Read {
        Ok(match of.object {
            O::Context => self.of_context(member),
            O::Api => return of_api(self.file.api.as_ref(), member, heap),
            O::SubscriptionKeyParameterNames => {
                of_names(self.file.api.as_ref().map(|api| &api.subscription_key_parameter_names), member)
            }
            O::Backend => of_backend(self.file.backend.as_ref(), member),
            O::Deployment => of_deployment(&self.file.deployment, member),
            O::Gateway => of_gateway(&self.file.deployment, self.file.deployment.gateway.as_ref(), member),
            O::LastError => of_error(self.file.last_error.as_ref(), member),
            O::Operation => of_operation(self.file.operation.as_ref(), member),
            O::Product => return of_product(self.file.product.as_ref(), member, heap),
            O::Subscription => of_subscription(self.file.subscription.as_ref(), member),
            O::User => return of_user(self.file.user.as_ref(), member, heap),
            O::Workspace => of_named(self.file.workspace.as_ref(), member),
            O::Group => of_named(self.group(of.handle), member),
            O::UserIdentity => of_named(self.identity(of.handle), member),
            O::Request => self.of_request(member),
            O::Response => self.of_response(of.handle, member),
            O::RequestUrl => of_url(Some(&self.url), member, O::RequestQuery),
            O::RequestOriginalUrl => of_url(Some(&self.original), member, O::RequestOriginalQuery),
            O::ServiceUrl => of_url(self.service.as_ref(), member, O::ServiceUrlQuery),
            _ => Value::Null,
        })
    }

    /// Groups of the user; those of the product follow.
    fn group(&self, handle: u32) -> Option<&Named> {
        let user = self.file.user.iter().flat_map(|user| &user.groups);
        let product = self.file.product.iter().flat_map(|product| &product.groups);
        user.chain(product).nth(usize::try_from(handle).ok()?)
    }

    fn identity(&self, handle: u32) -> Option<&Named> {
        self.file.user.as_ref()?.identities.get(usize::try_from(handle).ok()?)
    }

    fn of_context(&mut self, member: M) -> Value {
        let now = expr::Host::now(self);
        let file = &self.file;
        let received = file.timestamp.map_or(now, Moment::date);
        match member {
            M::ContextApi => some(file.api.is_some(), O::Api),
            M::ContextBackend => some(file.backend.is_some(), O::Backend),
            M::ContextDeployment => object(O::Deployment),
            M::ContextElapsed => Value::TimeSpan(now.ticks - received.ticks),
            M::ContextLastError => some(file.last_error.is_some(), O::LastError),
            M::ContextOperation => some(file.operation.is_some(), O::Operation),
            M::ContextProduct => some(file.product.is_some(), O::Product),
            M::ContextRequest => object(O::Request),
            M::ContextRequestId => Value::Guid(request_id(file.request_id)),
            M::ContextResponse => some(self.answer(0).is_some(), O::Response),
            M::ContextSubscription => some(file.subscription.is_some(), O::Subscription),
            M::ContextTimestamp => Value::DateTime(received),
            M::ContextTracing => Value::Bool(file.tracing),
            M::ContextUser => some(file.user.is_some(), O::User),
            M::ContextVariables => object(O::Variables),
            M::ContextWorkspace => some(file.workspace.is_some(), O::Workspace),
            _ => Value::Null,
        }
    }

    fn of_request(&self, member: M) -> Value {
        let request = &self.file.request;
        match member {
            M::RequestBody => some(self.body.is_some(), O::RequestBody),
            M::RequestHeaders => object(O::RequestHeaders),
            M::RequestIpAddress => text(request.ip_address.as_deref()),
            M::RequestMatchedParameters => object(O::MatchedParameters),
            M::RequestMethod => or(request.method.as_deref(), "GET"),
            M::RequestOriginalUrl => object(O::RequestOriginalUrl),
            M::RequestUrl => object(O::RequestUrl),
            _ => Value::Null,
        }
    }

    fn of_response(&self, handle: u32, member: M) -> Value {
        let Some(answer) = self.answer(handle) else { return Value::Null };
        let part = |part: O| Value::Host(HostRef::with(part, handle));
        match member {
            M::ResponseBody if answer.body.is_some() => part(O::ResponseBody),
            M::ResponseHeaders => part(O::ResponseHeaders),
            M::ResponseStatusCode => Value::Int32(answer.status),
            M::ResponseStatusReason => Value::text(&answer.reason),
            _ => Value::Null,
        }
    }
}

fn request_id(id: Option<uuid::Uuid>) -> [u8; 16] {
    const OTHERWISE: u128 = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff;
    id.map_or_else(|| OTHERWISE.to_be_bytes(), uuid::Uuid::into_bytes)
}

fn of_api(api: Option<&Api>, member: M, heap: &mut Heap) -> Read {
    let Some(api) = api else { return Ok(Value::Null) };
    Ok(match member {
        M::ApiId => text(api.id.as_deref()),
        M::ApiName => text(api.name.as_deref()),
        M::ApiPath => text(api.path.as_deref()),
        M::ApiProtocols => return heap.strings(api.protocols.iter().map(|one| Text::copied(one))),
        M::ApiServiceUrl => some(api.service_url.is_some(), O::ServiceUrl),
        M::ApiKeyParameterNames => object(O::SubscriptionKeyParameterNames),
        M::ApiIsCurrentRevision => Value::Bool(api.is_current_revision.unwrap_or(true)),
        M::ApiRevision => or(api.revision.as_deref(), "1"),
        M::ApiVersion => text(api.version.as_deref()),
        _ => Value::Null,
    })
}

fn of_names(names: Option<&KeyNames>, member: M) -> Value {
    let Some(names) = names else { return Value::Null };
    match member {
        M::KeyParameterHeader => or(names.header.as_deref(), "Ocp-Apim-Subscription-Key"),
        M::KeyParameterQuery => or(names.query.as_deref(), "subscription-key"),
        _ => Value::Null,
    }
}

fn of_backend(backend: Option<&Backend>, member: M) -> Value {
    let Some(backend) = backend else { return Value::Null };
    match member {
        M::BackendId => text(backend.id.as_deref()),
        M::BackendAzureRegion => text(backend.azure_region.as_deref()),
        _ => Value::Null,
    }
}

fn of_deployment(deployment: &Deployment, member: M) -> Value {
    match member {
        M::DeploymentRegion => text(deployment.region.as_deref()),
        M::DeploymentServiceName => text(deployment.service_name.as_deref()),
        M::DeploymentServiceId => text(deployment.service_id.as_deref()),
        M::DeploymentGatewayId => or(deployment.gateway_id.as_deref(), "managed"),
        M::DeploymentGateway => object(O::Gateway),
        _ => Value::Null,
    }
}

fn of_gateway(deployment: &Deployment, gateway: Option<&Gateway>, member: M) -> Value {
    let id = deployment.gateway_id.as_deref().unwrap_or("managed");
    match member {
        M::GatewayId => gateway.map_or_else(|| Value::text(id), |gateway| text(gateway.id.as_deref())),
        M::GatewayInstanceId => text(gateway.and_then(|gateway| gateway.instance_id.as_deref())),
        M::GatewayIsManaged => Value::Bool(gateway.is_some_and(|gateway| gateway.is_managed)),
        _ => Value::Null,
    }
}

fn of_error(error: Option<&LastError>, member: M) -> Value {
    let Some(error) = error else { return Value::Null };
    text(match member {
        M::LastErrorSource => error.source.as_deref(),
        M::LastErrorReason => error.reason.as_deref(),
        M::LastErrorMessage => error.message.as_deref(),
        M::LastErrorScope => error.scope.as_deref(),
        M::LastErrorSection => error.section.as_deref(),
        M::LastErrorPath => error.path.as_deref(),
        M::LastErrorPolicyId => error.policy_id.as_deref(),
        _ => None,
    })
}

fn of_operation(operation: Option<&Operation>, member: M) -> Value {
    let Some(operation) = operation else { return Value::Null };
    text(match member {
        M::OperationId => operation.id.as_deref(),
        M::OperationMethod => operation.method.as_deref(),
        M::OperationName => operation.name.as_deref(),
        M::OperationUrlTemplate => operation.url_template.as_deref(),
        _ => None,
    })
}

fn of_product(product: Option<&Product>, member: M, heap: &mut Heap) -> Read {
    let Some(product) = product else { return Ok(Value::Null) };
    Ok(match member {
        M::ProductId => text(product.id.as_deref()),
        M::ProductName => text(product.name.as_deref()),
        M::ProductApprovalRequired => Value::Bool(product.approval_required),
        M::ProductSubscriptionRequired => Value::Bool(product.subscription_required.unwrap_or(true)),
        M::ProductState => or(product.state.as_deref(), "Published"),
        M::ProductSubscriptionsLimit | M::ProductSubscriptionLimit => product.subscriptions_limit.into(),
        M::ProductGroups => return numbered(heap, O::Group, product.groups.len()),
        _ => Value::Null,
    })
}

fn of_subscription(subscription: Option<&Subscription>, member: M) -> Value {
    let Some(subscription) = subscription else { return Value::Null };
    match member {
        M::SubscriptionId => text(subscription.id.as_deref()),
        M::SubscriptionKey => text(subscription.key.as_deref()),
        M::SubscriptionName => text(subscription.name.as_deref()),
        M::SubscriptionPrimaryKey => text(subscription.primary_key.as_deref()),
        M::SubscriptionSecondaryKey => text(subscription.secondary_key.as_deref()),
        M::SubscriptionCreatedDate => date_or_first(subscription.created_date),
        M::SubscriptionStartDate => date(subscription.start_date),
        M::SubscriptionEndDate => date(subscription.end_date),
        _ => Value::Null,
    }
}

/// A `DateTime` that cannot be null.
fn date_or_first(value: Option<Moment>) -> Value {
    const FIRST: DateTime = DateTime { ticks: 0, kind: expr::DateTimeKind::Unspecified };
    Value::DateTime(value.map_or(FIRST, Moment::date))
}

fn of_user(user: Option<&User>, member: M, heap: &mut Heap) -> Read {
    let Some(user) = user else { return Ok(Value::Null) };
    Ok(match member {
        M::UserId => text(user.id.as_deref()),
        M::UserEmail => text(user.email.as_deref()),
        M::UserFirstName => text(user.first_name.as_deref()),
        M::UserLastName => text(user.last_name.as_deref()),
        M::UserNote => text(user.note.as_deref()),
        M::UserGroups => return numbered(heap, O::Group, user.groups.len()),
        M::UserIdentities => return numbered(heap, O::UserIdentity, user.identities.len()),
        M::UserRegistrationDate => date_or_first(user.registration_date),
        _ => Value::Null,
    })
}

fn of_named(named: Option<&Named>, member: M) -> Value {
    let Some(named) = named else { return Value::Null };
    text(match member {
        M::GroupId | M::UserIdentityId | M::WorkspaceId => named.id.as_deref(),
        M::GroupName | M::WorkspaceName => named.name.as_deref(),
        M::UserIdentityProvider => named.provider.as_deref(),
        _ => None,
    })
}

fn of_url(address: Option<&Address>, member: M, query: O) -> Value {
    let Some(Address { url, .. }) = address else { return Value::Null };
    match member {
        M::UrlHost => text(url.host_str()),
        M::UrlPath => Value::text(url.path()),
        M::UrlPort => url.port_or_known_default().map(i32::from).into(),
        M::UrlQuery => object(query),
        M::UrlQueryString => Value::text(&url.query().map(|query| format!("?{query}")).unwrap_or_default()),
        M::UrlScheme => Value::text(url.scheme()),
        M::UrlText => Value::text(url.as_str()),
        _ => Value::Null,
    }
}
