// `context` filled from a request file (docs/request-file.md).
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

/// A read-only dictionary in the order of insertion.
class Map<T> : IReadOnlyDictionary<string, T>
{
    readonly Dictionary<string, T> values;
    readonly List<string> names = new List<string>();

    public Map(StringComparer comparer) { values = new Dictionary<string, T>(comparer); }

    /// What a missing name reads as; nothing for an exception.
    public object WhenMissing { get; set; }
    public bool LenientNull { get; set; }

    public void Set(string name, T value)
    {
        if (!values.ContainsKey(name)) names.Add(name);
        values[name] = value;
    }

    public T this[string key]
    {
        get
        {
            T value;
            if (values.TryGetValue(key, out value)) return value;
            if (WhenMissing != null) return (T)WhenMissing;
            if (LenientNull) return default(T);
            throw new KeyNotFoundException("The given key was not present in the dictionary.");
        }
    }

    public IEnumerable<string> Keys { get { return names; } }
    public IEnumerable<T> Values { get { return names.Select(name => values[name]); } }
    public int Count { get { return names.Count; } }
    public bool ContainsKey(string key) { return values.ContainsKey(key); }
    public bool TryGetValue(string key, out T value) { return values.TryGetValue(key, out value); }

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        return names.Select(name => new KeyValuePair<string, T>(name, values[name])).GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() { return GetEnumerator(); }
}

class Body : IMessageBody
{
    byte[] bytes;
    JToken parsed;

    public Body(byte[] bytes) { this.bytes = bytes; }

    byte[] Take(bool preserve)
    {
        var taken = bytes;
        if (!preserve) bytes = new byte[0];
        return taken;
    }

    public T As<T>(bool preserveContent = false)
    {
        var type = typeof(T);
        var content = Take(preserveContent);
        if (type == typeof(byte[])) return (T)(object)content;
        var text = Encoding.UTF8.GetString(content);
        if (type == typeof(string)) return (T)(object)text;
        if (type == typeof(JObject)) return (T)(object)Json(text, JObject.Parse);
        if (type == typeof(JArray)) return (T)(object)Json(text, JArray.Parse);
        if (type == typeof(JToken)) return (T)(object)Json(text, JToken.Parse);
        if (type == typeof(XDocument)) return (T)(object)XDocument.Parse(text);
        // Which of the two an XNode is, is not documented.
        if (type == typeof(XElement) || type == typeof(XNode)) return (T)(object)XElement.Parse(text);
        throw new InvalidCastException();
    }

    // A body is parsed once a request: who reads it twice gets the same nodes.
    JToken Json<T>(string text, Func<string, T> parse) where T : JToken
    {
        if (parsed is T) return parsed;
        return parsed = parse(text);
    }

    public IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)
    {
        var form = new Dictionary<string, IList<string>>();
        foreach (var pair in Encoding.UTF8.GetString(Take(preserveContent)).Split('&').Where(pair => pair != ""))
        {
            var equals = pair.IndexOf('=');
            var name = System.Net.WebUtility.UrlDecode(equals < 0 ? pair : pair.Substring(0, equals));
            var value = equals < 0 ? "" : System.Net.WebUtility.UrlDecode(pair.Substring(equals + 1));
            if (!form.ContainsKey(name)) form[name] = new List<string>();
            form[name].Add(value);
        }
        return form;
    }

    public static IMessageBody Of(JToken token)
    {
        if (token == null || token.Type == JTokenType.Null) return null;
        if (token.Type == JTokenType.String) return new Body(Encoding.UTF8.GetBytes((string)token));
        if (token["base64"] != null) return new Body(Convert.FromBase64String((string)token["base64"]));
        if (token["json"] != null) return new Body(Encoding.UTF8.GetBytes(token["json"].ToString(Formatting.None)));
        return new Body(Encoding.UTF8.GetBytes((string)token["text"]));
    }
}

