// One text for each value and each type, the same on both sides of a comparison (crates/expr/src/dump.rs writes ours).
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

static class Canonical
{
    const int Items = 10000;
    const int Depth = 40;

    static readonly Dictionary<Type, string> Keywords = new Dictionary<Type, string>
    {
        { typeof(object), "object" }, { typeof(string), "string" }, { typeof(bool), "bool" }, { typeof(char), "char" },
        { typeof(sbyte), "sbyte" }, { typeof(byte), "byte" }, { typeof(short), "short" }, { typeof(ushort), "ushort" },
        { typeof(int), "int" }, { typeof(uint), "uint" }, { typeof(long), "long" }, { typeof(ulong), "ulong" },
        { typeof(float), "float" }, { typeof(double), "double" }, { typeof(decimal), "decimal" }, { typeof(void), "void" },
    };

    public static string TypeOf(object value) { return value == null ? "<null>" : Name(value.GetType()); }

    /// As C# writes a type, without namespaces; what programs cannot name by what they can.
    public static string Name(Type type)
    {
        // Classes of the library that no program names.
        foreach (var shown in Shadows)
            if (shown.IsAssignableFrom(type)) return NameOf(shown);
        return NameOf(type);
    }

    static readonly Type[] Shadows = { typeof(Encoding), typeof(StringComparer), typeof(Type), typeof(XmlReader) };

    static string NameOf(Type type)
    {
        string keyword;
        if (Keywords.TryGetValue(type, out keyword)) return keyword;
        if (type.IsArray) return Name(type.GetElementType()) + "[" + new string(',', type.GetArrayRank() - 1) + "]";
        if (IsAnonymous(type))
            return "<anonymous type: " + string.Join(", ", type.GetProperties().Select(p => Name(p.PropertyType) + " " + p.Name)) + ">";
        var nullable = Nullable.GetUnderlyingType(type);
        if (nullable != null) return Name(nullable) + "?";
        if (!type.IsVisible) return Name(Visible(type));
        if (!type.IsGenericType) return type.IsNested ? Name(type.DeclaringType) + "." + type.Name : type.Name;
        if (type.FullName.StartsWith("System.ValueTuple`", StringComparison.Ordinal)) return "(" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ")";
        var arguments = "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">";
        // What is nested in a generic type has its arguments: `Dictionary<string, int>.KeyCollection`.
        if (type.IsNested && !type.Name.Contains('`')) return type.DeclaringType.Name.Split('`')[0] + arguments + "." + type.Name;
        return (type.IsNested ? type.DeclaringType.Name.Split('`')[0] + "." : "") + type.Name.Split('`')[0] + arguments;
    }

