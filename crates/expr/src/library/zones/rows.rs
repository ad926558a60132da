//! The tables of `TimeZoneInfo` and `TimeZone`, and what a program makes itself.

use std::fmt::Write as _;

use crate::eval::{Cx, Eval};
use crate::library::arguments::{arg, boolean, items, text, text_or_empty};
use crate::library::natives::{made, named, state};
use crate::library::{Row, TypeSpec, member, views};
use crate::object::{NativeObject, Object};
use crate::time::{self, DAY, HOUR, MINUTE};
use crate::types::Type;
use crate::value::{DateTime, DateTimeKind};
use crate::{Exception, Text, Value};

use super::convert::{convert, convert_offset, date, in_zone, moment, offset, own_zone, zone};
use super::rules::{Rule, Transition};
use super::{Zone, ZoneKind, found, object, windows};

pub(super) const TIME_ZONE_INFO: TypeSpec =
    TypeSpec { members: MEMBERS, ..TypeSpec::class("System.TimeZoneInfo", "api/system.timezoneinfo") };

const MEMBERS: &[Row] = &[
    member("static TimeZoneInfo Utc", |cx, _| object(cx, Zone::utc())),
    member("static TimeZoneInfo Local", |cx, _| object(cx, Zone::local())),
    member("static TimeZoneInfo FindSystemTimeZoneById(string id)", |cx, a| {
        let zone = found(arg(a, 0))?;
        object(cx, zone)
    }),
    member("static ReadOnlyCollection<TimeZoneInfo> GetSystemTimeZones()", |cx, _| {
        cx.burn(windows::ZONES.len() as u64 * 4)?;
        let mut zones = Vec::new();
        let mut all: Vec<Zone> = windows::ZONES.iter().filter_map(|(id, iana, places)| Zone::system(id, iana, places)).collect();
        all.sort_by_key(|zone| zone.base);
        for zone in all {
            zones.push(object(cx, zone)?);
        }
        let list = cx.heap.make(Object::List { element: named("TimeZoneInfo"), items: zones })?;
        views::read_only_of(cx, &list, named("TimeZoneInfo"))
    }),
    member("static void ClearCachedData()", |_, _| Ok(Value::Null)),
    member("string Id", |cx, a| Ok(Value::text(&state::<Zone>(cx, a, 0)?.id))),
    member("string DisplayName", |cx, a| Ok(Value::text(&state::<Zone>(cx, a, 0)?.display))),
    member("string StandardName", |cx, a| Ok(Value::text(&state::<Zone>(cx, a, 0)?.standard))),
    member("string DaylightName", |cx, a| Ok(Value::text(&state::<Zone>(cx, a, 0)?.daylight))),
    member("TimeSpan BaseUtcOffset", |cx, a| Ok(Value::TimeSpan(state::<Zone>(cx, a, 0)?.base))),
    member("bool SupportsDaylightSavingTime", |cx, a| Ok(Value::Bool(!state::<Zone>(cx, a, 0)?.rules.is_empty()))),
    member("AdjustmentRule[] GetAdjustmentRules()", |cx, a| {
        let rules = state::<Zone>(cx, a, 0)?.rules.clone();
        let mut list = Vec::new();
        for rule in rules {
            list.push(made(cx, rule)?);
        }
        cx.heap.array(named("AdjustmentRule"), list)
    }),
    member("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |cx, a| {
        let to = zone(cx, a, 1, "destinationTimeZone")?;
        convert(date(a, 0), &own_zone(date(a, 0)), &to)
    }),
    member(
        "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)",
        |cx, a| convert(date(a, 0), &zone(cx, a, 1, "sourceTimeZone")?, &zone(cx, a, 2, "destinationTimeZone")?),
    ),
    member("static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)", |cx, a| {
        Ok(convert_offset(moment(arg(a, 0)), &zone(cx, a, 1, "destinationTimeZone")?))
    }),
    member("static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)", |_, a| {
        convert(date(a, 0), &own_zone(date(a, 0)), &found(arg(a, 1))?)
    }),
    member(
        "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId)",
        |_, a| {
            let own = date(a, 0);
            let is_utc = text_or_empty(a, 1).eq_ignore_ascii_case("UTC");
            let from = if is_utc { own_zone(own) } else { found(arg(a, 1))? };
            let from = if is_utc && own.kind == DateTimeKind::Unspecified { Zone::utc() } else { from };
            convert(own, &from, &found(arg(a, 2))?)
        },
    ),
    member(
        "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string destinationTimeZoneId)",
        |_, a| Ok(convert_offset(moment(arg(a, 0)), &found(arg(a, 1))?)),
    ),
    member("static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |cx, a| {
        convert(date(a, 0), &Zone::utc(), &zone(cx, a, 1, "destinationTimeZone")?)
    }),
    member("static DateTime ConvertTimeToUtc(DateTime dateTime)", |_, a| match date(a, 0) {
        own @ DateTime { kind: DateTimeKind::Utc, .. } => Ok(Value::DateTime(own)),
        own => convert(own, &Zone::local(), &Zone::utc()),
    }),
    member("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", |cx, a| {
        convert(date(a, 0), &zone(cx, a, 1, "sourceTimeZone")?, &Zone::utc())
    }),
    member("TimeSpan GetUtcOffset(DateTime dateTime)", |cx, a| {
        Ok(Value::TimeSpan(offset(date(a, 1), state(cx, a, 0)?).0))
    }),
    member("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", |cx, a| {
        Ok(Value::TimeSpan(state::<Zone>(cx, a, 0)?.offset_at(moment(arg(a, 1))).0))
    }),
    member("bool IsDaylightSavingTime(DateTime dateTime)", |cx, a| {
        Ok(Value::Bool(offset(date(a, 1), state(cx, a, 0)?).1))
    }),
    member("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", |cx, a| {
        Ok(Value::Bool(state::<Zone>(cx, a, 0)?.offset_at(moment(arg(a, 1))).1))
    }),
    member("bool IsInvalidTime(DateTime dateTime)", |cx, a| {
        let zone = state::<Zone>(cx, a, 0)?;
        let own = date(a, 1);
        let asks = own.kind == DateTimeKind::Unspecified || own.kind == DateTimeKind::Local && zone.kind == ZoneKind::Local;
        Ok(Value::Bool(asks && zone.offset_of(own.ticks).1.invalid))
    }),
    member("bool IsAmbiguousTime(DateTime dateTime)", |cx, a| {
        let zone = state::<Zone>(cx, a, 0)?;
        Ok(Value::Bool(zone.offset_of(in_zone(date(a, 1), zone)).1.ambiguous))
    }),
    member("bool IsAmbiguousTime(DateTimeOffset dateTimeOffset)", |cx, a| {
        let zone = state::<Zone>(cx, a, 0)?;
        let utc = moment(arg(a, 1));
        Ok(Value::Bool(zone.offset_of(utc + zone.offset_at(utc).0).1.ambiguous))
    }),
    member("TimeSpan[] GetAmbiguousTimeOffsets(DateTime dateTime)", |cx, a| {
        let zone = state::<Zone>(cx, a, 0)?;
        let offsets = zone.ambiguous_offsets(in_zone(date(a, 1), zone));
        spans(cx, offsets, "The supplied DateTime is not in an ambiguous time range.", "dateTime")
    }),
    member("TimeSpan[] GetAmbiguousTimeOffsets(DateTimeOffset dateTimeOffset)", |cx, a| {
        let zone = state::<Zone>(cx, a, 0)?;
        let utc = moment(arg(a, 1));
        let offsets = zone.ambiguous_offsets(utc + zone.offset_at(utc).0);
        spans(cx, offsets, "The supplied DateTimeOffset is not in an ambiguous time range.", "dateTimeOffset")
    }),
    member("bool HasSameRules(TimeZoneInfo other)", |cx, a| {
        let other = zone(cx, a, 1, "other")?;
        Ok(Value::Bool(state::<Zone>(cx, a, 0)?.has_same_rules(&other)))
    }),
    member("bool Equals(TimeZoneInfo other)", equals),
    member("bool Equals(object obj)", equals),
    member("int GetHashCode()", |cx, a| {
        let id = state::<Zone>(cx, a, 0)?.id.to_uppercase();
        Ok(Value::Int32(id.bytes().fold(5381, |hash: i32, byte| hash.wrapping_mul(33) ^ i32::from(byte))))
    }),
    member("string ToString()", |cx, a| Ok(Value::text(&state::<Zone>(cx, a, 0)?.display))),
    member("string ToSerializedString()", |cx, a| Ok(Value::Text(serialized(state(cx, a, 0)?).into()))),
    member("static TimeZoneInfo FromSerializedString(string source)", |cx, a| {
        let source = text(a, 0, "source")?;
        if source.is_empty() {
            let message = format!("The specified serialized string '{}' is not supported.", source.as_str());
            return Err(Exception::argument(&message, "source"));
        }
        let corrupt = "An error occurred while deserializing the object.  The serialized data is corrupt.";
        let zone = deserialized(source.as_str())
            .ok_or_else(|| Exception::new("System.Runtime.Serialization.SerializationException", Text::from_static(corrupt)))?;
        object(cx, zone)
    }),
    member(
        "static TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName)",
        custom,
    ),
    member(
        "static TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName, string daylightDisplayName, AdjustmentRule[] adjustmentRules)",
        custom,
    ),
    member(
        "static TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName, string daylightDisplayName, AdjustmentRule[] adjustmentRules, bool disableDaylightSavingTime)",
        custom,
    ),
];

