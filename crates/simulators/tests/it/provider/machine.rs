//! Azure Arc's challenge, and who is meant without a name.

use simulators::identity::{Directory, IdentityProvider, ManagedIdentity, Tenant};

use super::web::{Provider, TENANT, claims, id};

const ARC: &str = "/arc/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
const IMDS: &str =
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const METADATA: (&str, &str) = ("metadata", "true");

fn directory(identities: impl IntoIterator<Item = ManagedIdentity>) -> Directory {
    let tenant = Tenant::new(TENANT, "contoso.example");
    Directory::new(identities.into_iter().fold(tenant, Tenant::managed_identity)).unwrap()
}

#[tokio::test]
async fn who_asks_azure_arc_must_read_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let identity = ManagedIdentity::system(id("d1"), "server").with_object_id(id("d5"));
    let builder = IdentityProvider::builder(directory([identity])).arc_folder(folder.path());
    let provider = Provider::started(builder).await;
    let challenge = provider.machine(ARC, &[METADATA]).await;
    assert_eq!(challenge.status, 401);
    let file = challenge.header("www-authenticate").strip_prefix("Basic realm=").unwrap();
    assert!(file.ends_with(".key"), "{file}");
    let basic = format!("Basic {}", std::fs::read_to_string(file).unwrap());
    let answer = provider.machine(ARC, &[METADATA, ("authorization", &basic)]).await;
    assert_eq!(claims(&answer.token("access_token"))["oid"], id("d5"));
    assert!(!std::path::Path::new(file).exists());
    let again = provider.machine(ARC, &[METADATA, ("authorization", &basic)]).await;
    assert_eq!(again.status, 403);
    assert_eq!(provider.machine(ARC, &[]).await.status, 400);
}

#[tokio::test]
async fn without_a_name_the_own_identity_is_meant_or_the_only_one() {
    let user = |end: &str| ManagedIdentity::user(id(end), end);
    let only = Provider::of(directory([user("d2")])).await;
    let answer = only.machine(IMDS, &[METADATA]).await;
    assert_eq!(claims(&answer.token("access_token"))["appid"], id("d2"));
    let two = Provider::of(directory([user("d2"), user("d3")])).await;
    let answer = two.machine(IMDS, &[METADATA]).await;
    assert!(answer.text().contains("Multiple user assigned identities exist"), "{}", answer.text());
    let none = Provider::of(directory([])).await;
    assert!(none.machine(IMDS, &[METADATA]).await.text().contains("Identity not found"));
}
