//! `RSAParameters`: the numbers of a key, one by one.
//!
//! In .NET it is a structure; here two variables may share one, which shows only when a policy changes a copy.

use crate::eval::{Cx, Eval};
use crate::heap::Heap;
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Value};

use super::key::{Key, Private};
use super::{RsaError, rsa_error};
use crate::library::arguments::arg;
use crate::library::natives::{made, named, state, state_mut};
use crate::library::{TypeSpec, member, setter};

/// The numbers, each a `byte[]` or null.
#[derive(Debug)]
pub(crate) struct Parameters {
    numbers: [Value; 8],
}

const MODULUS: usize = 0;
const EXPONENT: usize = 1;
const FIRST_PRIVATE: usize = 2;

macro_rules! numbers {
    ($($name:literal $index:literal),*) => {
        &[
            member("new()", |cx, _| made(cx, Parameters { numbers: [const { Value::Null }; 8] })),
            $(
                member(concat!("byte[] ", $name), |cx, a| read(cx, a, $index)),
                setter(concat!("byte[] ", $name), |cx, a| write(cx, a, $index)),
            )*
        ]
    };
}

pub(super) const TYPE: TypeSpec = TypeSpec {
    members: numbers!(
        "Modulus" 0, "Exponent" 1, "D" 2, "P" 3, "Q" 4, "DP" 5, "DQ" 6, "InverseQ" 7
    ),
    ..TypeSpec::class(
        "System.Security.Cryptography.RSAParameters",
        "api/system.security.cryptography.rsaparameters",
    )
};

impl NativeObject for Parameters {
    fn class(&self) -> Type {
        named("RSAParameters")
    }
}

fn read(cx: &mut Cx<'_>, args: &[Value], index: usize) -> Eval {
    let parameters = state::<Parameters>(cx, args, 0)?;
    Ok(parameters.numbers.get(index).cloned().unwrap_or(Value::Null))
}

fn write(cx: &mut Cx<'_>, args: &[Value], index: usize) -> Eval {
    let parameters = state_mut::<Parameters>(cx, args, 0)?;
    if let Some(number) = parameters.numbers.get_mut(index) {
        *number = arg(args, 1).clone();
    }
    Ok(Value::Null)
}

impl Parameters {
    /// The numbers of a key. Private ones are tainted, and as long as .NET makes them: the modulus, or half of it.
    pub(super) fn of(cx: &mut Cx<'_>, key: &Key, private: bool) -> Result<Self, Exception> {
        let mut numbers = [const { Value::Null }; 8];
        let half = key.n.len().div_ceil(2);
        let private = key.private.as_ref().filter(|_| private);
        let public = [(&key.n, 0), (&key.e, 0)].into_iter();
        let secret = private.into_iter().flat_map(|own| {
            let halves = [&own.p, &own.q, &own.dp, &own.dq, &own.qi].map(|number| (number, half));
            std::iter::once((&own.d, key.n.len())).chain(halves)
        });
        for (place, (index, (number, length))) in numbers.iter_mut().zip(public.chain(secret).enumerate()) {
            let mut digits = vec![0; length.saturating_sub(number.len())];
            digits.extend(number);
            let value = cx.heap.bytes(digits)?;
            *place = if index >= FIRST_PRIVATE { tainted(cx.heap, value) } else { value };
        }
        Ok(Self { numbers })
    }
}

fn tainted(heap: &mut Heap, value: Value) -> Value {
    heap.note_taint();
    heap.taint(value)
}

/// The key that an argument's numbers make.
pub(super) fn key(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<Key, Exception> {
    let incorrect = || rsa_error(RsaError::Data);
    let parameters = state::<Parameters>(cx, args, index)?;
    let number = |index: usize| {
        let bytes = parameters.numbers.get(index).and_then(|value| cx.heap.as_bytes(value))?;
        Some(bytes.iter().copied().skip_while(|digit| *digit == 0).collect::<Vec<u8>>())
    };
    let n = number(MODULUS).ok_or_else(incorrect)?;
    let e = number(EXPONENT).ok_or_else(incorrect)?;
    let private = match number(2) {
        None => None,
        Some(d) => {
            let rest = (|| Some((number(3)?, number(4)?, number(5)?, number(6)?, number(7)?)))();
            let (p, q, dp, dq, qi) = rest.ok_or_else(incorrect)?;
            Some(Private { d, p, q, dp, dq, qi })
        }
    };
    Ok(Key { n, e, private })
}