fn spans(cx: &mut Cx<'_>, offsets: Option<[i64; 2]>, message: &str, name: &str) -> Eval {
    let offsets = offsets.ok_or_else(|| Exception::argument(message, name))?;
    cx.heap.array(named("TimeSpan"), offsets.into_iter().map(Value::TimeSpan).collect())
}

fn equals(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let other = cx.heap.native::<Zone>(arg(args, 1));
    let own = state::<Zone>(cx, args, 0)?;
    Ok(Value::Bool(other.is_some_and(|other| own.is_same(other))))
}

fn custom(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let id = text(args, 0, "id")?.as_str().to_owned();
    if id.is_empty() {
        return Err(Exception::argument("The specified ID parameter '' is not supported.", "id"));
    }
    let base = match arg(args, 1) {
        Value::TimeSpan(ticks) => *ticks,
        _ => 0,
    };
    if base.abs() > 14 * HOUR {
        let message = "The TimeSpan parameter must be within plus or minus 14.0 hours.";
        return Err(Exception::out_of_range(message, "baseUtcOffset"));
    }
    if base % MINUTE != 0 {
        let message = "The TimeSpan parameter cannot be specified more precisely than whole minutes.";
        return Err(Exception::argument(message, "baseUtcOffset"));
    }
    let rules: Vec<Rule> = match boolean(args, 6) {
        true => Vec::new(),
        false => items(cx.heap, arg(args, 5)).iter().filter_map(|rule| cx.heap.native::<Rule>(rule).copied()).collect(),
    };
    if rules.iter().zip(rules.iter().skip(1)).any(|(one, next)| one.to >= next.from) {
        let message = "The elements of the AdjustmentRule array must be in chronological order and must not overlap.";
        return Err(Exception::new("System.InvalidTimeZoneException", Text::from_static(message)));
    }
    let standard = text_or_empty(args, 3).to_owned();
    let daylight = if args.len() > 4 && !boolean(args, 6) { text_or_empty(args, 4).to_owned() } else { standard.clone() };
    let display = text_or_empty(args, 2).to_owned();
    cx.grow(id.len() + display.len() + standard.len() + daylight.len())?;
    object(cx, Zone { id, display, standard, daylight, base, rules, system: None, kind: ZoneKind::Other })
}

