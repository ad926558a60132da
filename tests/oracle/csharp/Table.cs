using System.IO;
using Microsoft.CodeAnalysis.CSharp;
static class Table { public static void Write(CSharpCompilation c, string list, TextWriter output) { } }
