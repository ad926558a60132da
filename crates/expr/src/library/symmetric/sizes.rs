//! `KeySizes`: which sizes a key or block may have.

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Value};

use crate::library::arguments::int;
use crate::library::natives::{made, named, state};
use crate::library::{TypeSpec, member};

pub(super) const TYPE: TypeSpec = TypeSpec {
    members: &[
        member("new(int minSize, int maxSize, int skipSize)", |cx, a| {
            made(cx, Sizes { least: int(a, 0), most: int(a, 1), step: int(a, 2) })
        }),
        member("int MinSize", |cx, a| size(cx, a, |sizes| sizes.least)),
        member("int MaxSize", |cx, a| size(cx, a, |sizes| sizes.most)),
        member("int SkipSize", |cx, a| size(cx, a, |sizes| sizes.step)),
    ],
    ..TypeSpec::class("System.Security.Cryptography.KeySizes", "api/system.security.cryptography.keysizes")
};

#[derive(Debug)]
struct Sizes {
    least: i32,
    most: i32,
    step: i32,
}

impl NativeObject for Sizes {
    fn class(&self) -> Type {
        named("KeySizes")
    }
}

fn size(cx: &Cx<'_>, args: &[Value], part: fn(&Sizes) -> i32) -> Result<Value, Exception> {
    state::<Sizes>(cx, args, 0).map(|sizes| Value::Int32(part(sizes)))
}

/// A `KeySizes[]` of one: the least, the most and the step between them.
pub(crate) fn legal(cx: &mut Cx<'_>, (least, most, step): (i32, i32, i32)) -> Eval {
    let sizes = made(cx, Sizes { least, most, step })?;
    cx.heap.array(named("KeySizes"), vec![sizes])
}
