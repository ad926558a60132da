//! An API that is there already.

use import::openapi::{CallChangeKind, KeyChoice, Request};

use super::support::{Files, codes, definition, note};

const BEFORE: &str = "  /pets:\n    get: {operationId: listPets}\n    post: {operationId: addPet}\n  /pets/{id}:\n    get: \
                      {operationId: onePet}\n    delete: {operationId: removePet}\n";
const AFTER: &str = "  /pets:\n    get: {operationId: listPets}\n    put: {operationId: addPet}\n  /pets/{pet}:\n    get: \
                     {operationId: showPet}\n  /toys:\n    get: {operationId: toys}\n";
const SERVER: &str = "[{url: 'https://pets.example.com/v1'}]";
const INFORMATION: &str = "apis/pet-store/apiInformation.json";

fn there() -> Files {
    let mut files = Files::default();
    files.import(&definition(SERVER, BEFORE), &Request::default());
    files
}

#[test]
fn nothing_changes_when_nothing_has() {
    let files = there();
    let outcome = files.plan("a.yaml", &definition(SERVER, BEFORE), &Request::default());
    assert!(!outcome.is_new && outcome.calls.is_empty() && outcome.settings.is_empty());
    let changes = outcome.plan.changes(&files.folder()).unwrap();
    assert!(changes.iter().all(|change| change.diff().is_empty()), "{changes:?}");
}

#[test]
fn what_changes_for_callers_is_told() {
    let mut files = there();
    let outcome =
        files.import(&definition("[{url: 'https://pets.example.com/v2'}]", AFTER), &Request::default());
    let calls: Vec<(CallChangeKind, &str, Option<&str>)> =
        outcome.calls.iter().map(|each| (each.kind, each.call.as_str(), each.before.as_deref())).collect();
    assert_eq!(
        calls,
        [
            (CallChangeKind::Changed, "PUT /pets", Some("POST /pets")),
            (CallChangeKind::Renamed, "GET /pets/{pet}", Some("onepet")),
            (CallChangeKind::Added, "GET /toys", None),
            (CallChangeKind::Removed, "DELETE /pets/{id}", None),
        ]
    );
    let [server] = outcome.settings.as_slice() else { panic!("{:?}", outcome.settings) };
    assert_eq!((server.name, server.after.as_deref()), ("server", Some("https://pets.example.com/v2")));
}

/// COMPAT (documentation of import): an operation that has another name but the same method and template takes over the
/// policies. Those of operations that are gone are deleted there; here somebody decides.
#[test]
fn policies_stay_and_move_along_with_their_operation() {
    let mut files = there();
    for place in [
        "policy.xml",
        "operations/listpets/policy.xml",
        "operations/onepet/policy.xml",
        "operations/removepet/policy.xml",
    ] {
        files.0.insert(format!("apis/pet-store/{place}"), format!("<policies><!-- {place} --></policies>"));
    }
    let before = files.clone();
    let outcome = files.import(&definition(SERVER, AFTER), &Request::default());
    for place in ["policy.xml", "operations/listpets/policy.xml", "operations/removepet/policy.xml"] {
        let path = format!("apis/pet-store/{place}");
        assert_eq!(files.text(&path), before.text(&path), "{path}");
    }
    let moved =
        ("apis/pet-store/operations/onepet/policy.xml", "apis/pet-store/operations/showpet/policy.xml");
    assert_eq!(files.text(moved.1), before.text(moved.0));
    assert!(!files.0.contains_key(moved.0));
    assert_eq!(codes(&outcome), ["note policy-moved"]);
    assert_eq!(outcome.orphans, ["removepet"]);
    // A policy without its operation is an error of the folder: whoever writes it must mean it.
    let problems = outcome.plan.problems(&before.folder());
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["unknown-operation"]);
}

