//! Entry points for fuzzing: any bytes as code, as JSON, as XML, as a JSONPath. Nothing may panic, everything ends.

use crate::{
    BodyKind, CompileEnv, DateTime, DateTimeKind, Exception, Expected, Form, Heap, Host, HostMember, HostRef,
    Limits, Text, Value, VarName, compile, json, xml,
};

/// A request of which nothing is known.
struct Nobody;

impl Host for Nobody {
    fn property(&mut self, _: HostRef, _: HostMember, _: &mut Heap) -> Result<Value, Exception> {
        Ok(Value::Null)
    }

    fn variable(&mut self, _: &VarName, _: &mut Heap) -> Result<Option<Value>, Exception> {
        Ok(None)
    }

    fn variable_names(&mut self) -> Vec<Text> {
        Vec::new()
    }

    fn joined(&mut self, _: HostRef, _: &str) -> Option<Text> {
        None
    }

    fn values(&mut self, _: HostRef, _: &str) -> Option<Vec<Text>> {
        None
    }

    fn keys(&mut self, _: HostRef) -> Vec<Text> {
        Vec::new()
    }

    fn body(&mut self, _: HostRef, _: BodyKind, _: bool, _: &mut Heap) -> Result<Value, Exception> {
        Ok(Value::Null)
    }

    fn trace(&mut self, _: Text) {}

    fn now(&mut self) -> DateTime {
        DateTime { ticks: DateTime::UNIX_EPOCH_TICKS, kind: DateTimeKind::Utc }
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Compiles a text as both forms and runs what compiles, within narrow limits.
pub fn fuzz_expression(data: &[u8]) {
    let Ok(code) = std::str::from_utf8(data) else { return };
    let limits = Limits { fuel: 20_000, depth: 200, text: 64 * 1024, regex: 160_000 };
    for form in [Form::Expression, Form::Block] {
        let compiled = compile(code, form, &Expected::Any, &CompileEnv::default());
        if let Some(program) = compiled.program {
            let _ = program.eval(&mut Nobody, &mut Heap::new(1024 * 1024), &limits);
        }
    }
}

/// Reads a text as JSON, writes it, and reads it again.
pub fn fuzz_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut heap = Heap::new(1024 * 1024);
    let Ok(value) = heap.parse_json(&Text::copied(text)) else { return };
    if let Some(Ok(written)) = heap.json_text(&value, crate::Formatting::Indented) {
        let _ = heap.parse_json(&written);
    }
}

/// Reads a text as XML, writes it, and reads it again.
pub fn fuzz_xml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut heap = Heap::new(1024 * 1024);
    for keep_space in [false, true] {
        let Ok(id) = xml::read(&mut heap, &Text::copied(text), xml::Wanted::Document, keep_space) else {
            continue;
        };
        let options = xml::WriteOptions { indent: !keep_space, omit_duplicates: false };
        if let Ok(written) = xml::write(&heap, id, options) {
            let _ = xml::read(&mut heap, &written, xml::Wanted::Document, keep_space);
        }
    }
}

/// Follows a text as a JSONPath through a small tree, within narrow limits.
pub fn fuzz_json_path(data: &[u8]) {
    const TREE: &str =
        "{\"a\":[1,{\"b\":\"x\",\"c\":[true,null]},2.5],\"b\":{\"b\":{\"b\":\"2020-01-01T00:00:00Z\"}}}";
    let Ok(path) = std::str::from_utf8(data) else { return };
    let mut heap = Heap::new(1024 * 1024);
    if let Ok(Value::Ref(root)) = heap.parse_json(&Text::from_static(TREE)) {
        let _ = json::select(&mut heap, root, path, false, 20_000);
        let _ = json::select(&mut heap, root, path, true, 20_000);
    }
}
