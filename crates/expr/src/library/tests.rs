//! Members of library types, called by their declarations, with facts of the .NET documentation.
//!
//! A case names type and declaration, as in `Uri: string Host`. Programs in C# that use them are tested where expressions
//! are compiled.

use crate::catalogue::{HostMember, HostRef};
use crate::code::Code;
use crate::eval::{Cx, Eval};
use crate::host::BodyKind;
use crate::library::{Call, LIBRARY};
use crate::value::{DateTimeKind, EnumValue};
use crate::{DateTime, Exception, Heap, Host, Limits, Text, Value, VarName};

/// A host at a fixed time, with little randomness.
struct Still;

impl Host for Still {
    fn property(&mut self, _: HostRef, _: HostMember, _: &mut Heap) -> Eval {
        Ok(Value::Null)
    }

    fn variable(&mut self, _: &VarName, _: &mut Heap) -> Result<Option<Value>, Exception> {
        Ok(None)
    }

    fn variable_names(&mut self) -> Vec<Text> {
        Vec::new()
    }

    fn joined(&mut self, _: HostRef, _: &str) -> Option<Text> {
        None
    }

    fn values(&mut self, _: HostRef, _: &str) -> Option<Vec<Text>> {
        None
    }

    fn keys(&mut self, _: HostRef) -> Vec<Text> {
        Vec::new()
    }

    fn body(&mut self, _: HostRef, _: BodyKind, _: bool, _: &mut Heap) -> Eval {
        Ok(Value::Null)
    }

    fn trace(&mut self, _: Text) {}