#[test]
fn what_somebody_wrote_stays_and_what_nobody_touched_follows_the_definition() {
    let mut files = there();
    let edited = files
        .text(INFORMATION)
        .replace(
            "\"displayName\": \"Pet Store\"",
            "\"displayName\": \"Our pets\",\n    \"x-owner\": {\"team\": 7}",
        )
        .replace("\"subscriptionRequired\": true", "\"subscriptionRequired\": false")
        .replace("Ocp-Apim-Subscription-Key", "api-key");
    files.0.insert(INFORMATION.to_owned(), edited);
    let newer = definition("[{url: 'https://new.example.com'}]", BEFORE)
        .replace("title: Pet Store", "title: Pet Store 2")
        .replace("All about pets", "All about pets and toys");
    let request = Request { api: Some(model::ApiId::new("PET-store").unwrap()), ..Request::default() };
    let outcome = files.import(&newer, &request);
    assert_eq!(outcome.api.as_str(), "pet-store", "a name is the same in any case");
    let told = files.text(INFORMATION);
    for kept in [
        "\"displayName\": \"Our pets\"",
        "\"team\": 7",
        "\"subscriptionRequired\": false",
        "\"header\": \"api-key\"",
    ] {
        assert!(told.contains(kept), "{kept}: {told}");
    }
    for followed in ["\"serviceUrl\": \"https://new.example.com\"", "All about pets and toys"] {
        assert!(told.contains(followed), "{followed}: {told}");
    }
    let note = note(&outcome, "member-kept");
    assert_eq!(note.text, "`displayName` stays as it is, `Our pets`: the definition now says `Pet Store 2`");
    // What is asked for comes over both.
    let request = Request {
        title: Some(model::DisplayName::new("Pets").unwrap()),
        subscription_required: Some(true),
        keys: KeyChoice { query: Some("key".to_owned()), ..KeyChoice::default() },
        path: Some(model::ApiPath::new("pets").unwrap()),
        api: Some(outcome.api.clone()),
        ..Request::default()
    };
    let outcome = files.import(&newer, &request);
    let told = files.text(INFORMATION);
    for asked in [
        "\"displayName\": \"Pets\"",
        "\"subscriptionRequired\": true",
        "\"header\": \"api-key\",\n      \"query\": \"key\"",
        "\"path\": \"pets\"",
    ] {
        assert!(told.contains(asked), "{asked}: {told}");
    }
    let names: Vec<&str> = outcome.settings.iter().map(|setting| setting.name).collect();
    assert_eq!(names, ["path", "subscription required", "key query parameter"]);
}

/// A server that somebody chose with a flag is not taken back by the next import without it.
#[test]
fn a_chosen_server_stays() {
    let mut files = Files::default();
    let variables = vec![("endpoint".to_owned(), "contoso.example.com".to_owned())];
    let text = definition("[{url: 'https://{endpoint}/v1'}]", BEFORE);
    files.import(&text, &Request { variables, ..Request::default() });
    let outcome = files.import(&text, &Request::default());
    assert!(codes(&outcome).is_empty(), "{:?}", outcome.plan.notes);
    assert!(files.text(INFORMATION).contains("https://contoso.example.com/v1"));
}

#[test]
fn a_policy_that_is_there_is_not_given_a_backend() {
    let mut files = there();
    files.0.insert("apis/pet-store/policy.xml".to_owned(), "<policies />".to_owned());
    let backend = Some("https://b.example.com".parse().unwrap());
    let outcome = files.import(&definition(SERVER, BEFORE), &Request { backend, ..Request::default() });
    assert_eq!(files.text("apis/pet-store/policy.xml"), "<policies />");
    let note = note(&outcome, "policy-kept");
    assert_eq!(note.more.as_deref(), Some("<set-backend-service backend-id=\"pet-store\" />"));
    // Credentials that somebody added to the backend stay when its URL changes.
    let path = "backends/pet-store/backendInformation.json";
    let text =
        r#"{"properties": {"url": "https://b.example.com", "credentials": {"header": {"k": ["{{k}}"]}}}}"#;
    files.0.insert(path.to_owned(), text.to_owned());
    let backend = Some("https://c.example.com".parse().unwrap());
    files.import(&definition(SERVER, BEFORE), &Request { backend, ..Request::default() });
    assert!(files.text(path).contains("https://c.example.com") && files.text(path).contains("{{k}}"));
}

#[test]
fn an_api_of_another_kind_is_not_overwritten() {
    let information = r#"{"properties": {"displayName": "W", "path": "w", "type": "websocket"}}"#;
    let files = Files::new(&[(INFORMATION, information)]);
    let found = files.refused(&definition(SERVER, BEFORE), &Request::default());
    assert!(found.contains("is there already and is of the type `websocket`"), "{found}");
}

/// A revision is another directory beside the current one's, under the same path.
#[test]
fn a_revision_can_be_imported() {
    let mut files = there();
    let api = Some(model::ApiId::new("pet-store;rev=2").unwrap());
    let path = Some(model::ApiPath::new("pet-store").unwrap());
    let before = files.clone();
    let outcome = files.import(&definition(SERVER, AFTER), &Request { api, path, ..Request::default() });
    assert!(outcome.is_new && outcome.plan.problems(&before.folder()).is_empty());
    let told = files.text("apis/pet-store;rev=2/apiInformation.json");
    assert!(told.contains("\"apiRevision\": \"2\"") && told.contains("\"isCurrent\": false"), "{told}");
    assert_eq!(files.text(INFORMATION), before.text(INFORMATION));
}
