//! `System.Text.RegularExpressions`: `Regex`, `Match`, `Group`, `Capture`, their collections, `RegexOptions`.
//!
//! The patterns themselves are [`crate::pattern`]'s. Of these types, APIM allows the members below; what a match is
//! enumerated for (`MatchCollection`) it allows by allowing `Matches`. A match timeout is kept as a number of steps: there
//! is no clock here.

mod matches;
mod rows;

use std::sync::Arc;

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::pattern::{Budget, Exhausted, Found, Pattern, Replacement, Start, option, unescape};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::TypeSpec;
use super::arguments::{arg, int, made as text_result, member as number_of, text};
use super::natives::{made, named, state};

use matches::{Match, match_object, matches_object};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: rows::REGEX,
        ..TypeSpec::class("System.Text.RegularExpressions.Regex", "api/system.text.regularexpressions.regex")
    },
    matches::MATCH,
    matches::GROUP,
    matches::CAPTURE,
    matches::GROUPS,
    matches::CAPTURES,
    matches::MATCHES,
    TypeSpec::delegate(
        "System.Text.RegularExpressions.MatchEvaluator",
        "string Invoke(Match match)",
        "api/system.text.regularexpressions.matchevaluator",
    ),
    TypeSpec::flags(
        "System.Text.RegularExpressions.RegexOptions",
        &[
            ("None", 0),
            ("IgnoreCase", option::IGNORE_CASE),
            ("Multiline", option::MULTILINE),
            ("ExplicitCapture", option::EXPLICIT_CAPTURE),
            ("Compiled", option::COMPILED),
            ("Singleline", option::SINGLELINE),
            ("IgnorePatternWhitespace", option::IGNORE_WHITE_SPACE),
            ("RightToLeft", option::RIGHT_TO_LEFT),
            ("ECMAScript", option::ECMA_SCRIPT),
            ("CultureInvariant", option::CULTURE_INVARIANT),
        ],
        "api/system.text.regularexpressions.regexoptions",
    ),
];

/// A compiled pattern.
#[derive(Clone, Debug)]
struct Regex {
    pattern: Arc<Pattern>,
    text: Text,
    /// How many steps a match may take, when it has a timeout.
    steps: Option<u64>,
}

impl NativeObject for Regex {
    fn class(&self) -> Type {
        named("Regex")
    }

    fn size(&self) -> usize {
        1024
    }

    fn text(&self) -> Option<Text> {
        Some(self.text.clone())
    }
}

/// Where the pattern, options and timeout stand among the arguments.
#[derive(Clone, Copy)]
struct At {
    pattern: usize,
    options: Option<usize>,
    timeout: Option<usize>,
}

fn out_of_range(parameter: &str) -> Exception {
    Exception::out_of_range("Specified argument was out of the range of valid values.", parameter)
}

/// The pattern given by the arguments; one that was used before in this request is not read again.
fn compiled(cx: &mut Cx<'_>, args: &[Value], at: At) -> Result<Regex, Exception> {
    let pattern = text(args, at.pattern, "pattern")?.clone();
    let options = at.options.map_or(0, |index| number_of(args, index));
    if !option::are_valid(options) {
        return Err(out_of_range("options"));
    }
    let steps = match at.timeout {
        Some(index) => timeout(arg(args, index))?,
        None => None,
    };
    let known = cx.heap.seldom().map(|seldom| seldom.patterns.as_slice()).unwrap_or_default();
    let known = known.iter().find(|(own, flags, _)| *flags == options && *own == pattern);
    let compiled = match known {
        Some((_, _, compiled)) => Arc::clone(compiled),
        None => {
            cx.burn(pattern.len() as u64)?;
            cx.heap.charge(1024 + pattern.len() * 64)?;
            let compiled = Pattern::new(pattern.as_str(), options).map(Arc::new).map_err(wrong_pattern)?;
            let patterns = &mut cx.heap.seldom_mut().patterns;
            if patterns.len() < 32 {
                patterns.push((pattern.clone(), options, Arc::clone(&compiled)));
            }
            compiled
        }
    };
    Ok(Regex { pattern: compiled, text: pattern, steps })
}

fn wrong_pattern(message: String) -> Exception {
    Exception::new("System.ArgumentException", message)
}

/// The steps of a timeout: 20,000 for a millisecond; none for `Regex.InfiniteMatchTimeout`.
fn timeout(value: &Value) -> Result<Option<u64>, Exception> {
    const MILLISECOND: i64 = 10_000;
    match value {
        Value::TimeSpan(ticks) if *ticks == -MILLISECOND => Ok(None),
        Value::TimeSpan(ticks) if *ticks > 0 && *ticks <= (i64::from(i32::MAX) - 1) * MILLISECOND => {
            Ok(Some(ticks.unsigned_abs().saturating_mul(2)))
        }
        _ => Err(out_of_range("matchTimeout")),
    }
}

