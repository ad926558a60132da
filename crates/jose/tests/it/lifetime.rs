//! When tokens are valid. Bounds and order are those of Microsoft.IdentityModel's `Validators.ValidateLifetime`.

use jiff::{SignedDuration, Timestamp};
use jose::{Allowed, Expiration, Lifetime, Limits, Token, TokenProblem, Unverified, sign};
use serde_json::{Value, json};

use crate::cases::object;

const NOW: i64 = 1_300_819_380;

fn token(claims: Value) -> Token {
    let text = sign::unsigned(&object(claims));
    Unverified::parse(&text, &Limits::default()).unwrap().verify([], &Allowed::all().and_unsigned()).unwrap()
}

fn check(claims: Value, skew: i64, expiration: Expiration) -> Result<(), TokenProblem> {
    let now = Timestamp::from_second(NOW).unwrap();
    Lifetime { now, skew: SignedDuration::from_secs(skew), expiration }.check(&token(claims))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn a_token_is_valid_from_nbf_to_exp_both_included() {
    use Expiration::Required;
    let valid = |from: i64, until: i64, skew| check(json!({ "nbf": from, "exp": until }), skew, Required);
    assert_eq!(valid(NOW, NOW, 0), Ok(()));
    assert_eq!(valid(NOW - 9, NOW - 1, 0), Err(TokenProblem::Expired { expires: at(NOW - 1), now: at(NOW) }));
    assert_eq!(
        valid(NOW + 1, NOW + 9, 0),
        Err(TokenProblem::NotYetValid { from: at(NOW + 1), now: at(NOW) })
    );
    assert_eq!(valid(NOW - 9, NOW - 1, 1), Ok(()));
    assert_eq!(valid(NOW + 1, NOW + 9, 1), Ok(()));
    assert_eq!(
        valid(NOW + 2, NOW + 9, 1),
        Err(TokenProblem::NotYetValid { from: at(NOW + 2), now: at(NOW) })
    );
    assert_eq!(
        valid(NOW - 9, NOW - 1, -60),
        Err(TokenProblem::Expired { expires: at(NOW - 1), now: at(NOW) })
    );
    assert_eq!(
        valid(NOW + 5, NOW, 60),
        Err(TokenProblem::NeverValid { from: at(NOW + 5), expires: at(NOW) })
    );
}

#[test]
fn exp_may_be_required() {
    assert_eq!(check(json!({ "nbf": NOW }), 0, Expiration::Required), Err(TokenProblem::NoExpiration));
    assert_eq!(check(json!({ "nbf": NOW }), 0, Expiration::Optional), Ok(()));
    assert_eq!(
        check(json!({ "exp": NOW - 1 }), 0, Expiration::Optional).unwrap_err().to_string().split(':').next(),
        Some("IDX10223")
    );
}

/// RFC 7519 section 2: a NumericDate is a number, and may have a fraction.
#[test]
fn times_are_numbers_whole_or_not_small_or_huge() {
    use Expiration::Optional;
    assert_eq!(check(json!({ "exp": 1_300_819_380.25 }), 0, Optional), Ok(()));
    assert!(check(json!({ "exp": 1_300_819_379.75 }), 0, Optional).is_err());
    assert_eq!(
        token(json!({ "nbf": 1.5 })).not_before().unwrap(),
        Some(Timestamp::new(1, 500_000_000).unwrap())
    );
    for huge in [json!(1e300), json!(u64::MAX), json!(i64::MAX), json!(253_402_300_800_i64)] {
        assert_eq!(check(json!({ "exp": huge }), 300, Optional), Ok(()), "never expires");
        assert!(check(json!({ "nbf": huge }), 300, Optional).is_err(), "never begins");
    }
    for ancient in [json!(-1e300), json!(i64::MIN), json!(-1), json!(0)] {
        assert!(check(json!({ "exp": ancient }), 300, Optional).is_err(), "long gone");
        assert_eq!(check(json!({ "nbf": ancient }), 300, Optional), Ok(()), "long ago");
    }
    for other in [json!("1300819380"), json!(null), json!([1]), json!(true), json!({})] {
        assert_eq!(check(json!({ "exp": other.clone() }), 0, Optional), Err(TokenProblem::ClaimType("exp")));
        assert_eq!(check(json!({ "nbf": other }), 0, Optional), Err(TokenProblem::ClaimType("nbf")));
    }
}

/// RFC 7519 sections 4.1.1 to 4.1.3.
#[test]
fn an_audience_is_one_text_or_several() {
    let audiences = |claims| token(claims).audiences().join(" ");
    assert_eq!(audiences(json!({ "aud": "a" })), "a");
    assert_eq!(audiences(json!({ "aud": ["a", "b", 1] })), "a b");
    assert_eq!(
        audiences(json!({ "aud": {"a": 1} })) + &audiences(json!({})) + &audiences(json!({ "aud": 1 })),
        ""
    );
    let token = token(json!({ "iss": "i", "sub": 7 }));
    assert_eq!(
        (token.issuer(), token.subject(), token.kid(), token.algorithm()),
        (Some("i"), None, None, Some("none"))
    );
}
