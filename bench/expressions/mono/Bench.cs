// Times programs that Roslyn compiled, on Mono's just-in-time compiler. The first line holds the programs; then:
//   run CASE TIMES      -> nanoseconds per evaluation
//   compile CASE TIMES  -> nanoseconds per compilation
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Newtonsoft.Json.Linq;

// `context` as plain objects, as fast as C# allows.
public class PlainSubscription : ISubscription
{
    public string Id { get; set; }
    public string Key { get { return null; } }
    public string Name { get { return "Bench"; } }
    public string PrimaryKey { get { return null; } }
    public string SecondaryKey { get { return null; } }
    public DateTime CreatedDate { get { return DateTime.MinValue; } }
    public DateTime? StartDate { get { return null; } }
    public DateTime? EndDate { get { return null; } }
}

public class PlainRequest : IRequest
{
    public IMessageBody Body { get; set; }
    public X509Certificate2 Certificate { get { return null; } }
    public IReadOnlyDictionary<string, string[]> Headers { get; set; }
    public string IpAddress { get { return null; } }
    public IReadOnlyDictionary<string, string> MatchedParameters { get { return null; } }
    public string Method { get; set; }
    public IUrl OriginalUrl { get { return null; } }
    public IUrl Url { get { return null; } }
    public IPrivateEndpointConnection PrivateEndpointConnection { get { return null; } }
}

public class PlainResponse : IResponse
{
    public IMessageBody Body { get { return null; } }
    public IReadOnlyDictionary<string, string[]> Headers { get { return null; } }
    public int StatusCode { get; set; }
    public string StatusReason { get { return ""; } }
}

public class PlainBody : IMessageBody
{
    readonly JObject parsed;
    public PlainBody(string text) { parsed = JObject.Parse(text); }
    public T As<T>(bool preserveContent = false) { return (T)(object)parsed; }
    public IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false) { return null; }
}

public class PlainContext : IProxyContext
{
    public IContextApi Api { get { return null; } }
    public IBackend Backend { get { return null; } }
    public IDeployment Deployment { get { return null; } }
    public TimeSpan Elapsed { get { return TimeSpan.Zero; } }
    public ILastError LastError { get { return null; } }
    public IOperation Operation { get { return null; } }
    public IProduct Product { get { return null; } }
    public IRequest Request { get; set; }
    public Guid RequestId { get { return Guid.Empty; } }
    public IResponse Response { get; set; }
    public ISubscription Subscription { get; set; }
    public DateTime Timestamp { get { return DateTime.MinValue; } }
    public bool Tracing { get { return false; } }
    public IUser User { get { return null; } }
    public IReadOnlyDictionary<string, object> Variables { get; set; }
    public IWorkspace Workspace { get { return null; } }
    public IGraphQL GraphQL { get { return null; } }
    public void Trace(string message) { }
}

class Case
{
    public string Text;
    public bool Block;
    public string Result;
    public MethodInfo Method;
    public Func<IProxyContext, string> OfText;
    public Func<IProxyContext, bool> OfBool;
    public Func<IProxyContext, int> OfInt;
}

static class Bench
{
    const string Imports =
        "using System; using System.Text; using System.Text.RegularExpressions; using System.Collections.Generic; using System.Linq; " +
        "using System.Security.Cryptography; using Newtonsoft.Json; using Newtonsoft.Json.Linq;\n";

