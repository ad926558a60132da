//! `System.ValueTuple`, the class with `Create`. Tuples themselves are part of the language.

use crate::eval::{Cx, Eval};
use crate::Value;
use crate::object::Object;
use crate::types::TupleShape;

use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("static ValueTuple<A, B> Create<A, B>(A item1, B item2)", create),
        member("static ValueTuple<A, B, C> Create<A, B, C>(A item1, B item2, C item3)", create),
        member("static ValueTuple<A, B, C, D> Create<A, B, C, D>(A item1, B item2, C item3, D item4)", create),
        member(
            "static ValueTuple<A, B, C, D, E> Create<A, B, C, D, E>(A item1, B item2, C item3, D item4, E item5)",
            create,
        ),
        member(
            "static ValueTuple<A, B, C, D, E, F> Create<A, B, C, D, E, F>(A item1, B item2, C item3, D item4, E item5, F item6)",
            create,
        ),
        member(
            "static ValueTuple<A, B, C, D, E, F, G> Create<A, B, C, D, E, F, G>(A item1, B item2, C item3, D item4, E item5, F item6, G item7)",
            create,
        ),
    ],
    ..TypeSpec::statics("System.ValueTuple", "api/system.valuetuple")
}];

fn create(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let shape = TupleShape::unnamed(cx.types.to_vec()).into();
    cx.heap.make(Object::Tuple { shape, items: args.to_vec() })
}
