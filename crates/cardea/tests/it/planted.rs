//! Secrets are planted everywhere, everything that a gateway writes or answers is collected, and none may be in it.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

    fn assert_free_of(&self, key: &Key) {
        let shown = self.0.iter().find(|(_, text)| key.is_in(text.as_bytes()));
        assert!(shown.is_none(), "{:?} shows {}", shown.map(|(what, _)| what), key.name);
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
    for_each_file(directory, &mut |_, bytes| text.push_str(&String::from_utf8_lossy(bytes)));
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
    let authority = Authority::new();
    let (shown, server, other) = (authority.client(), authority.server(), authority.server());
    let folder = folder(&backend, &models.base_url(), (&shown.pem, &shown.key_pem()));
    let write = |folder: &Folder, name: &str, text: &str| {
        std::fs::write(folder.beside(name), text).expect("a file");
    };
    write(&folder, "gateway.pem", &server.pem);
    write(&folder, "gateway.key", &server.key_pem());
    let sealing = folder.beside("sealing.key");
    let made = program(&["sealing-key", "create", sealing.to_str().expect("UTF-8")], &[]);
    let mut collected = Collected::default();
    collected.take("sealing-key create", format!("{made:?}"));
    let sealing = std::fs::read_to_string(sealing).expect("a sealing key");
    let mut keys = vec![Key::new("the sealing key", sealing.trim().into())];
    let all =
        [("a client certificate's", &shown), ("the listener's", &server), ("another listener's", &other)];
    all.iter().for_each(|(whose, identity)| keys.extend(Key::of_pem(whose, &identity.key_pem())));
    let start = Start::new(folder).set("state.sealing-key-file", "sealing.key").set("log.level", "trace");
    let listener =
        r#"[{ address = "127.0.0.1:0", tls = { certificate = "gateway.pem", key = "gateway.key" } }]"#;
    let gateway = start.variable("CARDEA_LISTENERS", listener).start().await;
    let encrypted = gateway.said();
    let encrypted = encrypted.split_once("listening on https://").expect("a second listener").1;
    let encrypted = encrypted.lines().next().expect("an address").trim().parse().expect("an address");

    through_policies(&mut collected, &gateway).await;
    over_tls(&mut collected, encrypted, &authority.pem).await;
    with_keys_and_tokens(&mut collected, &gateway).await;
    with_models(&gateway, &models).await;
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
    with_mistakes_beside_secrets(&mut collected, &gateway).await;
    with_keys_that_are_none(&mut collected, &gateway, &other.key_pem()).await;
    let into = gateway.folder.beside("exported");
    commands(&mut collected, &gateway, &into);
    collected.take("metrics", gateway.metrics().await);
    let command_line =
        std::fs::read_to_string(format!("/proc/{}/cmdline", gateway.pid())).unwrap_or_default();
    collected.take("the command line", command_line);
    assert_eq!(gateway.terminate().await, 0);
    collected.take("the program's log", gateway.said());
    let log = std::fs::read_to_string(gateway.folder.beside("access.log")).expect("the access log");
    assert!(log.lines().count() > 20 && log.contains("***"), "{log}");
    collected.take("the access log", log);
    keys.push(Key::new("a subscription key that was made here", own.into()));
    keys.push(Key::new("a planted secret", PLANTED.into()));
    collected.assert_clean();
    keys.iter().for_each(|key| collected.assert_free_of(key));
    for path in [gateway.folder.beside("state"), gateway.folder.beside("access.log"), into] {
        for_each_file(&path, &mut |path, bytes| {
            let found = keys.iter().find(|key| key.is_in(bytes));
            assert!(found.is_none(), "{} holds {:?}", path.display(), found.map(|key| &key.name));
        });
    }
}

/// Calls of all APIs, whatever their policies do with secrets.
async fn through_policies(collected: &mut Collected, gateway: &Gateway) {
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
}

/// Keys in queries, good and bad ones, under both names and however they are written; tokens.
async fn with_keys_and_tokens(collected: &mut Collected, gateway: &Gateway) {
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
}

/// A prompt, and one whose caller leaves.
async fn with_models(gateway: &Gateway, models: &simulators::Running) {
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
}

/// A reload that finds mistakes beside secrets.
async fn with_mistakes_beside_secrets(collected: &mut Collected, gateway: &Gateway) {
    gateway.folder.rotate("provider-key", "planted-\"rotated");
    gateway.folder.write(
        "apis/failing/policy.xml",
        &String::from(Policy::inbound(
            "<set-method>{{provider-key}}</set-method><oops a=\"{{provider-key}}\" />",
        )),
    );
    collected.call(crate::harness::Call::new(gateway.admin, "POST", "/-/reload")).await;
}