/// `Id;minutes;display;standard;daylight;[rule]…;`, as .NET writes it.
fn serialized(zone: &Zone) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            if matches!(c, '\\' | '[' | ']' | ';') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let mut out = format!(
        "{};{};{};{};{};",
        escaped(&zone.id),
        zone.base / MINUTE,
        escaped(&zone.display),
        escaped(&zone.standard),
        escaped(&zone.daylight)
    );
    let day = |ticks: i64| {
        let [year, month, day, ..] = time::parts(ticks);
        format!("{month:02}:{day:02}:{year:04}")
    };
    for rule in &zone.rules {
        let _ = write!(out, "[{};{};{};", day(rule.from), day(rule.to), rule.delta / MINUTE);
        for transition in [&rule.start, &rule.end] {
            out.push_str(&serialized_transition(transition));
        }
        out.push(']');
    }
    out.push(';');
    out
}

fn serialized_transition(transition: &Transition) -> String {
    let Transition { clock, month, week, day, weekday, fixed } = *transition;
    let clock = time::span_text(clock);
    if fixed { format!("[1;{clock};{month};{day};];") } else { format!("[0;{clock};{month};{week};{weekday};];") }
}

fn deserialized(source: &str) -> Option<Zone> {
    let mut rest = source;
    let mut field = || {
        let mut out = String::new();
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                ';' => {
                    rest = rest.get(at + 1..)?;
                    return Some(out);
                }
                '\\' => out.push(chars.next()?.1),
                c => out.push(c),
            }
        }
        None
    };
    let (id, base, display, standard, daylight) = (field()?, field()?, field()?, field()?, field()?);
    let base = base.parse::<i64>().ok()? * MINUTE;
    let mut rules = Vec::new();
    for rule in rest.strip_suffix(";")?.split("];]").filter(|rule| !rule.is_empty()) {
        rules.push(deserialized_rule(rule)?);
    }
    Some(Zone { id, display, standard, daylight, base, rules, system: None, kind: ZoneKind::Other })
}