fn own(cx: &Cx<'_>, args: &[Value]) -> Result<Regex, Exception> {
    state::<Regex>(cx, args, 0).cloned()
}

/// Matching takes fuel: eight of its small steps count as one.
fn matching<R>(
    cx: &mut Cx<'_>,
    regex: &Regex,
    run: impl FnOnce(&Pattern, &mut Budget) -> Result<R, Exhausted>,
) -> Result<R, Exception> {
    const SMALL: u64 = 8;
    let all = cx.limits.regex.min(cx.fuel_left().saturating_mul(SMALL));
    let allowed = regex.steps.map_or(all, |steps| steps.min(all));
    let mut budget = Budget { steps: allowed };
    let result = run(&regex.pattern, &mut budget);
    cx.burn(allowed.saturating_sub(budget.steps) / SMALL)?;
    result.map_err(|Exhausted| {
        if allowed < all {
            return Exception::new("System.Text.RegularExpressions.RegexMatchTimeoutException", Text::from_static(TIMED_OUT));
        }
        Exception::limit("The regular expression takes more steps than it may.")
    })
}

const TIMED_OUT: &str = "The RegEx engine has timed out while trying to match a pattern to an input string. This can occur for many reasons, including very large inputs or excessive backtracking caused by nested quantifiers, back-references and other factors.";

/// Where a search begins, by an argument in UTF-16 units.
fn start_at(regex: &Regex, input: &Text, args: &[Value], index: Option<usize>) -> Result<Start, Exception> {
    let Some(index) = index.filter(|index| *index < args.len()) else {
        return Ok(regex.pattern.start_of(input.as_str()));
    };
    let at = usize::try_from(int(args, index)).ok().and_then(|unit| input.byte_of(unit));
    let message = "Start index cannot be less than 0 or greater than input length.";
    let at = at.ok_or_else(|| Exception::out_of_range(message, "startat"))?;
    Ok(Start { at, anchor: at })
}

fn is_match(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start) -> Eval {
    let found = matching(cx, regex, |pattern, budget| pattern.find(input.as_str(), start, budget))?;
    Ok(Value::Bool(found.is_some()))
}

fn first(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start) -> Eval {
    let found = matching(cx, regex, |pattern, budget| pattern.find(input.as_str(), start, budget))?;
    match_object(cx, regex, input, found)
}

/// `Match(input, beginning, length)`: the part is a text of its own.
fn first_in(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let regex = own(cx, args)?;
    let input = text(args, 1, "input")?.clone();
    let from = usize::try_from(int(args, 2)).ok().filter(|from| *from <= input.length());
    let message = "Start index cannot be less than 0 or greater than input length.";
    let from = from.ok_or_else(|| Exception::out_of_range(message, "startat"))?;
    let length = usize::try_from(int(args, 3)).ok().filter(|length| *length <= input.length() - from);
    let message = "Length cannot be less than 0 or exceed input length.";
    let length = length.ok_or_else(|| Exception::out_of_range(message, "length"))?;
    let part = input.substring(from, length).unwrap_or(Text::EMPTY);
    let offset = input.byte_of(from).unwrap_or(0);
    let start = regex.pattern.start_of(part.as_str());
    let mut found = matching(cx, &regex, |pattern, budget| pattern.find(part.as_str(), start, budget))?;
    for place in found.iter_mut().flat_map(|found| found.captures.iter_mut().flatten()) {
        *place = (place.0 + offset, place.1 + offset);
    }
    match_object(cx, &regex, &input, found)
}

fn all(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start) -> Eval {
    let found = every(cx, regex, input, start, usize::MAX)?;
    matches_object(cx, regex, input, found)
}

/// At most so many matches.
fn every(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start, most: usize) -> Result<Vec<Found>, Exception> {
    let found = matching(cx, regex, |pattern, budget| pattern.find_all(input.as_str(), start, most, budget))?;
    cx.heap.charge(found.len().saturating_mul(64))?;
    Ok(found)
}

/// What comes in the place of a match.
enum By<'a> {
    Text(&'a Text),
    Lambda(&'a Value),
}

/// The replacement among the arguments.
fn by<'a>(args: &'a [Value], index: usize) -> Result<By<'a>, Exception> {
    match arg(args, index) {
        Value::Text(text) => Ok(By::Text(text)),
        Value::Null => Err(Exception::argument_null("replacement")),
        lambda => Ok(By::Lambda(lambda)),
    }
}

