//! Pools of backends, and circuit breakers.

use std::sync::Arc;

use jiff::SignedDuration;
use model::{
    Authorization, Backend, BackendCredentials, BackendId, BackendKind, BackendTls, BreakerRule,
    Configuration, FailureCondition, PoolMember, SessionAffinity, StatusRange, Threshold, ValueText,
};
use policy::BackendEntity;

use crate::world::{api, backend, built, entity, entity_of, problems};

fn member(name: &str) -> PoolMember {
    PoolMember { backend: BackendId::new(name).unwrap(), priority: None, weight: None }
}

fn pool(name: &str, members: &[&str]) -> Backend {
    let members = members.iter().map(|name| member(name)).collect();
    let affinity = Some(SessionAffinity { cookie: "SessionId".into() });
    Backend {
        kind: BackendKind::Pool { members, affinity, failure_status: Some(429) },
        ..backend(name, BackendCredentials::default())
    }
}

fn rule(ranges: &[(u16, u16)], reasons: &[&str]) -> BreakerRule {
    BreakerRule {
        name: "rule".into(),
        failure: FailureCondition {
            threshold: Threshold::Count(1),
            interval: SignedDuration::from_secs(60),
            status_ranges: ranges.iter().map(|&(min, max)| StatusRange { min, max }).collect(),
            error_reasons: reasons.iter().map(|&reason| reason.into()).collect(),
        },
        trip_duration: SignedDuration::from_secs(60),
        accept_retry_after: true,
    }
}

fn with(backends: impl IntoIterator<Item = Backend>) -> Configuration {
    let mut configuration = Configuration::default();
    for each in backends {
        configuration.backends.insert(each).unwrap();
    }
    configuration.apis.insert(api("chat", r#"<set-backend-service backend-id="POOL" />"#)).unwrap();
    configuration
}

fn guarded(name: &str, rule: BreakerRule) -> Backend {
    Backend { circuit_breaker: Some(rule), ..backend(name, BackendCredentials::default()) }
}

#[test]
fn members_are_the_backends_themselves() {
    // The pool stands before its members, whose names are written in another case.
    let backends = [
        pool("pool", &["One", "two"]),
        guarded("one", rule(&[(429, 429)], &[])),
        backend("two", BackendCredentials::default()),
    ];
    let built = built(&with(backends), Vec::new());
    assert!(!built.problems.has_errors(), "{:?}", built.problems);
    let BackendEntity::Pool(pool) = entity(&built) else { panic!("not a pool") };
    let ids: Vec<_> = pool.members.iter().map(|each| &*each.id).collect();
    assert_eq!((&*pool.id, ids), ("pool", vec!["one", "two"]));
    assert!(pool.members[0].breaker.is_some() && pool.members[1].breaker.is_none());
    assert_eq!(pool.failure_status, 429);
    assert_eq!(pool.affinity.as_ref().unwrap().values.len(), 2);
    let shown: Vec<_> = built.snapshot.backends.iter().map(|each| &*each.id).collect();
    assert_eq!(shown, ["one", "two", "pool"]);
}

/// Two pools, or a pool and a policy, that use one backend share its breaker (`policies-a.md` 4.4).
#[test]
fn a_breaker_belongs_to_the_backend() {
    let backends =
        [guarded("one", rule(&[(429, 429)], &[])), pool("pool", &["one"]), pool("other", &["one"])];
    let mut configuration = with(backends);
    configuration.apis.insert(api("more", r#"<set-backend-service backend-id="other" />"#)).unwrap();
    let built = built(&configuration, Vec::new());
    let of_pool = entity(&built).backends()[0].clone();
    let of_other = entity_of(&built, 1).backends()[0].clone();
    assert!(Arc::ptr_eq(of_pool.breaker.as_ref().unwrap(), of_other.breaker.as_ref().unwrap()));
}

/// Backends page: no pool inside of a pool. Credentials and the like are those of the member.
#[test]
fn what_a_pool_cannot_be_is_refused() {
    let one = || backend("one", BackendCredentials::default());
    let credentials = BackendCredentials {
        authorization: Some(Authorization {
            scheme: ValueText::new("Bearer"),
            parameter: ValueText::new("x"),
        }),
        ..BackendCredentials::default()
    };
    let lax = BackendTls { validate_chain: false, ..BackendTls::default() };
    for (backends, expected) in [
        (
            vec![one(), pool("inner", &["one"]), pool("pool", &["one", "inner"])],
            "the pool `pool` has the member `inner`, which is a pool",
        ),
        (vec![one(), Backend { credentials, ..pool("pool", &["one"]) }], "the pool `pool` has `credentials`"),
        (vec![one(), Backend { tls: lax, ..pool("pool", &["one"]) }], "the pool `pool` has `tls`"),
        (
            vec![
                one(),
                Backend { circuit_breaker: Some(rule(&[(500, 500)], &[])), ..pool("pool", &["one"]) },
            ],
            "the pool `pool` has `circuitBreaker`",
        ),
        (
            vec![guarded("one", rule(&[], &["Server errors"])), pool("pool", &["one"])],
            "the circuit breaker of the backend `one` could never open",
        ),
    ] {
        let told = problems(&with(backends));
        assert!(told.contains(expected), "{expected}\n{told}");
        assert!(told.contains("the backend `POOL` cannot be used"), "{told}");
    }
    for reasons in [&["timeout"][..], &["Server errors", "BackendConnectionFailure"]] {
        assert_eq!(problems(&with([guarded("one", rule(&[], reasons)), pool("pool", &["one"])])), "");
    }
}
