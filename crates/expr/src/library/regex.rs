//! `System.Text.RegularExpressions`: `Regex`, `Match`, `Group`, `Capture`, their collections, `RegexOptions`.
//!
//! The patterns themselves are [`crate::pattern`]'s. Of these types, APIM allows the members below; what a match is
//! enumerated for (`MatchCollection`) it allows by allowing `Matches`.

use std::sync::Arc;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::pattern::{Budget, Exhausted, Found, Pattern, Replacement, unescape};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, count, int, made as text_result, member as number_of, text};
use super::natives::{made, named, state};
use super::{Row, TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec { members: REGEX, ..TypeSpec::class(REGEX_NAME, "api/system.text.regularexpressions.regex") },
    TypeSpec {
        bases: &["Group"],
        members: &[
            member("static Match Empty", |cx, _| made(cx, Match::empty())),
            member("GroupCollection Groups", groups),
            member("string Result(string replacement)", result),
        ],
        ..TypeSpec::class("System.Text.RegularExpressions.Match", "api/system.text.regularexpressions.match")
    },
    TypeSpec {
        bases: &["Capture"],
        members: &[
            member("bool Success", |cx, a| Ok(Value::Bool(place(cx, a)?.1.is_some()))),
            member("CaptureCollection Captures", captures),
        ],
        ..TypeSpec::class("System.Text.RegularExpressions.Group", "api/system.text.regularexpressions.group")
    },
    TypeSpec {
        members: &[
            member("string Value", |cx, a| {
                let (text, place) = place(cx, a)?;
                Ok(Value::Text(part(&text, place)))
            }),
            member("int Index", |cx, a| {
                let (text, place) = place(cx, a)?;
                Ok(count(text.units_before(place.map_or(0, |(start, _)| start))))
            }),
            member("int Length", |cx, a| {
                let (text, place) = place(cx, a)?;
                Ok(count(part(&text, place).length()))
            }),
        ],
        ..TypeSpec::class("System.Text.RegularExpressions.Capture", "api/system.text.regularexpressions.capture")
    },
    TypeSpec {
        bases: &["IEnumerable<Group>"],
        members: &[
            member("int Count", list_count),
            member("Group this[int groupnum]", |cx, a| group_at(cx, a, usize::try_from(int(a, 1)).ok())),
            member("Group this[string groupname]", |cx, a| {
                let number = list(cx, a)?.names.iter().position(|name| name == text_or_null(a));
                group_at(cx, a, number)
            }),
        ],
        ..TypeSpec::class(
            "System.Text.RegularExpressions.GroupCollection",
            "api/system.text.regularexpressions.groupcollection",
        )
    },
    TypeSpec {
        bases: &["IEnumerable<Capture>"],
        members: &[member("int Count", list_count), member("Capture this[int i]", item)],
        ..TypeSpec::class(
            "System.Text.RegularExpressions.CaptureCollection",
            "api/system.text.regularexpressions.capturecollection",
        )
    },
    TypeSpec {
        bases: &["IEnumerable<Match>"],
        members: &[member("int Count", list_count), member("Match this[int i]", item)],
        ..TypeSpec::class(
            "System.Text.RegularExpressions.MatchCollection",
            "api/system.text.regularexpressions.matchcollection",
        )
    },
    TypeSpec::delegate(
        "System.Text.RegularExpressions.MatchEvaluator",
        "string Invoke(Match match)",
        "api/system.text.regularexpressions.matchevaluator",
    ),
    TypeSpec::flags(
        "System.Text.RegularExpressions.RegexOptions",
        &[
            ("None", 0),
            ("IgnoreCase", 1),
            ("Multiline", 2),
            ("ExplicitCapture", 4),
            ("Compiled", 8),
            ("Singleline", 16),
            ("IgnorePatternWhitespace", 32),
            ("RightToLeft", 64),
            ("ECMAScript", 256),
            ("CultureInvariant", 512),
        ],
        "api/system.text.regularexpressions.regexoptions",
    ),
];

const REGEX_NAME: &str = "System.Text.RegularExpressions.Regex";

