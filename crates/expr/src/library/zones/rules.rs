//! `TimeZoneInfo.AdjustmentRule` and `TimeZoneInfo.TransitionTime`, and what rules say of a time.

use crate::eval::{Cx, Eval};
use crate::library::arguments::{arg, int, member as number_of};
use crate::library::natives::{made, named, state};
use crate::library::{TypeSpec, member};
use crate::object::{Key, NativeObject};
use crate::time::{self, DAY, HOUR, MINUTE};
use crate::types::Type;
use crate::value::{DateTime, DateTimeKind};
use crate::{Exception, Heap, Value};

pub(super) const ADJUSTMENT_RULE: TypeSpec = TypeSpec {
    members: &[
        member(
            "static AdjustmentRule CreateAdjustmentRule(DateTime dateStart, DateTime dateEnd, TimeSpan daylightDelta, TransitionTime daylightTransitionStart, TransitionTime daylightTransitionEnd)",
            create_rule,
        ),
        member("DateTime DateStart", |cx, a| Ok(plain_date(state::<Rule>(cx, a, 0)?.from))),
        member("DateTime DateEnd", |cx, a| Ok(plain_date(state::<Rule>(cx, a, 0)?.to))),
        member("TimeSpan DaylightDelta", |cx, a| Ok(Value::TimeSpan(state::<Rule>(cx, a, 0)?.delta))),
        member("TransitionTime DaylightTransitionStart", |cx, a| {
            let transition = state::<Rule>(cx, a, 0)?.start;
            made(cx, transition)
        }),
        member("TransitionTime DaylightTransitionEnd", |cx, a| {
            let transition = state::<Rule>(cx, a, 0)?.end;
            made(cx, transition)
        }),
        member("bool Equals(AdjustmentRule other)", |cx, a| {
            let other = cx.heap.native::<Rule>(arg(a, 1));
            Ok(Value::Bool(other == Some(state(cx, a, 0)?)))
        }),
        member("int GetHashCode()", |cx, a| Ok(hash(state::<Rule>(cx, a, 0)?.from))),
    ],
    ..TypeSpec::class("System.TimeZoneInfo+AdjustmentRule", "api/system.timezoneinfo.adjustmentrule")
};

pub(super) const TRANSITION_TIME: TypeSpec = TypeSpec {
    members: &[
        member("static TransitionTime CreateFixedDateRule(DateTime timeOfDay, int month, int day)", |cx, a| {
            unspecified(a)?;
            let (month, day) = (month(a)?, day(a)?);
            let transition = Transition { clock: clock(a)?, month, week: 1, day, weekday: 0, fixed: true };
            made(cx, transition)
        }),
        member(
            "static TransitionTime CreateFloatingDateRule(DateTime timeOfDay, int month, int week, DayOfWeek dayOfWeek)",
            |cx, a| {
                unspecified(a)?;
                let month = month(a)?;
                let (week, weekday) = (int(a, 2), number_of(a, 3));
                if !(1..=5).contains(&week) {
                    let message = "The Week parameter must be in the range 1 through 5.";
                    return Err(Exception::out_of_range(message, "week"));
                }
                if !(0..7).contains(&weekday) {
                    let message = "The DayOfWeek enumeration must be in the range 0 through 6.";
                    return Err(Exception::out_of_range(message, "dayOfWeek"));
                }
                let transition = Transition { clock: clock(a)?, month, week, day: 1, weekday, fixed: false };
                made(cx, transition)
            },
        ),
        member("DateTime TimeOfDay", |cx, a| Ok(plain_date(state::<Transition>(cx, a, 0)?.clock))),
        member("int Month", |cx, a| Ok(Value::Int32(state::<Transition>(cx, a, 0)?.month))),
        member("int Week", |cx, a| Ok(Value::Int32(state::<Transition>(cx, a, 0)?.week))),
        member("int Day", |cx, a| Ok(Value::Int32(state::<Transition>(cx, a, 0)?.day))),
        member("DayOfWeek DayOfWeek", |cx, a| {
            let weekday = state::<Transition>(cx, a, 0)?.weekday;
            // 0001-01-07 was a Sunday.
            Ok(super::super::dates::day_of_week((i64::from(weekday) + 6) * DAY))
        }),
        member("bool IsFixedDateRule", |cx, a| Ok(Value::Bool(state::<Transition>(cx, a, 0)?.fixed))),
        member("bool Equals(object obj)", |cx, a| same(cx, a, true)),
        member("bool Equals(TransitionTime other)", |cx, a| same(cx, a, true)),
        member("static bool operator ==(TransitionTime t1, TransitionTime t2)", |cx, a| same(cx, a, true)),
        member("static bool operator !=(TransitionTime t1, TransitionTime t2)", |cx, a| same(cx, a, false)),
        member("int GetHashCode()", |cx, a| {
            let transition = state::<Transition>(cx, a, 0)?;
            Ok(Value::Int32(transition.month ^ transition.week << 8))
        }),
    ],
    ..TypeSpec::structure("System.TimeZoneInfo+TransitionTime", "api/system.timezoneinfo.transitiontime")
};

