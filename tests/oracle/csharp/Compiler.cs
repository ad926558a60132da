// Compiles programs with Roslyn as API Management would: one function of `context`, C# 7.3.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

class Problem
{
    public string Code;
    public int Start;
    public int Length;
    public string Message;
}

class Unit
{
    public Func<IProxyContext, object> Run;
    public string StaticType;
    public List<Problem> Problems = new List<Problem>();
}

class Compiler
{
    // What is open without a `using`; `Formatting` alone is Json.NET's.
    const string Imports =
        "using System; using System.Text; using System.Text.RegularExpressions; using System.Collections.Generic; using System.Linq; " +
        "using System.IO; using System.Xml; using System.Xml.Linq; using System.Security.Cryptography; " +
        "using System.Security.Cryptography.X509Certificates; using Newtonsoft.Json; using Newtonsoft.Json.Linq; " +
        "using Formatting = Newtonsoft.Json.Formatting; using WebUtility = System.Net.WebUtility; using IPAddress = System.Net.IPAddress;\n";

    static readonly Dictionary<string, string> Wanted = new Dictionary<string, string>
    {
        { "any", "object" }, { "variable", "object" }, { "body", "object" }, { "bool", "bool" }, { "int", "int" },
        { "long", "long" }, { "double", "double" }, { "string", "string" }, { "bytes", "byte[]" },
    };

    // Time and randomness come from the request file; what Mono does otherwise than .NET Framework is put right.
    static readonly Dictionary<string, string> Replaced = new Dictionary<string, string>
    {
        { "System.DateTime.UtcNow", "Clock.UtcNow" }, { "System.DateTime.Now", "Clock.Now" }, { "System.DateTime.Today", "Clock.Today" },
        { "System.DateTimeOffset.UtcNow", "Clock.OffsetNow" }, { "System.DateTimeOffset.Now", "Clock.OffsetNow" },
        { "System.Math.Round(double)", "Framework.Round" }, { "System.Guid.NewGuid()", "Clock.NewGuid" },
    };

    static readonly HashSet<string> Names = new HashSet<string> { "UtcNow", "Now", "Today", "Round", "NewGuid", "Random", "GetHashCode" };