/// What a request file says of one object, read by name; what it leaves out is null or empty.
class Part
{
    readonly JObject json;
    protected Part(JToken json) { this.json = (JObject)json; }
    protected string Text(string name, string otherwise = null) { return json[name] == null ? otherwise : (string)json[name]; }
    protected int Number(string name, int otherwise = 0) { return json[name] == null ? otherwise : (int)json[name]; }
    protected int? MaybeNumber(string name) { return json[name] == null ? (int?)null : (int)json[name]; }
    protected bool Flag(string name, bool otherwise = false) { return json[name] == null ? otherwise : (bool)json[name]; }
    protected JToken Raw(string name) { var token = json[name]; return token == null || token.Type == JTokenType.Null ? null : token; }
    protected T Enum<T>(string name) where T : struct { return json[name] == null ? default(T) : (T)System.Enum.Parse(typeof(T), (string)json[name]); }
    protected DateTime? MaybeDate(string name) { return json[name] == null ? (DateTime?)null : Date(name); }
    protected DateTime Date(string name) { return Raw(name) == null ? default(DateTime) : Moment((string)json[name]); }

    public static DateTime Moment(string text)
    {
        return DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;
    }

    protected Map<string[]> Lists(string name, StringComparer comparer)
    {
        var map = new Map<string[]>(comparer);
        foreach (var pair in (JObject)Raw(name) ?? new JObject())
            map.Set(pair.Key, pair.Value is JArray ? pair.Value.Select(value => (string)value).ToArray() : new[] { (string)pair.Value });
        return map;
    }

    protected Map<string> Texts(string name)
    {
        var map = new Map<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in (JObject)Raw(name) ?? new JObject()) map.Set(pair.Key, (string)pair.Value);
        return map;
    }

    protected IEnumerable<T> Many<T>(string name, Func<JToken, T> make) { return ((JArray)Raw(name) ?? new JArray()).Select(make).ToArray(); }
}

class Url : IUrl
{
    readonly Uri uri;
    readonly Map<string[]> query = new Map<string[]>(StringComparer.OrdinalIgnoreCase);

    public Url(string text)
    {
        uri = new Uri(text);
        foreach (var pair in uri.Query.TrimStart('?').Split('&').Where(pair => pair != ""))
        {
            var equals = pair.IndexOf('=');
            var name = System.Net.WebUtility.UrlDecode(equals < 0 ? pair : pair.Substring(0, equals));
            var value = equals < 0 ? "" : System.Net.WebUtility.UrlDecode(pair.Substring(equals + 1));
            string[] before;
            query.Set(name, (query.TryGetValue(name, out before) ? before : new string[0]).Concat(new[] { value }).ToArray());
        }
    }

    public static IUrl Of(string text) { return text == null ? null : new Url(text); }
    public string Host { get { return uri.Host; } }
    public string Path { get { return uri.AbsolutePath; } }
    public int Port { get { return uri.Port; } }
    public IReadOnlyDictionary<string, string[]> Query { get { return query; } }
    public string QueryString { get { return uri.Query; } }
    public string Scheme { get { return uri.Scheme; } }
    public override string ToString() { return uri.AbsoluteUri; }
}

class Named : Part, IGroup, IUserIdentity, IWorkspace, IGateway, ISubscriptionKeyParameterNames, IBackend, IPrivateEndpointConnection, ISustainabilityInfo
{
    Named(JToken json) : base(json) { }
    public static Named Of(JToken json) { return json == null ? null : new Named(json); }
    public string Id { get { return Text("id"); } }
    public string Name { get { return Text("name"); } }
    public string Provider { get { return Text("provider"); } }
    public string InstanceId { get { return Text("instanceId"); } }
    public bool IsManaged { get { return Flag("isManaged"); } }
    public string Header { get { return Text("header", "Ocp-Apim-Subscription-Key"); } }
    public string Query { get { return Text("query", "subscription-key"); } }
    public string AzureRegion { get { return Text("azureRegion"); } }
    public BackendType Type { get { return Enum<BackendType>("type"); } }
    public string GroupId { get { return Text("groupId"); } }
    public string MemberName { get { return Text("memberName"); } }
    public CarbonIntensity CurrentCarbonIntensity { get { return Enum<CarbonIntensity>("currentCarbonIntensity"); } }
}

