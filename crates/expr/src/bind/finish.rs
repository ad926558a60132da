//! The last pass: numbers of variables become slots, captured ones are read through their cells.

use crate::code::{Node, Slot, Stmt};

use super::Binder;

impl Binder<'_> {
    pub(super) fn finish(&mut self) {
        let place = |slot: Slot| self.vars.get(slot.0 as usize).map_or(slot, |var| Slot(var.slot));
        let captured = |slot: Slot| self.vars.get(slot.0 as usize).is_some_and(|var| var.captured);
        for node in &mut self.code.nodes {
            *node = match *node {
                Node::Local(slot) if captured(slot) => Node::Cell(place(slot)),
                Node::Local(slot) | Node::Raw(slot) => Node::Local(place(slot)),
                Node::SetLocal(slot, value) if captured(slot) => Node::SetCell(place(slot), value),
                Node::SetLocal(slot, value) => Node::SetLocal(place(slot), value),
                Node::SetRaw(slot, value) => Node::SetLocal(place(slot), value),
                Node::Fresh(slot, value) => Node::Fresh(place(slot), value),
                Node::Guard { target, slot, access } => Node::Guard { target, slot: place(slot), access },
                other => other,
            };
        }
        for site in &mut self.code.sites {
            for (_, slot, _) in &mut site.outs {
                *slot = place(*slot);
            }
        }
        for statement in &mut self.code.statements {
            match statement {
                Stmt::Foreach { slot, .. } => *slot = place(*slot),
                Stmt::Try { catches, .. } => {
                    for catch in catches {
                        catch.slot = catch.slot.map(place);
                    }
                }
                _ => {}
            }
        }
    }
}
