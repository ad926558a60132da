//! The host catalogue: the objects of the request that expressions see, and their properties.
//!
//! One table. From it come the ids that a [`Host`](crate::Host) answers for, the types that the binder checks, and
//! the facts of a program. Properties only: the dictionaries (`Headers`, `Query`, `Variables`, ...), bodies and
//! `Trace` have methods of their own in [`Host`](crate::Host). Source of every row: the article "API Management
//! policy expressions", section "Context variable" (2026-01), as transcribed in our reference.
//!
//! `context.Request`, `context.Variables`, the request's two URLs, its headers, matched parameters and query are always
//! there: the host is never asked for these objects, only for what they hold.
//!
//! Example: `context.Subscription.Id` asks the host for [`HostMember::ContextSubscription`] of
//! [`HostObject::Context`], gets [`HostObject::Subscription`] (or `null`), and asks that for
//! [`HostMember::SubscriptionId`].

use crate::Facts;

/// Which object of the request in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HostObject {
    /// `context`.
    Context,
    /// `context.Api`.
    Api,
    /// `context.Api.SubscriptionKeyParameterNames`.
    SubscriptionKeyParameterNames,
    /// `context.Api.ServiceUrl`.
    ServiceUrl,
    /// `context.Backend`.
    Backend,
    /// `context.Deployment`.
    Deployment,
    /// `context.Deployment.Gateway`.
    Gateway,
    /// `context.LastError`.
    LastError,
    /// `context.Operation`.
    Operation,
    /// `context.Product`.
    Product,
    /// `context.Subscription`.
    Subscription,
    /// `context.User`.
    User,
    /// `context.Workspace`.
    Workspace,
    /// One group of the user or product; the handle is its position.
    Group,
    /// One identity of the user; the handle is its position.
    UserIdentity,
    /// `context.Variables`, a dictionary.
    Variables,
    /// `context.Request`.
    Request,
    /// `context.Request.Headers`, a dictionary.
    RequestHeaders,
    /// `context.Request.MatchedParameters`, a dictionary.
    MatchedParameters,
    /// `context.Request.Body`.
    RequestBody,
    /// `context.Request.Url`.
    RequestUrl,
    /// `context.Request.Url.Query`, a dictionary.
    RequestQuery,
    /// `context.Request.OriginalUrl`.
    RequestOriginalUrl,
    /// `context.Request.OriginalUrl.Query`, a dictionary.
    RequestOriginalQuery,
    /// `context.Api.ServiceUrl.Query`, a dictionary.
    ServiceUrlQuery,
    /// `context.Response`, or with another handle than 0 a response kept in a variable.
    Response,
    /// `Headers` of the response with the same handle, a dictionary.
    ResponseHeaders,
    /// `Body` of the response with the same handle.
    ResponseBody,
    /// `context.Deployment.SustainabilityInfo`.
    SustainabilityInfo,
    /// `context.GraphQL`.
    GraphQl,
    /// `context.Request.PrivateEndpointConnection`.
    PrivateEndpointConnection,
    /// `context.Request.AzureVnetInfo`.
    AzureVnetInfo,
    /// One API of the product; the handle is its position.
    ProductApi,
    /// `ServiceUrl` of the product's API with the same handle.
    ProductApiServiceUrl,
    /// The `Query` of that, a dictionary.
    ProductApiServiceUrlQuery,
    /// `SubscriptionKeyParameterNames` of the product's API with the same handle.
    ProductApiKeyParameterNames,
}

/// An object of the request in flight. The handle tells apart objects of one kind: 0 is the exchange's own; the host
/// gives others to the responses that `send-request` keeps in variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostRef {
    /// Which.
    pub object: HostObject,
    /// Which of these.
    pub handle: u32,
}

impl HostRef {
    /// The exchange's own object of a kind.
    #[must_use]
    pub const fn of(object: HostObject) -> Self {
        Self { object, handle: 0 }
    }

