//! Where a request carries its key (documentation of subscriptions: the query parameter is looked at only when the
//! header is absent).

use http::HeaderMap;
use model::{
    Api, ApiId, ApiPath, BearerKeys, DisplayName, KeyNames, PresentedKey, WhereFound, presented_key,
};

fn api(names: KeyNames, bearer_keys: BearerKeys) -> Api {
    let mut api =
        Api::new(ApiId::new("a").unwrap(), DisplayName::new("A").unwrap(), ApiPath::new("a").unwrap());
    api.key_names = names;
    api.settings.bearer_keys = bearer_keys;
    api
}

fn found(api: &Api, headers: &[(&str, &str)], query: Option<&str>) -> Option<(String, WhereFound)> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    presented_key(api, &map, query).map(|PresentedKey { text, found }| (text.into_owned(), found))
}

fn some(key: &str, place: WhereFound) -> Option<(String, WhereFound)> {
    Some((key.to_owned(), place))
}

#[test]
fn the_header_comes_before_the_query_parameter() {
    let api = api(KeyNames::default(), BearerKeys::Ignored);
    let header = ("Ocp-Apim-Subscription-Key", "bad");
    assert_eq!(found(&api, &[header], Some("subscription-key=good")), some("bad", WhereFound::Header));
    assert_eq!(found(&api, &[], Some("x=1&subscription-key=go%2Bod")), some("go+od", WhereFound::Query));
    assert_eq!(found(&api, &[], Some("Subscription-Key=good")), some("good", WhereFound::Query));
    assert_eq!(found(&api, &[("authorization", "Bearer k")], None), None);
    assert_eq!(found(&api, &[], None), None);
}

#[test]
fn an_empty_header_is_as_good_as_absent() {
    let api = api(KeyNames::default(), BearerKeys::Ignored);
    let header = ("ocp-apim-subscription-key", " ");
    assert_eq!(found(&api, &[header], Some("subscription-key=good")), some("good", WhereFound::Query));
    assert_eq!(found(&api, &[header], Some("subscription-key=")), None);
}

#[test]
fn header_and_query_names_are_set_per_api_and_independent() {
    let api = api(KeyNames::new("api-key", "subscription-key").unwrap(), BearerKeys::Ignored);
    assert_eq!(found(&api, &[("api-key", "k")], None), some("k", WhereFound::Header));
    assert_eq!(found(&api, &[("Ocp-Apim-Subscription-Key", "k")], None), None);
    assert_eq!(found(&api, &[], Some("api-key=k")), None);
}

#[test]
fn a_bearer_token_is_a_key_only_where_the_api_is_set_so_and_comes_last() {
    let api = api(KeyNames::default(), BearerKeys::Accepted);
    let bearer = ("authorization", "bearer  k ");
    assert_eq!(found(&api, &[bearer], None), some("k", WhereFound::Bearer));
    assert_eq!(found(&api, &[bearer], Some("subscription-key=q")), some("q", WhereFound::Query));
    assert_eq!(found(&api, &[("authorization", "Basic k")], None), None);
}

#[test]
fn an_api_whose_key_header_is_authorization_takes_the_key_bare_or_after_bearer() {
    let api = api(KeyNames::new("Authorization", "subscription-key").unwrap(), BearerKeys::Ignored);
    assert_eq!(found(&api, &[("authorization", "Bearer k")], None), some("k", WhereFound::Header));
    assert_eq!(found(&api, &[("authorization", "k")], None), some("k", WhereFound::Header));
}
