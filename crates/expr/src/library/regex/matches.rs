//! `Match`, `Group`, `Capture` and their collections.

use crate::eval::{Cx, Eval};
use crate::library::arguments::{arg, count, int, text};
use crate::library::natives::{made, named, state};
use crate::library::{TypeSpec, member, views};
use crate::object::NativeObject;
use crate::pattern::Found;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::{Regex, objects, result};

pub(super) const MATCH: TypeSpec = TypeSpec {
    bases: &["Group"],
    members: &[
        member("static Match Empty", |cx, _| made(cx, Match { text: Text::EMPTY, found: None })),
        member("GroupCollection Groups", groups),
        member("string Result(string replacement)", result),
    ],
    ..TypeSpec::class("System.Text.RegularExpressions.Match", "api/system.text.regularexpressions.match")
};

pub(super) const GROUP: TypeSpec = TypeSpec {
    bases: &["Capture"],
    members: &[
        member("bool Success", |cx, a| Ok(Value::Bool(place(cx, a)?.1.is_some()))),
        member("CaptureCollection Captures", captures),
    ],
    ..TypeSpec::class("System.Text.RegularExpressions.Group", "api/system.text.regularexpressions.group")
};

pub(super) const CAPTURE: TypeSpec = TypeSpec {
    members: &[
        member("string Value", |cx, a| {
            let (text, place) = place(cx, a)?;
            Ok(Value::Text(part(&text, place)))
        }),
        member("string ToString()", |cx, a| {
            let (text, place) = place(cx, a)?;
            Ok(Value::Text(part(&text, place)))
        }),
        member("int Index", |cx, a| {
            let (text, place) = place(cx, a)?;
            let start = place.map_or(0, |(start, _)| start);
            // What stands before it is counted.
            cx.burn(start as u64 / 64)?;
            Ok(count(text.units_before(start)))
        }),
        member("int Length", |cx, a| {
            let (text, place) = place(cx, a)?;
            Ok(count(part(&text, place).length()))
        }),
    ],
    ..TypeSpec::class("System.Text.RegularExpressions.Capture", "api/system.text.regularexpressions.capture")
};

pub(super) const GROUPS: TypeSpec = TypeSpec {
    bases: &["IEnumerable<Group>"],
    members: &[
        member("int Count", list_count),
        member("Group this[int groupnum]", |cx, a| {
            let number = u32::try_from(int(a, 1)).ok();
            group_at(cx, a, |regex| regex.pattern.slot_of_number(number?))
        }),
        member("Group this[string groupname]", |cx, a| {
            let name = text(a, 1, "groupname")?;
            group_at(cx, a, |regex| regex.pattern.slot_of_name(name.as_str()))
        }),
        member("IEnumerator<Group> GetEnumerator()", views::enumerator),
    ],
    ..TypeSpec::class(
        "System.Text.RegularExpressions.GroupCollection",
        "api/system.text.regularexpressions.groupcollection",
    )
};

pub(super) const CAPTURES: TypeSpec = TypeSpec {
    bases: &["IEnumerable<Capture>"],
    members: &[
        member("int Count", list_count),
        member("Capture this[int i]", item),
        member("IEnumerator<Capture> GetEnumerator()", views::enumerator),
    ],
    ..TypeSpec::class(
        "System.Text.RegularExpressions.CaptureCollection",
        "api/system.text.regularexpressions.capturecollection",
    )
};

pub(super) const MATCHES: TypeSpec = TypeSpec {
    bases: &["IEnumerable<Match>"],
    members: &[
        member("int Count", list_count),
        member("Match this[int i]", item),
        member("IEnumerator<Match> GetEnumerator()", views::enumerator),
    ],
    ..TypeSpec::class(
        "System.Text.RegularExpressions.MatchCollection",
        "api/system.text.regularexpressions.matchcollection",
    )
};

/// A match, or that there is none.
#[derive(Debug)]
pub(super) struct Match {
    text: Text,
    found: Option<(Found, Regex)>,
}

impl Match {
    fn place(&self) -> Option<(usize, usize)> {
        self.found.as_ref().map(|(found, _)| found.whole())
    }

