//! An API that is not there yet.

use artifacts::{RequiredQuery, Syntax};
use import::openapi::{KeyChoice, Request};

use super::support::{Files, codes, definition, note};

const PETS: &str = "  /pets:\n    get: {operationId: listPets}\n";
const HTTPS: &str = "[{url: 'https://pets.example.com/v1'}]";

/// The members of the file, their order and its form are those of the APIOps extractor.
#[test]
fn the_files_are_those_that_the_extractor_would_write() {
    let mut files = Files::default();
    let text = definition(HTTPS, PETS);
    let outcome = files.import(&text, &Request::default());
    assert!(outcome.is_new && outcome.orphans.is_empty());
    assert_eq!(files.text("apis/pet-store/specification.yaml"), text, "the definition stays as it came");
    let expected = r#"{
  "properties": {
    "path": "pet-store",
    "apiRevision": "1",
    "description": "All about pets",
    "displayName": "Pet Store",
    "isCurrent": true,
    "protocols": [
      "https"
    ],
    "serviceUrl": "https://pets.example.com/v1",
    "subscriptionKeyParameterNames": {
      "header": "Ocp-Apim-Subscription-Key",
      "query": "subscription-key"
    },
    "subscriptionRequired": true
  }
}
"#;
    assert_eq!(files.text("apis/pet-store/apiInformation.json"), expected);
    assert_eq!(files.0.len(), 2);
    assert!(codes(&outcome).is_empty());
}

/// COMPAT (documentation of import): the first HTTPS URL of `servers`.
#[test]
fn calls_go_to_the_first_https_server_unless_another_is_asked_for() {
    let three = "[{url: 'http://a.example.com'}, {url: /b}, {url: 'https://{region}.example.com/{base}', variables: \
                 {region: {default: eu, enum: [eu, us]}, base: {default: v1}}}, {url: 'https://d.example.com'}]";
    let variable = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for (request, expected) in [
        (Request::default(), "https://eu.example.com/v1"),
        (Request { variables: variable("region", "us"), ..Request::default() }, "https://us.example.com/v1"),
        (Request { server: Some("1".parse().unwrap()), ..Request::default() }, "http://a.example.com"),
        (Request { server: Some("4".parse().unwrap()), ..Request::default() }, "https://d.example.com"),
        (
            Request { server: Some("http://[::1]:80/x".parse().unwrap()), ..Request::default() },
            "http://[::1]/x",
        ),
    ] {
        let mut files = Files::default();
        files.import(&definition(three, PETS), &request);
        let told = files.text("apis/pet-store/apiInformation.json");
        assert!(told.contains(&format!("\"serviceUrl\": \"{expected}\"")), "{expected}: {told}");
    }
    for (request, why) in [
        (Request { server: Some("2".parse().unwrap()), ..Request::default() }, "`/b` is relative"),
        (
            Request { server: Some("5".parse().unwrap()), ..Request::default() },
            "there is no server 5: the definition has 4",
        ),
        (
            Request { variables: variable("region", "mars"), ..Request::default() },
            "may be `eu` or `us`, not `mars`",
        ),
        (Request { variables: variable("regoin", "us"), ..Request::default() }, "did you mean `region`?"),
        (Request { variables: variable("base", "v1?x=1"), ..Request::default() }, "no query"),
    ] {
        let found = Files::default().refused(&definition(three, PETS), &request);
        assert!(found.contains(why), "{why}: {found}");
    }
}

/// The how-to of Azure OpenAI fills in `endpoint`, whose default is the placeholder itself.
#[test]
fn a_variable_that_somebody_has_to_fill_in_is_asked_for() {
    for default in ["'{endpoint}'", "''"] {
        let servers = format!(
            "[{{url: 'https://{{endpoint}}/openai', variables: {{endpoint: {{default: {default}}}}}}}]"
        );
        let outcome = Files::default().plan("a.yaml", &definition(&servers, PETS), &Request::default());
        let note = note(&outcome, "no-server");
        assert!(note.text.contains("the variable `endpoint` has no value"), "{}", note.text);
        assert!(note.more.as_ref().unwrap().contains("--server-variable endpoint="));
        let mut files = Files::default();
        let variables = vec![("endpoint".to_owned(), "contoso.openai.azure.com".to_owned())];
        let outcome = files.import(&definition(&servers, PETS), &Request { variables, ..Request::default() });
        assert!(codes(&outcome).is_empty());
        let told = files.text("apis/pet-store/apiInformation.json");
        assert!(told.contains("\"serviceUrl\": \"https://contoso.openai.azure.com/openai\""), "{told}");
    }
}

