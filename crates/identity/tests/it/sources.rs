//! How each source is asked: the requests are those that Azure's client libraries were seen to send (management 2.2 and
//! 3.3).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use identity::{CertificateSource, Environment, GatewayTokens, Identity, Settings, SettingsError, Source};
use jose::sign::{KeyKind, SigningKey};
use policy::{AccessToken, IdentityChoice, TokenRequest, TokenSource as _};
use secret::{Secret, SecretSlot};
use serde_json::json;

use crate::world::{Answer, START, World, clock, form, json, query, rng, settle, status, value};

const RESOURCE: &str = "https://cognitiveservices.azure.com";

fn token(_: &Request<Bytes>) -> Answer {
    json(200, &json!({"access_token": "granted", "expires_in": 3600, "token_type": "Bearer"}))
}

fn tokens(world: &Arc<World>, settings: &Settings, environment: &Environment) -> GatewayTokens {
    let made = GatewayTokens::new(settings, environment, Arc::clone(world) as _, clock(), rng());
    made.unwrap()
}

fn of(source: Source) -> Settings {
    Settings { source: Some(source), ..Settings::default() }
}

fn asks(resource: &str, identity: IdentityChoice) -> TokenRequest {
    TokenRequest { resource: resource.into(), identity, hidden: false }
}

fn user(id: &str) -> IdentityChoice {
    IdentityChoice::User(id.into())
}