/// `[01:01:2007;12:31:9999;60;[0;02:00:00;3;2;0;];[0;02:00:00;11;1;0;`.
fn deserialized_rule(text: &str) -> Option<Rule> {
    let (head, transitions) = text.strip_prefix('[')?.split_once(";[")?;
    let mut fields = head.split(';');
    let day = |text: &str| {
        let numbers: Vec<i64> = text.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        match numbers.as_slice() {
            [month, day, year] => time::days(*year, *month, *day).map(|days| days * DAY),
            _ => None,
        }
    };
    let (from, to) = (day(fields.next()?)?, day(fields.next()?)?);
    let delta = fields.next()?.parse::<i64>().ok()? * MINUTE;
    let (start, end) = transitions.split_once("];[")?;
    Some(Rule { from, to, delta, start: deserialized_transition(start)?, end: deserialized_transition(end)? })
}

fn deserialized_transition(text: &str) -> Option<Transition> {
    let mut fields = text.trim_end_matches(';').split(';');
    let fixed = fields.next()? == "1";
    let mut clock = fields.next()?.split(':').map(|number| number.parse::<i64>().ok());
    let clock = clock.next()?? * HOUR + clock.next()?? * MINUTE + clock.next()?? * time::SECOND;
    let mut numbers = fields.map(|number| number.parse::<i32>().ok());
    let (month, next) = (numbers.next()??, numbers.next()??);
    let weekday = if fixed { 0 } else { numbers.next()?? };
    let (week, day) = if fixed { (1, next) } else { (next, 1) };
    Some(Transition { clock, month, week, day, weekday, fixed })
}

/// `System.TimeZone`: local time, which is UTC.
pub(super) const TIME_ZONE: TypeSpec = TypeSpec {
    members: &[
        member("static TimeZone CurrentTimeZone", |cx, _| made(cx, Current)),
        member("string StandardName", |_, _| Ok(Value::text("Coordinated Universal Time"))),
        member("string DaylightName", |_, _| Ok(Value::text("Coordinated Universal Time"))),
        member("TimeSpan GetUtcOffset(DateTime time)", |_, _| Ok(Value::TimeSpan(0))),
        member("bool IsDaylightSavingTime(DateTime time)", |_, _| Ok(Value::Bool(false))),
        member("DateTime ToLocalTime(DateTime time)", |_, a| {
            Ok(Value::DateTime(DateTime { kind: DateTimeKind::Local, ..date(a, 1) }))
        }),
        member("DateTime ToUniversalTime(DateTime time)", |_, a| {
            Ok(Value::DateTime(DateTime { kind: DateTimeKind::Utc, ..date(a, 1) }))
        }),
    ],
    ..TypeSpec::class("System.TimeZone", "api/system.timezone")
};

/// `TimeZone.CurrentTimeZone`.
#[derive(Debug)]
struct Current;

impl NativeObject for Current {
    fn class(&self) -> Type {
        named("TimeZone")
    }

    /// COMPAT: the type of the object that Windows gives.
    fn text(&self) -> Option<Text> {
        Some(Text::from_static("System.CurrentSystemTimeZone"))
    }
}
