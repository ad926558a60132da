//! Named values: plain ones with their texts, of secrets only where they come from.

use std::collections::BTreeSet;

use model::{NamedValue, NamedValueContent};

use super::{Pair, pairs, reference};
use crate::change::{Change, How, Kind, Subject, Weight};
use crate::effective::Documents;
use crate::effective::node::short;
use crate::effective::{Uses, users};
use crate::realm::{Both, Realm};

pub(super) fn compare(both: &Both<'_>, documents: &mut Documents, changes: &mut Vec<Change>) {
    let mut found = Vec::new();
    for pair in pairs(both.a.own().map(|own| &own.named_values), both.b.own().map(|own| &own.named_values)) {
        let at = found.len();
        let name = match pair {
            Pair::Removed(value) => {
                found.push(whole(&both.a, value, How::Removed));
                &value.name
            }
            Pair::Added(value) => {
                found.push(whole(&both.b, value, How::Added));
                &value.name
            }
            Pair::Kept(before, after) => {
                one(both, before, after, &mut found);
                &after.name
            }
        };
        reach(both, documents, name.as_str(), found.get_mut(at..).unwrap_or_default());
    }
    changes.append(&mut found);
}

/// Which calls a named value concerns: by their policies, and by the backends that these choose.
fn reach(both: &Both<'_>, documents: &mut Documents, name: &str, changes: &mut [Change]) {
    if changes.is_empty() {
        return;
    }
    let reference = format!("{{{{{name}}}}}");
    let backends: BTreeSet<String> = super::backends::mentioning(&both.b, &reference);
    let told = users(both, documents, &|uses: &Uses| {
        uses.named_values.contains(name) || uses.backends.iter().any(|id| backends.contains(id))
    });
    changes.iter_mut().for_each(|change| change.reaches.clone_from(&told));
}

fn whole(realm: &Realm<'_>, value: &NamedValue, how: How) -> Change {
    let weight = if how == How::Added { Weight::Adds } else { Weight::Breaks };
    let what = realm.named("named value", &value.name);
    let mut change = Change::new(weight, Kind::NamedValue, how, what).at(value.origin.clone());
    *(if how == How::Added { &mut change.after } else { &mut change.before }) = Some(content(realm, value));
    change
}

fn content(realm: &Realm<'_>, value: &NamedValue) -> String {
    match &value.content {
        NamedValueContent::Plain(text) => format!("`{}`", short(text)),
        NamedValueContent::Secret(slot) => {
            format!("a secret, from {}", reference(realm, Some(slot)))
        }
        NamedValueContent::KeyVault { reference: vault, slot } => {
            let bound = realm.source(slot).is_some();
            match bound {
                true => format!("a secret, from {}", reference(realm, Some(slot))),
                false => format!("a secret, from {vault}"),
            }
        }
    }
}

fn one(both: &Both<'_>, before: &NamedValue, after: &NamedValue, changes: &mut Vec<Change>) {
    let what = both.b.named("named value", &after.name);
    let subject = Subject { kind: Kind::NamedValue, what, at: after.origin.clone() };
    let name = |value: &NamedValue| format!("`{}`", value.name);
    subject.property("name", (name(before), name(after)), Weight::Alters, changes);
    subject.property("value", (content(&both.a, before), content(&both.b, after)), Weight::Alters, changes);
    // Two long values may differ behind what is shown of them.
    if let (NamedValueContent::Plain(one), NamedValueContent::Plain(other)) =
        (&before.content, &after.content)
    {
        let is_shown = content(&both.a, before) != content(&both.b, after);
        subject.hidden("value", is_shown || one == other, changes);
    }
}