/// The evaluator among the arguments.
fn evaluator<'a>(args: &'a [Value], index: usize) -> Result<By<'a>, Exception> {
    if arg(args, index).is_null() { Err(Exception::argument_null("evaluator")) } else { Ok(By::Lambda(arg(args, index))) }
}

fn limit(count: i32) -> Result<usize, Exception> {
    match count {
        -1 => Ok(usize::MAX),
        count => usize::try_from(count)
            .map_err(|_| Exception::out_of_range("Count cannot be less than -1.", "count")),
    }
}

fn replace(cx: &mut Cx<'_>, regex: &Regex, (input, start): (&Text, Start), by: &By<'_>, count: i32) -> Eval {
    let mut found = every(cx, regex, input, start, limit(count)?)?;
    if found.is_empty() {
        return Ok(Value::Text(input.clone()));
    }
    let mut made: Vec<Option<Text>> = Vec::new();
    if let By::Lambda(lambda) = by {
        for each in &found {
            let object = match_object(cx, regex, input, Some(each.clone()))?;
            made.push(cx.invoke(lambda, &[object])?.as_text().cloned());
        }
    }
    if regex.pattern.goes_back() {
        found.reverse();
        made.reverse();
    }
    let replacement = match by {
        By::Text(text) => Some(Replacement::new(text.as_str(), &regex.pattern)),
        By::Lambda(_) => None,
    };
    let tainted = made.iter().flatten().any(Text::is_tainted);
    let (text, mut out, mut at) = (input.as_str(), String::new(), 0);
    for (index, each) in found.iter().enumerate() {
        let (start, end) = each.whole();
        out.push_str(text.get(at..start).unwrap_or(""));
        match &replacement {
            Some(replacement) => replacement.append(&mut out, text, each),
            None => out.push_str(made.get(index).and_then(Option::as_ref).map_or("", Text::as_str)),
        }
        at = end;
        if out.len() > cx.limits.text {
            cx.grow(out.len())?;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    let made = text_result(cx, out)?;
    Ok(if tainted { cx.heap.taint(made) } else { made })
}

/// The texts between the matches, and what their groups matched; at most `count` parts unless that is 0.
fn split(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start, count: i32) -> Eval {
    let count =
        usize::try_from(count).map_err(|_| Exception::out_of_range("Count cannot be less than -1.", "count"))?;
    let cuts = if count == 0 { usize::MAX } else { count - 1 };
    let found = every(cx, regex, input, start, cuts)?;
    let back = regex.pattern.goes_back();
    let text = input.as_str();
    let (mut parts, mut at) = (Vec::new(), if back { text.len() } else { 0 });
    for each in &found {
        let (start, end) = each.whole();
        let part = if back { text.get(end..at) } else { text.get(at..start) };
        parts.push(part.unwrap_or(""));
        parts.extend((1..each.captures.len()).filter_map(|slot| each.text(slot, text)));
        at = if back { start } else { end };
    }
    parts.push(if back { text.get(..at) } else { text.get(at..) }.unwrap_or(""));
    if back {
        parts.reverse();
    }
    cx.burn(parts.len() as u64)?;
    let parts: Vec<Text> = parts.into_iter().map(|part| Text::copied(part).tainted_if(input.is_tainted())).collect();
    cx.heap.strings(parts)
}

fn unescaped(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let out = unescape(text(args, 0, "str")?.as_str()).map_err(wrong_pattern)?;
    text_result(cx, out)
}

/// A pattern's captures as a match sees them.
fn result(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = state::<Match>(cx, args, 0)?;
    let replacement = text(args, 1, "replacement")?;
    let Some((groups, regex)) = found.parts() else {
        return Err(Exception::new(
            "System.NotSupportedException",
            Text::from_static("Result cannot be called on a failed Match."),
        ));
    };
    let mut out = String::new();
    Replacement::new(replacement.as_str(), &regex.pattern).append(&mut out, found.input().as_str(), groups);
    text_result(cx, out)
}

/// A list of objects as a collection.
fn objects<T: NativeObject>(cx: &mut Cx<'_>, natives: impl IntoIterator<Item = T>) -> Result<Vec<Value>, Exception> {
    natives.into_iter().map(|native| cx.heap.make(Object::Native(Box::new(native)))).collect()
}

/// A new object of this family.
fn object(cx: &mut Cx<'_>, native: impl NativeObject) -> Eval {
    made(cx, native)
}
