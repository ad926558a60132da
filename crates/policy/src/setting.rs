//! Values of attributes and texts, ready to be used: constants, text with secrets, or compiled expressions.
//!
//! What a value must be is decided when the document is loaded: a constant is converted once, an expression is typed
//! against what the place wants. `Setting::get` on a constant is a clone.

use std::fmt;
use std::sync::Arc;

use expr::{Exception, Expected, Heap, Program, Text, Value};

use crate::compute::{apart, is_heavy};
use crate::{Exchange, Fault, FaultKind, Template};

/// A type that attributes and texts may have.
pub trait SettingValue: Clone + Send + Sync + fmt::Debug + 'static {
    /// What an expression at this place must yield.
    fn expected() -> Expected;

    /// Reads a literal.
    ///
    /// # Errors
    /// What the literal must be, as a clause such as "it must be `true` or `false`".
    fn from_text(text: &Text) -> Result<Self, String>;

    /// Takes the result of an expression.
    ///
    /// # Errors
    /// The exception that stands for a value of the wrong type or range.
    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception>;
}

/// The value of an attribute or text.
#[derive(Clone, Debug)]
pub enum Setting<T> {
    /// Known when the document was loaded.
    Fixed(T),
    /// Text with secrets in it, read at each use.
    Secret(Template),
    /// A policy expression, evaluated at each use.
    Computed(Arc<Program>),
}

impl<T: SettingValue> Setting<T> {
    /// The value for this request.
    ///
    /// # Errors
    /// `ExpressionValueEvaluationFailure` when the expression throws, `SecretUnavailable` when a secret has no value.
    pub fn get(&self, exchange: &mut Exchange) -> Result<T, Fault> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Secret(template) => {
                let text = template.render().map_err(|unset| secret_fault(&unset))?;
                T::from_text(&text).map_err(|wanted| bad_secret(&wanted))
            }
            Self::Computed(program) => {
                let value = evaluate(program, exchange)?;
                T::from_value(value, exchange.heap_mut()).map_err(|exception| thrown(&exception))
            }
        }
    }

    /// The value for this request; an expression that may take long is evaluated apart from this thread. The place that
    /// asks for many settings at once does so in one piece, with [`apart`](crate::apart).
    ///
    /// # Errors
    /// As of [`Setting::get`], and when too many evaluations wait.
    pub async fn get_anywhere(&self, exchange: &mut Exchange) -> Result<T, Fault> {
        match self {
            Self::Computed(program) if is_heavy(program.facts(), exchange) => {
                let own = self.clone();
                // Rare, and a large future.
                Box::pin(apart(exchange, move |exchange| own.get(exchange))).await
            }
            _ => self.get(exchange),
        }
    }

    /// Whether it is an expression that may take long for this request.
    pub(crate) fn is_heavy(&self, exchange: &Exchange) -> bool {
        matches!(self, Self::Computed(program) if is_heavy(program.facts(), exchange))
    }

    /// Whether a secret named value is part of it.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Secret(_) => true,
            Self::Computed(program) => !program.slots_used().is_empty(),
        }
    }

    /// The value of this moment, if it takes no request to know it: a constant, or text with secrets that are there.
    #[must_use]
    pub fn now(&self) -> Option<T> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Secret(template) => T::from_text(&template.render().ok()?).ok(),
            Self::Computed(_) => None,
        }
    }

    /// The value, if it is a constant.
    #[must_use]
    pub fn fixed(&self) -> Option<&T> {
        if let Self::Fixed(value) = self { Some(value) } else { None }
    }
}

/// Runs a program on the exchange.
///
/// # Errors
/// `ExpressionValueEvaluationFailure` when it throws.
pub fn evaluate(program: &Program, exchange: &mut Exchange) -> Result<Value, Fault> {
    let limits = exchange.limits.expression;
    exchange.watch.begin();
    let budget = exchange.limits.heap;
    // While it runs, the program alone has it.
    let mut heap = exchange.heap.take().unwrap_or_else(|| Box::new(Heap::new(budget)));
    let result = program.eval(exchange, &mut heap, &limits);
    exchange.heap = Some(heap);
    result.map_err(|exception| thrown(&exception))
}

