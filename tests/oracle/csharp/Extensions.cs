// The extension methods of API Management, and the clock that the request file sets.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Newtonsoft.Json.Linq;

public static class BasicExtensions
{
    public static BasicAuthCredentials AsBasic(this string input)
    {
        BasicAuthCredentials found;
        return TryParseBasic(input, out found) ? found : null;
    }

    public static bool TryParseBasic(this string input, out BasicAuthCredentials result)
    {
        result = null;
        const string scheme = "Basic ";
        if (input == null || !input.StartsWith(scheme, StringComparison.Ordinal)) return false;
        try
        {
            var text = Encoding.GetEncoding("ISO-8859-1").GetString(Convert.FromBase64String(input.Substring(scheme.Length).Trim()));
            var colon = text.IndexOf(':');
            if (colon < 0) return false;
            result = new BasicAuthCredentials { UserId = text.Substring(0, colon), Password = text.Substring(colon + 1) };
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

public static class JwtExtensions
{
    public static Jwt AsJwt(this string input)
    {
        Jwt found;
        return TryParseJwt(input, out found) ? found : null;
    }

    public static bool TryParseJwt(this string input, out Jwt result)
    {
        result = null;
        if (input == null) return false;
        var token = input.Trim();
        if (token.StartsWith("Bearer ", StringComparison.Ordinal)) token = token.Substring(7).TrimStart();
        var parts = token.Split('.');
        if (parts.Length != 3) return false;
        try
        {
            result = Read(Part(parts[0]), Part(parts[1]));
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    static JObject Part(string text)
    {
        var padded = text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4);
        return JObject.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(padded)));
    }

    static Jwt Read(JObject header, JObject payload)
    {
        var claims = new Map<string[]>(StringComparer.Ordinal) { WhenMissing = new string[0] };
        foreach (var claim in payload) claims.Set(claim.Key, Values(claim.Value));
        return new Jwt
        {
            Algorithm = (string)header["alg"], Type = (string)header["typ"],
            Id = (string)payload["jti"], Issuer = (string)payload["iss"], Subject = (string)payload["sub"],
            Audiences = Values(payload["aud"]), Claims = claims,
            ExpirationTime = Date(payload["exp"]), IssuedAt = Date(payload["iat"]), NotBefore = Date(payload["nbf"]),
        };
    }

    static string[] Values(JToken token)
    {
        if (token == null) return new string[0];
        return token is JArray ? token.Select(Text).ToArray() : new[] { Text(token) };
    }

    static string Text(JToken token)
    {
        return token.Type == JTokenType.String ? (string)token : token.ToString(Newtonsoft.Json.Formatting.None);
    }

    static DateTime? Date(JToken token)
    {
        if (token == null) return null;
        return new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds((double)token);
    }
}

public static class DictionaryHelpers
{
    public static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)
    {
        return GetValueOrDefault(dictionary, key, (string)null);
    }

    public static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)
    {
        string[] values;
        return dictionary.TryGetValue(key, out values) ? string.Join(",", values) : defaultValue;
    }

    public static string[] GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string[] defaultValue)
    {
        string[] values;
        return dictionary.TryGetValue(key, out values) ? values : defaultValue;
    }

    public static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key)
    {
        return GetValueOrDefault(dictionary, key, null);
    }

    public static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key, string defaultValue)
    {
        string value;
        return dictionary.TryGetValue(key, out value) ? value : defaultValue;
    }

    public static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key)
    {
        return GetValueOrDefault<object>(dictionary, key, null);
    }

    public static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key, object defaultValue)
    {
        return GetValueOrDefault<object>(dictionary, key, defaultValue);
    }

    public static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)
    {
        return GetValueOrDefault(dictionary, key, default(T));
    }

    public static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)
    {
        object value;
        return dictionary.TryGetValue(key, out value) ? (T)value : defaultValue;
    }
}

public static class ByteArrayExtensions
{
    public static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)
    {
        return Encrypt(input, SymmetricAlgorithm.Create(alg), key, iv);
    }

    public static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)
    {
        return Run(input, alg.CreateEncryptor());
    }

    public static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)
    {
        return Run(input, alg.CreateEncryptor(key, iv));
    }

    public static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)
    {
        return Decrypt(input, SymmetricAlgorithm.Create(alg), key, iv);
    }

    public static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)
    {
        return Run(input, alg.CreateDecryptor());
    }

    public static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)
    {
        return Run(input, alg.CreateDecryptor(key, iv));
    }

    static byte[] Run(byte[] input, ICryptoTransform transform)
    {
        return transform.TransformFinalBlock(input, 0, input.Length);
    }
}

public static class CertificateExtensions
{
    public static bool VerifyNoRevocation(this X509Certificate2 input)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(input);
    }
}

public static class FormExtensions
{
    public static string ToQueryString(this IDictionary<string, IList<string>> form)
    {
        return "?" + ToFormUrlEncodedContent(form);
    }

    public static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> form)
    {
        return string.Join("&", form.SelectMany(pair => pair.Value.Select(value =>
            System.Net.WebUtility.UrlEncode(pair.Key) + "=" + System.Net.WebUtility.UrlEncode(value))));
    }
}