    pub(super) fn parts(&self) -> Option<(&Found, &Regex)> {
        self.found.as_ref().map(|(found, regex)| (found, regex))
    }

    pub(super) fn input(&self) -> &Text {
        &self.text
    }
}

impl NativeObject for Match {
    fn class(&self) -> Type {
        named("Match")
    }

    fn size(&self) -> usize {
        let captures = |(found, _): &(Found, Regex)| found.captures.iter().map(|list| 24 + list.len() * 16).sum();
        size_of::<Self>() + self.found.as_ref().map_or(0, captures)
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
    /// What it captured; the last one is its own.
    places: Vec<(usize, usize)>,
}

impl Group {
    fn new(text: &Text, places: Vec<(usize, usize)>) -> Self {
        Self { class: "Group", text: text.clone(), places }
    }
}

impl NativeObject for Group {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn size(&self) -> usize {
        64 + self.places.len() * 16
    }

    fn is_tainted(&self) -> bool {
        self.text.is_tainted()
    }

    fn taint(&mut self) {
        self.text = self.text.clone().tainted();
    }

    fn text(&self) -> Option<Text> {
        Some(part(&self.text, self.places.last().copied()))
    }
}

/// A collection of matches, groups or captures.
#[derive(Debug)]
struct List {
    class: &'static str,
    items: Vec<Value>,
    /// Whose groups they are.
    regex: Option<Regex>,
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

/// A match as an object.
pub(super) fn match_object(cx: &mut Cx<'_>, regex: &Regex, input: &Text, found: Option<Found>) -> Eval {
    let found = found.map(|found| (found, regex.clone()));
    made(cx, Match { text: input.clone(), found })
}

/// All matches as an object.
pub(super) fn matches_object(cx: &mut Cx<'_>, regex: &Regex, input: &Text, found: Vec<Found>) -> Eval {
    let one = |found| Match { text: input.clone(), found: Some((found, regex.clone())) };
    let items = objects(cx, found.into_iter().map(one))?;
    made(cx, List { class: "MatchCollection", items, regex: None })
}

/// The text and the place of a match, group or capture.
fn place(cx: &Cx<'_>, args: &[Value]) -> Result<(Text, Option<(usize, usize)>), Exception> {
    if let Some(found) = cx.heap.native::<Match>(arg(args, 0)) {
        return Ok((found.text.clone(), found.place()));
    }
    state::<Group>(cx, args, 0).map(|group| (group.text.clone(), group.places.last().copied()))
}

fn part(text: &Text, place: Option<(usize, usize)>) -> Text {
    let part = place.and_then(|(start, end)| text.as_str().get(start..end));
    Text::copied(part.unwrap_or("")).tainted_if(text.is_tainted())
}

fn groups(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = state::<Match>(cx, args, 0)?;
    let text = found.text.clone();
    let (captures, regex) = match &found.found {
        Some((found, regex)) => (found.captures.clone(), Some(regex.clone())),
        None => (vec![Vec::new()], None),
    };
    let items = objects(cx, captures.into_iter().map(|places| Group::new(&text, places)))?;
    made(cx, List { class: "GroupCollection", items, regex })
}

/// A group that does not exist is one that did not match.
fn group_at(cx: &mut Cx<'_>, args: &[Value], slot: impl FnOnce(&Regex) -> Option<usize>) -> Eval {
    let list = list(cx, args)?;
    let slot = list.regex.as_ref().map_or(Some(0), slot);
    match slot.and_then(|slot| list.items.get(slot).cloned()) {
        Some(group) => Ok(group),
        None => made(cx, Group::new(&Text::EMPTY, Vec::new())),
    }
}

/// Everything that the group matched, one after the other.
fn captures(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (text, places) = match cx.heap.native::<Match>(arg(args, 0)) {
        Some(found) => (found.text.clone(), found.place().into_iter().collect()),
        None => {
            let group = state::<Group>(cx, args, 0)?;
            (group.text.clone(), group.places.clone())
        }
    };
    let capture = |place| Group { class: "Capture", text: text.clone(), places: vec![place] };
    let items = objects(cx, places.into_iter().map(capture))?;
    made(cx, List { class: "CaptureCollection", items, regex: None })
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