    static bool IsAnonymous(Type type) { return type.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal); }

    static Type Visible(Type type)
    {
        for (var up = type.BaseType; up != null && up != typeof(object) && up != typeof(ValueType); up = up.BaseType)
            if (up.IsVisible && !up.IsAbstract) return up;
        var faces = type.GetInterfaces().Where(face => face.IsVisible).ToList();
        foreach (var wanted in new[] { "IGrouping`2", "ILookup`2", "IOrderedEnumerable`1", "IReadOnlyDictionary`2", "IDictionary`2", "IList`1", "IEnumerable`1" })
        {
            var found = faces.FirstOrDefault(face => face.Name == wanted);
            if (found != null) return found;
        }
        for (var up = type.BaseType; up != null && up != typeof(object) && up != typeof(ValueType); up = up.BaseType)
            if (up.IsVisible) return up;
        return faces.Where(face => face.Namespace == null).OrderBy(face => face == typeof(IApi)).Concat(faces).FirstOrDefault() ?? typeof(object);
    }

    public static string Text(object value) { return Text(value, 0); }

    static string Text(object value, int depth)
    {
        if (depth > Depth) return "...";
        if (value == null) return "null";
        var type = value.GetType();
        if (type.IsEnum) return "(" + Name(type) + ")" + System.Convert.ToInt64(value).ToString(CultureInfo.InvariantCulture);
        return Simple(value) ?? Object(value, type, depth);
    }

    static string Simple(object value)
    {
        if (value is string) return Quoted((string)value);
        if (value is bool) return (bool)value ? "true" : "false";
        if (value is char) return "'" + Escaped(value.ToString(), '\'') + "'";
        if (value is double) return "d#" + Number((double)value);
        if (value is float) return "f#" + Number((float)value);
        if (value is decimal) return ((decimal)value).ToString(CultureInfo.InvariantCulture) + "m";
        if (value is int) return ((int)value).ToString(CultureInfo.InvariantCulture);
        if (value is sbyte || value is byte || value is short || value is ushort || value is uint || value is long || value is ulong)
            return "(" + Keywords[value.GetType()] + ")" + System.Convert.ToString(value, CultureInfo.InvariantCulture);
        if (value is DateTime) return "date(" + ((DateTime)value).Ticks + " " + ((DateTime)value).Kind + ")";
        if (value is DateTimeOffset) return "date(" + ((DateTimeOffset)value).Ticks + " " + ((DateTimeOffset)value).Offset.TotalMinutes.ToString(CultureInfo.InvariantCulture) + ")";
        if (value is TimeSpan) return "span(" + ((TimeSpan)value).Ticks.ToString(CultureInfo.InvariantCulture) + ")";
        if (value is Guid) return "guid(" + ((Guid)value).ToString("D") + ")";
        if (value is byte[]) return "bytes(" + string.Concat(((byte[])value).Select(b => b.ToString("x2"))) + ")";
        return null;
    }

    /// The bits, since both sides write numbers in their own ways.
    static string Number(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        return BitConverter.DoubleToInt64Bits(value).ToString("x16");
    }

    static string Object(object value, Type type, int depth)
    {
        if (value is JToken) return Json((JToken)value);
        if (value is XmlNode) return Shown(value);
        if (value is StringBuilder) return "builder(" + Quoted(value.ToString()) + ")";
        if (value is Exception) return "exception(" + value.GetType().FullName + ", " + Quoted(((Exception)value).Message) + ")";
        if (value is Delegate) return "delegate";
        if (IsAnonymous(type))
            return "{ " + string.Join(", ", type.GetProperties().Select(p => p.Name + " = " + Text(p.GetValue(value), depth + 1))) + " }";
        if (type.IsGenericType && (type.FullName.StartsWith("System.ValueTuple`", StringComparison.Ordinal) || type.FullName.StartsWith("System.Tuple`", StringComparison.Ordinal)))
            return Tuple(value, type, depth);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
            return "pair(" + Text(type.GetProperty("Key").GetValue(value), depth + 1) + ", " + Text(type.GetProperty("Value").GetValue(value), depth + 1) + ")";
        var sequence = value as IEnumerable;
        if (sequence != null) return Sequence(sequence, depth);
        return Shown(value);
    }

    // What is ours shows its interface, as Cardea does.
    static string Shown(object value)
    {
        var type = value.GetType();
        var text = type.Namespace == null && !type.IsVisible && !(value is IUrl) ? Name(type) : value.ToString();
        if (value is Encoding) text = text.Split('+')[0];
        if (value is StringComparer || value is XmlReader) text = Shadows.First(shown => shown.IsInstanceOfType(value)).FullName;
        return "object(" + Quoted(text) + ")";
    }

    static string Tuple(object value, Type type, int depth)
    {
        var fields = type.GetFields().Where(f => f.Name.StartsWith("Item", StringComparison.Ordinal) || f.Name == "Rest").Select(f => f.GetValue(value));
        var properties = type.GetProperties().Where(p => p.Name.StartsWith("Item", StringComparison.Ordinal) || p.Name == "Rest").Select(p => p.GetValue(value));
        return "(" + string.Join(", ", fields.Concat(properties).Select(item => Text(item, depth + 1))) + ")";
    }

    static string Sequence(IEnumerable sequence, int depth)
    {
        var items = new List<string>();
        foreach (var item in sequence)
        {
            if (items.Count == Items) { items.Add("..."); break; }
            items.Add(Text(item, depth + 1));
        }
        return "[" + string.Join(", ", items) + "]";
    }

    static string Json(JToken token)
    {
        var value = token as JValue;
        if (value == null || value is JRaw) return "json(" + token.Type + ", " + Quoted(token.ToString(Newtonsoft.Json.Formatting.None)) + ")";
        return "json(" + token.Type + ", " + Text(value.Value) + ")";
    }

    public static string Quoted(string text) { return "\"" + Escaped(text, '"') + "\""; }

    static string Escaped(string text, char quote)
    {
        var made = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c == quote || c == '\\') made.Append('\\').Append(c);
            else if (c == '\n') made.Append("\\n");
            else if (c == '\r') made.Append("\\r");
            else if (c == '\t') made.Append("\\t");
            else if (char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) made.Append(c).Append(text[++at]);
            else if (c < ' ' || c == '\u007f' || char.IsSurrogate(c)) made.Append("\\u").Append(((int)c).ToString("x4"));
            else made.Append(c);
        }
        return made.ToString();
    }
}