const REGEX: &[Row] = &[
    member("new(string pattern)", |cx, a| {
        let pattern = compiled(cx, a, 0, None)?;
        made(cx, Regex(pattern))
    }),
    member("new(string pattern, RegexOptions options)", |cx, a| {
        let pattern = compiled(cx, a, 0, Some(1))?;
        made(cx, Regex(pattern))
    }),
    member("static bool IsMatch(string input, string pattern)", |cx, a| {
        let pattern = compiled(cx, a, 1, None)?;
        is_match(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static bool IsMatch(string input, string pattern, RegexOptions options)", |cx, a| {
        let pattern = compiled(cx, a, 1, Some(2))?;
        is_match(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static Match Match(string input, string pattern)", |cx, a| {
        let pattern = compiled(cx, a, 1, None)?;
        first(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static Match Match(string input, string pattern, RegexOptions options)", |cx, a| {
        let pattern = compiled(cx, a, 1, Some(2))?;
        first(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static MatchCollection Matches(string input, string pattern)", |cx, a| {
        let pattern = compiled(cx, a, 1, None)?;
        all(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static MatchCollection Matches(string input, string pattern, RegexOptions options)", |cx, a| {
        let pattern = compiled(cx, a, 1, Some(2))?;
        all(cx, &pattern, text(a, 0, "input")?)
    }),
    member("static string Replace(string input, string pattern, string replacement)", |cx, a| {
        let pattern = compiled(cx, a, 1, None)?;
        replace(cx, &pattern, text(a, 0, "input")?, text(a, 2, "replacement")?, -1)
    }),
    member(
        "static string Replace(string input, string pattern, string replacement, RegexOptions options)",
        |cx, a| {
            let pattern = compiled(cx, a, 1, Some(3))?;
            replace(cx, &pattern, text(a, 0, "input")?, text(a, 2, "replacement")?, -1)
        },
    ),
    member("static string[] Split(string input, string pattern)", |cx, a| {
        let pattern = compiled(cx, a, 1, None)?;
        split(cx, &pattern, text(a, 0, "input")?, 0)
    }),
    member("static string[] Split(string input, string pattern, RegexOptions options)", |cx, a| {
        let pattern = compiled(cx, a, 1, Some(2))?;
        split(cx, &pattern, text(a, 0, "input")?, 0)
    }),
    member("static string Unescape(string str)", |cx, a| {
        let out = unescape(text(a, 0, "str")?.as_str()).map_err(wrong_pattern)?;
        text_result(cx, out)
    }),
    member("bool IsMatch(string input)", |cx, a| {
        let pattern = own(cx, a)?;
        is_match(cx, &pattern, text(a, 1, "input")?)
    }),
    member("Match Match(string input)", |cx, a| {
        let pattern = own(cx, a)?;
        first(cx, &pattern, text(a, 1, "input")?)
    }),
    member("MatchCollection Matches(string input)", |cx, a| {
        let pattern = own(cx, a)?;
        all(cx, &pattern, text(a, 1, "input")?)
    }),
    member("string Replace(string input, string replacement)", |cx, a| {
        let pattern = own(cx, a)?;
        replace(cx, &pattern, text(a, 1, "input")?, text(a, 2, "replacement")?, -1)
    }),
    member("string Replace(string input, string replacement, int count)", |cx, a| {
        let pattern = own(cx, a)?;
        replace(cx, &pattern, text(a, 1, "input")?, text(a, 2, "replacement")?, int(a, 3))
    }),
    member("string[] Split(string input)", |cx, a| {
        let pattern = own(cx, a)?;
        split(cx, &pattern, text(a, 1, "input")?, 0)
    }),
    member("string[] Split(string input, int count)", |cx, a| {
        let pattern = own(cx, a)?;
        split(cx, &pattern, text(a, 1, "input")?, int(a, 2))
    }),
];

/// A compiled pattern.
#[derive(Debug)]
struct Regex(Arc<Pattern>);

impl NativeObject for Regex {
    fn class(&self) -> Type {
        named("Regex")
    }

    fn size(&self) -> usize {
        1024
    }
}

/// A match, or that there is none.
#[derive(Debug)]
struct Match {
    text: Text,
    found: Option<Found>,
    pattern: Option<Arc<Pattern>>,
}

impl Match {
    const fn empty() -> Self {
        Self { text: Text::EMPTY, found: None, pattern: None }
    }

    fn place(&self) -> Option<(usize, usize)> {
        self.found.as_ref().map(Found::whole)
    }
}

impl NativeObject for Match {
    fn class(&self) -> Type {
        named("Match")
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.found.as_ref().map_or(0, |found| found.groups.len() * 24)
    }

    fn is_tainted(&self) -> bool {
        self.text.is_tainted()
    }

    fn taint(&mut self) {
        self.text = self.text.clone().tainted();
    }

    fn text(&self) -> Option<Text> {
        Some(part(&self.text, self.place()))
    }
}

/// A group of a match, or one of its captures.
#[derive(Debug)]
struct Group {
    class: &'static str,
    text: Text,
    place: Option<(usize, usize)>,
}

impl NativeObject for Group {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn is_tainted(&self) -> bool {
        self.text.is_tainted()
    }

    fn taint(&mut self) {
        self.text = self.text.clone().tainted();
    }

    fn text(&self) -> Option<Text> {
        Some(part(&self.text, self.place))
    }
}

/// A collection of matches, groups or captures.
#[derive(Debug)]
struct List {
    class: &'static str,
    items: Vec<Value>,
    /// Names of groups.
    names: Vec<String>,
}

impl NativeObject for List {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn size(&self) -> usize {
        self.items.len() * 24
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.items.clone())
    }
}

fn wrong_pattern(message: String) -> Exception {
    Exception::new("System.ArgumentException", message)
}

/// The pattern given as an argument.
fn compiled(
    cx: &mut Cx<'_>,
    args: &[Value],
    index: usize,
    options: Option<usize>,
) -> Result<Arc<Pattern>, Exception> {
    let pattern = text(args, index, "pattern")?;
    cx.burn(pattern.len() as u64)?;
    let options = options.map_or(0, |index| number_of(args, index));
    Pattern::new(pattern.as_str(), options).map(Arc::new).map_err(wrong_pattern)
}

fn own(cx: &Cx<'_>, args: &[Value]) -> Result<Arc<Pattern>, Exception> {
    state::<Regex>(cx, args, 0).map(|regex| Arc::clone(&regex.0))
}

/// Matching takes fuel: eight of its small steps count as one.
fn matching<R>(
    cx: &mut Cx<'_>,
    run: impl FnOnce(&mut Budget) -> Result<R, Exhausted>,
) -> Result<R, Exception> {
    const SMALL: u64 = 8;
    let all = cx.limits.regex.min(cx.fuel_left().saturating_mul(SMALL));
    let mut budget = Budget { steps: all };
    let result = run(&mut budget);
    cx.burn(all.saturating_sub(budget.steps) / SMALL)?;
    result.map_err(|Exhausted| Exception::limit("The regular expression takes more steps than it may."))
}

fn is_match(cx: &mut Cx<'_>, pattern: &Pattern, input: &Text) -> Eval {
    matching(cx, |budget| pattern.find(input.as_str(), 0, budget)).map(|found| Value::Bool(found.is_some()))
}

fn first(cx: &mut Cx<'_>, pattern: &Arc<Pattern>, input: &Text) -> Eval {
    let found = matching(cx, |budget| pattern.find(input.as_str(), 0, budget))?;
    made(cx, Match { text: input.clone(), found, pattern: Some(Arc::clone(pattern)) })
}

fn all(cx: &mut Cx<'_>, pattern: &Arc<Pattern>, input: &Text) -> Eval {
    let found = matching(cx, |budget| pattern.find_all(input.as_str(), budget))?;
    let mut items = Vec::with_capacity(found.len());
    for found in found {
        let each = Match { text: input.clone(), found: Some(found), pattern: Some(Arc::clone(pattern)) };
        items.push(made(cx, each)?);
    }
    made(cx, List { class: "MatchCollection", items, names: Vec::new() })
}

fn replace(cx: &mut Cx<'_>, pattern: &Pattern, input: &Text, replacement: &Text, most: i32) -> Eval {
    let found = matching(cx, |budget| pattern.find_all(input.as_str(), budget))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let replacement = Replacement::new(replacement.as_str(), pattern);
    let (text, mut out, mut at) = (input.as_str(), String::new(), 0);
    for each in found.iter().take(most) {
        let (start, end) = each.whole();
        out.push_str(text.get(at..start).unwrap_or(""));
        replacement.append(&mut out, text, each);
        at = end;
        if out.len() > cx.limits.text {
            cx.grow(out.len())?;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    text_result(cx, out)
}

/// The texts between the matches, and what their groups matched; at most `most` parts unless that is 0.
fn split(cx: &mut Cx<'_>, pattern: &Pattern, input: &Text, most: i32) -> Eval {
    let most = usize::try_from(most)
        .map_err(|_| Exception::out_of_range("Count cannot be less than -1.", "count"))?;
    let found = matching(cx, |budget| pattern.find_all(input.as_str(), budget))?;
    let cuts = if most == 0 { usize::MAX } else { most - 1 };
    let (text, mut parts, mut at) = (input.as_str(), Vec::new(), 0);
    for each in found.iter().take(cuts) {
        let (start, end) = each.whole();
        parts.push(Text::copied(text.get(at..start).unwrap_or("")));
        parts.extend((1..each.groups.len()).filter_map(|group| each.text(group, text).map(Text::copied)));
        at = end;
    }
    parts.push(Text::copied(text.get(at..).unwrap_or("")));
    cx.burn(parts.len() as u64)?;
    cx.heap.strings(parts)
}

/// The text and the place of a match, group or capture.
fn place(cx: &Cx<'_>, args: &[Value]) -> Result<(Text, Option<(usize, usize)>), Exception> {
    if let Some(found) = cx.heap.native::<Match>(arg(args, 0)) {
        return Ok((found.text.clone(), found.place()));
    }
    state::<Group>(cx, args, 0).map(|group| (group.text.clone(), group.place))
}

fn part(text: &Text, place: Option<(usize, usize)>) -> Text {
    let part = place.and_then(|(start, end)| text.as_str().get(start..end));
    Text::copied(part.unwrap_or("")).tainted_if(text.is_tainted())
}

fn groups(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = state::<Match>(cx, args, 0)?;
    let text = found.text.clone();
    let places = found.found.as_ref().map_or_else(|| vec![None], |found| found.groups.clone());
    let pattern = found.pattern.clone();
    let name = |number| pattern.as_ref().map_or_else(|| "0".to_owned(), |pattern| pattern.group_name(number));
    let names = (0..places.len()).map(name).collect();
    let mut items = Vec::with_capacity(places.len());
    for place in places {
        items.push(made(cx, Group { class: "Group", text: text.clone(), place })?);
    }
    made(cx, List { class: "GroupCollection", items, names })
}

/// A group that does not exist is one that did not match.
fn group_at(cx: &mut Cx<'_>, args: &[Value], number: Option<usize>) -> Eval {
    match number.and_then(|number| list(cx, args).ok()?.items.get(number).cloned()) {
        Some(group) => Ok(group),
        None => made(cx, Group { class: "Group", text: Text::EMPTY, place: None }),
    }
}

/// The last thing that the group matched; what it matched before in a loop is not kept.
fn captures(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (text, place) = place(cx, args)?;
    let mut items = Vec::new();
    if place.is_some() {
        items.push(made(cx, Group { class: "Capture", text, place })?);
    }
    made(cx, List { class: "CaptureCollection", items, names: Vec::new() })
}

fn result(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = state::<Match>(cx, args, 0)?;
    let (Some(groups), Some(pattern)) = (&found.found, &found.pattern) else {
        return Err(Exception::new(
            "System.NotSupportedException",
            Text::from_static("Result cannot be called on a failed Match."),
        ));
    };
    let mut out = String::new();
    Replacement::new(text(args, 1, "replacement")?.as_str(), pattern).append(&mut out, found.text.as_str(), groups);
    text_result(cx, out)
}

fn list<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h List, Exception> {
    state(cx, args, 0)
}

fn list_count(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(count(list(cx, args)?.items.len()))
}

fn item(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let index = usize::try_from(int(args, 1)).ok();
    let found = index.and_then(|index| list(cx, args).ok()?.items.get(index).cloned());
    let message = "Specified argument was out of the range of valid values.";
    found.ok_or_else(|| Exception::out_of_range(message, "i"))
}

fn text_or_null(args: &[Value]) -> &str {
    super::arguments::text_or_empty(args, 1)
}
