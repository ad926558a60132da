// The public members of the allowed types, one file a type, from the reference assemblies of .NET Framework 4.8 and from
// Json.NET: declaration, why an expression cannot use it (nothing when it can), whether Mono's own libraries lack it. And the
// names of what there is in .NET and expressions may not use: types by namespace, members by type.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

class Table
{
    static readonly SymbolDisplayFormat Types = new SymbolDisplayFormat(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    readonly HashSet<string> known = new HashSet<string>();
    readonly Dictionary<string, string> allowed = new Dictionary<string, string>();
    CSharpCompilation mono;

    /// `folder` holds `allow-list.txt` and `companions.txt`; the files are written below `types`.
    public static void Write(CSharpCompilation framework, CSharpCompilation mono, string folder, TextWriter output)
    {
        var table = new Table { mono = mono };
        foreach (var line in AllowList.Lines(Path.Combine(folder, "allow-list.txt")))
        {
            var parts = line.Split(new[] { ": " }, 2, StringSplitOptions.None);
            table.allowed[parts[0]] = parts.Length > 1 ? parts[1] : "*";
            table.known.Add(parts[0]);
        }
        foreach (var line in AllowList.Lines(Path.Combine(folder, "companions.txt"))) table.known.Add(line);
        table.WriteRefusedTypes(framework, Path.Combine(folder, "refused-types.txt"));
        table.WriteRefusedMembers(framework, Path.Combine(folder, "refused-members.txt"));
        foreach (var name in table.allowed.Keys)
        {
            var type = framework.GetTypeByMetadataName(name);
            if (type == null) { output.WriteLine("there is no type " + name); continue; }
            var rows = table.Rows(type, table.allowed[name]).Distinct().ToList();
            File.WriteAllText(Path.Combine(folder, "types", name.Replace('`', '-').Replace('+', '.') + ".tsv"), string.Concat(rows.Select(row => row + "\n")), new UTF8Encoding(false));
        }
    }

    /// `System.Globalization: Calendar, CultureInfo, ...`
    void WriteRefusedTypes(CSharpCompilation framework, string path)
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var waiting = new Stack<INamespaceSymbol>(new[] { framework.GlobalNamespace });
        while (waiting.Count > 0)
        {
            var space = waiting.Pop();
            foreach (var inner in space.GetNamespaceMembers()) waiting.Push(inner);
            var name = space.ToDisplayString();
            if (name != "System" && !name.StartsWith("System.", StringComparison.Ordinal) && !name.StartsWith("Newtonsoft.", StringComparison.Ordinal)) continue;
            var types = space.GetTypeMembers().Where(type => type.DeclaredAccessibility == Accessibility.Public && !known.Contains(Metadata(type)) && !type.Name.StartsWith("_", StringComparison.Ordinal));
            var names = types.Select(type => type.Name).Distinct().OrderBy(each => each, StringComparer.Ordinal).ToList();
            if (names.Count > 0) lines[name] = name + ": " + string.Join(", ", names) + "\n";
        }
        File.WriteAllText(path, "# Types of .NET that expressions may not use, by namespace. Written by `cargo xtask oracle table`.\n" + string.Concat(lines.Values), new UTF8Encoding(false));
    }

    /// `System.DateTime: CompareTo, ParseExact, ...`: members of which no overload can be used.
    void WriteRefusedMembers(CSharpCompilation framework, string path)
    {
        var text = new StringBuilder("# Members that allowed types have in .NET and that expressions may not use. Written by `cargo xtask oracle table`.\n");
        foreach (var name in allowed.Keys.OrderBy(each => each, StringComparer.Ordinal))
        {
            var type = framework.GetTypeByMetadataName(name);
            if (type == null) continue;
            var open = type.GetMembers().Where(member => member.DeclaredAccessibility == Accessibility.Public && member.CanBeReferencedByName && !(member is INamedTypeSymbol)).ToList();
            var usable = new HashSet<string>(open.Where(member => Listed(member, allowed[name]) && Reason(member) == "").Select(member => member.Name));
            var names = open.Select(member => member.Name).Where(each => !usable.Contains(each)).Distinct().OrderBy(each => each, StringComparer.Ordinal).ToList();
            if (names.Count > 0) text.Append(name.Split('`')[0] + ": " + string.Join(", ", names) + "\n");
        }
        File.WriteAllText(path, text.ToString(), new UTF8Encoding(false));
    }

    IEnumerable<string> Rows(INamedTypeSymbol type, string members)
    {
        yield return "type\t" + type.ToDisplayString(Types);
        foreach (var member in type.GetMembers().Where(member => member.DeclaredAccessibility == Accessibility.Public))
        {
            if (!Listed(member, members) || member is INamedTypeSymbol || member.IsImplicitlyDeclared) continue;
            if (type.IsValueType && member is IMethodSymbol && ((IMethodSymbol)member).MethodKind == MethodKind.Constructor && ((IMethodSymbol)member).Parameters.Length == 0) continue;
            // A structure's own constructor without parameters, and what enums have by themselves.
            if (type.TypeKind == TypeKind.Enum && !(member is IFieldSymbol)) continue;
            foreach (var declaration in Declarations(member)) yield return declaration + "\t" + Reason(member) + "\t" + Lacking(member);
        }
    }

    public static bool Listed(ISymbol member, string members)
    {
        if (members == "*") return true;
        var method = member as IMethodSymbol;
        if (members.StartsWith("* but ", StringComparison.Ordinal))
        {
            var left = members.Substring(6).Split(',').Select(name => name.Trim());
            return !left.Contains(member.Name) && !left.Contains(member.Name + "()") || left.Contains(member.Name + "()") && method != null && method.Parameters.Length > 0;
        }
        var names = members.Split(',').Select(name => name.Trim()).ToList();
        var property = member as IPropertySymbol;
        return names.Contains(property != null && property.IsIndexer ? "this" : member.Name);
    }