    readonly List<MetadataReference> references = new List<MetadataReference>();
    readonly CSharpParseOptions parse = new CSharpParseOptions(LanguageVersion.CSharp7_3);
    readonly CSharpCompilationOptions options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
        optimizationLevel: OptimizationLevel.Release, reportSuppressedDiagnostics: false, warningLevel: 0);
    readonly AllowList allowed;
    int count;

    /// `reference` is the folder of the lists of allowed types; null allows all.
    public Compiler(string own, string framework, string reference)
    {
        allowed = new AllowList(reference);
        foreach (var name in new[] { "mscorlib.dll", "System.dll", "System.Core.dll", "System.Xml.dll", "System.Xml.Linq.dll", "Facades/netstandard.dll" })
            references.Add(MetadataReference.CreateFromFile(Path.Combine(framework, name)));
        references.Add(MetadataReference.CreateFromFile(Path.Combine(own, "Newtonsoft.Json.dll")));
        references.Add(MetadataReference.CreateFromFile(Path.Combine(own, "Context.dll")));
    }

    public CSharpCompilation Empty { get { return CSharpCompilation.Create("Empty", new SyntaxTree[0], references, options); } }

    public Unit Compile(string code, bool block, string wanted, bool free)
    {
        var name = "Program" + count++;
        var head = Imports + "public static class " + name + " { public static " + Wanted[wanted] + " Run(IProxyContext context) " +
            (block ? "{\n" : "{ return\n");
        var tree = CSharpSyntaxTree.ParseText(head + code + (block ? "\n}}" : "\n;}}"), parse, "", System.Text.Encoding.UTF8);
        var compilation = CSharpCompilation.Create(name, new[] { tree }, references, options);
        var unit = new Unit { StaticType = StaticType(compilation, tree) };
        var problems = compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ToList();
        if (problems.Count == 0 && !free) unit.Problems.AddRange(allowed.Problems(compilation.GetSemanticModel(tree), tree.GetRoot(), head.Length));
        if (problems.Count == 0 && unit.Problems.Count == 0) problems = Emit(compilation, tree, name, unit);
        foreach (var problem in problems)
        {
            var span = problem.Location.SourceSpan;
            unit.Problems.Add(new Problem
            {
                Code = problem.Id, Message = problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture),
                Start = Math.Min(Math.Max(0, span.Start - head.Length), code.Length), Length = span.Length,
            });
        }
        return unit;
    }

    static string StaticType(CSharpCompilation compilation, SyntaxTree tree)
    {
        var returned = tree.GetRoot().DescendantNodes().OfType<ReturnStatementSyntax>().LastOrDefault();
        if (returned == null || returned.Expression == null) return null;
        var type = compilation.GetSemanticModel(tree).GetTypeInfo(returned.Expression).Type;
        return type == null ? null : type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
    }

    static List<Diagnostic> Emit(CSharpCompilation compilation, SyntaxTree tree, string name, Unit unit)
    {
        compilation = Corrected(compilation, tree);
        using (var file = new MemoryStream())
        {
            var emitted = compilation.Emit(file);
            if (!emitted.Success) return emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToList();
            var method = Assembly.Load(file.ToArray()).GetType(name).GetMethod("Run");
            unit.Run = context =>
            {
                try { return method.Invoke(null, new object[] { context }); }
                catch (TargetInvocationException thrown) { throw new Thrown(thrown.InnerException); }
            };
        }
        return new List<Diagnostic>();
    }

    static CSharpCompilation Corrected(CSharpCompilation compilation, SyntaxTree tree)
    {
        var root = tree.GetRoot();
        if (!Names.Any(name => tree.ToString().Contains(name))) return compilation;
        var changed = new Corrections(compilation.GetSemanticModel(tree)).Visit(root);
        return compilation.ReplaceSyntaxTree(tree, tree.WithRootAndOptions(changed, tree.Options));
    }

    class Corrections : CSharpSyntaxRewriter
    {
        readonly SemanticModel model;

        public Corrections(SemanticModel model) { this.model = model; }

        static SyntaxNode Instead(SyntaxNode node, string text) { return SyntaxFactory.ParseExpression("global::" + text).WithTriviaFrom(node); }

        public override SyntaxNode VisitMemberAccessExpression(MemberAccessExpressionSyntax node)
        {
            var symbol = Names.Contains(node.Name.Identifier.Text) ? model.GetSymbolInfo(node).Symbol : null;
            string other;
            return symbol != null && Replaced.TryGetValue(symbol.ToDisplayString(), out other) ? Instead(node, other) : base.VisitMemberAccessExpression(node);
        }

        public override SyntaxNode VisitObjectCreationExpression(ObjectCreationExpressionSyntax node)
        {
            var symbol = model.GetSymbolInfo(node).Symbol;
            return symbol != null && symbol.ToDisplayString() == "System.Random.Random()" ? Instead(node, "Clock.NewRandom()") : base.VisitObjectCreationExpression(node);
        }

        public override SyntaxNode VisitInvocationExpression(InvocationExpressionSyntax node)
        {
            var access = node.Expression as MemberAccessExpressionSyntax;
            var symbol = access != null && access.Name.Identifier.Text == "GetHashCode" ? model.GetSymbolInfo(node).Symbol : null;
            if (symbol == null || symbol.ToDisplayString() != "System.Guid.GetHashCode()") return base.VisitInvocationExpression(node);
            return Instead(node, "Framework.HashOf(" + Visit(access.Expression).ToFullString() + ")");
        }
    }
}

/// What a program threw.
class Thrown : Exception
{
    public Thrown(Exception inner) : base(inner.Message, inner) { }
}