async fn system(tokens: &GatewayTokens) -> Result<AccessToken, String> {
    let request = asks(RESOURCE, IdentityChoice::System);
    tokens.token(&request).await.map_err(|error| error.to_string())
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    Environment::read(|name| {
        let found = pairs.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[tokio::test(start_paused = true)]
async fn instance_metadata_is_asked_as_azures_libraries_ask_it() {
    let world = World::new(token);
    let tokens = tokens(&world, &Settings::default(), &Environment::default());
    assert_eq!(tokens.source(), "instance metadata");
    let granted = system(&tokens).await.unwrap();
    assert!(granted.token.matches("granted"));
    assert_eq!(granted.expires.as_second(), START + 3600);
    let request = world.last();
    let expected = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F\
                    cognitiveservices.azure.com";
    assert_eq!(request.uri().to_string(), expected);
    assert_eq!(
        (request.method().as_str(), &request.headers()["Metadata"]),
        ("GET", &"true".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn identities_are_named_by_each_of_their_ids() {
    let listed = |client: Option<&str>, object: Option<&str>, resource: Option<&str>| Identity {
        client_id: client.map(str::to_owned),
        object_id: object.map(str::to_owned),
        resource_id: resource.map(str::to_owned),
        source: None,
    };
    let settings = Settings {
        identities: vec![
            listed(Some("client-1"), Some("object-1"), Some("/subscriptions/s/1")),
            listed(None, Some("object-2"), Some("/subscriptions/s/2")),
            listed(None, None, Some("/subscriptions/s/3")),
        ],
        ..Settings::default()
    };
    let app =
        Source::AppService { endpoint: "http://localhost:1/token?x=1".to_owned(), header: Secret::new("h") };
    for (id, imds, app_service) in [
        ("client-1", ("client_id", "client-1"), ("client_id", "client-1")),
        ("OBJECT-1", ("client_id", "client-1"), ("client_id", "client-1")),
        ("object-2", ("object_id", "object-2"), ("object_id", "object-2")),
        ("/Subscriptions/s/3", ("msi_res_id", "/subscriptions/s/3"), ("mi_res_id", "/subscriptions/s/3")),
        ("unlisted", ("client_id", "unlisted"), ("client_id", "unlisted")),
    ] {
        for (source, (name, sent)) in [(None, imds), (Some(app.clone()), app_service)] {
            let world = World::new(token);
            let tokens = tokens(&world, &Settings { source, ..settings.clone() }, &Environment::default());
            tokens.token(&asks(RESOURCE, user(id))).await.unwrap();
            assert_eq!(value(&query(&world.last()), name), Some(sent), "{id}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn app_service_sees_its_header() {
    let world = World::new(|_| {
        json(
            200,
            &json!({"access_token": "granted", "expires_on": (START + 60).to_string(), "resource": RESOURCE}),
        )
    });
    let environment = environment(&[
        ("IDENTITY_ENDPOINT", "http://localhost:4141/msi/token"),
        ("IDENTITY_HEADER", "planted"),
    ]);
    let tokens = tokens(&world, &Settings::default(), &environment);
    assert_eq!(tokens.source(), "App Service");
    assert_eq!(system(&tokens).await.unwrap().expires.as_second(), START + 60);
    let request = world.last();
    assert_eq!(request.uri().path(), "/msi/token");
    assert_eq!(value(&query(&request), "api-version"), Some("2019-08-01"));
    assert_eq!(value(&query(&request), "resource"), Some(RESOURCE));
    assert_eq!(request.headers()["X-IDENTITY-HEADER"], "planted");
    assert_eq!(request.headers()["Metadata"], "true");
    assert!(!format!("{tokens:?} {request:?}").contains("planted"));
}

/// management 3.3: the first answer is 401 and names a file, whose content is the proof.
#[tokio::test(start_paused = true)]
async fn arc_proves_that_it_is_asked_from_its_own_machine() {
    let folder = tempfile::tempdir().unwrap();
    let arc = |folder: &Path| Source::Arc {
        endpoint: "http://localhost:40342/metadata/identity/oauth2/token".to_owned(),
        challenge_directory: Some(folder.to_owned()),
    };
    let challenging = |path: PathBuf| {
        World::new(move |request: &Request<Bytes>| {
            let proof = request.headers().get("Authorization").cloned();
            if proof.is_some_and(|proof| proof == "Basic planted-proof") {
                return token(request);
            }
            let challenge = format!("Basic realm={}", path.display());
            let answer = Response::builder().status(401).header("WWW-Authenticate", challenge);
            Ok(answer.body(Bytes::new()).unwrap())
        })
    };
    let file = folder.path().join("proof.key");
    std::fs::write(&file, "planted-proof\n").unwrap();
    let world = challenging(file.clone());
    let own = tokens(&world, &of(arc(folder.path())), &Environment::default());
    system(&own).await.unwrap();
    assert_eq!(world.count(), 2);
    assert_eq!(world.asked()[0].headers().get("Authorization"), None);
    assert_eq!(value(&query(&world.last()), "api-version"), Some("2020-06-01"));
    // A user-assigned identity does not exist there.
    let error = own.token(&asks(RESOURCE, user("x"))).await.unwrap_err();
    assert!(error.why.contains("system-assigned identity only"), "{error}");

    let other = folder.path().join("other");
    std::fs::write(&other, "planted-secret").unwrap();
    let large = folder.path().join("large.key");
    std::fs::write(&large, "x".repeat(4097)).unwrap();
    let outside = tempfile::NamedTempFile::with_suffix(".key").unwrap();
    std::fs::write(outside.path(), "planted-secret").unwrap();
    for (path, why) in [
        (other, "is not read"),
        (large, "larger than 4096 bytes"),
        (outside.path().to_owned(), "is not read"),
        (folder.path().join("missing.key"), "cannot be read"),
    ] {
        let world = challenging(path.clone());
        let error =
            system(&tokens(&world, &of(arc(folder.path())), &Environment::default())).await.unwrap_err();
        assert!(error.contains(why) && !error.contains("planted"), "{error}");
        assert_eq!(world.count(), 1, "{}", path.display());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_secret_goes_to_the_token_endpoint_and_nowhere_else() {
    let world = World::new(token);
    let slot = SecretSlot::holding("client", Secret::new("planted~1"));
    let source = Source::ClientSecret {
        tenant: "contoso.example".to_owned(),
        client_id: "app".to_owned(),
        secret: slot.clone(),
    };
    let settings = Settings { authority: Some("https://login.example/".to_owned()), ..of(source) };
    let tokens = tokens(&world, &settings, &Environment::default());
    system(&tokens).await.unwrap();
    let request = world.last();
    assert_eq!(request.uri(), "https://login.example/contoso.example/oauth2/v2.0/token");
    assert_eq!(request.headers()["Content-Type"], "application/x-www-form-urlencoded");
    let sent = form(&request);
    for (name, expected) in [
        ("client_id", "app"),
        ("client_secret", "planted~1"),
        ("grant_type", "client_credentials"),
        ("scope", "https://cognitiveservices.azure.com/.default"),
    ] {
        assert_eq!(value(&sent, name), Some(expected));
    }
    // A rotated secret is used from the next request on.
    slot.replace(Secret::new("planted~2"));
    tokens.token(&asks("https://other.example", IdentityChoice::System)).await.unwrap();
    assert_eq!(value(&form(&world.last()), "client_secret"), Some("planted~2"));
    // The application itself can be named; another has no secret here.
    tokens.token(&asks("https://third.example", user("APP"))).await.unwrap();
    let error = tokens.token(&asks(RESOURCE, user("other"))).await.unwrap_err();
    assert!(error.why.contains("application `app`") && error.why.contains("a source of its own"), "{error}");
    assert!(!format!("{tokens:?} {settings:?}").contains("planted"));
}

/// policies-a 3.3: the resource is used as it is given; only `/.default` is understood.
#[tokio::test(start_paused = true)]
async fn resources_keep_their_slashes() {
    for (resource, scope, plain) in [
        ("https://a.example", "https://a.example/.default", "https://a.example"),
        ("https://a.example/", "https://a.example//.default", "https://a.example/"),
        ("https://a.example/.default", "https://a.example/.default", "https://a.example"),
        ("https://a.example//.default", "https://a.example//.default", "https://a.example/"),
        ("api://1234", "api://1234/.default", "api://1234"),
    ] {
        let world = World::new(token);
        let secret = SecretSlot::holding("s", Secret::new("s"));
        let source = Source::ClientSecret { tenant: "t".to_owned(), client_id: "c".to_owned(), secret };
        let request = asks(resource, IdentityChoice::System);
        tokens(&world, &of(source), &Environment::default()).token(&request).await.unwrap();
        assert_eq!(value(&form(&world.last()), "scope"), Some(scope));
        tokens(&world, &Settings::default(), &Environment::default()).token(&request).await.unwrap();
        assert_eq!(value(&query(&world.last()), "resource"), Some(plain));
    }
    let world = World::new(token);
    for resource in ["", "/.default", " "] {
        let tokens = tokens(&world, &Settings::default(), &Environment::default());
        tokens.token(&asks(resource, IdentityChoice::System)).await.unwrap_err();
    }
    assert_eq!(world.count(), 0);
}

/// management 3.5: Kubernetes rotates the file; people end it with a new line.
#[tokio::test(start_paused = true)]
async fn a_federated_token_is_read_for_each_request_and_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "  first.token.text \n").unwrap();
    let world = World::new(token);
    let environment = environment(&[
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()),
        ("AZURE_AUTHORITY_HOST", "login.example"),
        // Workload identity wins over what the host offers (management 3.3).
        ("IDENTITY_ENDPOINT", "http://localhost:1"),
        ("IDENTITY_HEADER", "h"),
    ]);
    let tokens = tokens(&world, &Settings::default(), &environment);
    assert_eq!(tokens.source(), "federated token");
    system(&tokens).await.unwrap();
    let sent = form(&world.last());
    assert_eq!(world.last().uri(), "https://login.example/tenant/oauth2/v2.0/token");
    assert_eq!(value(&sent, "client_assertion"), Some("first.token.text"));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!((value(&sent, "client_assertion_type"), value(&sent, "client_id")), (Some(kind), Some("app")));
    std::fs::write(&file, "second.token.text").unwrap();
    tokens.token(&asks("https://other.example", user("another-app"))).await.unwrap();
    let sent = form(&world.last());
    assert_eq!(value(&sent, "client_assertion"), Some("second.token.text"));
    assert_eq!(value(&sent, "client_id"), Some("another-app"));
    for (content, why) in [(" \n", "is empty"), (&*"x".repeat(70_000), "is larger than")] {
        std::fs::write(&file, content).unwrap();
        let error = tokens.token(&asks(why, IdentityChoice::System)).await.unwrap_err();
        assert!(error.why.contains(why) && error.why.contains(file.to_str().unwrap()), "{error}");
    }
}

/// RFC 7523 3 and management 2.2: who, to whom, for how long, signed by the certificate's key.
#[tokio::test(start_paused = true)]
async fn a_certificate_signs_an_assertion_for_the_token_endpoint() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["app".to_owned()]).unwrap().self_signed(&key).unwrap();
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.pem");
    std::fs::write(&file, &pem).unwrap();
    let world = World::new(token);
    for certificate in [
        CertificateSource::File(file),
        CertificateSource::Slot(SecretSlot::holding("pem", Secret::new(pem.clone()))),
    ] {
        let source =
            Source::ClientCertificate { tenant: "t".to_owned(), client_id: "app".to_owned(), certificate };
        let tokens = tokens(&world, &of(source), &Environment::default());
        system(&tokens).await.unwrap();
        let sent = form(&world.last());
        let assertion = value(&sent, "client_assertion").unwrap();
        let unverified = jose::Unverified::parse(assertion, &jose::Limits::default()).unwrap();
        let public = jose::Key::certificate_pem(pem.as_bytes()).unwrap();
        let verified = unverified.verify([&public], &jose::Allowed::all()).unwrap();
        assert_eq!(verified.header["x5t"], public.x5t().unwrap());
        assert_eq!(verified.header["x5t#S256"], public.x5t_s256().unwrap());
        let endpoint = "https://login.microsoftonline.com/t/oauth2/v2.0/token";
        assert_eq!((verified.issuer(), verified.subject()), (Some("app"), Some("app")));
        assert_eq!(verified.audiences(), [endpoint]);
        assert_eq!(verified.expires().unwrap().unwrap().as_second(), START + 600);
        assert_eq!(verified.claims["jti"], "07070707070707070707070707070707");
        assert!(!format!("{tokens:?}").contains("PRIVATE"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_rsa_certificate_signs_with_rs256() {
    let signing = SigningKey::generate(KeyKind::Rsa2048).unwrap();
    let private = signing.to_pem().unwrap();
    let key = rcgen::KeyPair::from_pem_and_sign_algo(private.expose(), &rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["app".to_owned()]).unwrap().self_signed(&key).unwrap();
    let pem = Secret::new(format!("{}{}", private.expose(), certificate.pem()));
    let certificate = CertificateSource::Slot(SecretSlot::holding("pem", pem));
    let source =
        Source::ClientCertificate { tenant: "t".to_owned(), client_id: "app".to_owned(), certificate };
    let world = World::new(token);
    system(&tokens(&world, &of(source), &Environment::default())).await.unwrap();
    let sent = form(&world.last());
    let assertion = value(&sent, "client_assertion").unwrap();
    let unverified = jose::Unverified::parse(assertion, &jose::Limits::default()).unwrap();
    assert_eq!(unverified.header()["alg"], "RS256");
    assert!(unverified.verify([&signing.verifying_key().unwrap()], &jose::Allowed::all()).is_ok());
}

/// management 3.4: what the settings say, then secret, certificate, federated token, App Service, Arc, IMDS.
#[test]
fn sources_are_chosen_in_the_documented_order() {
    let all = [
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/f"),
        ("IDENTITY_ENDPOINT", "http://localhost:1"),
        ("IDENTITY_HEADER", "h"),
        ("IMDS_ENDPOINT", "http://localhost:2"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let world = World::new(token);
    for (without, name) in [
        (&[][..], "client secret"),
        (&["AZURE_CLIENT_SECRET"], "client certificate"),
        (&["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"], "federated token"),
        (&["AZURE_TENANT_ID"], "App Service"),
        (&["AZURE_CLIENT_ID", "IDENTITY_HEADER"], "Azure Arc"),
        (&["AZURE_CLIENT_ID", "IDENTITY_HEADER", "IMDS_ENDPOINT"], "instance metadata"),
        (&["AZURE_CLIENT_ID", "IDENTITY_ENDPOINT"], "instance metadata"),
    ] {
        let kept: Vec<_> = all.iter().copied().filter(|(variable, _)| !without.contains(variable)).collect();
        assert_eq!(tokens(&world, &Settings::default(), &environment(&kept)).source(), name, "{without:?}");
    }
    assert_eq!(tokens(&world, &of(Source::Imds), &environment(&all)).source(), "instance metadata");
    let blank = environment(&[("IDENTITY_ENDPOINT", "http://localhost:1"), ("IDENTITY_HEADER", " ")]);
    assert!(blank.identity_header.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_system_identity_and_listed_ones_may_have_sources_of_their_own() {
    let own = |client_id: &str| {
        let secret = SecretSlot::holding("s", Secret::new("s"));
        Some(Source::ClientSecret { tenant: "t".to_owned(), client_id: client_id.to_owned(), secret })
    };
    let settings = Settings {
        system: Some(Identity { source: own("stands-for-system"), ..Identity::default() }),
        identities: vec![Identity {
            object_id: Some("o".to_owned()),
            source: own("team"),
            ..Identity::default()
        }],
        ..Settings::default()
    };
    let world = World::new(token);
    let tokens = tokens(&world, &settings, &Environment::default());
    system(&tokens).await.unwrap();
    assert_eq!(value(&form(&world.last()), "client_id"), Some("stands-for-system"));
    tokens.token(&asks(RESOURCE, user("o"))).await.unwrap();
    assert_eq!(value(&form(&world.last()), "client_id"), Some("team"));
    let settings = Settings {
        system: Some(Identity { resource_id: Some("/s/1".to_owned()), ..Identity::default() }),
        imds: Some("http://127.0.0.1:99/".to_owned()),
        ..Settings::default()
    };
    system(&self::tokens(&world, &settings, &Environment::default())).await.unwrap();
    let request = world.last();
    assert!(request.uri().to_string().starts_with("http://127.0.0.1:99/metadata/identity/oauth2/token?"));
    assert_eq!(value(&query(&request), "msi_res_id"), Some("/s/1"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let refused = |settings: Settings| {
        let world = World::new(token);
        GatewayTokens::new(&settings, &Environment::default(), world, clock(), rng()).unwrap_err()
    };
    let secret = |tenant: &str, client_id: &str| {
        let secret = SecretSlot::unset("s");
        of(Source::ClientSecret { tenant: tenant.to_owned(), client_id: client_id.to_owned(), secret })
    };
    assert_eq!(refused(secret("a/b", "c")), SettingsError::Tenant("a/b".to_owned()));
    assert_eq!(refused(secret("..", "c")), SettingsError::Tenant("..".to_owned()));
    assert_eq!(refused(secret("t", "")), SettingsError::ClientId("client secret"));
    let nameless = Settings { identities: vec![Identity::default()], ..Settings::default() };
    assert_eq!(refused(nameless), SettingsError::Nameless(1));
    let plain = Settings { authority: Some("http://login.example".to_owned()), ..Settings::default() };
    assert!(refused(plain).to_string().starts_with("the authority `http://login.example` cannot be used"));
    let bad = Settings { imds: Some("nonsense".to_owned()), ..Settings::default() };
    assert!(matches!(refused(bad), SettingsError::Address { .. }));
}

/// management 3.3: IMDS is asked again after 404, 410, 429 and 5xx; 400 means that there is no such identity.
#[tokio::test(start_paused = true)]
async fn a_busy_instance_metadata_service_is_asked_again_a_few_times() {
    for code in [404, 410, 429, 500, 503] {
        let mut left = 2;
        let world = World::new(move |request| {
            if left == 0 {
                return token(request);
            }
            left -= 1;
            status(StatusCode::from_u16(code).unwrap())
        });
        system(&tokens(&world, &Settings::default(), &Environment::default())).await.unwrap();
        assert_eq!(world.count(), 3, "{code}");
    }
    let world = World::new(|_| status(StatusCode::SERVICE_UNAVAILABLE));
    let error = system(&tokens(&world, &Settings::default(), &Environment::default())).await.unwrap_err();
    assert_eq!(world.count(), 5);
    assert!(error.contains("instance metadata (`169.254.169.254`): it answered 503"), "{error}");
    let world = World::new(|_| {
        json(400, &json!({"error": "invalid_request", "error_description": "Identity not found"}))
    });
    let error = system(&tokens(&world, &Settings::default(), &Environment::default())).await.unwrap_err();
    assert_eq!(world.count(), 1);
    for part in
        [RESOURCE, "the system-assigned identity", "400 Bad Request", "`invalid_request`", "is assigned here"]
    {
        assert!(error.contains(part), "{error} lacks {part}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_asks_for_a_pause_gets_it() {
    let mut asked = 0;
    let world = World::new(move |request| {
        asked += 1;
        let answer = Response::builder().status(429).header("Retry-After", "7").body(Bytes::new());
        if asked == 1 { Ok(answer.unwrap()) } else { token(request) }
    });
    let before = tokio::time::Instant::now();
    system(&tokens(&world, &Settings::default(), &Environment::default())).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 7);
    // One that asks for longer than a request may take is given up at once.
    let world = World::new(|_| {
        Ok(Response::builder().status(429).header("Retry-After", "3600").body(Bytes::new()).unwrap())
    });
    system(&tokens(&world, &Settings::default(), &Environment::default())).await.unwrap_err();
    assert_eq!(world.count(), 1);
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_says_is_told_without_what_was_sent() {
    let world = World::new(|request| {
        let echoed = String::from_utf8(request.body().to_vec()).unwrap();
        let said = format!("AADSTS7000215: Invalid client secret provided: {echoed}");
        json(401, &json!({"error": "invalid_client", "error_description": said}))
    });
    let secret = SecretSlot::holding("client", Secret::new("planted"));
    let source = Source::ClientSecret { tenant: "t".to_owned(), client_id: "app".to_owned(), secret };
    let settings = Settings { authority: Some("https://login.example:8443".to_owned()), ..of(source) };
    let error = system(&tokens(&world, &settings, &Environment::default())).await.unwrap_err();
    let expected = "the system-assigned identity gets no token for `https://cognitiveservices.azure.com`: client secret \
                    (`login.example:8443`): it answered 401 Unauthorized with `invalid_client, AADSTS7000215`; see that \
                    tenant, client id and credential belong together and have not expired";
    assert_eq!(error, expected);
}
