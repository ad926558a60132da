//! The ten programs, in C# and, where it can be said there, in rhai and CEL.

/// A program in several languages.
#[derive(Debug)]
pub struct Case {
    pub name: &'static str,
    /// C# with `return`: a block is what all of them can be.
    pub csharp: Code,
    /// In rhai, over functions and values of `engines::rhai`.
    pub rhai: Option<&'static str>,
    /// In CEL, over values of `engines::cel`.
    pub cel: Option<&'static str>,
    /// What comes out, as text.
    pub result: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum Code {
    Expression(&'static str),
    Block(&'static str),
}

pub const BODY: &str = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"Hello"}],"route":{"region":"swedencentral"}}"#;
pub const BACKENDS: &str = r#"[{"url":"https://a/","priority":1,"isThrottling":true},{"url":"https://b/","priority":1,"isThrottling":true},{"url":"https://c/","priority":2,"isThrottling":false},{"url":"https://d/","priority":2,"isThrottling":false},{"url":"https://e/","priority":3,"isThrottling":false}]"#;
pub const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlcyI6WyJyZWFkZXIiLCJ3cml0ZXIiXX0.c2ln";
pub const SUBSCRIPTION: &str = "0123456789abcdef01234567";

pub const CASES: &[Case] = &[
    Case {
        name: "subscription id",
        csharp: Code::Expression("context.Subscription.Id"),
        rhai: Some("context.subscription.id"),
        cel: Some("context.subscription.id"),
        result: SUBSCRIPTION,
    },
    Case {
        name: "header with default",
        csharp: Code::Expression(r#"context.Request.Headers.GetValueOrDefault("X-Tier", "free")"#),
        rhai: Some(r#"context.request.headers["x-tier"] ?? "free""#),
        cel: Some(r#"has(context.request.headers.x_tier) ? context.request.headers.x_tier : "free""#),
        result: "premium",
    },
    Case {
        name: "concatenation with a variable",
        csharp: Code::Expression(r#""Bearer " + (string)context.Variables["token"]"#),
        rhai: Some(r#""Bearer " + variables.token"#),
        cel: Some(r#""Bearer " + variables.token"#),
        result: "Bearer abcdef",
    },
    Case {
        name: "JObject body, nested string",
        csharp: Code::Expression(
            r#"context.Request.Body.As<JObject>(preserveContent: true)["route"]["region"].ToString()"#,
        ),
        rhai: Some("body.route.region"),
        cel: Some("body.route.region"),
        result: "swedencentral",
    },
    Case {
        name: "boolean of four comparisons",
        csharp: Code::Expression(
            r#"context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500) && context.Request.Method == "POST""#,
        ),
        rhai: Some(
            r#"context.response != () && (context.response.status == 429 || context.response.status >= 500) && context.request.method == "POST""#,
        ),
        cel: Some(
            r#"context.response != null && (context.response.status == 429 || context.response.status >= 500) && context.request.method == "POST""#,
        ),
        result: "True",
    },
    Case {
        name: "interpolation with a format",
        csharp: Code::Expression(r#"$"{context.Variables["count"]:N2} of {context.Subscription.Id}""#),
        rhai: None,
        cel: None,
        result: "1,234.50 of 0123456789abcdef01234567",
    },
    Case {
        name: "JWT claim contains",
        csharp: Code::Expression(r#"((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("writer")"#),
        rhai: Some(r#""writer" in variables.jwt.claims.roles"#),
        cel: Some(r#""writer" in variables.jwt.claims.roles"#),
        result: "True",
    },
    Case {
        name: "LINQ over ten items",
        csharp: Code::Expression(
            r#"((string[])context.Variables["items"]).Where(x => x.Length > 1).Select(x => x + "!").Any(x => x == "item9!")"#,
        ),
        rhai: Some(r#"variables.items.filter(|x| x.len() > 1).map(|x| x + "!").some(|x| x == "item9!")"#),
        cel: Some(r#"variables.items.filter(x, size(x) > 1).map(x, x + "!").exists(x, x == "item9!")"#),
        result: "True",
    },
    Case {
        name: "loop choosing a backend of five",
        csharp: Code::Block(
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
        rhai: Some(
            "let selected = 2147483647; let index = -1; let i = 0;
let backends = variables.backends;
while i < backends.len() {
    let backend = backends[i];
    if !backend.isThrottling && backend.priority < selected { selected = backend.priority; index = i; }
    i += 1;
}
index",
        ),
        cel: None,
        result: "2",
    },
    Case {
        name: "HMAC signature",
        csharp: Code::Block(
            r#"using (var hmac = new System.Security.Cryptography.HMACSHA256(Encoding.UTF8.GetBytes("key"))) {
    return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes("payload")));
}"#,
        ),
        rhai: None,
        cel: None,
        result: "XZi0XJCiB/qZjOY5/qbwLsyMw/Nv74HWlPuFa00KKMo=",
    },
];