#[test]
fn a_backend_is_named_by_a_policy_and_made_when_it_is_a_url() {
    let mut files = Files::default();
    let backend = Some("https://models.example.com/openai".parse().unwrap());
    files.import(&definition("[]", PETS), &Request { backend, ..Request::default() });
    assert_eq!(
        files.text("backends/pet-store/backendInformation.json"),
        "{\n  \"properties\": {\n    \"protocol\": \"http\",\n    \"title\": \"Pet Store\",\n    \"url\": \
         \"https://models.example.com/openai\"\n  }\n}\n"
    );
    let policy = "<set-backend-service backend-id=\"pet-store\" />";
    assert!(files.text("apis/pet-store/policy.xml").contains(policy));

    let there =
        ("backends/Models/backendInformation.json", r#"{"properties": {"url": "https://x.example"}}"#);
    let mut files = Files::new(&[there]);
    let request = |name: &str| Request { backend: Some(name.parse().unwrap()), ..Request::default() };
    assert!(files.refused(&definition("[]", PETS), &request("modles")).contains("did you mean `Models`?"));
    files.import(&definition("[]", PETS), &request("Models"));
    assert!(files.text("apis/pet-store/policy.xml").contains("backend-id=\"Models\""));
    assert_eq!(files.text(there.0), there.1);
}

#[test]
fn products_and_version_sets_must_be_there() {
    let request = Request {
        products: vec![model::ProductId::new("starter").unwrap()],
        version: Some((model::VersionSetId::new("pets").unwrap(), "v2".to_owned())),
        ..Request::default()
    };
    let found = Files::default().refused(&definition(HTTPS, PETS), &request);
    assert!(
        found.contains("there is no product `starter`") && found.contains("there is no version set `pets`"),
        "{found}"
    );
    let mut files = Files::new(&[
        ("products/Starter/productInformation.json", r#"{"properties": {"displayName": "Starter"}}"#),
        (
            "version sets/pets/versionSetInformation.json",
            r#"{"properties": {"displayName": "Pets", "versioningScheme": "Segment"}}"#,
        ),
    ]);
    let outcome = files.import(&definition(HTTPS, PETS), &request);
    assert_eq!(files.text("products/Starter/apis/pet-store/productApiInformation.json"), "{}\n");
    let told = files.text("apis/pet-store/apiInformation.json");
    assert!(
        told.contains("\"apiVersion\": \"v2\",\n    \"apiVersionSetId\": \"/apiVersionSets/pets\""),
        "{told}"
    );
    assert!(outcome.plan.problems(&files.folder()).is_empty());
}

/// A definition's security is never taken over silently: it is a proposal, and a flag takes it.
#[test]
fn security_schemes_are_a_proposal() {
    let text = format!(
        "{}security: [{{key: []}}, {{token: []}}]\ncomponents:\n  securitySchemes:\n    key: {{type: apiKey, in: header, \
         name: api-key}}\n    unused: {{type: apiKey, in: query, name: code}}\n    token: {{type: openIdConnect, \
         openIdConnectUrl: 'https://id.example.com/.well-known/openid-configuration'}}\n",
        definition(HTTPS, PETS)
    );
    let mut files = Files::default();
    let outcome = files.import(&text, &Request::default());
    assert_eq!(codes(&outcome), ["proposal key-names", "proposal validate-tokens"]);
    assert!(note(&outcome, "key-names").text.contains("the header `api-key`"));
    let snippet = note(&outcome, "validate-tokens").more.as_deref().unwrap();
    assert!(
        snippet.contains("<openid-config url=\"https://id.example.com/.well-known/openid-configuration\" />")
    );
    assert!(
        files
            .text("apis/pet-store/apiInformation.json")
            .contains("\"header\": \"Ocp-Apim-Subscription-Key\"")
    );
    assert!(!files.0.contains_key("apis/pet-store/policy.xml"));
    let keys = KeyChoice { of_definition: true, ..KeyChoice::default() };
    let outcome = files.import(&text, &Request { keys, ..Request::default() });
    assert_eq!(codes(&outcome), ["proposal validate-tokens"]);
    let told = files.text("apis/pet-store/apiInformation.json");
    assert!(told.contains("\"header\": \"api-key\",\n      \"query\": \"subscription-key\""), "{told}");
}

#[test]
fn what_is_left_out_is_said() {
    let text = "openapi: 3.1.0\ninfo: {title: T}\nservers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com'}]\n\
                webhooks: {w: {post: {}}}\npaths:\n  /a:\n    servers: [{url: 'https://c.example.com'}]\n    get: {callbacks: \
                {c: {}}}\n    trace: {}\n    POST: {}\n    x-extra: {}\n";
    let outcome = Files::default().plan("a.yaml", text, &Request::default());
    let texts: Vec<&str> = outcome.plan.notes.iter().map(|note| note.text.as_str()).collect();
    for wanted in [
        "the webhook `w` is not imported",
        "the operation `/a` is not imported: TRACE is not served",
        "the member of a path `POST` is not read: methods are written in lower case",
        "the place `/a` has `servers` of its own",
        "the operation `/a` has callbacks",
        "the definition has 2 servers, of which calls go to `https://a.example.com/`",
    ] {
        assert!(texts.iter().any(|text| text.starts_with(wanted)), "{wanted}: {texts:#?}");
    }
}

/// COMPAT: `translateRequiredQueryParameters` of API Management's import.
#[test]
fn required_query_parameters_can_stay_out_of_the_template() {
    let paths = "  /pets:\n    get: {parameters: [{name: tenant, in: query, required: true}]}\n";
    let mut files = Files::default();
    let required_query = Some(RequiredQuery::Query);
    files.import(&definition(HTTPS, paths), &Request { required_query, ..Request::default() });
    let template = |files: &Files| {
        let (configuration, problems) = artifacts::load(&files.folder(), &artifacts::Options::default());
        assert!(problems.is_empty());
        let api = configuration.apis.iter().next().unwrap();
        api.operations[0].url_template.to_string()
    };
    assert_eq!(template(&files), "/pets");
    // It is remembered.
    files.import(&definition(HTTPS, paths), &Request::default());
    assert_eq!(template(&files), "/pets");
    let required_query = Some(RequiredQuery::Template);
    files.import(&definition(HTTPS, paths), &Request { required_query, ..Request::default() });
    assert_eq!(template(&files), "/pets?tenant={tenant}");
}

#[test]
fn a_definition_can_be_written_in_the_other_format() {
    let mut files = Files::default();
    let text = definition(
        HTTPS,
        "  /pets:\n    get: {operationId: listPets, x-mine: [1, null, true, 'no', \"a\\nb\"]}\n",
    );
    files.import(&text, &Request::default());
    let format = Some(Syntax::Json);
    files.import(&text, &Request { format, ..Request::default() });
    assert!(!files.0.contains_key("apis/pet-store/specification.yaml"), "one definition an API");
    let json = files.text("apis/pet-store/specification.json").to_owned();
    assert!(json.contains("\"x-mine\": [\n          1,\n          null,\n          true,\n          \"no\",\n          \"a\\nb\""), "{json}");
    let outcome = files.plan("a.json", &json, &Request { format: Some(Syntax::Yaml), ..Request::default() });
    let yaml = String::from_utf8(outcome.plan.files[0].bytes.clone()).unwrap();
    assert_eq!(outcome.plan.files[0].path, "apis/pet-store/specification.yaml");
    assert!(yaml.starts_with("openapi: \"3.0.1\"\ninfo:\n  title: Pet Store\n"), "{yaml}");
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let files = Files::new(&[(
        "apis/other/apiInformation.json",
        r#"{"properties": {"displayName": "O", "path": "/Pet-Store"}}"#,
    )]);
    let found = files.refused(&definition(HTTPS, PETS), &Request::default());
    assert!(found.contains("the API `other` is reached under the path `/Pet-Store` already"), "{found}");
    // COMPAT: "Operation with the same method and URL template already exists"; names of parameters make no difference.
    let same = "  /pets/{a}:\n    get: {}\n  /pets/{b}:\n    get: {operationId: x}\n";
    let found = Files::default().refused(&definition(HTTPS, same), &Request::default());
    assert!(found.contains("error[operation-taken]"), "{found}");
    let outside = "  /pets:\n    $ref: other.yaml#/pets\n";
    assert!(
        Files::default()
            .refused(&definition(HTTPS, outside), &Request::default())
            .contains("leads out of the document")
    );
    let nameless = "openapi: 3.0.1\npaths: {}\n";
    assert!(Files::default().refused(nameless, &Request::default()).contains("has no title with letters"));
    assert!(
        Files::default().refused("a: 1\n", &Request::default()).contains("neither `openapi` nor `swagger`")
    );
}
