//! Sections of a policy document, scopes at which documents stand, and sets of both.

use std::fmt;

/// One of the four stages of a request's processing.
///
/// Source: <https://learn.microsoft.com/azure/api-management/api-management-howto-policies>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// Before the call to the backend.
    Inbound,
    /// The call to the backend.
    Backend,
    /// The backend's answer on its way to the caller.
    Outbound,
    /// After an error in any of the others.
    OnError,
}

impl Section {
    /// All of them, in the order in which a document lists them.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Backend, Self::Outbound, Self::OnError];

    /// The name of its element, also what `context.LastError.Section` says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }

    /// The section with this element name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    /// Which message a policy such as `set-header` edits here.
    #[must_use]
    pub const fn message(self) -> Message {
        match self {
            Self::Inbound | Self::Backend => Message::Request,
            Self::Outbound | Self::OnError => Message::Response,
        }
    }

    /// Its place in arrays that hold one thing per section.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of the two messages is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// The caller's, on its way to the backend.
    Request,
    /// The answer, on its way to the caller.
    Response,
}

/// A set of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections(u8);

impl Sections {
    /// `inbound` alone.
    pub const INBOUND: Self = Self::only(Section::Inbound);
    /// `backend` alone.
    pub const BACKEND: Self = Self::only(Section::Backend);
    /// `outbound` alone.
    pub const OUTBOUND: Self = Self::only(Section::Outbound);
    /// `on-error` alone.
    pub const ON_ERROR: Self = Self::only(Section::OnError);
    /// All four.
    pub const ALL: Self = Self(0b1111);

    const fn only(section: Section) -> Self {
        Self(1 << section.index())
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a section belongs to it.
    #[must_use]
    pub const fn contains(self, section: Section) -> bool {
        self.0 & (1 << section.index()) != 0
    }

    /// Its members in document order.
    pub fn iter(self) -> impl Iterator<Item = Section> {
        Section::ALL.into_iter().filter(move |&each| self.contains(each))
    }
}

/// Where a policy document stands, from broad to narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The service: all APIs.
    Global,
    /// The APIs of a workspace.
    Workspace,
    /// Calls made in a product's context.
    Product,
    /// All operations of an API.
    Api,
    /// One operation.
    Operation,
}

impl Scope {
    /// All of them, broad to narrow.
    pub const ALL: [Self; 5] = [Self::Global, Self::Workspace, Self::Product, Self::Api, Self::Operation];

    /// What `context.LastError.Scope` says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Workspace => "workspace",
            Self::Product => "product",
            Self::Api => "api",
            Self::Operation => "operation",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Every scope.
    pub const ALL: Self = Self(0b1_1111);
    /// `global` alone.
    pub const GLOBAL: Self = Self(1 << Scope::Global as u8);
    /// Every scope but `workspace`.
    pub const ALL_BUT_WORKSPACE: Self = Self(0b1_1111 & !(1 << Scope::Workspace as u8));

    /// Whether a scope belongs to it.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Its members, broad to narrow.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |&each| self.contains(each))
    }
}
