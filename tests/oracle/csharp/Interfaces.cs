// The types of API Management's `context`, as the article "API Management policy expressions" lists them: what programs
// are compiled against. Ours proves nothing about API Management; it lets a real compiler type everything around it.
//
// They stand in the global namespace, as expressions name them without one.
using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

public interface IProxyContext
{
    IContextApi Api { get; }
    IBackend Backend { get; }
    IDeployment Deployment { get; }
    TimeSpan Elapsed { get; }
    ILastError LastError { get; }
    IOperation Operation { get; }
    IProduct Product { get; }
    IRequest Request { get; }
    Guid RequestId { get; }
    IResponse Response { get; }
    ISubscription Subscription { get; }
    DateTime Timestamp { get; }
    bool Tracing { get; }
    IUser User { get; }
    IReadOnlyDictionary<string, object> Variables { get; }
    IWorkspace Workspace { get; }
    IGraphQL GraphQL { get; }
    void Trace(string message);
}

public interface IApi
{
    string Id { get; }
    string Name { get; }
    string Path { get; }
    IEnumerable<string> Protocols { get; }
    IUrl ServiceUrl { get; }
    ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }
}

public interface IContextApi : IApi
{
    bool IsCurrentRevision { get; }
    string Revision { get; }
    string Version { get; }
}

public interface ISubscriptionKeyParameterNames { string Header { get; } string Query { get; } }

public enum BackendType { Single, Pool }

public interface IBackend { string Id { get; } string AzureRegion { get; } BackendType Type { get; } }

public interface IDeployment
{
    string Region { get; }
    string ServiceName { get; }
    string ServiceId { get; }
    string GatewayId { get; }
    IGateway Gateway { get; }
    IReadOnlyDictionary<string, X509Certificate2> Certificates { get; }
    ISustainabilityInfo SustainabilityInfo { get; }
}

public interface IGateway { string Id { get; } string InstanceId { get; } bool IsManaged { get; } }

public enum CarbonIntensity { NotAvailable, VeryLow, Low, Medium, High, VeryHigh }

public interface ISustainabilityInfo { CarbonIntensity CurrentCarbonIntensity { get; } }

public interface ILastError
{
    string Source { get; }
    string Reason { get; }
    string Message { get; }
    string Scope { get; }
    string Section { get; }
    string Path { get; }
    string PolicyId { get; }
    int HttpErrorCode { get; }
}

public interface IOperation
{
    string Id { get; }
    string Method { get; }
    string Name { get; }
    string UrlTemplate { get; }
}

public enum ProductState { NotPublished, Published }

public interface IProduct
{
    string Id { get; }
    string Name { get; }
    bool ApprovalRequired { get; }
    bool SubscriptionRequired { get; }
    ProductState State { get; }
    int? SubscriptionsLimit { get; }
    int? SubscriptionLimit { get; }
    IEnumerable<IGroup> Groups { get; }
    IEnumerable<IApi> Apis { get; }
}

public interface IGroup { string Id { get; } string Name { get; } }

public interface IUserIdentity { string Id { get; } string Provider { get; } }

public interface IUser
{
    string Id { get; }
    string Email { get; }
    string FirstName { get; }
    string LastName { get; }
    string Note { get; }
    IEnumerable<IGroup> Groups { get; }
    IEnumerable<IUserIdentity> Identities { get; }
    DateTime RegistrationDate { get; }
}

public interface ISubscription
{
    string Id { get; }
    string Key { get; }
    string Name { get; }
    string PrimaryKey { get; }
    string SecondaryKey { get; }
    DateTime CreatedDate { get; }
    DateTime? StartDate { get; }
    DateTime? EndDate { get; }
}

public interface IWorkspace { string Id { get; } string Name { get; } }

public interface IGraphQLDataObject { }

public interface IGraphQL
{
    IGraphQLDataObject GraphQLArguments { get; }
    IGraphQLDataObject Parent { get; }
}

public interface IPrivateEndpointConnection { string Name { get; } string GroupId { get; } string MemberName { get; } }

public interface IRequest
{
    IMessageBody Body { get; }
    X509Certificate2 Certificate { get; }
    IReadOnlyDictionary<string, string[]> Headers { get; }
    string IpAddress { get; }
    IReadOnlyDictionary<string, string> MatchedParameters { get; }
    string Method { get; }
    IUrl OriginalUrl { get; }
    IUrl Url { get; }
    IPrivateEndpointConnection PrivateEndpointConnection { get; }
}

public interface IResponse
{
    IMessageBody Body { get; }
    IReadOnlyDictionary<string, string[]> Headers { get; }
    int StatusCode { get; }
    string StatusReason { get; }
}

public interface IUrl
{
    string Host { get; }
    string Path { get; }
    int Port { get; }
    IReadOnlyDictionary<string, string[]> Query { get; }
    string QueryString { get; }
    string Scheme { get; }
    string ToString();
}

public interface IMessageBody
{
    T As<T>(bool preserveContent = false);
    IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false);
}

public class BasicAuthCredentials
{
    public string UserId { get; internal set; }
    public string Username { get { return UserId; } }
    public string Password { get; internal set; }
}

public class Authorization
{
    public string AccessToken { get; internal set; }
    public IReadOnlyDictionary<string, object> Claims { get; internal set; }
}

public class Jwt
{
    public string Algorithm { get; internal set; }
    public string Id { get; internal set; }
    public string Issuer { get; internal set; }
    public string Subject { get; internal set; }
    public string Type { get; internal set; }
    public IEnumerable<string> Audiences { get; internal set; }
    public IReadOnlyDictionary<string, string[]> Claims { get; internal set; }
    public DateTime? ExpirationTime { get; internal set; }
    public DateTime? IssuedAt { get; internal set; }
    public DateTime? NotBefore { get; internal set; }
}