class Api : Part, IContextApi
{
    Api(JToken json) : base(json) { }
    public static Api Of(JToken json) { return json == null ? null : new Api(json); }
    public string Id { get { return Text("id"); } }
    public string Name { get { return Text("name"); } }
    public string Path { get { return Text("path"); } }
    public IEnumerable<string> Protocols { get { return Many("protocols", value => (string)value); } }
    public IUrl ServiceUrl { get { return Url.Of(Text("serviceUrl")); } }
    public ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get { return Named.Of(Raw("subscriptionKeyParameterNames") ?? new JObject()); } }
    public bool IsCurrentRevision { get { return Flag("isCurrentRevision", true); } }
    public string Revision { get { return Text("revision", "1"); } }
    public string Version { get { return Text("version"); } }
}

class Deployment : Part, IDeployment
{
    public Deployment(JToken json) : base(json) { }
    public string Region { get { return Text("region"); } }
    public string ServiceName { get { return Text("serviceName"); } }
    public string ServiceId { get { return Text("serviceId"); } }
    public string GatewayId { get { return Text("gatewayId", "managed"); } }
    public IGateway Gateway { get { return Named.Of(Raw("gateway") ?? new JObject { { "id", GatewayId } }); } }
    public ISustainabilityInfo SustainabilityInfo { get { return Named.Of(Raw("sustainabilityInfo") ?? new JObject()); } }

    public IReadOnlyDictionary<string, X509Certificate2> Certificates
    {
        get
        {
            var map = new Map<X509Certificate2>(StringComparer.OrdinalIgnoreCase);
            foreach (var pair in (JObject)Raw("certificates") ?? new JObject())
                map.Set(pair.Key, new X509Certificate2(Convert.FromBase64String((string)pair.Value)));
            return map;
        }
    }
}

class LastError : Part, ILastError
{
    LastError(JToken json) : base(json) { }
    public static LastError Of(JToken json) { return json == null ? null : new LastError(json); }
    public string Source { get { return Text("source"); } }
    public string Reason { get { return Text("reason"); } }
    public string Message { get { return Text("message"); } }
    public string Scope { get { return Text("scope"); } }
    public string Section { get { return Text("section"); } }
    public string Path { get { return Text("path"); } }
    public string PolicyId { get { return Text("policyId"); } }
    public int HttpErrorCode { get { return Number("httpErrorCode"); } }
}

class Operation : Part, IOperation
{
    Operation(JToken json) : base(json) { }
    public static Operation Of(JToken json) { return json == null ? null : new Operation(json); }
    public string Id { get { return Text("id"); } }
    public string Method { get { return Text("method"); } }
    public string Name { get { return Text("name"); } }
    public string UrlTemplate { get { return Text("urlTemplate"); } }
}

class Product : Part, IProduct
{
    Product(JToken json) : base(json) { }
    public static Product Of(JToken json) { return json == null ? null : new Product(json); }
    public string Id { get { return Text("id"); } }
    public string Name { get { return Text("name"); } }
    public bool ApprovalRequired { get { return Flag("approvalRequired"); } }
    public bool SubscriptionRequired { get { return Flag("subscriptionRequired", true); } }
    public ProductState State { get { return Raw("state") == null ? ProductState.Published : Enum<ProductState>("state"); } }
    public int? SubscriptionsLimit { get { return MaybeNumber("subscriptionsLimit"); } }
    public int? SubscriptionLimit { get { return SubscriptionsLimit; } }
    public IEnumerable<IGroup> Groups { get { return Many("groups", Named.Of); } }
    public IEnumerable<IApi> Apis { get { return Many("apis", Api.Of); } }
}

class User : Part, IUser
{
    User(JToken json) : base(json) { }
    public static User Of(JToken json) { return json == null ? null : new User(json); }
    public string Id { get { return Text("id"); } }
    public string Email { get { return Text("email"); } }
    public string FirstName { get { return Text("firstName"); } }
    public string LastName { get { return Text("lastName"); } }
    public string Note { get { return Text("note"); } }
    public IEnumerable<IGroup> Groups { get { return Many("groups", Named.Of); } }
    public IEnumerable<IUserIdentity> Identities { get { return Many("identities", Named.Of); } }
    public DateTime RegistrationDate { get { return Date("registrationDate"); } }
}