fn same(cx: &mut Cx<'_>, args: &[Value], wanted: bool) -> Eval {
    let (a, b) = (cx.heap.native::<Transition>(arg(args, 0)), cx.heap.native::<Transition>(arg(args, 1)));
    Ok(Value::Bool((a.is_some() && a == b) == wanted))
}

fn hash(ticks: i64) -> Value {
    Value::Int32(i32::try_from(ticks / DAY).unwrap_or(0))
}

pub(super) fn plain_date(ticks: i64) -> Value {
    Value::DateTime(DateTime { ticks, kind: DateTimeKind::Unspecified })
}

fn unspecified(args: &[Value]) -> Result<(), Exception> {
    match arg(args, 0) {
        Value::DateTime(date) if date.kind != DateTimeKind::Unspecified => {
            let message =
                "The supplied DateTime must have the Kind property set to DateTimeKind.Unspecified.";
            Err(Exception::argument(message, "timeOfDay"))
        }
        _ => Ok(()),
    }
}

/// The time of day of a transition: a `DateTime` of the first day, in whole milliseconds.
fn clock(args: &[Value]) -> Result<i64, Exception> {
    let Value::DateTime(date) = arg(args, 0) else { return Ok(0) };
    if date.ticks >= DAY || date.ticks % 10_000 != 0 {
        let message = "The supplied DateTime must have the Year, Month, and Day properties set to 1.  The time cannot be specified more precisely than whole milliseconds.";
        return Err(Exception::argument(message, "timeOfDay"));
    }
    Ok(date.ticks)
}

fn month(args: &[Value]) -> Result<i32, Exception> {
    let month = int(args, 1);
    let message = "The Month parameter must be in the range 1 through 12.";
    if (1..=12).contains(&month) { Ok(month) } else { Err(Exception::out_of_range(message, "month")) }
}

fn day(args: &[Value]) -> Result<i32, Exception> {
    let day = int(args, 2);
    let message = "The Day parameter must be in the range 1 through 31.";
    if (1..=31).contains(&day) { Ok(day) } else { Err(Exception::out_of_range(message, "day")) }
}

/// When clocks change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    /// Ticks since midnight.
    pub(super) clock: i64,
    pub(super) month: i32,
    pub(super) week: i32,
    pub(super) day: i32,
    pub(super) weekday: i32,
    pub(super) fixed: bool,
}

impl NativeObject for Transition {
    fn class(&self) -> Type {
        named("TransitionTime")
    }

    fn key(&self, _: &Heap) -> Option<Key> {
        Some(Key::Text(format!("{self:?}").into()))
    }
}

impl Transition {
    /// The ticks of the change in a year.
    pub(super) fn in_year(&self, year: i64) -> i64 {
        let month = i64::from(self.month);
        let days = time::days_in_month(year, month);
        let first = time::days(year, month, 1).unwrap_or(0);
        if self.fixed {
            return (first + i64::from(self.day).min(days) - 1) * DAY + self.clock;
        }
        // 0001-01-01 was a Monday.
        let weekday = (first + 1).rem_euclid(7);
        let mut day = (i64::from(self.weekday) - weekday).rem_euclid(7) + (i64::from(self.week) - 1) * 7;
        while day >= days {
            day -= 7;
        }
        (first + day) * DAY + self.clock
    }
}

/// Between two days, when it is summer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) delta: i64,
    pub(super) start: Transition,
    pub(super) end: Transition,
}

impl NativeObject for Rule {
    fn class(&self) -> Type {
        named("AdjustmentRule")
    }
}

/// What a rule says of a clock time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Season {
    pub(super) summer: bool,
    /// The clock shows it twice.
    pub(super) ambiguous: bool,
    /// The clock never shows it.
    pub(super) invalid: bool,
}

impl Rule {
    /// Whether the rule is for that day.
    pub(super) fn covers(&self, ticks: i64) -> bool {
        let day = ticks - ticks.rem_euclid(DAY);
        self.from <= day && day <= self.to
    }

