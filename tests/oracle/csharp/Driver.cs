// The oracle's process: one JSON object a line in, one a line out.
//
//   {"code": "1 + 1", "form": "expression", "wants": "any", "request": {...}, "milliseconds": 2000}
//   {"outcome": "value", "type": "int", "static": "int", "text": "2"}
//   {"outcome": "exception", "type": "System.FormatException", "message": "..."}
//   {"outcome": "refused", "problems": [{"code": "CS0103", "start": 0, "length": 1, "message": "..."}]}
//   {"outcome": "timeout"}
//
// "free": true takes types and members that API Management does not list. "keep": a name keeps the value as a variable for the programs that follow, until a line has "request".
//
// Without "code" the line only sets the request of those that follow. With the argument `table` it writes the table of types
// and members and ends.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Threading;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

static class Driver
{
    static Compiler compiler;
    static JObject request = new JObject();
    static readonly Dictionary<string, object> Kept = new Dictionary<string, object>();
    static readonly Dictionary<string, Unit> Units = new Dictionary<string, Unit>();

    static int Main(string[] arguments)
    {
        // .NET Framework's line ends, which texts of exceptions and indented JSON contain.
        var line = typeof(Environment).GetField("nl", BindingFlags.Static | BindingFlags.NonPublic);
        if (line != null) line.SetValue(null, "\r\n");
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        var own = AppDomain.CurrentDomain.BaseDirectory;
        compiler = new Compiler(own, Environment.GetEnvironmentVariable("ORACLE_FRAMEWORK"), Environment.GetEnvironmentVariable("ORACLE_REFERENCE"));
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        if (arguments.Length > 1 && arguments[0] == "table")
        { 
            var mono = new Compiler(own, Path.GetDirectoryName(typeof(object).Assembly.Location), null);
            Table.Write(compiler.Empty, mono.Empty, arguments[1], output);
            return 0;
        }
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        string text;
        while ((text = input.ReadLine()) != null) output.WriteLine(Answer(text).ToString(Formatting.None));
        return 0;
    }

    static JObject Answer(string line)
    {
        var asked = Read(line);
        if (asked["request"] is JObject)
        {
            request = (JObject)asked["request"];
            Kept.Clear();
        }
        if (asked["text"] != null) Kept[(string)asked["keep"]] = (string)asked["text"];
        if (asked["code"] == null) return new JObject { { "outcome", "ready" } };
        var limit = (int?)asked["milliseconds"] ?? 5000;
        JObject answer = null;
        var worker = new Thread(() => { answer = Evaluate(asked); }, 16 * 1024 * 1024);
        worker.Start();
        // The first program of a process waits for the compiler to be compiled.
        if (worker.Join(limit + (Units.Count == 0 ? 20000 : 0)) && answer != null) return answer;
        worker.Abort();
        worker.Join(2000);
        return new JObject { { "outcome", "timeout" } };
    }

    // As written: text that looks like a date stays text.
    static JObject Read(string line)
    {
        var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None, MaxDepth = null };
        return JObject.Load(reader);
    }

    static JObject Evaluate(JObject asked)
    {
        try
        {
            var unit = Unit((string)asked["code"], (string)asked["form"] == "block", (string)asked["wants"] ?? "any", (bool?)asked["free"] == true);
            if (unit.Problems.Count > 0) return Refused(unit);
            var context = new Context(request, Variable);
            foreach (var pair in Kept) context.Set(pair.Key, pair.Value);
            var value = unit.Run(context);
            if ((string)asked["keep"] != null) Kept[(string)asked["keep"]] = value;
            return new JObject { { "outcome", "value" }, { "type", Canonical.TypeOf(value) }, { "static", unit.StaticType }, { "text", Canonical.Text(value) } };
        }
        catch (ThreadAbortException)
        {
            return null;
        }
        catch (Thrown thrown)
        {
            return Exception(thrown.InnerException);
        }
        catch (Exception thrown)
        {
            return Exception(thrown);
        }
    }

    static Unit Unit(string code, bool block, string wants, bool free)
    {
        var key = wants + free + (block ? "{" : "(") + code;
        Unit unit;
        if (Units.TryGetValue(key, out unit)) return unit;
        return Units[key] = compiler.Compile(code, block, wants, free);
    }

    static object Variable(string code, Context context)
    {
        var unit = Unit(code, false, "any", true);
        if (unit.Problems.Count > 0) throw new InvalidOperationException("variable: " + unit.Problems[0].Message);
        return unit.Run(context);
    }

    static JObject Exception(Exception thrown)
    {
        return new JObject { { "outcome", "exception" }, { "type", thrown.GetType().FullName }, { "message", thrown.Message } };
    }

    static JObject Refused(Unit unit)
    {
        var problems = unit.Problems.Select(problem => new JObject
        {
            { "code", problem.Code }, { "start", problem.Start }, { "length", problem.Length }, { "message", problem.Message },
        });
        return new JObject { { "outcome", "refused" }, { "static", unit.StaticType }, { "problems", new JArray(problems) } };
    }
}
