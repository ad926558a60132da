//! Secrets are planted everywhere, everything that a gateway writes or answers is collected, and none may be in it.

use serde_json::json;

use crate::harness::{
    Api, Authority, Backend, CHAT, Folder, Gateway, Policy, Product, Start, Wire, models, program, raw,
};

/// Whatever begins with this must not be seen.
const PLANTED: &str = "planted-";

/// What the operator, callers and passers-by can see.
#[derive(Default)]
struct Collected(Vec<(String, String)>);

impl Collected {
    fn take(&mut self, what: &str, text: impl Into<String>) {
        self.0.push((what.to_owned(), text.into()));
    }

    /// Makes a call and keeps what came of it.
    async fn call(&mut self, call: crate::harness::Call) -> u16 {
        let answer = call.send().await;
        self.take("an answer", format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body)));
        answer.status
    }

    fn assert_clean(&self) {
        for (what, text) in &self.0 {
            let Some((_, rest)) = text.split_once(PLANTED) else { continue };
            let near: String = rest.chars().take(120).collect();
            panic!("{what} shows a secret: …{PLANTED}{near}");
        }
    }
}

/// Requests that are refused before anything looks at them, with secrets wherever one could stand.
const REFUSED: [&str; 6] = [
    "GET /by-backend/a?key=planted-k HTTP/1.1\r\nhost: a\r\nhost: planted-h\r\napi-key: planted-k\r\n\r\n",
    "TRACE /by-backend/a?subscription-key=planted-k HTTP/1.1\r\nhost: a\r\nauthorization: Bearer planted-t\r\nconnection: close\r\n\r\n",
    "POST /by-backend/a?key=planted-k HTTP/1.1\r\nhost: a\r\napi-key: planted-k\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nplanted-b",
    "POST /by-backend/a HTTP/1.1\r\nhost: a\r\napi-key: planted-team-key\r\ntransfer-encoding: chunked\r\n\r\nplanted-b\r\n",
    "GET /by-backend/a?key=planted-k#planted-f HTTP/1.1\r\nhost: a\r\n\r\n",
    "planted-method /by-backend/a HTTP/7.3\r\nplanted-header\r\n\r\n",
];

/// Everything in the files below a directory.
fn contents(directory: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text.push_str(&contents(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).expect("a file")));
        }
    }
    text
}