    /// COMPAT: an hour that is shown twice, or never, counts as standard time (.NET Framework reference source,
    /// `TimeZoneInfo.GetIsDaylightSavings`).
    pub(super) fn season(&self, ticks: i64) -> Season {
        let [year, ..] = time::parts(ticks);
        let (start, end) = (self.start.in_year(year), self.end.in_year(year));
        let delta = self.delta.max(0);
        let (from, to) = (start + delta, end - delta);
        let within = |from: i64, to: i64| if start <= end { (from..to).contains(&ticks) } else { ticks < to || ticks >= from };
        Season {
            summer: within(from, to),
            invalid: (start..start + delta).contains(&ticks),
            ambiguous: (end - delta..end).contains(&ticks),
        }
    }

    /// Whether it is summer at a moment, given as clock time of winter.
    pub(super) fn summer_at(&self, standard: i64) -> bool {
        let [year, ..] = time::parts(standard.clamp(0, time::MAX_TICKS));
        let (start, end) = (self.start.in_year(year), self.end.in_year(year) - self.delta);
        if start <= end { (start..end).contains(&standard) } else { standard < end || standard >= start }
    }
}

fn create_rule(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let date = |index: usize, name: &str| match arg(args, index) {
        Value::DateTime(date) if date.kind != DateTimeKind::Unspecified => {
            let message = "The supplied DateTime must have the Kind property set to DateTimeKind.Unspecified.";
            Err(Exception::argument(message, name))
        }
        Value::DateTime(date) => Ok(date.ticks),
        _ => Ok(0),
    };
    let (from, to) = (date(0, "dateStart")?, date(1, "dateEnd")?);
    let Value::TimeSpan(delta) = arg(args, 2) else { return Err(Exception::null_reference()) };
    let (start, end) = (*state::<Transition>(cx, args, 3)?, *state::<Transition>(cx, args, 4)?);
    if start == end {
        let message = "The DaylightTransitionStart property must not equal the DaylightTransitionEnd property.";
        return Err(Exception::argument(message, "daylightTransitionEnd"));
    }
    if from > to {
        let message = "The DateStart property must come before the DateEnd property.";
        return Err(Exception::argument(message, "dateStart"));
    }
    if delta.abs() > 14 * HOUR {
        let message = "The TimeSpan parameter must be within plus or minus 14.0 hours.";
        return Err(Exception::new(
            "System.ArgumentOutOfRangeException",
            format!("{message}\r\nParameter name: daylightDelta"),
        ));
    }
    if delta % MINUTE != 0 {
        let message = "The TimeSpan parameter cannot be specified more precisely than whole minutes.";
        return Err(Exception::argument(message, "daylightDelta"));
    }
    for (ticks, name) in [(from, "dateStart"), (to, "dateEnd")] {
        if ticks % DAY != 0 {
            let message = "The supplied DateTime includes a TimeOfDay setting.   This is not supported.";
            return Err(Exception::argument(message, name));
        }
    }
    made(cx, Rule { from, to, delta: *delta, start, end })
}

/// The rule of a POSIX text such as `CET-1CEST,M3.5.0,M10.5.0/3`: all years. None without summer time.
pub(super) fn of_posix(text: &str) -> Option<Rule> {
    let mut parts = text.split(',');
    let zone = parts.next()?;
    let (start, end) = (transition(parts.next()?)?, transition(parts.next()?)?);
    let delta = delta_of(zone);
    let last = time::MAX_TICKS - time::MAX_TICKS % DAY;
    Some(Rule { from: 0, to: last, delta, start, end })
}

/// How much summer differs from winter: an hour unless both offsets are written.
fn delta_of(zone: &str) -> i64 {
    let name = |text: &str| -> usize {
        match text.strip_prefix('<') {
            Some(rest) => rest.find('>').map_or(text.len(), |at| at + 2),
            None => text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()),
        }
    };
    let rest = zone.get(name(zone)..).unwrap_or("");
    let length = rest.find(|c: char| c.is_ascii_alphabetic() || c == '<').unwrap_or(rest.len());
    let (standard, summer) = rest.split_at_checked(length).unwrap_or((rest, ""));
    let summer = summer.get(name(summer)..).unwrap_or("");
    match (minutes(standard), minutes(summer)) {
        (Some(standard), Some(summer)) => (standard - summer) * MINUTE,
        _ => HOUR,
    }
}

/// `-5:30` in minutes.
fn minutes(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text.trim_start_matches('+')), |text| (true, text));
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "0"));
    let total = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(if negative { -total } else { total })
}

/// `M3.5.0/2`. A time of the day before or behind moves the day.
fn transition(text: &str) -> Option<Transition> {
    let (date, clock) = text.split_once('/').unwrap_or((text, "2"));
    let mut numbers = date.strip_prefix('M')?.split('.').map(str::parse::<i32>);
    let (month, week, weekday) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let clock = minutes(clock)?.clamp(0, 24 * 60 - 1) * MINUTE;
    Some(Transition { clock, month, week, day: 1, weekday, fixed: false })
}
