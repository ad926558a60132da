//! One change, and all of them in the order of their danger.

use std::cmp::Ordering;

use source::Location;

/// What changes between two configurations.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The most dangerous first.
    pub changes: Vec<Change>,
}

impl Difference {
    pub(crate) fn sorted(mut changes: Vec<Change>) -> Self {
        changes.sort_by(Change::order);
        Self { changes }
    }

    /// Whether nothing changes for callers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes are of a weight.
    #[must_use]
    pub fn count(&self, weight: Weight) -> usize {
        self.changes.iter().filter(|change| change.weight == weight).count()
    }
}

/// How dangerous a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Somebody can call what they could not, or a check is gone or different.
    Opens,
    /// A call that was answered no longer is, or is asked for more.
    Breaks,
    /// Calls are answered in another way.
    Alters,
    /// Something is there that was not.
    Adds,
}

impl Weight {
    /// All of them, the most dangerous first.
    pub const ALL: [Self; 4] = [Self::Opens, Self::Breaks, Self::Alters, Self::Adds];

    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::Breaks => "breaks",
            Self::Alters => "alters",
            Self::Adds => "adds",
        }
    }
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Who can reach which deployment.
    Access,
    /// An API.
    Api,
    /// An operation.
    Operation,
    /// A product.
    Product,
    /// A subscription.
    Subscription,
    /// A user.
    User,
    /// A policy of the effective policies of operations.
    Policy,
    /// A backend.
    Backend,
    /// A named value.
    NamedValue,
}

impl Kind {
    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Api => "api",
            Self::Operation => "operation",
            Self::Product => "product",
            Self::Subscription => "subscription",
            Self::User => "user",
            Self::Policy => "policy",
            Self::Backend => "backend",
            Self::NamedValue => "named-value",
        }
    }
}

/// How it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// It is there now.
    Added,
    /// It is there no longer.
    Removed,
    /// It is another.
    Changed,
}

impl How {
    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    /// How it changes the other way round.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Added => Self::Removed,
            Self::Removed => Self::Added,
            Self::Changed => Self::Changed,
        }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    /// How dangerous it is.
    pub weight: Weight,
    /// What changes.
    pub kind: Kind,
    /// How.
    pub how: How,
    /// Which one, for people: ``API `echo` ``.
    pub what: String,
    /// Which property of it, when it is one.
    pub property: Option<&'static str>,
    /// What it was; none when there was nothing or it is not to be shown.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
    /// What is different inside of it.
    pub details: Vec<Detail>,
    /// Which calls it concerns, when it stands elsewhere than they.
    pub reaches: Vec<String>,
    /// Where, in the second configuration; of what is gone, in the first.
    pub at: Option<Location>,
}

/// A difference inside of something that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detail {
    /// Where inside: ``when[2]/set-header `x`, attribute `condition` ``.
    pub what: String,
    /// What was there.
    pub before: Option<String>,
    /// What is there.
    pub after: Option<String>,
}

impl Change {
    pub(crate) fn new(weight: Weight, kind: Kind, how: How, what: impl Into<String>) -> Self {
        Self {
            weight,
            kind,
            how,
            what: what.into(),
            property: None,
            before: None,
            after: None,
            details: Vec::new(),
            reaches: Vec::new(),
            at: None,
        }
    }

    pub(crate) fn at(mut self, at: Option<Location>) -> Self {
        self.at = at;
        self
    }

    /// A stable name of this kind of change: `api-added`, `access-removed`.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}-{}", self.kind.name(), self.how.name())
    }

    fn order(&self, other: &Self) -> Ordering {
        let place = |change: &Self| change.at.as_ref().map(|at| (at.file.name().to_owned(), at.span.start));
        let key = |change: &Self| (change.weight, change.kind, change.what.clone(), change.property);
        key(self).cmp(&key(other)).then_with(|| place(self).cmp(&place(other))).then_with(|| {
            (&self.before, &self.after, self.how).cmp(&(&other.before, &other.after, other.how))
        })
    }
}

/// Something that is on both sides, of which single properties are compared.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) what: String,
    pub(crate) at: Option<Location>,
}

impl Subject {
    /// Adds a change if a property is not what it was.
    pub(crate) fn property(
        &self,
        name: &'static str,
        (before, after): (String, String),
        weight: Weight,
        changes: &mut Vec<Change>,
    ) {
        if before == after {
            return;
        }
        let mut change = Change::new(weight, self.kind, How::Changed, self.what.clone());
        change.property = Some(name);
        change.before = Some(before);
        change.after = Some(after);
        changes.push(change.at(self.at.clone()));
    }

    /// Adds a change if a property is not what it was, without showing what it was and is.
    pub(crate) fn hidden(&self, name: &'static str, is_same: bool, changes: &mut Vec<Change>) {
        if is_same {
            return;
        }
        let mut change = Change::new(Weight::Alters, self.kind, How::Changed, self.what.clone());
        change.property = Some(name);
        changes.push(change.at(self.at.clone()));
    }

    /// Adds a change for each name that is in one list only.
    pub(crate) fn members(
        &self,
        name: &'static str,
        (before, after): (&[String], &[String]),
        (gained, lost): (Weight, Weight),
        changes: &mut Vec<Change>,
    ) {
        let mut one = |how, weight, member: &String| {
            let mut change = Change::new(weight, self.kind, how, self.what.clone());
            change.property = Some(name);
            match how {
                How::Removed => change.before = Some(member.clone()),
                How::Added | How::Changed => change.after = Some(member.clone()),
            }
            changes.push(change.at(self.at.clone()));
        };
        after.iter().filter(|each| !before.contains(each)).for_each(|each| one(How::Added, gained, each));
        before.iter().filter(|each| !after.contains(each)).for_each(|each| one(How::Removed, lost, each));
    }
}

/// `Opens` when something is now so that was not, `Breaks` when it is the other way round.
pub(crate) fn opens_if(opens: bool) -> Weight {
    if opens { Weight::Opens } else { Weight::Breaks }
}
