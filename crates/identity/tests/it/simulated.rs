//! Against the simulated identity provider, over sockets and TLS: it checks signatures, assertions and challenges as Entra
//! and the hosts' endpoints do.

use std::path::Path;
use std::sync::Arc;

use identity::{
    CertificateSource, Environment, GatewayTokens, Identity, OpenId, Outbound, Settings, Source, Verified,
    VerifiedSettings,
};
use jose::{Allowed, Limits, Token, TokenProblem, Unverified};
use net::{ClientSettings, Options, Roots, Tls, TlsSettings};
use policy::{
    IdentityChoice, OpenIdProviders as _, TokenRequest, TokenSource as _, VerifiedToken, VerifiedTokens as _,
};
use secret::{Secret, SecretSlot};
use simulators::identity::{
    App, Directory, FederatedIssuer, IdentityProvider, ManagedIdentity, OldKeys, RunningIdentity, Tenant,
    TokenOrder,
};

use crate::world::{START, clock, rng};

const TENANT: &str = "11111111-1111-4111-8111-111111111111";
const GATEWAY: &str = "22222222-2222-4222-8222-222222222222";
const MACHINE: &str = "33333333-3333-4333-8333-333333333333";
const TEAM: &str = "44444444-4444-4444-8444-444444444444";
const MODELS: &str = "55555555-5555-4555-8555-555555555555";
const SUBJECT: &str = "system:serviceaccount:default:gateway";

struct Party {
    running: RunningIdentity,
    folder: tempfile::TempDir,
    pem: Secret,
    outbound: Arc<Outbound>,
}

async fn party() -> Party {
    let certificate = simulators::client_certificate("gateway").unwrap();
    let gateway = App::new(GATEWAY, "Gateway")
        .secret("planted~secret")
        .certificate(certificate.certificate_pem.clone())
        .federated(FederatedIssuer::Cluster, SUBJECT);
    let tenant = Tenant::new(TENANT, "contoso.example")
        .app(gateway)
        .app(App::new(MODELS, "Models").identifier_uri("api://models"))
        .managed_identity(ManagedIdentity::system(MACHINE, "machine"))
        .managed_identity(ManagedIdentity::user(TEAM, "team"));
    let folder = tempfile::tempdir().unwrap();
    let builder = IdentityProvider::builder(Directory::new(tenant).unwrap());
    let builder = builder.clock(|| u64::try_from(START).unwrap()).arc_folder(folder.path());
    let running = builder.start_on_loopback(0, 0).await.unwrap();
    let roots = Roots::system_and(&[running.certificates().pem().to_owned()]).unwrap();
    let options = Options { tls: Tls::new(TlsSettings::default(), roots).unwrap(), ..Options::default() };
    let outbound = Arc::new(Outbound::new(ClientSettings::default(), options));
    let pem = Secret::new(format!("{}{}", certificate.key_pem, certificate.certificate_pem));
    Party { running, folder, pem, outbound }
}

impl Party {
    fn tokens(&self, source: Source, identities: Vec<Identity>) -> GatewayTokens {
        let settings = Settings {
            authority: Some(self.running.authority().to_owned()),
            imds: Some(self.running.machine()),
            source: Some(source),
            identities,
            ..Settings::default()
        };
        let transport = Arc::clone(&self.outbound) as _;
        GatewayTokens::new(&settings, &Environment::default(), transport, clock(), rng()).unwrap()
    }

    fn openid(&self) -> OpenId {
        OpenId::new(&Settings::default(), self.running.authority(), Arc::clone(&self.outbound) as _, clock())
    }

    fn metadata(&self) -> String {
        self.running.metadata_url(TENANT)
    }
}

async fn claim(tokens: &GatewayTokens, resource: &str, identity: IdentityChoice, name: &str) -> String {
    let request = TokenRequest { resource: resource.into(), identity, hidden: false };
    let granted = tokens.token(&request).await.unwrap();
    assert!(granted.expires.as_second() > START + 600);
    let token = Unverified::parse(granted.token.expose(), &Limits::default()).unwrap();
    token.claims()[name].as_str().unwrap().to_owned()
}

fn entra(of: impl FnOnce(String, String) -> Source) -> Source {
    of(TENANT.to_owned(), GATEWAY.to_owned())
}

