//! The written form of a behaviour.

use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

use super::{Behaviour, Cut, Hang};

const MAX_WAIT: Duration = Duration::from_secs(600);
const MAX_WORDS: usize = 20_000;

/// A part of the list that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BehaviourError {
    /// No part has this name.
    #[error("`{0}` is not a behaviour")]
    UnknownPart(String),
    /// The part takes another value.
    #[error("`{part}` needs {needs}")]
    Value {
        /// The part as it was written.
        part: String,
        /// What it takes.
        needs: &'static str,
    },
}

impl FromStr for Behaviour {
    type Err = BehaviourError;

    fn from_str(list: &str) -> Result<Self, BehaviourError> {
        let parts = list.split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Part::read).try_fold(Self::default(), |mut behaviour, part| {
            part.set(&mut behaviour)?;
            Ok(behaviour)
        })
    }
}

struct Part<'a> {
    written: &'a str,
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn read(written: &'a str) -> Self {
        match written.split_once('=') {
            Some((name, value)) => Self { written, name: name.trim(), value: Some(value.trim()) },
            None => Self { written, name: written, value: None },
        }
    }

    fn set(&self, to: &mut Behaviour) -> Result<(), BehaviourError> {
        match self.name {
            "latency" => to.latency = self.duration()?,
            "pace" => to.pace = self.duration()?,
            "words" => {
                to.words = Some(self.number("a number up to 20000", |words: &usize| *words <= MAX_WORDS)?)
            }
            "status" => to.status = Some(self.status()?),
            "retry-after" => to.retry_after = Some(self.header_text()?),
            "retry-after-ms" => to.retry_after_ms = Some(self.number("milliseconds", |_| true)?),
            "remaining-requests" => to.remaining_requests = Some(self.number("a number", |_| true)?),
            "remaining-tokens" => to.remaining_tokens = Some(self.number("a number", |_| true)?),
            "cut-after" => to.cut_after = Some(self.number("a number of frames", |_| true)?),
            "cut" => to.cut = self.cut()?,
            "hang" => to.hang = Some(self.hang()?),
            "gzip" => to.gzip = self.bare()?,
            "garbage" => to.garbage = self.bare()?,
            "once" => to.first = self.bare()?.then_some(1),
            "first" => to.first = Some(self.number("a number of requests", |_| true)?),
            "label" => {}
            _ => return Err(BehaviourError::UnknownPart(String::from(self.name))),
        }
        Ok(())
    }

    fn wrong(&self, needs: &'static str) -> BehaviourError {
        BehaviourError::Value { part: String::from(self.written), needs }
    }

    fn bare(&self) -> Result<bool, BehaviourError> {
        self.value.is_none().then_some(true).ok_or_else(|| self.wrong("no value"))
    }

    fn number<N: FromStr>(&self, needs: &'static str, fits: fn(&N) -> bool) -> Result<N, BehaviourError> {
        self.value.and_then(|value| value.parse().ok()).filter(fits).ok_or_else(|| self.wrong(needs))
    }

    fn duration(&self) -> Result<Duration, BehaviourError> {
        let wait = self.value.and_then(|value| match value.strip_suffix("ms") {
            Some(number) => number.parse().ok().map(Duration::from_millis),
            None => value.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
        });
        wait.filter(|wait| *wait <= MAX_WAIT)
            .ok_or_else(|| self.wrong("a time up to ten minutes such as `200ms` or `3s`"))
    }

    fn status(&self) -> Result<StatusCode, BehaviourError> {
        let status = self.value.and_then(|value| value.parse::<StatusCode>().ok());
        status
            .filter(|status| status.is_client_error() || status.is_server_error())
            .ok_or_else(|| self.wrong("a status from 400 to 599"))
    }

    fn header_text(&self) -> Result<String, BehaviourError> {
        let printable =
            |value: &&str| !value.is_empty() && value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        self.value.filter(printable).map(String::from).ok_or_else(|| self.wrong("seconds or a date"))
    }

    fn cut(&self) -> Result<Cut, BehaviourError> {
        match self.value {
            Some("reset") => Ok(Cut::Reset),
            Some("close") => Ok(Cut::Close),
            _ => Err(self.wrong("`reset` or `close`")),
        }
    }

    fn hang(&self) -> Result<Hang, BehaviourError> {
        let needs = "`before-head`, `after-head`, `between-frames`, `after-` and a number, or `before-end`";
        match self.value {
            Some("before-head") => Ok(Hang::BeforeHead),
            Some("after-head") => Ok(Hang::AfterFrames(0)),
            Some("between-frames") => Ok(Hang::AfterFrames(1)),
            Some("before-end") => Ok(Hang::BeforeEnd),
            Some(other) => {
                let frames = other.strip_prefix("after-").and_then(|number| number.parse().ok());
                frames.map(Hang::AfterFrames).ok_or_else(|| self.wrong(needs))
            }
            None => Err(self.wrong(needs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts in the first column of the table for users.
    fn documented() -> Vec<&'static str> {
        let page = include_str!("../../../../docs/model-simulator.md");
        let (_, table) = page.split_once("| part | meaning |").unwrap();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        rows.map(|row| row.split('`').nth(1).unwrap()).collect()
    }

    #[test]
    fn every_documented_part_is_understood_and_does_something() {
        let parts = documented();
        assert!(parts.len() > 20, "{parts:?}");
        for part in parts {
            let behaviour: Behaviour = part.parse().unwrap();
            let does_nothing = part.starts_with("label") || part == "cut=close";
            assert_eq!(behaviour == Behaviour::default(), does_nothing, "{part}");
        }
    }

    #[test]
    fn a_list_sets_all_its_parts() {
        let written = "latency=200ms; pace=2s; words=50; status=429; retry-after=3; retry-after-ms=2500; \
             remaining-requests=0; remaining-tokens=-1; cut-after=5; cut=reset; hang=after-3; gzip; garbage; first=2; label=a";
        let expected = Behaviour {
            latency: Duration::from_millis(200),
            pace: Duration::from_secs(2),
            words: Some(50),
            status: Some(StatusCode::TOO_MANY_REQUESTS),
            retry_after: Some(String::from("3")),
            retry_after_ms: Some(2500),
            remaining_requests: Some(0),
            remaining_tokens: Some(-1),
            cut_after: Some(5),
            cut: Cut::Reset,
            hang: Some(Hang::AfterFrames(3)),
            gzip: true,
            garbage: true,
            first: Some(2),
        };
        assert_eq!(written.parse(), Ok(expected));
        assert_eq!("".parse(), Ok(Behaviour::default()));
        assert_eq!("once".parse::<Behaviour>().unwrap().first, Some(1));
    }

    #[test]
    fn every_place_to_hang_has_a_name() {
        let places = [
            ("before-head", Hang::BeforeHead),
            ("after-head", Hang::AfterFrames(0)),
            ("between-frames", Hang::AfterFrames(1)),
            ("before-end", Hang::BeforeEnd),
        ];
        for (name, hang) in places {
            assert_eq!(format!("hang={name}").parse::<Behaviour>().unwrap().hang, Some(hang));
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (written, message) in [
            ("latncy=3s", "`latncy` is not a behaviour"),
            ("latency=3", "`latency=3` needs a time up to ten minutes such as `200ms` or `3s`"),
            ("latency=601s", "`latency=601s` needs a time up to ten minutes such as `200ms` or `3s`"),
            ("status=200", "`status=200` needs a status from 400 to 599"),
            ("once=2", "`once=2` needs no value"),
            ("cut=politely", "`cut=politely` needs `reset` or `close`"),
            ("words=20001", "`words=20001` needs a number up to 20000"),
            ("retry-after=", "`retry-after=` needs seconds or a date"),
        ] {
            assert_eq!(written.parse::<Behaviour>().unwrap_err().to_string(), message);
        }
    }
}