    fn now(&mut self) -> DateTime {
        // 2020-05-06T00:00:00Z, 1588723200 seconds since 1970.
        DateTime { ticks: 637_243_200_000_000_000, kind: DateTimeKind::Utc }
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Calls library members.
struct Caller {
    heap: Heap,
}

impl Caller {
    fn new() -> Self {
        Self { heap: Heap::new(1 << 20) }
    }

    /// The member of a type with exactly this declaration.
    fn member(case: &str) -> Call {
        let (ty, declaration) = case.split_once(": ").unwrap();
        let is_type = |name: &str| name.rsplit('.').next() == Some(ty);
        let mut specs = LIBRARY.iter().flat_map(|specs| specs.iter());
        let spec = specs.find(|spec| is_type(spec.name)).unwrap_or_else(|| panic!("{ty}"));
        let mut rows = spec.members.iter();
        rows.find(|row| row.declaration == declaration).unwrap_or_else(|| panic!("{case}")).call
    }

    /// The result and what went out.
    fn outs(&mut self, case: &str, args: &[Value]) -> (Eval, Vec<Value>) {
        let (code, limits, mut host) = (Code::default(), Limits::default(), Still);
        let mut cx = Cx::new(&code, &mut host, &mut self.heap, &limits);
        let result = match Self::member(case) {
            Call::Function(function) | Call::Setter(function) => function(&mut cx, args),
            Call::Constant(value) => Ok(value()),
        };
        (result, std::mem::take(&mut cx.outs))
    }

    fn call(&mut self, case: &str, args: &[Value]) -> Value {
        self.outs(case, args).0.unwrap_or_else(|error| panic!("{case}: {error}"))
    }

    fn fails(&mut self, case: &str, args: &[Value]) -> String {
        let error = self.outs(case, args).0.unwrap_err();
        format!("{}: {}", error.class(), error.message().as_str())
    }

    fn show(&mut self, value: &Value) -> String {
        let (code, limits, mut host) = (Code::default(), Limits::default(), Still);
        let mut cx = Cx::new(&code, &mut host, &mut self.heap, &limits);
        cx.display(value).unwrap().as_str().to_owned()
    }

    fn bytes(&mut self, bytes: &[u8]) -> Value {
        self.heap.bytes(bytes.to_vec()).unwrap()
    }

    /// The value of an enum's member.
    fn member_of(name: &str, member: &str) -> Value {
        let class = crate::registry::registry().find(name).unwrap();
        let number = crate::registry::registry().class(class).enum_number(member).unwrap();
        Value::Enum(EnumValue { class, number })
    }
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn int(number: i32) -> Value {
    Value::Int32(number)
}

/// Examples of DateTime.AddDays, AddMonths, DayOfYear, DaysInMonth, Subtract.
#[test]
fn dates_compute() {
    let mut net = Caller::new();
    let date = net.call("DateTime: new(int year, int month, int day)", &[int(2015), int(12), int(31)]);
    let moved = net.call("DateTime: DateTime AddMonths(int months)", &[date.clone(), int(2)]);
    assert_eq!(net.show(&moved), "02/29/2016 00:00:00");
    let moved = net.call("DateTime: DateTime AddDays(double value)", &[date.clone(), Value::Double(0.5)]);
    assert_eq!(net.show(&moved), "12/31/2015 12:00:00");
    assert_eq!(net.call("DateTime: int DayOfYear", std::slice::from_ref(&date)), int(365));
    let day = net.call("DateTime: DayOfWeek DayOfWeek", std::slice::from_ref(&date));
    assert_eq!(net.show(&day), "Thursday");
    assert_eq!(
        net.call("DateTime: static int DaysInMonth(int year, int month)", &[int(2012), int(2)]),
        int(29)
    );
    let span = net.call("DateTime: TimeSpan Subtract(DateTime value)", &[moved, date.clone()]);
    assert_eq!(net.call("TimeSpan: double TotalHours", &[span]), Value::Double(12.0));
    let error = net.fails("DateTime: new(int year, int month, int day)", &[int(2015), int(2), int(30)]);
    assert!(
        error.ends_with("Year, Month, and Day parameters describe an un-representable DateTime."),
        "{error}"
    );
    let error = net.fails("DateTime: DateTime AddYears(int value)", &[date, int(9000)]);
    assert!(error.contains("un-representable"), "{error}");
    let now = net.call("DateTime: static DateTime UtcNow", &[]);
    let shown = net.call("DateTime: string ToString(string format)", &[now, text("yyyy-MM-ddTHH:mm:ssZ")]);
    assert_eq!(shown, text("2020-05-06T00:00:00Z"));
}

/// DateTimeOffset.ToUnixTimeSeconds: 1970-01-01T00:00:01Z is 1; FromUnixTimeSeconds gives it back.
#[test]
fn offsets_and_spans_compute() {
    let mut net = Caller::new();
    let from = "DateTimeOffset: static DateTimeOffset FromUnixTimeSeconds(long seconds)";
    let date = net.call(from, &[Value::Int64(1_589_155_200)]);
    assert_eq!(net.show(&date), "05/11/2020 00:00:00 +00:00");
    assert_eq!(
        net.call("DateTimeOffset: long ToUnixTimeSeconds()", std::slice::from_ref(&date)),
        Value::Int64(1_589_155_200)
    );
    let hours = net.call("TimeSpan: static TimeSpan FromHours(double value)", &[Value::Double(-7.0)]);
    let west = net.call("DateTimeOffset: DateTimeOffset ToOffset(TimeSpan offset)", &[date.clone(), hours]);
    assert_eq!(net.show(&west), "05/10/2020 17:00:00 -07:00");
    assert_eq!(
        net.call("DateTimeOffset: bool Equals(DateTimeOffset other)", &[date, west]),
        Value::Bool(true)
    );
    assert!(net.fails(from, &[Value::Int64(i64::MAX)]).starts_with("System.ArgumentOutOfRangeException"));
    let rounded = net.call("TimeSpan: static TimeSpan FromSeconds(double value)", &[Value::Double(1.2345)]);
    assert_eq!(net.show(&rounded), "00:00:01.2350000");
    let (ok, outs) =
        net.outs("TimeSpan: static bool TryParse(string s, out TimeSpan result)", &[text("1:2:3")]);
    assert_eq!((ok, net.show(&outs[0])), (Ok(Value::Bool(true)), "01:02:03".to_owned()));
}

/// The example of BitConverter.ToString and SHA-256 of "abc" (FIPS 180-4), as signature policies use them.
#[test]
fn bytes_are_encoded_hashed_and_shown() {
    let mut net = Caller::new();
    let utf8 = net.call("Encoding: static Encoding UTF8", &[]);
    let abc = net.call("Encoding: byte[] GetBytes(string s)", &[utf8.clone(), text("abc")]);
    let hasher = net.call("SHA256: static SHA256 Create()", &[]);
    let hash = net.call("HashAlgorithm: byte[] ComputeHash(byte[] buffer)", &[hasher, abc.clone()]);
    let shown = net.call(
        "BitConverter: static string ToString(byte[] value, int startIndex, int length)",
        &[hash, int(0), int(4)],
    );
    assert_eq!(shown, text("BA-78-16-BF"));
    assert_eq!(net.call("Encoding: string GetString(byte[] bytes)", &[utf8, abc]), text("abc"));
    let number = net.bytes(&[1, 2, 0, 0]);
    let read =
        net.call("BitConverter: static int ToInt32(byte[] value, int startIndex)", &[number.clone(), int(0)]);
    assert_eq!(read, int(513));
    let error =
        net.fails("BitConverter: static int ToInt32(byte[] value, int startIndex)", &[number, int(1)]);
    assert!(error.starts_with("System.ArgumentException: Destination array is not long enough"), "{error}");
    let key = net.bytes(b"Jefe");
    let hmac = net.call("HMACSHA256: new(byte[] key)", &[key]);
    let data = net.bytes(b"what do ya want for nothing?");
    let hash = net.call("HashAlgorithm: byte[] ComputeHash(byte[] buffer)", &[hmac, data]);
    assert_eq!(net.heap.as_bytes(&hash).unwrap()[..4], [0x5B, 0xDC, 0xC1, 0x46], "RFC 4231, case 2");
}

#[test]
fn what_comes_of_a_secret_key_is_secret() {
    let mut net = Caller::new();
    let hmac = {
        let key = net.bytes(b"k");
        net.call("HMACSHA256: new(byte[] key)", &[key])
    };
    let hmac = net.heap.taint(hmac);
    assert!(net.heap.is_tainted_scalar(&hmac));
    assert!(!format!("{:?}", net.heap.object(&hmac)).contains("107"), "the key is not shown");
    let found = net.call(
        "Regex: static Match Match(string input, string pattern)",
        &[Value::Text(Text::copied("ab").tainted()), text("a")],
    );
    let value = net.call("Capture: string Value", &[found]);
    assert!(value.is_tainted());
}

/// Uri's table of properties; the remarks of Uri(Uri, String).
#[test]
fn uris_come_apart() {
    let mut net = Caller::new();
    let uri = net.call("Uri: new(string uriString)", &[text("https://Host:8080/a/b%20c/?q=1#f")]);
    for (property, expected) in [
        ("string Host", "host"),
        ("string Authority", "host:8080"),
        ("string AbsolutePath", "/a/b%20c/"),
        ("string LocalPath", "/a/b c/"),
        ("string PathAndQuery", "/a/b%20c/?q=1"),
        ("string Fragment", "#f"),
        ("string AbsoluteUri", "https://host:8080/a/b%20c/?q=1#f"),
    ] {
        assert_eq!(
            net.call(&format!("Uri: {property}"), std::slice::from_ref(&uri)),
            text(expected),
            "{property}"
        );
    }
    assert_eq!(net.show(&uri), "https://host:8080/a/b c/?q=1#f");
    let authority = Caller::member_of("UriPartial", "Authority");
    let left = net.call("Uri: string GetLeftPart(UriPartial part)", &[uri.clone(), authority]);
    assert_eq!(left, text("https://host:8080"));
    let joined = net.call("Uri: new(Uri baseUri, string relativeUri)", &[uri, text("../x")]);
    assert_eq!(net.show(&joined), "https://host:8080/a/x");
    let error = net.fails("Uri: new(string uriString)", &[text("x")]);
    assert_eq!(
        error,
        "System.UriFormatException: Invalid URI: The format of the URI could not be determined."
    );
    let escaped = net.call("Uri: static string EscapeDataString(string stringToEscape)", &[text("a b&c")]);
    assert_eq!(escaped, text("a%20b%26c"));
    let decoded = net.call("WebUtility: static string UrlDecode(string encodedValue)", &[text("a+b%26")]);
    assert_eq!(decoded, text("a b&"));
}

/// Examples of Regex.Match, Matches, Replace and Split.
#[test]
fn patterns_match() {
    let mut net = Caller::new();
    let found = net.call(
        "Regex: static Match Match(string input, string pattern)",
        &[text("é/deployments/gpt-4o/x"), text("deployments/(?<d>[^/]+)")],
    );
    assert_eq!(net.call("Capture: int Index", std::slice::from_ref(&found)), int(2));
    let groups = net.call("Match: GroupCollection Groups", std::slice::from_ref(&found));
    let group = net.call("GroupCollection: Group this[string groupname]", &[groups.clone(), text("d")]);
    assert_eq!(net.call("Capture: string Value", &[group]), text("gpt-4o"));
    let missing = net.call("GroupCollection: Group this[int groupnum]", &[groups, int(9)]);
    assert_eq!(net.call("Group: bool Success", &[missing]), Value::Bool(false));
    let all = net.call(
        "Regex: static MatchCollection Matches(string input, string pattern)",
        &[text("1 22"), text("\\d+")],
    );
    assert_eq!(net.call("MatchCollection: int Count", &[all]), int(2));
    let replaced = net.call(
        "Regex: static string Replace(string input, string pattern, string replacement)",
        &[text("one two"), text("(\\w+) (\\w+)"), text("$2 $1")],
    );
    assert_eq!(replaced, text("two one"));
    let parts = net.call(
        "Regex: static string[] Split(string input, string pattern)",
        &[text("plum-pear"), text("(-)")],
    );
    let parts: Vec<_> = super::arguments::items(&net.heap, &parts).to_vec();
    assert_eq!(parts, [text("plum"), text("-"), text("pear")]);
    let error = net.fails("Regex: new(string pattern)", &[text("(")]);
    assert_eq!(error, "System.ArgumentException: parsing \"(\" - Not enough )'s.");
    let options = Caller::member_of("RegexOptions", "IgnoreCase");
    let matched = net.call(
        "Regex: static bool IsMatch(string input, string pattern, RegexOptions options)",
        &[text("ABC"), text("b"), options],
    );
    assert_eq!(matched, Value::Bool(true));
    let slow = net.outs(
        "Regex: static bool IsMatch(string input, string pattern)",
        &[text(&("a".repeat(60) + "b")), text("^(a+)+$")],
    );
    assert_eq!(slow.0.unwrap(), Value::Bool(false));
    let slow = net.outs(
        "Regex: static bool IsMatch(string input, string pattern)",
        &[text(&("a".repeat(60) + "b")), text("^(?=(a+)+$)")],
    );
    assert!(slow.0.unwrap_err().is_limit());
}

/// new Random(42).Next() in .NET; Math.Abs, Math.Max, Math.Sign, Math.DivRem.
#[test]
fn numbers_compute() {
    let mut net = Caller::new();
    let random = net.call("Random: new(int Seed)", &[int(42)]);
    assert_eq!(net.call("Random: int Next()", std::slice::from_ref(&random)), int(1_434_747_710));
    let error = net.fails("Random: int Next(int minValue, int maxValue)", &[random, int(2), int(1)]);
    assert!(error.contains("'minValue' cannot be greater than maxValue."), "{error}");
    assert_eq!(net.call("Math: static int Max(int val1, int val2)", &[int(1), int(2)]), int(2));
    assert_eq!(net.call("Math: static int Abs(int value)", &[int(-5)]), int(5));
    assert!(
        net.fails("Math: static int Abs(int value)", &[int(i32::MIN)])
            .starts_with("System.OverflowException")
    );
    assert_eq!(net.call("Math: static double Ceiling(double d)", &[Value::Double(1.2)]), Value::Double(2.0));
    let (quotient, outs) =
        net.outs("Math: static int DivRem(int a, int b, out int result)", &[int(-7), int(2)]);
    assert_eq!((quotient, outs), (Ok(int(-3)), vec![int(-1)]));
    let error = net.fails("Math: static int DivRem(int a, int b, out int result)", &[int(1), int(0)]);
    assert_eq!(error, "System.DivideByZeroException: Attempted to divide by zero.");
}

#[test]
fn arrays_of_bytes_are_encrypted_and_decrypted() {
    let mut net = Caller::new();
    let (key, iv, data) = (net.bytes(&[1; 32]), net.bytes(&[2; 16]), net.bytes(b"hello"));
    let sealed = net.call(
        "ByteArrayExtensions: static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)",
        &[data, text("Aes"), key.clone(), iv.clone()],
    );
    let opened = net.call(
        "ByteArrayExtensions: static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)",
        &[sealed.clone(), text("Aes"), key, iv.clone()],
    );
    assert_eq!(net.heap.as_bytes(&opened), Some(b"hello".as_slice()));
    let other = net.bytes(&[3; 32]);
    let decrypt =
        "ByteArrayExtensions: static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)";
    let error = net.fails(decrypt, &[sealed, text("Aes"), other, iv]);
    assert!(error.ends_with("Padding is invalid and cannot be removed."), "{error}");
}
