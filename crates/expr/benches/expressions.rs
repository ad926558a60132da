//! Nanoseconds per evaluation and microseconds per compile of typical programs.
//!
//! `cargo bench -p expr --bench expressions` prints a table; nothing is asserted. The request is a small host whose texts are
//! static or shared, as the gateway's are; its JSON body is parsed once.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark measures time and prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use expr::{
    BodyKind, CompileEnv, DateTime, DateTimeKind, Exception, Expected, Form, Heap, Host, HostMember,
    HostObject, HostRef, Jwt, Limits, Text, Value, VarName, compile,
};

struct Request {
    body: Option<Value>,
    variables: Vec<(VarName, Value)>,
    header: Text,
    id: Arc<str>,
}

impl Host for Request {
    fn property(&mut self, _: HostRef, member: HostMember, _: &mut Heap) -> Result<Value, Exception> {
        use HostMember as M;
        let object = |object| Ok(Value::Host(HostRef::of(object)));
        match member {
            M::ContextSubscription => object(HostObject::Subscription),
            M::SubscriptionId => Ok(Value::Text(Text::from_shared(&self.id))),
            M::ContextRequest => object(HostObject::Request),
            M::RequestHeaders => object(HostObject::RequestHeaders),
            M::RequestBody => object(HostObject::RequestBody),
            M::RequestMethod => Ok(Value::Text(Text::from_static("POST"))),
            M::ContextVariables => object(HostObject::Variables),
            M::ContextResponse => object(HostObject::Response),
            M::ResponseStatusCode => Ok(Value::Int32(429)),
            _ => Ok(Value::Null),
        }
    }

    fn variable(&mut self, name: &VarName, _: &mut Heap) -> Result<Option<Value>, Exception> {
        Ok(self.variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()))
    }

    fn variable_names(&mut self) -> Vec<Text> {
        Vec::new()
    }

    fn joined(&mut self, _: HostRef, key: &str) -> Option<Text> {
        key.eq_ignore_ascii_case("x-tier").then(|| self.header.clone())
    }

    fn values(&mut self, _: HostRef, _: &str) -> Option<Vec<Text>> {
        None
    }

    fn keys(&mut self, _: HostRef) -> Vec<Text> {
        Vec::new()
    }

    fn body(&mut self, _: HostRef, _: BodyKind, _: bool, _: &mut Heap) -> Result<Value, Exception> {
        Ok(self.body.clone().unwrap_or(Value::Null))
    }

    fn trace(&mut self, _: Text) {}

    fn now(&mut self) -> DateTime {
        DateTime { ticks: 638_448_930_450_000_000, kind: DateTimeKind::Utc }
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

const BODY: &str = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"Hello"}],"route":{"region":"swedencentral"}}"#;
const BACKENDS: &str = r#"[{"url":"https://a/","priority":1,"isThrottling":true},{"url":"https://b/","priority":1,"isThrottling":true},{"url":"https://c/","priority":2,"isThrottling":false},{"url":"https://d/","priority":2,"isThrottling":false},{"url":"https://e/","priority":3,"isThrottling":false}]"#;
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlcyI6WyJyZWFkZXIiLCJ3cml0ZXIiXX0.c2ln";

const PROGRAMS: &[(&str, Form, &str)] = &[
    ("subscription id", Form::Expression, "context.Subscription.Id"),
    (
        "header with default",
        Form::Expression,
        r#"context.Request.Headers.GetValueOrDefault("x-tier", "free")"#,
    ),
    ("concatenation with a variable", Form::Expression, r#""Bearer " + (string)context.Variables["token"]"#),
    (
        "JObject body, nested string",
        Form::Expression,
        r#"context.Request.Body.As<JObject>(preserveContent: true)["route"]["region"].ToString()"#,
    ),
    (
        "boolean of four comparisons",
        Form::Expression,
        r#"context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500) && context.Request.Method == "POST""#,
    ),
    (
        "interpolation with a format",
        Form::Expression,
        r#"$"{context.Variables["count"]:N2} of {context.Subscription.Id}""#,
    ),
    (
        "JWT claim contains",
        Form::Expression,
        r#"((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("writer")"#,
    ),
    (
        "LINQ over ten items",
        Form::Expression,
        r#"((string[])context.Variables["items"]).Where(x => x.Length > 1).Select(x => x + "!").Any(x => x == "item9!")"#,
    ),
    (
        "loop choosing a backend of five",
        Form::Block,
        r#"var backends = (JArray)context.Variables["backends"];
           int selected = int.MaxValue; int index = -1;
           for (int i = 0; i < backends.Count; i++) {
               JObject backend = (JObject)backends[i];
               if (!backend.Value<bool>("isThrottling") && backend.Value<int>("priority") < selected) {
                   selected = backend.Value<int>("priority"); index = i;
               }
           }
           return index;"#,
    ),
    (
        "HMAC signature",
        Form::Block,
        r#"using (var hmac = new System.Security.Cryptography.HMACSHA256(Encoding.UTF8.GetBytes("key"))) {
               return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes("payload")));
           }"#,
    ),
];

fn request(heap: &mut Heap) -> Result<Request, Exception> {
    let json = |heap: &mut Heap, text: &'static str| heap.parse_json(&Text::from_static(text));
    let items = heap.strings((1..=10).map(|n| Text::from(format!("item{n}"))))?;
    let backends = json(heap, BACKENDS)?;
    let jwt = match Jwt::parse(&Text::from_static(TOKEN)) {
        Some(jwt) => heap.jwt(jwt)?,
        None => Value::Null,
    };
    Ok(Request {
        body: Some(json(heap, BODY)?),
        variables: vec![
            (VarName::new("token"), Value::text("abcdef")),
            (VarName::new("count"), Value::Double(1234.5)),
            (VarName::new("items"), items),
            (VarName::new("backends"), backends),
            (VarName::new("jwt"), jwt),
        ],
        header: Text::from_static("premium"),
        id: Arc::from("0123456789abcdef01234567"),
    })
}

/// The least of several rounds, in nanoseconds each.
fn measure(rounds: u32, times: u32, mut run: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..times {
            run();
        }
        let each = start.elapsed().as_secs_f64() * 1e9 / f64::from(times);
        best = best.min(each);
    }
    best
}

fn main() {
    println!("{:34} {:>10} {:>12}", "program", "eval ns", "compile us");
    for (name, form, code) in PROGRAMS {
        let compiled = compile(code, *form, &Expected::Any, &CompileEnv::default());
        let Some(program) = compiled.program else {
            println!("{name:34} {:?}", compiled.problems);
            continue;
        };
        let limits = Limits::default();
        let mut heap = Heap::new(usize::MAX);
        let Ok(mut host) = request(&mut heap) else { return };
        let first = program.eval(&mut host, &mut heap, &limits);
        let eval = measure(15, 2_000, || {
            // A fresh heap now and then, as each request has one.
            let _ = black_box(program.eval(&mut host, &mut heap, &limits));
        });
        let compile = measure(7, 200, || {
            black_box(compile(code, *form, &Expected::Any, &CompileEnv::default()));
        });
        println!("{name:34} {eval:>10.0} {:>12.1}   {first:?}", compile / 1000.0);
    }
}
