//! `Sum`, `Average`, `Min`, `Max` of all numeric types and their nullables.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::code::Arithmetic;
use crate::eval::{Cx, Eval, arithmetic, convert_number};
use crate::library::arguments::arg;
use crate::library::sequence::{Cursor, compare_by};
use crate::types::Scalar;
use crate::{Exception, Value};

use super::{given, no_elements};

/// What nulls among the numbers do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// There are none.
    None,
    /// They are left out; without any number the result is null (for `Sum`, 0).
    Skipped,
}

/// The numbers one after the other: the elements, or what the selector makes of them.
struct Numbers<'a> {
    cursor: Cursor,
    selector: Option<&'a Value>,
    nulls: Nulls,
}

impl<'a> Numbers<'a> {
    fn of(cx: &mut Cx<'_>, args: &'a [Value], nulls: Nulls) -> Result<Self, Exception> {
        given(args, &["source", "selector"])?;
        Ok(Self { cursor: Cursor::over(cx, arg(args, 0))?, selector: args.get(1), nulls })
    }

    fn next(&mut self, cx: &mut Cx<'_>) -> Result<Option<Value>, Exception> {
        while let Some(item) = self.cursor.next(cx)? {
            let item = match self.selector {
                Some(selector) => cx.invoke(selector, &[item])?,
                None => item,
            };
            if self.nulls == Nulls::None || !item.is_null() {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// Floats are added in double precision.
pub(super) fn sum(cx: &mut Cx<'_>, args: &[Value], ty: Scalar, nulls: Nulls) -> Eval {
    let mut numbers = Numbers::of(cx, args, nulls)?;
    let wide = if ty == Scalar::Single { Scalar::Double } else { ty };
    let mut total = convert_number(&Value::Int32(0), wide, false)?;
    while let Some(number) = numbers.next(cx)? {
        let number = convert_number(&number, wide, false)?;
        total = arithmetic(Arithmetic::Add, true, &total, &number)?;
    }
    convert_number(&total, ty, false)
}

/// Integers are added as `long`.
pub(super) fn average(cx: &mut Cx<'_>, args: &[Value], ty: Scalar, nulls: Nulls) -> Eval {
    let mut numbers = Numbers::of(cx, args, nulls)?;
    let wide = match ty {
        Scalar::Int32 => Scalar::Int64,
        Scalar::Single => Scalar::Double,
        other => other,
    };
    let mut total = convert_number(&Value::Int32(0), wide, false)?;
    let mut count = 0_i64;
    while let Some(number) = numbers.next(cx)? {
        let number = convert_number(&number, wide, false)?;
        total = arithmetic(Arithmetic::Add, true, &total, &number)?;
        count += 1;
    }
    if count == 0 {
        return if nulls == Nulls::Skipped { Ok(Value::Null) } else { Err(no_elements()) };
    }
    if ty == Scalar::Decimal {
        return arithmetic(Arithmetic::Divide, true, &total, &Value::Decimal(Decimal::from(count)));
    }
    let total = convert_number(&total, Scalar::Double, false)?;
    let count = convert_number(&Value::Int64(count), Scalar::Double, false)?;
    let average = arithmetic(Arithmetic::Divide, false, &total, &count)?;
    if ty == Scalar::Single { convert_number(&average, Scalar::Single, false) } else { Ok(average) }
}

pub(super) fn extreme(cx: &mut Cx<'_>, args: &[Value], wanted: Ordering, nulls: Nulls) -> Eval {
    let mut numbers = Numbers::of(cx, args, nulls)?;
    let Some(mut best) = numbers.next(cx)? else {
        return if nulls == Nulls::Skipped { Ok(Value::Null) } else { Err(no_elements()) };
    };
    while let Some(number) = numbers.next(cx)? {
        if compare_by(cx.heap, &Value::Null, &number, &best)? == wanted {
            best = number;
        }
    }
    Ok(best)
}

/// Of values of any type, by `Comparer<T>.Default`; of types that can be null, nulls are left out.
pub(super) fn extreme_of(cx: &mut Cx<'_>, args: &[Value], wanted: Ordering, at: usize) -> Eval {
    let nulls = if cx.type_arg(at).accepts_null() { Nulls::Skipped } else { Nulls::None };
    extreme(cx, args, wanted, nulls)
}
