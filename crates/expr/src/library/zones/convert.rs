//! Times of one zone as times of another.

use crate::eval::Cx;
use crate::library::arguments::arg;
use crate::time::{MAX_TICKS, MINUTE};
use crate::value::{DateTime, DateTimeKind, DateTimeOffset};
use crate::{Exception, Value};

use super::{Zone, ZoneKind};

/// The zone among the arguments, which must not be null.
pub(super) fn zone(cx: &Cx<'_>, args: &[Value], index: usize, name: &str) -> Result<Zone, Exception> {
    cx.heap.native::<Zone>(arg(args, index)).cloned().ok_or_else(|| Exception::argument_null(name))
}

pub(super) fn date(args: &[Value], index: usize) -> DateTime {
    match arg(args, index) {
        Value::DateTime(date) => *date,
        _ => DateTime { ticks: 0, kind: DateTimeKind::Unspecified },
    }
}

/// The moment of a `DateTimeOffset`, in ticks of UTC.
pub(super) fn moment(value: &Value) -> i64 {
    match value {
        Value::DateTimeOffset(date) => date.ticks - i64::from(date.offset) * MINUTE,
        _ => 0,
    }
}

/// The zone that a time belongs to by its kind.
pub(super) fn own_zone(date: DateTime) -> Zone {
    if date.kind == DateTimeKind::Utc { Zone::utc() } else { Zone::local() }
}

const fn kind_of(zone: &Zone) -> DateTimeKind {
    match zone.kind {
        ZoneKind::Utc => DateTimeKind::Utc,
        ZoneKind::Local => DateTimeKind::Local,
        ZoneKind::Other => DateTimeKind::Unspecified,
    }
}

/// `TimeZoneInfo.ConvertTime`.
pub(super) fn convert(date: DateTime, from: &Zone, to: &Zone) -> Result<Value, Exception> {
    let (own, target) = (kind_of(from), kind_of(to));
    if date.kind != DateTimeKind::Unspecified && date.kind != own {
        let message = "The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.";
        return Err(Exception::argument(message, "sourceTimeZone"));
    }
    let (offset, season) = from.offset_of(date.ticks);
    if season.invalid {
        let message = "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid.";
        return Err(Exception::argument(message, "dateTime"));
    }
    if date.kind != DateTimeKind::Unspecified && own != DateTimeKind::Unspecified && own == target {
        return Ok(Value::DateTime(date));
    }
    let utc = (date.ticks - offset).clamp(0, MAX_TICKS);
    let ticks = (utc + to.offset_at(utc).0).clamp(0, MAX_TICKS);
    Ok(Value::DateTime(DateTime { ticks, kind: target }))
}

/// The same for a `DateTimeOffset`.
pub(super) fn convert_offset(utc: i64, to: &Zone) -> Value {
    let offset = to.offset_at(utc).0;
    let minutes = i16::try_from(offset / MINUTE).unwrap_or(0);
    let ticks = (utc + i64::from(minutes) * MINUTE).clamp(0, MAX_TICKS);
    Value::DateTimeOffset(DateTimeOffset { ticks, offset: minutes })
}

/// The clock time in a zone that a time means there: one of another kind is converted.
pub(super) fn in_zone(date: DateTime, zone: &Zone) -> i64 {
    let here = kind_of(zone);
    match date.kind {
        DateTimeKind::Unspecified => date.ticks,
        kind if kind == here => date.ticks,
        // UTC, or local time, which is UTC.
        _ => (date.ticks + zone.offset_at(date.ticks).0).clamp(0, MAX_TICKS),
    }
}

/// The offset of a zone at a time of any kind.
pub(super) fn offset(date: DateTime, zone: &Zone) -> (i64, bool) {
    if date.kind == DateTimeKind::Unspecified || date.kind == kind_of(zone) {
        let (offset, season) = zone.offset_of(date.ticks);
        return (offset, season.summer);
    }
    zone.offset_at(date.ticks)
}