    IEnumerable<string> Declarations(ISymbol member)
    {
        var fixedOne = member.IsStatic ? "static " : "";
        var method = member as IMethodSymbol;
        var property = member as IPropertySymbol;
        var field = member as IFieldSymbol;
        if (field != null) yield return field.ContainingType.TypeKind == TypeKind.Enum ? field.Name : fixedOne + Name(field.Type) + " " + field.Name;
        if (property != null)
        {
            var name = property.IsIndexer ? "this[" + Parameters(property.Parameters) + "]" : property.Name;
            if (Public(property.GetMethod)) yield return fixedOne + Name(property.Type) + " " + name;
            if (Public(property.SetMethod)) yield return "set " + fixedOne + Name(property.Type) + " " + name;
        }
        if (method == null) yield break;
        var parameters = Parameters(method.Parameters);
        if (method.IsExtensionMethod) parameters = "this " + parameters;
        var result = Name(method.ReturnType);
        switch (method.MethodKind)
        {
            case MethodKind.Constructor: yield return "new(" + parameters + ")"; break;
            case MethodKind.Conversion: yield return "static " + (method.Name == "op_Implicit" ? "implicit" : "explicit") + " operator " + result + "(" + parameters + ")"; break;
            case MethodKind.UserDefinedOperator: yield return "static " + result + " operator " + Operator(method) + "(" + parameters + ")"; break;
            case MethodKind.Ordinary:
                var generic = method.TypeParameters.Length == 0 ? "" : "<" + string.Join(", ", method.TypeParameters.Select(p => p.Name)) + ">";
                yield return fixedOne + result + " " + method.Name + generic + "(" + parameters + ")";
                break;
        }
    }

    static bool Public(IMethodSymbol accessor) { return accessor != null && accessor.DeclaredAccessibility == Accessibility.Public; }

    static string Operator(IMethodSymbol method)
    {
        var kind = SyntaxFacts.GetOperatorKind(method.Name);
        return SyntaxFacts.GetText(kind);
    }

    static string Name(ITypeSymbol type) { return type.ToDisplayString(Types); }

    // What may be left out and cannot be given is left out.
    string Parameters(IEnumerable<IParameterSymbol> parameters)
    {
        return string.Join(", ", parameters.Where(p => !(p.IsParams || p.IsOptional) || Foreign(p.Type) == null).Select(p =>
            (p.RefKind == RefKind.Out ? "out " : p.RefKind == RefKind.Ref ? "ref " : p.IsParams ? "params " : "") + Name(p.Type) + " " + p.Name + Default(p)));
    }

    static string Default(IParameterSymbol parameter)
    {
        if (!parameter.HasExplicitDefaultValue) return "";
        var value = parameter.ExplicitDefaultValue;
        return " = " + (value == null ? "null" : value is bool ? value.ToString().ToLowerInvariant() : value is string ? "\"" + value + "\"" : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
    }

    string Reason(ISymbol member)
    {
        if (member is IEventSymbol) return "an event";
        var method = member as IMethodSymbol;
        var property = member as IPropertySymbol;
        var parameters = method != null ? method.Parameters : property != null ? property.Parameters : Enumerable.Empty<IParameterSymbol>();
        foreach (var parameter in parameters.Where(p => !(p.IsParams || p.IsOptional)))
        {
            var foreign = Foreign(parameter.Type);
            if (foreign != null) return "takes " + foreign;
        }
        var field = member as IFieldSymbol;
        var type = method != null ? method.ReturnType : property != null ? property.Type : field != null ? field.Type : null;
        var given = type == null ? null : Foreign(type);
        if (given != null) return "gives " + given;
        if (method != null && method.MethodKind == MethodKind.Constructor && member.ContainingType.IsAbstract) return "the type is abstract";
        if (method != null && method.Name == "GetObjectData" || method != null && method.Parameters.Any(p => p.Type.Name == "SerializationInfo")) return "serialization";
        return "";
    }

    /// The first type of a signature that expressions cannot use.
    string Foreign(ITypeSymbol type)
    {
        var array = type as IArrayTypeSymbol;
        if (array != null) return Foreign(array.ElementType);
        if (type is IPointerTypeSymbol) return "a pointer";
        if (type is ITypeParameterSymbol) return null;
        var named = type as INamedTypeSymbol;
        if (named == null) return type.ToDisplayString(Types);
        foreach (var argument in named.TypeArguments)
        {
            var foreign = Foreign(argument);
            if (foreign != null) return foreign;
        }
        var full = Metadata(named);
        if (known.Contains(full) || full == "System.Object") return null;
        // Anything converts to an interface that it has; who gives one gives something whose type is not allowed.
        return full;
    }

    public static string Metadata(INamedTypeSymbol type)
    {
        if (type.ContainingType != null) return Metadata(type.ContainingType) + "+" + type.MetadataName;
        return type.ContainingNamespace.IsGlobalNamespace ? type.MetadataName : type.ContainingNamespace.ToDisplayString() + "." + type.MetadataName;
    }

    string Lacking(ISymbol member)
    {
        if (member.ContainingAssembly.Name == "Newtonsoft.Json") return "";
        return DocumentationCommentId.GetSymbolsForDeclarationId(member.GetDocumentationCommentId(), mono).Any() ? "" : "Mono lacks it";
    }
}
