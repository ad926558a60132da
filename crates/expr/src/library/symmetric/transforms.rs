//! `ICryptoTransform`: a cipher that takes its data piece by piece.

use std::fmt;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::cipher::{Direction, Padding, Transform};
use super::{cipher_error, put};
use crate::library::arguments::{arg, bytes, count, size};
use crate::library::natives::{named, state, state_mut};
use crate::library::{TypeSpec, member};

pub(super) const TYPE: TypeSpec = TypeSpec {
    members: &[
        member("bool CanReuseTransform", |_, _| Ok(Value::Bool(true))),
        member("bool CanTransformMultipleBlocks", |_, _| Ok(Value::Bool(true))),
        member("int InputBlockSize", unit),
        member("int OutputBlockSize", unit),
        member(
            "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)",
            block,
        ),
        member("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", last),
        member("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    ..TypeSpec::interface(
        "System.Security.Cryptography.ICryptoTransform",
        "api/system.security.cryptography.icryptotransform",
    )
};

/// A cipher under way.
pub(super) struct Under {
    transform: Transform,
    /// A block that may be the last, kept back because padding is taken from it.
    held: Vec<u8>,
    tainted: bool,
}

impl Under {
    pub(super) fn new(transform: Transform) -> Self {
        Self { transform, held: Vec::new(), tainted: false }
    }

    fn keeps_back(&self) -> bool {
        self.transform.direction() == Direction::Decrypt
            && !matches!(self.transform.padding(), Padding::None | Padding::Zeros)
    }
}

impl fmt::Debug for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CryptoTransform")
    }
}

impl NativeObject for Under {
    fn class(&self) -> Type {
        named("ICryptoTransform")
    }

    fn size(&self) -> usize {
        2048
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }
}

fn unit(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(count(state::<Under>(cx, args, 0)?.transform.unit()))
}

/// The part of the buffer that a call is about.
fn part(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<u8>, Exception> {
    let (start, length) = (size(args, 2, "inputOffset")?, size(args, 3, "inputCount")?);
    let all = bytes(cx.heap, args, 1, "inputBuffer")?;
    let part = start.checked_add(length).and_then(|end| all.get(start..end));
    let part = part.ok_or_else(|| {
        Exception::new("System.ArgumentException", Text::from_static("Value was invalid."))
    })?;
    let part = part.to_vec();
    cx.grow(part.len())?;
    Ok(part)
}

fn block(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = part(cx, args)?;
    let at = size(args, 5, "outputOffset")?;
    let tainted = cx.heap.is_tainted(arg(args, 1));
    let under = state_mut::<Under>(cx, args, 0)?;
    let unit = under.transform.unit();
    if part.is_empty() || part.len() % unit != 0 {
        return Err(Exception::new("System.ArgumentException", Text::from_static("Value was invalid.")));
    }
    let mut data = std::mem::take(&mut under.held);
    data.extend(part);
    if under.keeps_back() {
        under.held = data.split_off(data.len() - unit);
    }
    let direction = under.transform.direction();
    under.tainted |= tainted;
    let tainted = under.tainted;
    let done = under.transform.update(data).map_err(|error| cipher_error(error, direction))?;
    put(cx, arg(args, 4), at, &done)?;
    if tainted {
        cx.heap.taint(arg(args, 4).clone());
    }
    Ok(count(done.len()))
}

fn last(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = part(cx, args)?;
    let mut random = vec![0; 32];
    cx.host.random(&mut random);
    let under = state_mut::<Under>(cx, args, 0)?;
    let mut data = std::mem::take(&mut under.held);
    data.extend(part);
    let direction = under.transform.direction();
    let fill = &mut |bytes: &mut [u8]| bytes.iter_mut().zip(&random).for_each(|(byte, random)| *byte = *random);
    let done = under.transform.finish(data, fill).map_err(|error| cipher_error(error, direction))?;
    cx.heap.bytes(done)
}
