//! Typed access to an element while it is compiled.
//!
//! Names, numbers of children and places were checked before; a reader converts values. A getter that fails has
//! reported why: read everything first, then use `?`, so that one pass reports all problems.

use std::sync::Arc;

use policy_doc::{Element, RawValue, Unknown};
use source::{Diagnostic, Location};

use super::CompileCx;
use super::{check, value};
use crate::Step;
use crate::registry::Reported;
use crate::setting::{Setting, SettingValue};
use crate::spec::{AttributeSpec, ChildSpec};

/// An element of a policy and what its declaration says of it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    element: &'a Element,
    attributes: &'static [AttributeSpec],
    children: &'static [ChildSpec],
}

impl<'a> Reader<'a> {
    /// A reader of an element with this declaration.
    #[must_use]
    pub fn new(
        element: &'a Element,
        attributes: &'static [AttributeSpec],
        children: &'static [ChildSpec],
    ) -> Self {
        Self { element, attributes, children }
    }

    /// The element itself.
    #[must_use]
    pub fn element(&self) -> &'a Element {
        self.element
    }

    /// Its element name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.element.name
    }

    /// The place for problems with the element as a whole.
    #[must_use]
    pub fn location(&self) -> Location {
        self.element.location()
    }

    /// The place for problems with the value of an attribute; the element's when it is not there.
    #[must_use]
    pub fn location_of(&self, attribute: &str) -> Location {
        self.raw(attribute).map_or_else(|| self.location(), RawValue::location)
    }

    /// What its declaration says of its attributes.
    #[must_use]
    pub fn attribute_specs(&self) -> &'static [AttributeSpec] {
        self.attributes
    }

    /// Whether the attribute is there.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        self.element.attribute(attribute).is_some()
    }

    /// The raw value of an attribute.
    #[must_use]
    pub fn raw(&self, attribute: &str) -> Option<&'a RawValue> {
        self.element.attribute(attribute).map(|each| &each.value)
    }

    /// An optional attribute.
    ///
    /// # Errors
    /// When its value is wrong, which has been reported.
    pub fn optional<T: SettingValue>(
        &self,
        attribute: &str,
        cx: &mut CompileCx<'_>,
    ) -> Result<Option<Setting<T>>, Reported> {
        let Some(found) = self.element.attribute(attribute) else { return Ok(None) };
        let spec = self.attributes.iter().find(|spec| spec.name == attribute);
        if spec.is_some_and(|spec| check::refusal(self.name(), found, spec, cx).is_some()) {
            // Reported when the element was checked.
            return Err(Reported);
        }
        value::setting(&found.value, Unknown::Refuse, cx).map(Some)
    }

    /// A required attribute.
    ///
    /// # Errors
    /// When it is missing or wrong, which has been reported.
    pub fn required<T: SettingValue>(
        &self,
        attribute: &str,
        cx: &mut CompileCx<'_>,
    ) -> Result<Setting<T>, Reported> {
        self.optional(attribute, cx)?.ok_or(Reported)
    }

    /// An attribute with a default.
    ///
    /// # Errors
    /// When its value is wrong, which has been reported.
    pub fn or<T: SettingValue>(
        &self,
        attribute: &str,
        default: T,
        cx: &mut CompileCx<'_>,
    ) -> Result<Setting<T>, Reported> {
        Ok(self.optional(attribute, cx)?.unwrap_or(Setting::Fixed(default)))
    }

    /// An optional attribute whose value is known when the document is loaded.
    ///
    /// # Errors
    /// When it is wrong, an expression, or holds a secret, which has been reported.
    pub fn literal<T: SettingValue>(
        &self,
        attribute: &str,
        cx: &mut CompileCx<'_>,
    ) -> Result<Option<T>, Reported> {
        let Some(setting) = self.optional::<T>(attribute, cx)? else { return Ok(None) };
        if let Some(value) = setting.fixed() {
            return Ok(Some(value.clone()));
        }
        let message = format!("`{attribute}` of `{}` must be known when the document is loaded", self.name());
        let diagnostic = Diagnostic::error("expression-not-allowed", message).at(self.location_of(attribute));
        Err(cx.report(diagnostic.help("write the value itself")))
    }

    /// Any attribute value, typed by whoever asks: for `set-variable`.
    ///
    /// # Errors
    /// When it is wrong, which has been reported.
    pub fn content_of<T: SettingValue>(
        &self,
        raw: &RawValue,
        cx: &mut CompileCx<'_>,
    ) -> Result<Setting<T>, Reported> {
        value::setting(raw, Unknown::Refuse, cx)
    }

    /// The element's text without the white space around it.
    ///
    /// # Errors
    /// When it is wrong, which has been reported.
    pub fn text<T: SettingValue>(&self, cx: &mut CompileCx<'_>) -> Result<Setting<T>, Reported> {
        value::trimmed(&self.element.content(), cx)
    }

    /// The element's inside with white space and markup kept, for bodies. `unknown` says what to do with `{{name}}`
    /// of which there is no named value.
    ///
    /// # Errors
    /// When it is wrong, which has been reported.
    pub fn body<T: SettingValue>(
        &self,
        unknown: Unknown,
        cx: &mut CompileCx<'_>,
    ) -> Result<Setting<T>, Reported> {
        value::setting(&self.element.inner(), unknown, cx)
    }

    /// The children of a name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = Reader<'a>> + use<'a> {
        let spec = self.children.iter().find(|spec| spec.name == name);
        let (attributes, children) = spec.map_or((&[][..], &[][..]), |spec| (spec.attributes, spec.children));
        let name = name.to_owned();
        let of_name = self.element.elements().filter(move |each| *each.name == *name);
        of_name.map(move |element| Reader { element, attributes, children })
    }

    /// The first child of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Reader<'a>> {
        self.children(name).next()
    }

    /// The policies among the children.
    pub fn policies(&self, cx: &mut CompileCx<'_>) -> Vec<Arc<Step>> {
        cx.policies(self.element)
    }
}
