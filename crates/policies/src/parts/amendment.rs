//! The shape that `set-header` and `set-query-parameter` share: a name, values, and what happens to what is there.
//!
//! Example: `<set-header name="x" exists-action="append"><value>a</value></set-header>`.
//!
//! It knows neither headers nor queries: the policy that holds an [`Amendment`] applies the [`Edit`] that it gives.

use policy::spec::{AttributeSpec, ChildSpec, Kind, attribute, child, text};
use policy::{CompileCx, Exchange, Fault, Reader, Reported, Setting, SettingValue};
use source::Diagnostic;

use super::words::words;

words! {
    /// What happens when the header or parameter is there already.
    pub(crate) enum ExistsAction {
        /// The new values take the place of the old ones.
        Override = "override",
        /// Nothing.
        Skip = "skip",
        /// The new values join the old ones.
        Append = "append",
        /// It is removed, and nothing is set.
        Delete = "delete",
    }
}

/// `exists-action`, which both policies have.
pub(crate) const EXISTS_ACTION: AttributeSpec =
    attribute("exists-action", Kind::Enum(ExistsAction::WORDS), "What happens to one that is there already.")
        .default("override");

/// The child `value`, which both policies have.
pub(crate) const VALUES: &[ChildSpec] =
    &[child("value", "A value; several may be given.").children(&[text("The value itself.")])];

/// A change of something that has a name and values, compiled.
#[derive(Debug)]
pub(crate) struct Amendment<N, V> {
    name: Setting<N>,
    action: Setting<ExistsAction>,
    values: Vec<Setting<V>>,
}

/// The change for one request.
#[derive(Debug)]
pub(crate) struct Edit<N, V> {
    /// Of what.
    pub(crate) name: N,
    /// How.
    pub(crate) action: ExistsAction,
    /// The values, none for [`ExistsAction::Delete`].
    pub(crate) values: Vec<V>,
}

impl<N: SettingValue, V: SettingValue> Amendment<N, V> {
    /// Compiles the element.
    pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Self, Reported> {
        let name = reader.required("name", cx);
        let action = reader.or("exists-action", ExistsAction::Override, cx);
        let values: Vec<_> = reader.children("value").map(|value| value.text(cx)).collect();
        let amendment =
            Self { name: name?, action: action?, values: values.into_iter().collect::<Result<_, _>>()? };
        amendment.warn_of_values_without_use(reader, cx);
        Ok(amendment)
    }

    /// The name, if it is known when the document is loaded.
    pub(crate) fn fixed_name(&self) -> Option<&N> {
        self.name.fixed()
    }

    /// Whether a secret named value is part of a value.
    pub(crate) fn holds_secret(&self) -> bool {
        self.values.iter().any(Setting::holds_secret)
    }

    /// The action, if it is known when the document is loaded.
    pub(crate) fn fixed_action(&self) -> Option<ExistsAction> {
        self.action.fixed().copied()
    }

    fn warn_of_values_without_use(&self, reader: &Reader<'_>, cx: &mut CompileCx<'_>) {
        let Some(value) = reader.child("value") else { return };
        if self.fixed_action() == Some(ExistsAction::Delete) {
            let message = "`value` has no effect where `exists-action` is `delete`";
            cx.report(Diagnostic::warning("no-effect", message).at(value.location()));
        }
    }

    /// The change for this request. Values are evaluated even when `skip` then leaves them unused, so that an
    /// expression that fails does so in every request.
    pub(crate) fn edit(&self, exchange: &mut Exchange) -> Result<Edit<N, V>, Fault> {
        let name = self.name.get(exchange)?;
        let action = self.action.get(exchange)?;
        let values = match action {
            ExistsAction::Delete => Vec::new(),
            _ => self.values.iter().map(|value| value.get(exchange)).collect::<Result<_, _>>()?,
        };
        Ok(Edit { name, action, values })
    }
}