fn folder(backend: &Backend, models: &str, (chain, key_of_it): (&str, &str)) -> Folder {
    let set = |name: &str, value: &str| {
        format!(r#"<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>"#)
    };
    let everywhere = Policy::inbound(
        &[
            set("api-key", "{{provider-key}}"),
            set("authorization", r#"@("Bearer {{provider-key}}")"#),
            r#"<set-query-parameter name="sig" exists-action="override"><value>{{provider-key}}</value></set-query-parameter>"#.to_owned(),
            r#"<set-variable name="s" value="@("k=" + "{{provider-key}}".ToUpper() + context.Subscription.Key)" />"#.to_owned(),
            r#"<trace source="t" severity="error"><message>@((string)context.Variables["s"] + "{{provider-key}}")</message><metadata name="m" value="{{provider-key}}" /></trace>"#.to_owned(),
        ]
        .concat(),
    );
    let failing = Policy::inbound(r#"<set-variable name="s" value="@(int.Parse("{{provider-key}}"))" />"#)
        .and_on_error(
            r#"<trace source="t" severity="error"><message>@(context.LastError.Message)</message></trace>"#,
        );
    let bad_header = Policy::inbound(&set("x", r#"@("{{provider-key}}" + "\n")"#));
    let bad_backend = Policy::inbound(r#"<set-backend-service backend-id="@("{{provider-key}}")" />"#);
    let in_path = Policy::inbound(r#"<rewrite-uri template="/deep/{{provider-key}}/path" />"#);
    let by_backend = Policy::inbound(r#"<set-backend-service backend-id="models" />"#);
    let refused = Policy::inbound(r#"<set-backend-service backend-id="nobody" />"#);
    let proxied =
        Policy::inbound(r#"<proxy url="http://127.0.0.1:1" username="u" password="{{provider-key}}" />"#);
    let key = |name: &str| Api::new(name).with_key_names("api-key", "key").to(&backend.url());
    let credentials = json!({
        "header": { "x-provider": ["{{provider-key}}"] },
        "query": { "code": ["{{provider-key}}"] },
        "authorization": { "scheme": "Bearer", "parameter": "{{provider-key}}" },
    });
    let entity = |url: &str| json!({ "url": url, "protocol": "http", "credentials": credentials });
    Folder::new()
        .overlay("[apis.bearer]\nbearer-keys = true\n")
        .api(&key("everywhere").policy(everywhere))
        .api(&key("failing").policy(failing))
        .api(&key("bad-header").policy(bad_header))
        .api(&key("bad-backend").policy(bad_backend))
        .api(&key("in-path").policy(in_path))
        .api(&key("bearer"))
        .api(&key("by-backend").policy(by_backend))
        .api(&key("refused").policy(refused))
        .api(&key("proxied").policy(proxied))
        .api(&key("certified").policy(Policy::inbound(r#"<set-backend-service backend-id="certified" />"#)))
        .api(&Api::models(models).with_key().policy(Policy::inbound(&set("api-key", "{{model-key}}"))))
        .product(&Product::new("starter", &["everywhere"]))
        .backend("models", &entity(&backend.url()))
        .backend("nobody", &entity("http://127.0.0.1:1/below"))
        .backend(
            "certified",
            &json!({
                "url": backend.url().replace("http:", "https:"),
                "protocol": "http",
                "credentials": { "certificateIds": ["/certificates/own"] },
            }),
        )
        .certificate("own", chain, key_of_it)
        .secret("provider-key", "planted-provider-key")
        .secret("model-key", crate::harness::MODEL_KEY)
        .subscription("team", "/apis", "planted-team-key")
}

#[tokio::test]
async fn no_secret_is_seen_anywhere() {
    let (backend, models) = (Backend::start().await, models().await);
    let shown = Authority::new().client();
    let folder = folder(&backend, &models.base_url(), (&shown.pem, &shown.key_pem()));
    let sealing = folder.beside("sealing.key");
    let made = program(&["sealing-key", "create", sealing.to_str().expect("UTF-8")], &[]);
    let mut collected = Collected::default();
    collected.take("sealing-key create", format!("{made:?}"));
    let start = Start::new(folder).set("state.sealing-key-file", "sealing.key").set("log.level", "trace");
    let gateway = start.start().await;

    let with = |target: &str| gateway.get(target).header("api-key", "planted-team-key");
    for (target, status) in [
        ("/everywhere/a?token=x", 200),
        ("/failing/a", 500),
        ("/bad-header/a", 500),
        ("/bad-backend/a", 500),
        ("/in-path/a", 200),
        ("/by-backend/a", 200),
        ("/refused/a", 500),
        ("/proxied/a", 500),
        ("/certified/a", 500),
        ("/nowhere", 404),
    ] {
        for wire in [Wire::Http1, Wire::Http2] {
            assert_eq!(collected.call(with(target).over(wire)).await, status, "{target}");
        }
    }
    // Keys in queries, good and bad ones, under both names and however they are written; tokens; a prompt.
    for (target, status) in [
        ("/by-backend/a?key=planted-team-key", 200),
        ("/by-backend/a?KEY=planted-wrong", 401),
        ("/by-backend/a?%6bey=planted-wrong", 401),
        ("/bearer/a?subscription-key=planted-wrong", 401),
        ("/nowhere?subscription-key=planted-wrong", 404),
    ] {
        assert_eq!(collected.call(gateway.get(target)).await, status, "{target}");
    }
    let bearer = gateway.get("/bearer/a").header("authorization", "Bearer planted-team-key");
    assert_eq!(collected.call(bearer).await, 200);
    let token = gateway
        .get("/bearer/a")
        .header("authorization", "Bearer planted-token")
        .header("cookie", "planted-c");
    assert_eq!(collected.call(token).await, 401);
    let prompt = json!({ "messages": [{ "role": "user", "content": "planted-prompt" }] });
    let chat = gateway.call("POST", CHAT).key("planted-team-key").json(&prompt).send().await;
    assert!(chat.text().contains("planted-prompt"), "the caller gets its own words back: {}", chat.text());
    let cut = gateway.call("POST", CHAT).key("planted-team-key").header("x-simulate", "hang=before-head");
    let cut = tokio::spawn(cut.json(&prompt).open());
    crate::harness::eventually("the model is called", async || {
        (models.recorder().requests().len() == 2).then_some(())
    })
    .await;
    cut.abort();
    for request in REFUSED {
        collected.take("the answer to a refused request", raw(gateway.address, request).await);
    }
    // What reached the backends is as it should be: the secrets were really there.
    let reached = backend.seen().iter().map(crate::harness::Seen::everything).collect::<String>();
    assert!(reached.contains("planted-provider-key") && !reached.contains("planted-team-key"), "{reached}");

    // The state directory, with a subscription whose keys were shown to whoever made it.
    let made = gateway.run(&["subscription", "create", "own", "--all-apis"]);
    let own =
        made.stdout.lines().find_map(|line| line.strip_prefix("primary:")).expect("a key").trim().to_owned();
    assert_eq!(collected.call(gateway.get("/by-backend/a").header("api-key", &own)).await, 200);

    for path in ["/-/config", "/-/config/problems", "/-/ready", "/metrics", "/-/healthy", "/-/nothing"] {
        collected.call(crate::harness::Call::new(gateway.admin, "GET", path)).await;
    }
    // A reload that finds mistakes beside secrets.
    gateway.folder.rotate("provider-key", "planted-\"rotated");
    gateway.folder.write(
        "apis/failing/policy.xml",
        &String::from(Policy::inbound(
            "<set-method>{{provider-key}}</set-method><oops a=\"{{provider-key}}\" />",
        )),
    );
    collected.call(crate::harness::Call::new(gateway.admin, "POST", "/-/reload")).await;
    let artifacts = gateway.folder.artifacts();
    for arguments in [&["check"][..], &["check", "--resolve"]] {
        let output = program(&[arguments, &[artifacts.to_str().expect("UTF-8")]].concat(), &[]);
        assert_eq!(output.code, 1, "{output:?}");
        collected.take("check", format!("{output:?}"));
    }
    let into = gateway.folder.beside("exported");
    let exported = gateway.run(&["export", into.to_str().expect("UTF-8")]);
    assert_eq!(exported.code, 0, "{exported:?}");
    collected.take("export", format!("{exported:?}"));
    collected.take("an exported file", contents(&into));
    let both = [artifacts.to_str().expect("UTF-8"), into.to_str().expect("UTF-8")];
    for command in ["diff", "access"] {
        let arguments = if command == "diff" { &both[..] } else { &both[1..] };
        let told = program(&[&[command][..], arguments].concat(), &[]);
        collected.take(command, format!("{told:?}"));
    }
    collected.take("metrics", gateway.metrics().await);
    let command_line =
        std::fs::read_to_string(format!("/proc/{}/cmdline", gateway.pid())).unwrap_or_default();
    collected.take("the command line", command_line);
    assert_eq!(gateway.terminate().await, 0);
    collected.take("the program's log", gateway.said());
    let log = std::fs::read_to_string(gateway.folder.beside("access.log")).expect("the access log");
    assert!(log.lines().count() > 20 && log.contains("***"), "{log}");
    collected.take("the access log", log);
    collected.take("a key of the state directory in", below(&gateway, &own));
    collected.assert_clean();
    let key = shown.key_pem();
    let line = key.lines().nth(1).expect("a key");
    assert!(collected.0.iter().all(|(_, text)| !text.contains(line)), "a private key is seen");
}

/// Files of the state directory and logs that hold a text, marked as found.
fn below(gateway: &Gateway, text: &str) -> String {
    let mut found = String::new();
    let mut open = vec![gateway.folder.beside("state"), gateway.folder.beside("access.log")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path).expect("a directory").map(|entry| entry.expect("an entry").path()),
            );
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let holds = |what: &str| bytes.windows(what.len()).any(|part| part == what.as_bytes());
        if holds(text) || holds(PLANTED) {
            found.push_str(&format!("{PLANTED} {}\n", path.display()));
        }
    }
    found
}
