//! `RNGCryptoServiceProvider`: random bytes, from the host's source.

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Facts, Text, Value};

use super::arguments::{arg, bytes, int};
use super::natives::{made, named};
use super::{TypeSpec, member, touching};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("new()", |cx, _| made(cx, Generator)),
        member("new(byte[] rgb)", |cx, _| made(cx, Generator)),
        member("new(string str)", |cx, _| made(cx, Generator)),
        touching(Facts::RANDOM, "void GetBytes(byte[] data)", |cx, a| {
            let length = bytes(cx.heap, a, 1, "data")?.len();
            fill(cx, a, (0, length), false)
        }),
        touching(Facts::RANDOM, "void GetBytes(byte[] data, int offset, int count)", |cx, a| {
            let length = bytes(cx.heap, a, 1, "data")?.len();
            let negative = |name| Exception::out_of_range("Non-negative number required.", name);
            let start = usize::try_from(int(a, 2)).map_err(|_| negative("offset"))?;
            let count = usize::try_from(int(a, 3)).map_err(|_| negative("count"))?;
            if start.checked_add(count).is_none_or(|end| end > length) {
                return Err(Exception::new(
                    "System.ArgumentException",
                    Text::from_static("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
                ));
            }
            fill(cx, a, (start, count), false)
        }),
        touching(Facts::RANDOM, "void GetNonZeroBytes(byte[] data)", |cx, a| {
            let length = bytes(cx.heap, a, 1, "data")?.len();
            fill(cx, a, (0, length), true)
        }),
        member("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.RNGCryptoServiceProvider",
        "api/system.security.cryptography.rngcryptoserviceprovider",
    )
}];

#[derive(Debug)]
struct Generator;

impl NativeObject for Generator {
    fn class(&self) -> Type {
        named("RNGCryptoServiceProvider")
    }
}

/// Fills a part of the array that the first argument is.
fn fill(cx: &mut Cx<'_>, args: &[Value], (start, count): (usize, usize), without_zeros: bool) -> Eval {
    cx.burn(count as u64 / 16)?;
    let mut random = vec![0; count];
    cx.host.random(&mut random);
    if without_zeros {
        // As .NET does: zeros are left out and others drawn in their place. The bound is for a source that gives only zeros.
        for _ in 0..64 {
            let zeros = random.iter().filter(|byte| **byte == 0).count();
            let mut more = vec![0; zeros];
            cx.host.random(&mut more);
            random.iter_mut().filter(|byte| **byte == 0).zip(more).for_each(|(byte, new)| *byte = new);
        }
        random.iter_mut().for_each(|byte| *byte = (*byte).max(1));
    }
    if let Some(Object::Bytes { bytes, .. }) = cx.heap.object_mut(arg(args, 1))
        && let Some(part) = bytes.get_mut(start..start + count)
    {
        part.copy_from_slice(&random);
    }
    Ok(Value::Null)
}