class Subscription : Part, ISubscription
{
    Subscription(JToken json) : base(json) { }
    public static Subscription Of(JToken json) { return json == null ? null : new Subscription(json); }
    public string Id { get { return Text("id"); } }
    public string Key { get { return Text("key"); } }
    public string Name { get { return Text("name"); } }
    public string PrimaryKey { get { return Text("primaryKey"); } }
    public string SecondaryKey { get { return Text("secondaryKey"); } }
    public DateTime CreatedDate { get { return Date("createdDate"); } }
    public DateTime? StartDate { get { return MaybeDate("startDate"); } }
    public DateTime? EndDate { get { return MaybeDate("endDate"); } }
}

class Request : Part, IRequest
{
    readonly Map<string[]> headers;
    readonly Map<string> parameters;
    readonly IMessageBody body;

    public Request(JToken json) : base(json)
    {
        headers = Lists("headers", StringComparer.OrdinalIgnoreCase);
        parameters = Texts("matchedParameters");
        body = global::Body.Of(Raw("body"));
    }

    public IMessageBody Body { get { return body; } }
    public X509Certificate2 Certificate { get { return Raw("certificate") == null ? null : new X509Certificate2(Convert.FromBase64String(Text("certificate"))); } }
    public IReadOnlyDictionary<string, string[]> Headers { get { return headers; } }
    public string IpAddress { get { return Text("ipAddress"); } }
    public IReadOnlyDictionary<string, string> MatchedParameters { get { return parameters; } }
    public string Method { get { return Text("method", "GET"); } }
    public IUrl OriginalUrl { get { return global::Url.Of(Text("originalUrl", Text("url", "http://localhost/"))); } }
    public IUrl Url { get { return global::Url.Of(Text("url", "http://localhost/")); } }
    public IPrivateEndpointConnection PrivateEndpointConnection { get { return Named.Of(Raw("privateEndpointConnection")); } }
}

class Response : Part, IResponse
{
    readonly Map<string[]> headers;
    readonly IMessageBody body;

    Response(JToken json) : base(json)
    {
        headers = Lists("headers", StringComparer.OrdinalIgnoreCase);
        body = global::Body.Of(Raw("body"));
    }

    public static Response Of(JToken json) { return json == null ? null : new Response(json); }
    public IMessageBody Body { get { return body; } }
    public IReadOnlyDictionary<string, string[]> Headers { get { return headers; } }
    public int StatusCode { get { return Number("status", 200); } }
    public string StatusReason { get { return Text("reason", ""); } }
}

/// `context`.
class Context : Part, IProxyContext
{
    readonly IRequest request;
    readonly IResponse response;
    readonly Map<object> variables = new Map<object>(StringComparer.OrdinalIgnoreCase) { LenientNull = true };

    /// `evaluate` gives the value of a variable that the file writes as an expression.
    public Context(JObject file, Func<string, Context, object> evaluate) : base(file)
    {
        request = new Request(Raw("request") ?? new JObject());
        response = global::Response.Of(Raw("response"));
        Clock.Time = Raw("now") == null ? new DateTime(2024, 3, 1, 12, 30, 45, DateTimeKind.Utc) : Date("now");
        Clock.Seed = (ulong)Number("seed");
        foreach (var pair in (JObject)Raw("variables") ?? new JObject()) variables.Set(pair.Key, Variable(pair.Value, code => evaluate(code, this)));
    }

    internal void Set(string name, object value) { variables.Set(name, value); }