/// Calls over TLS, and where somebody speaks none or trusts another.
async fn over_tls(collected: &mut Collected, encrypted: SocketAddr, root: &str) {
    let over_tls =
        || crate::harness::Call::new(encrypted, "GET", "/by-backend/a").header("api-key", "planted-team-key");
    let wire = Wire::Tls { root: root.to_owned(), offer: &["h2"] };
    assert_eq!(collected.call(over_tls().over(wire)).await, 200);
    let strange = Wire::Tls { root: Authority::new().pem, offer: &[] };
    assert!(over_tls().over(strange).open().await.is_err());
    collected
        .take("an answer without TLS", raw(encrypted, "GET / HTTP/1.1\r\nhost: planted-h\r\n\r\n").await);
}

/// A listener's key that is not its certificate's, one that is none; sealing keys that are none.
async fn with_keys_that_are_none(collected: &mut Collected, gateway: &Gateway, other: &str) {
    for (times, text) in [(1, other.to_owned()), (2, "planted-tls-key".to_owned())] {
        std::fs::write(gateway.folder.beside("gateway.key"), text).expect("a file");
        gateway.signal("HUP");
        crate::harness::eventually("the key is refused", async || {
            (gateway.said().matches("certificates cannot be renewed").count() >= times).then_some(())
        })
        .await;
    }
    std::fs::write(gateway.folder.beside("bad.key"), "planted-sealing-key-of-a-file").expect("a file");
    let (settings, bad) = (gateway.folder.beside("cardea.toml"), gateway.folder.beside("bad.key"));
    for (name, value) in [
        ("CARDEA_SEALING_KEY", "planted-sealing-key"),
        ("CARDEA_STATE__SEALING_KEY_FILE", bad.to_str().expect("UTF-8")),
    ] {
        let listing = ["subscription", "list", "--settings", settings.to_str().expect("UTF-8")];
        let output = program(&listing, &[(name, value)]);
        assert_ne!(output.code, 0, "{name}: {output:?}");
        collected.take("a sealing key that is none", format!("{output:?}"));
    }
}

/// What commands say of the folder, and what they write.
fn commands(collected: &mut Collected, gateway: &Gateway, into: &std::path::Path) {
    let artifacts = gateway.folder.artifacts();
    for arguments in [&["check"][..], &["check", "--resolve"]] {
        let output = program(&[arguments, &[artifacts.to_str().expect("UTF-8")]].concat(), &[]);
        assert_eq!(output.code, 1, "{output:?}");
        collected.take("check", format!("{output:?}"));
    }
    let exported = gateway.run(&["export", into.to_str().expect("UTF-8")]);
    assert_eq!(exported.code, 0, "{exported:?}");
    collected.take("export", format!("{exported:?}"));
    collected.take("an exported file", contents(into));
    let both = [artifacts.to_str().expect("UTF-8"), into.to_str().expect("UTF-8")];
    for command in ["diff", "access"] {
        let arguments = if command == "diff" { &both[..] } else { &both[1..] };
        let told = program(&[&[command][..], arguments].concat(), &[]);
        collected.take(command, format!("{told:?}"));
    }
}

/// A key as it must stand nowhere.
struct Key {
    name: String,
    bytes: Vec<u8>,
}

impl Key {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        assert!(bytes.len() >= PLANTED.len(), "{name} would be anywhere");
        Self { name: name.to_owned(), bytes }
    }

    /// A private key: each line of its PEM, and what the lines stand for.
    fn of_pem(whose: &str, pem: &str) -> Vec<Self> {
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(lines.concat()).expect("a key");
        // The first line is the same for all keys of a kind, the last one may be short.
        let lines = lines.iter().skip(1).filter(|line| line.len() > 16).map(|line| line.as_bytes().to_vec());
        lines.chain([der]).map(|bytes| Self::new(&format!("{whose} private key"), bytes)).collect()
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(self.bytes.len()).any(|part| part == self.bytes)
    }
}

fn for_each_file(path: &std::path::Path, look: &mut dyn FnMut(&std::path::Path, &[u8])) {
    if !path.is_dir() {
        return look(path, &std::fs::read(path).expect("a file"));
    }
    for entry in std::fs::read_dir(path).expect("a directory") {
        for_each_file(&entry.expect("an entry").path(), look);
    }
}
