// What API Management refuses although it is C#: types and members outside of its list, named as a public validator names them
// (APIM0001, APIM0002; `expressions.md` 9).
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

class AllowList
{
    // The members of a type, `*` for all.
    readonly Dictionary<string, string> types = new Dictionary<string, string>();
    readonly HashSet<string> companions = new HashSet<string>();

    public AllowList(string folder)
    {
        if (folder == null) return;
        foreach (var line in Lines(Path.Combine(folder, "allow-list.txt")))
        {
            var parts = line.Split(new[] { ": " }, 2, StringSplitOptions.None);
            types[parts[0]] = parts.Length > 1 ? parts[1] : "*";
        }
        foreach (var line in Lines(Path.Combine(folder, "companions.txt"))) companions.Add(line);
    }

    public static IEnumerable<string> Lines(string path) { return File.ReadAllLines(path).Where(line => line != "" && !line.StartsWith("#", StringComparison.Ordinal)); }

    public IEnumerable<Problem> Problems(SemanticModel model, SyntaxNode root, int head)
    {
        if (types.Count == 0) yield break;
        foreach (var name in root.DescendantNodes().OfType<SimpleNameSyntax>().Where(name => name.SpanStart >= head))
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            var message = symbol == null || name.IsVar && symbol is ITypeSymbol ? null : Refused(symbol);
            if (message != null) yield return new Problem { Code = message.Item1, Message = message.Item2, Start = name.SpanStart - head, Length = name.Span.Length };
        }
    }

    Tuple<string, string> Refused(ISymbol symbol)
    {
        var type = symbol as INamedTypeSymbol;
        if (type != null) return Named(type) ? null : Tuple.Create("APIM0001", "Usage of type '" + type.ToDisplayString() + "' is not supported within expressions");
        if (!(symbol is IMethodSymbol || symbol is IPropertySymbol || symbol is IFieldSymbol) || symbol.ContainingType == null) return null;
        var owner = symbol.ContainingType;
        string members;
        if (!types.TryGetValue(Table.Metadata(owner.OriginalDefinition), out members) || Table.Listed(symbol.OriginalDefinition, members)) return null;
        return Tuple.Create("APIM0002", "Usage of member '" + symbol.Name + "' of type '" + owner.ToDisplayString() + "' is not supported within expressions");
    }

    bool Named(INamedTypeSymbol type)
    {
        if (type.SpecialType != SpecialType.None || type.IsAnonymousType || type.IsTupleType) return true;
        if (type.ContainingAssembly == null || type.ContainingAssembly.Name == "Context" || type.TypeKind == TypeKind.Delegate) return true;
        var name = Table.Metadata(type.OriginalDefinition);
        return types.ContainsKey(name) || companions.Contains(name);
    }
}
