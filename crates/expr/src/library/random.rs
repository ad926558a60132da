//! `System.Random`.

mod generator;

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Facts, Value};

use super::arguments::{arg, bytes, int};
use super::natives::{made, named, state_mut};
use super::{TypeSpec, member, touching};

use generator::Generator;

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        touching(Facts::RANDOM, "new()", |cx, _| {
            let mut seed = [0; 4];
            cx.host.random(&mut seed);
            made(cx, Random(Generator::new(i32::from_le_bytes(seed))))
        }),
        member("new(int Seed)", |cx, a| made(cx, Random(Generator::new(int(a, 0))))),
        member("int Next()", |cx, a| Ok(Value::Int32(generator(cx, a)?.sample()))),
        member("int Next(int maxValue)", |cx, a| {
            if int(a, 1) < 0 {
                return Err(Exception::out_of_range("'maxValue' must be greater than zero.", "maxValue"));
            }
            Ok(Value::Int32(generator(cx, a)?.between(0, int(a, 1))))
        }),
        member("int Next(int minValue, int maxValue)", |cx, a| {
            if int(a, 1) > int(a, 2) {
                let message = "'minValue' cannot be greater than maxValue.";
                return Err(Exception::out_of_range(message, "minValue"));
            }
            Ok(Value::Int32(generator(cx, a)?.between(int(a, 1), int(a, 2))))
        }),
        member("double NextDouble()", |cx, a| Ok(Value::Double(generator(cx, a)?.fraction()))),
        member("void NextBytes(byte[] buffer)", next_bytes),
    ],
    ..TypeSpec::class("System.Random", "api/system.random")
}];

/// A generator with its state.
#[derive(Debug)]
struct Random(Generator);

impl NativeObject for Random {
    fn class(&self) -> Type {
        named("Random")
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

fn generator<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Generator, Exception> {
    state_mut::<Random>(cx, args, 0).map(|random| &mut random.0)
}

fn next_bytes(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut buffer = vec![0; bytes(cx.heap, args, 1, "buffer")?.len()];
    cx.burn(buffer.len() as u64)?;
    generator(cx, args)?.fill(&mut buffer);
    if let Some(Object::Bytes { bytes, .. }) = cx.heap.object_mut(arg(args, 1)) {
        *bytes = buffer;
    }
    Ok(Value::Null)
}
