//! How long a backend asks to be left alone.
//!
//! COMPAT: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3). Azure OpenAI sends `retry-after-ms` as well, and
//! sometimes alone (`ai-gateway.md` 6): it is asked when `Retry-After` says nothing.

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// What is longer is cut: a year.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 365);

/// The time that the headers ask for; none when they ask for none, or for none that is still to come.
pub(super) fn wait(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let standard = text(RETRY_AFTER.as_str()).and_then(|text| seconds(text).or_else(|| date(text, now)));
    let wait = standard.filter(SignedDuration::is_positive).or_else(|| {
        let milliseconds = text("retry-after-ms")?.parse::<f64>().ok()?;
        SignedDuration::try_from_secs_f64(milliseconds / 1_000.0).ok()
    });
    wait.filter(SignedDuration::is_positive).map(|wait| wait.min(LONGEST))
}

fn seconds(text: &str) -> Option<SignedDuration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than fit is long enough.
    is_number.then(|| SignedDuration::from_secs(text.parse().unwrap_or(LONGEST.as_secs())))
}

fn date(text: &str, now: Timestamp) -> Option<SignedDuration> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    let at = PARSER.parse_timestamp(text).ok()?;
    Some(at.duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_dates_and_milliseconds_are_understood() {
        // RFC 9110 section 5.6.7 has the date.
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<i64>);
        let cases: [Case<'_>; 11] = [
            (&[], None),
            (&[("retry-after", "17")], Some(17_000)),
            (&[("retry-after", " 86400 ")], Some(86_400_000)),
            (&[("retry-after", "0")], None),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(37_000)),
            (&[("retry-after", "Sat, 05 Nov 1994 08:49:37 GMT")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "99999999999999999999")], Some(365 * 86_400_000)),
            (&[("retry-after", "2"), ("retry-after-ms", "1500")], Some(2_000)),
            (&[("retry-after-ms", "340.5")], Some(340)),
        ];
        for (headers, expected) in cases {
            let map: HeaderMap =
                headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let milliseconds = wait(&map, now).map(|wait| i64::try_from(wait.as_millis()).unwrap());
            assert_eq!(milliseconds, expected, "{headers:?}");
        }
    }
}