#[tokio::test]
async fn every_credential_of_an_application_gets_it_a_token() {
    let party = party().await;
    let file = party.folder.path().join("federated");
    std::fs::write(&file, format!("{}\n", party.running.cluster_token(SUBJECT, 3_600))).unwrap();
    let slot = |text: &Secret| SecretSlot::holding("s", text.clone());
    let secret = slot(&Secret::new("planted~secret"));
    let certificate = CertificateSource::Slot(slot(&party.pem));
    for source in [
        entra(|tenant, client_id| Source::ClientSecret { tenant, client_id, secret }),
        entra(|tenant, client_id| Source::ClientCertificate { tenant, client_id, certificate }),
        entra(|tenant, client_id| Source::FederatedToken { tenant, client_id, file }),
    ] {
        let tokens = party.tokens(source, Vec::new());
        let name = tokens.source();
        assert_eq!(claim(&tokens, "api://models", IdentityChoice::System, "appid").await, GATEWAY, "{name}");
        let azure =
            claim(&tokens, "https://cognitiveservices.azure.com/.default", IdentityChoice::System, "aud")
                .await;
        assert_eq!(azure, "https://cognitiveservices.azure.com", "{name}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_told_by_its_code() {
    let party = party().await;
    let secret = SecretSlot::holding("s", Secret::new("planted~wrong"));
    let source = entra(|tenant, client_id| Source::ClientSecret { tenant, client_id, secret });
    let request =
        TokenRequest { resource: "api://models".into(), identity: IdentityChoice::System, hidden: false };
    let error = party.tokens(source, Vec::new()).token(&request).await.unwrap_err();
    assert!(error.why.contains("invalid_client, AADSTS7000215"), "{error}");
    assert!(!error.to_string().contains("planted"), "{error}");
}

#[tokio::test]
async fn every_endpoint_of_a_host_gives_tokens_of_its_identities() {
    let party = party().await;
    let directory = party.running.directory();
    let team = &directory.tenants()[0].managed_identities()[1];
    let by_resource = Identity { resource_id: Some(team.resource_id()), ..Identity::default() };
    let header = Secret::new(party.running.identity_header());
    let app_service = Source::AppService { endpoint: party.running.identity_endpoint(), header };
    for source in [Source::Imds, app_service] {
        let tokens = party.tokens(source, vec![by_resource.clone()]);
        let name = tokens.source();
        assert_eq!(claim(&tokens, "api://models", IdentityChoice::System, "appid").await, MACHINE, "{name}");
        for id in [TEAM.to_owned(), team.resource_id()] {
            let identity = IdentityChoice::User(id.into());
            assert_eq!(claim(&tokens, "api://models", identity, "appid").await, TEAM, "{name}");
        }
        let nobody = IdentityChoice::User("00000000-0000-4000-8000-000000000000".into());
        let request = TokenRequest { resource: "api://models".into(), identity: nobody, hidden: false };
        let error = tokens.token(&request).await.unwrap_err();
        assert!(error.why.contains("400 Bad Request"), "{error}");
    }
    let arc = |folder: &Path| Source::Arc {
        endpoint: party.running.arc_endpoint(),
        challenge_directory: Some(folder.to_owned()),
    };
    let tokens = party.tokens(arc(party.folder.path()), Vec::new());
    assert_eq!(claim(&tokens, "api://models", IdentityChoice::System, "appid").await, MACHINE);
    let elsewhere = party.tokens(arc(Path::new("/var/opt/azcmagent/tokens")), Vec::new());
    let request =
        TokenRequest { resource: "api://models".into(), identity: IdentityChoice::System, hidden: false };
    assert!(elsewhere.token(&request).await.unwrap_err().why.contains("is not read"));
}

fn verify(token: &str, provider: &policy::Provider) -> Result<Token, TokenProblem> {
    let unverified = Unverified::parse(token, &Limits::default()).unwrap();
    unverified.verify(provider.keys.keys(), &Allowed::all())
}

#[tokio::test]
async fn rotation_during_calls_is_followed_and_a_provider_that_is_down_is_not_missed() {
    let party = party().await;
    let openid = party.openid();
    let order = TokenOrder::new("api://models").by_client("Gateway");
    let first = openid.provider(&party.metadata()).await.unwrap();
    assert!(first.issuer.contains(TENANT), "{}", first.issuer);
    let old = party.running.token(&order).unwrap();
    verify(&old, &first).unwrap();

    party.running.rotate_keys(OldKeys::Forget).unwrap();
    let new = party.running.token(&order).unwrap();
    assert!(matches!(verify(&new, &first), Err(TokenProblem::KeyNotFound { .. })));
    let second = openid.after_unknown_key(&party.metadata(), &first).await;
    verify(&new, &second).unwrap();
    assert!(verify(&old, &second).is_err());

    party.running.go_down().await;
    let held = openid.provider(&party.metadata()).await.unwrap();
    verify(&new, &held).unwrap();
    let error = party.openid().provider(&party.metadata()).await.unwrap_err();
    assert!(error.why.contains("its metadata"), "{error}");
    party.running.come_back().await;
    party.openid().provider(&party.metadata()).await.unwrap();
}

#[tokio::test]
async fn a_token_is_remembered_under_its_keys() {
    let party = party().await;
    let provider = party.openid().provider(&party.metadata()).await.unwrap();
    let text = party.running.token(&TokenOrder::new("api://models").by_client("Gateway")).unwrap();
    let verified = Verified::new(VerifiedSettings::default(), clock());
    let token = VerifiedToken::new(Secret::new(&*text), verify(&text, &provider).unwrap());
    verified.put(*provider.name(), Arc::new(token));
    let remembered = verified.get(&text, provider.name()).unwrap();
    assert_eq!(remembered.token().issuer(), verify(&text, &provider).unwrap().issuer());
}