    static readonly List<MetadataReference> References = new List<MetadataReference>();
    static readonly CSharpParseOptions Parse = new CSharpParseOptions(LanguageVersion.CSharp7_3);
    static readonly CSharpCompilationOptions Options =
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, warningLevel: 0);
    static int count;
    static object sink;
    static int number;

    static void Main()
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        System.Threading.Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var own = AppDomain.CurrentDomain.BaseDirectory;
        foreach (var name in new[] { "mscorlib.dll", "System.dll", "System.Core.dll", "System.Xml.dll", "System.Xml.Linq.dll", "Facades/netstandard.dll" })
            References.Add(MetadataReference.CreateFromFile(Path.Combine(framework, name)));
        References.Add(MetadataReference.CreateFromFile(Path.Combine(own, "Newtonsoft.Json.dll")));
        References.Add(MetadataReference.CreateFromFile(Path.Combine(own, "Bench.exe")));
        var world = JObject.Parse(Console.ReadLine());
        var context = World(world);
        var cases = world["cases"].Select(each => new Case { Text = (string)each["text"], Block = (bool)each["block"], Result = (string)each["result"] }).ToList();
        foreach (var each in cases)
        {
            Load(each);
            var result = Run(each, context, 1);
            if (result != each.Result)
            {
                Console.WriteLine("wrong: " + result + " instead of " + each.Result);
                return;
            }
        }
        Console.WriteLine("0");
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            var words = line.Split(' ');
            var chosen = cases[int.Parse(words[1])];
            var times = int.Parse(words[2]);
            var watch = Stopwatch.StartNew();
            if (words[0] == "run") Run(chosen, context, times);
            else for (var i = 0; i < times; i++) Compile(chosen);
            watch.Stop();
            Console.WriteLine((watch.Elapsed.TotalMilliseconds * 1e6 / times).ToString("R", CultureInfo.InvariantCulture));
        }
    }

    static IProxyContext World(JObject world)
    {
        var headers = new Map<string[]>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in new[] { "accept", "content-type", "user-agent", "traceparent" }) headers.Set(header, new[] { "text" });
        headers.Set("x-tier", new[] { "premium" });
        var variables = new Map<object>(StringComparer.OrdinalIgnoreCase);
        variables.Set("token", "abcdef");
        variables.Set("count", 1234.5);
        variables.Set("items", Enumerable.Range(1, 10).Select(n => "item" + n).ToArray());
        variables.Set("backends", JArray.Parse((string)world["backends"]));
        variables.Set("jwt", ((string)world["token"]).AsJwt());
        return new PlainContext
        {
            Subscription = new PlainSubscription { Id = (string)world["subscription"] },
            Request = new PlainRequest { Method = "POST", Headers = headers, Body = new PlainBody((string)world["body"]) },
            Response = new PlainResponse { StatusCode = 429 },
            Variables = variables,
        };
    }

    static byte[] Compile(Case each)
    {
        var name = "Program" + count++;
        var type = each.Result == "True" ? "bool" : each.Result == "2" ? "int" : "string";
        var text = Imports + "public static class " + name + " { public static " + type + " Run(IProxyContext context) " +
            (each.Block ? "{\n" : "{ return\n") + each.Text + (each.Block ? "\n}}" : "\n;}}");
        var compilation = CSharpCompilation.Create(name, new[] { CSharpSyntaxTree.ParseText(text, Parse) }, References, Options);
        using (var file = new MemoryStream())
        {
            var emitted = compilation.Emit(file);
            if (!emitted.Success) throw new InvalidOperationException(string.Join("; ", emitted.Diagnostics));
            return file.ToArray();
        }
    }

    static void Load(Case each)
    {
        var assembly = Assembly.Load(Compile(each));
        var method = assembly.GetTypes().First(type => type.Name.StartsWith("Program")).GetMethod("Run");
        if (method.ReturnType == typeof(string)) each.OfText = (Func<IProxyContext, string>)Delegate.CreateDelegate(typeof(Func<IProxyContext, string>), method);
        else if (method.ReturnType == typeof(bool)) each.OfBool = (Func<IProxyContext, bool>)Delegate.CreateDelegate(typeof(Func<IProxyContext, bool>), method);
        else each.OfInt = (Func<IProxyContext, int>)Delegate.CreateDelegate(typeof(Func<IProxyContext, int>), method);
    }

    static string Run(Case each, IProxyContext context, int times)
    {
        if (each.OfText != null)
        {
            string text = null;
            for (var i = 0; i < times; i++) sink = text = each.OfText(context);
            return text;
        }
        if (each.OfBool != null)
        {
            var holds = false;
            for (var i = 0; i < times; i++) number += (holds = each.OfBool(context)) ? 1 : 0;
            return holds.ToString();
        }
        var last = 0;
        for (var i = 0; i < times; i++) number += last = each.OfInt(context);
        return last.ToString(CultureInfo.InvariantCulture);
    }
}