    /// An object of a kind with a handle.
    #[must_use]
    pub const fn with(object: HostObject, handle: u32) -> Self {
        Self { object, handle }
    }
}

impl From<HostObject> for HostRef {
    fn from(object: HostObject) -> Self {
        Self::of(object)
    }
}

/// One host type of the catalogue.
#[derive(Debug)]
pub struct HostType {
    /// Its name in C#.
    pub name: &'static str,
    /// Its properties.
    pub members: &'static [HostRow],
}

/// One property.
#[derive(Debug)]
pub struct HostRow {
    /// Its id.
    pub member: HostMember,
    /// Its declaration in C#: type and name.
    pub declaration: &'static str,
    /// What reading it touches.
    pub facts: Facts,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! catalogue {
    ($($name:literal { $($member:ident: $declaration:literal $(, $fact:ident)*; $doc:literal)* })*) => {
        /// A property that a host answers for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum HostMember {
            $($(#[doc = $doc] $member,)*)*
        }

        /// The table.
        pub const HOST_TYPES: &[HostType] = &[$(HostType {
            name: $name,
            members: &[$(HostRow {
                member: HostMember::$member,
                declaration: $declaration,
                facts: Facts::NONE $(.and(Facts::$fact))*,
                doc: $doc,
            }),*],
        }),*];
    };
}

catalogue! {
    "IProxyContext" {
        ContextApi: "IContextApi Api"; "The API of the request; null when none matched."
        ContextBackend: "IBackend Backend"; "The backend chosen so far; null before one is chosen."
        ContextDeployment: "IDeployment Deployment"; "Where the gateway runs."
        ContextElapsed: "TimeSpan Elapsed", TIME; "Time since `Timestamp`."
        ContextGraphQl: "IGraphQL GraphQL"; "What a GraphQL resolver works on; null outside of one."
        ContextLastError: "ILastError LastError", LAST_ERROR; "The error being handled; null when there is none."
        ContextOperation: "IOperation Operation"; "The operation of the request; null when none matched."
        ContextProduct: "IProduct Product", PRODUCT; "The product through which the call was made; null without one."
        ContextRequest: "IRequest Request"; "The request as changed so far."
        ContextRequestId: "Guid RequestId"; "The id of the request."
        ContextResponse: "IResponse Response", RESPONSE_STATUS; "The response; null before there is one."
        ContextSubscription: "ISubscription Subscription", SUBSCRIPTION; "The caller's subscription; null without a key."
        ContextTimestamp: "DateTime Timestamp"; "When the request was received, UTC."
        ContextTracing: "bool Tracing"; "Whether the request is traced."
        ContextUser: "IUser User", USER; "The owner of the subscription; null when anonymous."
        ContextVariables: "IReadOnlyDictionary<string, object> Variables", VARIABLES; "Variables of the request."
        ContextWorkspace: "IWorkspace Workspace"; "The workspace of the API; null outside one."
    }
    "IApi" {
        ApiId: "string Id"; "Identifier."
        ApiName: "string Name"; "Display name."
        ApiPath: "string Path"; "URL suffix."
        ApiProtocols: "IEnumerable<string> Protocols"; "`http`, `https`, `ws`, `wss`; an array of text."
        ApiServiceUrl: "IUrl ServiceUrl", URL; "URL of the backend service; null without one."
        ApiKeyParameterNames: "ISubscriptionKeyParameterNames SubscriptionKeyParameterNames"; "Where a key is looked for."
    }
    "IContextApi" {
        ApiIsCurrentRevision: "bool IsCurrentRevision"; "Whether the revision is the current one."
        ApiRevision: "string Revision"; "Number of the revision."
        ApiVersion: "string Version"; "Version; null without one."
    }
    "ISubscriptionKeyParameterNames" {
        KeyParameterHeader: "string Header"; "Name of the header."
        KeyParameterQuery: "string Query"; "Name of the query parameter."
    }
    "IBackend" {
        BackendId: "string Id"; "Identifier."
        BackendAzureRegion: "string AzureRegion"; "Region of the backend; null where it is not known."
        BackendKind: "BackendType Type"; "Whether it is a pool; the host answers with text, the member's name."
    }
    "IDeployment" {
        DeploymentRegion: "string Region"; "Region of the gateway."
        DeploymentServiceName: "string ServiceName"; "Name of the service."
        DeploymentServiceId: "string ServiceId"; "Identifier of the service."
        DeploymentGatewayId: "string GatewayId"; "`managed`, or the id of a self-hosted gateway."
        DeploymentGateway: "IGateway Gateway"; "The gateway."
        DeploymentCertificates: "IReadOnlyDictionary<string, X509Certificate2> Certificates"; "Certificates of the service by id."
        DeploymentSustainabilityInfo: "ISustainabilityInfo SustainabilityInfo"; "How clean the region's power is."
    }
    "IGateway" {
        GatewayId: "string Id"; "`managed`, or the id of a self-hosted gateway."
        GatewayInstanceId: "string InstanceId"; "Which instance."
        GatewayIsManaged: "bool IsManaged"; "Whether it is managed by the service."
    }
    "ISustainabilityInfo" {
        CurrentCarbonIntensity: "CarbonIntensityCategory CurrentCarbonIntensity"; "The host answers with text, the member's name."
    }
    "IGraphQL" {
        GraphQlArguments: "JObject GraphQLArguments"; "Arguments of the field."
        GraphQlArgumentsShort: "JObject Arguments"; "The same under the name that samples use."
        GraphQlParent: "JObject Parent"; "The object that the field belongs to."
    }
    "IPrivateEndpointConnection" {
        PrivateEndpointName: "string Name"; "Name of the connection."
        PrivateEndpointGroupId: "string GroupId"; "Which part of the service."
        PrivateEndpointMemberName: "string MemberName"; "Which endpoint of it."
    }
    "IAzureVnetInfo" {
        VnetTrafficTag: "int VnetTrafficTag"; "Tag of the virtual network."
        VnetSubnetId: "int SubnetId"; "Subnet."
        VnetPrivateLinkId: "int PrivateLinkId"; "Private link."
        VnetSnatVip: "string SnatVip"; "Address that is shown to the outside."
    }
    "ILastError" {
        LastErrorSource: "string Source"; "Element name of the policy that failed."
        LastErrorReason: "string Reason"; "Kind of the error."
        LastErrorMessage: "string Message"; "Message."
        LastErrorScope: "string Scope"; "Scope of the policy document."
        LastErrorSection: "string Section"; "Section of the policy."
        LastErrorPath: "string Path"; "Place of the policy within its section."
        LastErrorPolicyId: "string PolicyId"; "`id` attribute of the policy."
        LastErrorHttpErrorCode: "int HttpErrorCode"; "Status of the default answer to the error."
    }
    "IOperation" {
        OperationId: "string Id"; "Identifier."
        OperationMethod: "string Method"; "HTTP method."
        OperationName: "string Name"; "Display name."
        OperationUrlTemplate: "string UrlTemplate"; "URL template."
    }
    "IProduct" {
        ProductId: "string Id"; "Identifier."
        ProductName: "string Name"; "Display name."
        ProductApprovalRequired: "bool ApprovalRequired"; "Whether subscriptions need approval."
        ProductSubscriptionRequired: "bool SubscriptionRequired"; "Whether calls need a subscription."
        ProductState: "ProductState State"; "Whether it is published; the host answers with text, its name."
        ProductSubscriptionsLimit: "int? SubscriptionsLimit"; "How many subscriptions a user may have."
        ProductSubscriptionLimit: "int? SubscriptionLimit"; "The same under the name of older documentation."
        ProductApis: "IEnumerable<IApi> Apis"; "APIs of the product; an array of `ProductApi` references."
        ProductGroups: "IEnumerable<IGroup> Groups"; "Groups that see it; an array of `Group` references."
    }
    "IGroup" {
        GroupId: "string Id"; "Identifier."
        GroupName: "string Name"; "Display name."
    }
    "IUserIdentity" {
        UserIdentityId: "string Id"; "Identifier at the provider."
        UserIdentityProvider: "string Provider"; "Provider."
    }
    "IUser" {
        UserId: "string Id"; "Identifier."
        UserEmail: "string Email"; "Address."
        UserFirstName: "string FirstName"; "First name."
        UserLastName: "string LastName"; "Last name."
        UserNote: "string Note"; "Note of an administrator."
        UserGroups: "IEnumerable<IGroup> Groups"; "Groups of the user; an array of `Group` references."
        UserIdentities: "IEnumerable<IUserIdentity> Identities"; "Identities; an array of `UserIdentity` references."
        UserRegistrationDate: "DateTime RegistrationDate"; "When the user registered."
    }
    "ISubscription" {
        SubscriptionId: "string Id"; "Identifier."
        SubscriptionKey: "string Key"; "The key that the caller sent; tainted."
        SubscriptionName: "string Name"; "Display name."
        SubscriptionPrimaryKey: "string PrimaryKey"; "Primary key; tainted."
        SubscriptionSecondaryKey: "string SecondaryKey"; "Secondary key; tainted."
        SubscriptionCreatedDate: "DateTime CreatedDate"; "When it was created."
        SubscriptionStartDate: "DateTime? StartDate"; "When it starts."
        SubscriptionEndDate: "DateTime? EndDate"; "When it ends."
    }
    "IWorkspace" {
        WorkspaceId: "string Id"; "Identifier."
        WorkspaceName: "string Name"; "Display name."
    }
    "IRequest" {
        RequestBody: "IMessageBody Body", REQUEST_BODY; "The body; null without one."
        RequestAzureVnetInfo: "IAzureVnetInfo AzureVnetInfo"; "The virtual network that the call came through; null outside of Azure."
        RequestCertificate: "X509Certificate2 Certificate"; "The caller's certificate; null without one."
        RequestHeaders: "IReadOnlyDictionary<string, string[]> Headers", REQUEST_HEADERS; "The headers."
        RequestIpAddress: "string IpAddress"; "Address of the caller."
        RequestMatchedParameters: "IReadOnlyDictionary<string, string> MatchedParameters", URL; "Parameters of the template."
        RequestMethod: "string Method"; "HTTP method as changed so far."
        RequestOriginalUrl: "IUrl OriginalUrl", URL; "The URL that the caller sent."
        RequestPrivateEndpointConnection: "IPrivateEndpointConnection PrivateEndpointConnection"; "The private endpoint that the call came through; null without one."
        RequestUrl: "IUrl Url", URL; "The URL of the call to the backend as changed so far."
    }
    "IResponse" {
        ResponseBody: "IMessageBody Body", RESPONSE_BODY; "The body; null without one."
        ResponseHeaders: "IReadOnlyDictionary<string, string[]> Headers", RESPONSE_HEADERS; "The headers."
        ResponseStatusCode: "int StatusCode", RESPONSE_STATUS; "Status."
        ResponseStatusReason: "string StatusReason", RESPONSE_STATUS; "Reason phrase."
    }
    "IUrl" {
        UrlHost: "string Host"; "Host name."
        UrlPath: "string Path"; "Path."
        UrlPort: "int Port"; "Port, also when it is the scheme's own."
        UrlQuery: "IReadOnlyDictionary<string, string[]> Query"; "Query parameters."
        UrlQueryString: "string QueryString"; "Query with its question mark; empty without one."
        UrlScheme: "string Scheme"; "`http` or `https`."
        UrlText: "string ToString()"; "The whole URL."
    }
}