    static object Variable(JToken token, Func<string, object> evaluate)
    {
        switch (token.Type)
        {
            case JTokenType.Null: return null;
            case JTokenType.Boolean: return (bool)token;
            case JTokenType.Integer: return (long)token >= int.MinValue && (long)token <= int.MaxValue ? (object)(int)token : (long)token;
            case JTokenType.Float: return (double)token;
            case JTokenType.Object: break;
            default: return (string)token;
        }
        if (token["expression"] != null) return evaluate((string)token["expression"]);
        if (token["response"] != null) return global::Response.Of(token["response"]);
        if (token["json"] != null) return JToken.Parse(token["json"].ToString(Formatting.None));
        if (token["jwt"] != null) return ((string)token["jwt"]).AsJwt();
        if (token["authorization"] != null)
        {
            var claims = new Map<object>(StringComparer.Ordinal);
            foreach (var claim in (JObject)token["authorization"]["claims"] ?? new JObject()) claims.Set(claim.Key, (string)claim.Value);
            return new Authorization { AccessToken = (string)token["authorization"]["accessToken"], Claims = claims };
        }
        throw new ArgumentException("a variable is text, a number, true, false, null, or an object with `expression`, `json`, `response`, `jwt` or `authorization`");
    }

    public IContextApi Api { get { return global::Api.Of(Raw("api")); } }
    public IBackend Backend { get { return Named.Of(Raw("backend")); } }
    public IDeployment Deployment { get { return new Deployment(Raw("deployment") ?? new JObject()); } }
    public TimeSpan Elapsed { get { return Clock.UtcNow - Timestamp; } }
    public ILastError LastError { get { return global::LastError.Of(Raw("lastError")); } }
    public IOperation Operation { get { return global::Operation.Of(Raw("operation")); } }
    public IProduct Product { get { return global::Product.Of(Raw("product")); } }
    public IRequest Request { get { return request; } }
    public Guid RequestId { get { return Guid.Parse(Text("requestId", "00112233-4455-6677-8899-aabbccddeeff")); } }
    public IResponse Response { get { return response; } }
    public ISubscription Subscription { get { return global::Subscription.Of(Raw("subscription")); } }
    public DateTime Timestamp { get { return Raw("timestamp") == null ? Clock.UtcNow : Date("timestamp"); } }
    public bool Tracing { get { return Flag("tracing"); } }
    public IUser User { get { return global::User.Of(Raw("user")); } }
    public IReadOnlyDictionary<string, object> Variables { get { return variables; } }
    public IWorkspace Workspace { get { return Named.Of(Raw("workspace")); } }
    public IGraphQL GraphQL { get { return null; } }
    public void Trace(string message) { }
}

/// Time stands still where the request file says.
public static class Clock
{
    [ThreadStatic] internal static DateTime Time;
    [ThreadStatic] internal static ulong Seed;
    public static DateTime UtcNow { get { return Time; } }
    public static DateTime Now { get { return DateTime.SpecifyKind(Time, DateTimeKind.Local); } }
    public static DateTime Today { get { return Now.Date; } }
    public static DateTimeOffset OffsetNow { get { return new DateTimeOffset(Time); } }

    public static Guid NewGuid()
    {
        var bytes = new byte[16];
        Fill(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0f | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3f | 0x80);
        return Guid.ParseExact(string.Concat(bytes.Select(b => b.ToString("x2"))), "N");
    }

    public static Random NewRandom()
    {
        var bytes = new byte[4];
        Fill(bytes);
        return new Random(BitConverter.ToInt32(bytes, 0));
    }

    // The same sequence as crates/request-file: Vigna's splitmix64.
    static void Fill(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            if (at % 8 == 0) unchecked { Seed += 0x9e3779b97f4a7c15UL; }
            unchecked
            {
                var mixed = Seed;
                mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9UL;
                mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebUL;
                bytes[at] = (byte)((mixed ^ (mixed >> 31)) >> (at % 8 * 8));
            }
        }
    }
}

/// What .NET Framework does where Mono does otherwise.
public static class Framework
{
    // Mono 6.8 rounds halves up here, and to even in the overload with digits, as the documentation of both says.
    public static double Round(double value) { return Math.Round(value, 0); }

    // As the reference source of .NET Framework 4.8 computes it; Mono has .NET Core's.
    public static int HashOf(Guid value)
    {
        var bytes = value.ToByteArray();
        int a = BitConverter.ToInt32(bytes, 0), b = BitConverter.ToInt16(bytes, 4), c = BitConverter.ToInt16(bytes, 6);
        return a ^ ((b << 16) | (ushort)c) ^ ((bytes[10] << 24) | bytes[15]);
    }
}