/// The fault of an expression that threw. The text of an exception that may show a secret stays out.
pub(crate) fn thrown(exception: &Exception) -> Fault {
    if exception.message().is_tainted() {
        return Fault::expression("The message is not shown because it may hold a secret.");
    }
    Fault::expression(exception.message().as_str())
}

fn secret_fault(unset: &secret::Unset) -> Fault {
    let message = format!("The named value `{}` has no value.", unset.name);
    Fault::with_message(FaultKind::SecretUnavailable, message)
}

fn bad_secret(wanted: &str) -> Fault {
    Fault::with_message(
        FaultKind::PolicyFailure,
        format!("A secret named value cannot be used here: {wanted}."),
    )
}

impl SettingValue for Text {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Ok(text.clone())
    }

    /// COMPAT: what a null text means is not documented; it counts as empty (`policies-b.md`, set-header).
    fn from_value(value: Value, _: &Heap) -> Result<Self, Exception> {
        match value {
            Value::Text(text) => Ok(text),
            Value::Null => Ok(Text::EMPTY),
            _ => Err(Exception::invalid_cast()),
        }
    }
}

impl SettingValue for bool {
    fn expected() -> Expected {
        Expected::Bool
    }

    /// COMPAT: `xs:boolean` of the published schemas, which also has `1` and `0`; the service's samples write
    /// `True` too, so case does not matter.
    fn from_text(text: &Text) -> Result<Self, String> {
        match text.as_str().trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("it must be `true` or `false`".to_owned()),
        }
    }

    fn from_value(value: Value, _: &Heap) -> Result<Self, Exception> {
        match value {
            Value::Bool(value) => Ok(value),
            _ => Err(Exception::invalid_cast()),
        }
    }
}

impl SettingValue for i32 {
    fn expected() -> Expected {
        Expected::Int
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        text.as_str().trim().parse().map_err(|_| "it must be a whole number".to_owned())
    }

    fn from_value(value: Value, _: &Heap) -> Result<Self, Exception> {
        match value {
            Value::Int32(value) => Ok(value),
            _ => Err(Exception::invalid_cast()),
        }
    }
}

/// A number that must not be negative: seconds, milliseconds, counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNegative(pub u32);

impl SettingValue for NotNegative {
    fn expected() -> Expected {
        Expected::Int
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        text.as_str().trim().parse().map(Self).map_err(|_| "it must be a whole number, 0 or more".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let number = i32::from_value(value, heap)?;
        u32::try_from(number).map(Self).map_err(|_| {
            Exception::new(
                "System.ArgumentOutOfRangeException",
                Text::from_static("The value must not be negative."),
            )
        })
    }
}

/// How often something is tried again, 1 to 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries(pub u32);

impl Retries {
    /// COMPAT: 1 to 50 (`policies-b.md` 1, retry page of 2025-09).
    const ALLOWED: std::ops::RangeInclusive<u32> = 1..=50;
}

impl SettingValue for Retries {
    fn expected() -> Expected {
        Expected::Int
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let number = text.as_str().trim().parse().ok().filter(|number| Self::ALLOWED.contains(number));
        number.map(Self).ok_or_else(|| "it must be a whole number, 1 to 50".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let number = u32::try_from(i32::from_value(value, heap)?).ok();
        number.filter(|number| Self::ALLOWED.contains(number)).map(Self).ok_or_else(|| {
            Exception::new("System.ArgumentOutOfRangeException", "The value must be between 1 and 50.")
        })
    }
}

/// The status code of a final answer, 200 to 999: one below 200 would not end the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub http::StatusCode);

impl Status {
    fn of(number: i64) -> Option<Self> {
        let code = u16::try_from(number).ok().filter(|code| *code >= 200)?;
        http::StatusCode::from_u16(code).ok().map(Self)
    }
}

impl SettingValue for Status {
    fn expected() -> Expected {
        Expected::Int
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let number = text.as_str().trim().parse().ok().and_then(Self::of);
        number.ok_or_else(|| "it must be an HTTP status code, 200 to 999".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        Self::of(i32::from_value(value, heap)?.into()).ok_or_else(|| {
            Exception::new(
                "System.ArgumentOutOfRangeException",
                Text::from_static("The value is not an HTTP status code."),
            )
        })
    }
}
