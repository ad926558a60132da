//! One attribute value or text: named values put in, then a constant, text with secrets, or a compiled expression.

use std::sync::Arc;

use expr::{CompileEnv, Problem, Program, Text};
use policy_doc::{Form, RawValue, Resolved, TextPiece, Unknown};
use source::{Diagnostic, Diagnostics, Location, MappedText, Segment, Span};

use super::CompileCx;
use crate::CodeUse;
use crate::registry::Reported;
use crate::setting::{Setting, SettingValue};

/// Compiles a value as it stands.
pub(super) fn setting<T: SettingValue>(
    raw: &RawValue,
    unknown: Unknown,
    cx: &mut CompileCx<'_>,
) -> Result<Setting<T>, Reported> {
    match resolve(raw, unknown, cx)? {
        Resolved::Literal(pieces) => literal(raw, &pieces, cx),
        Resolved::Expression { form, code, .. } => expression(raw, form, &code, cx),
    }
}

/// Compiles a value without the white space around it.
pub(super) fn trimmed<T: SettingValue>(
    raw: &RawValue,
    cx: &mut CompileCx<'_>,
) -> Result<Setting<T>, Reported> {
    match resolve(raw, Unknown::Refuse, cx)? {
        Resolved::Literal(pieces) => literal(raw, &trim(pieces), cx),
        Resolved::Expression { form, code, .. } => expression(raw, form, &code, cx),
    }
}

fn resolve(raw: &RawValue, unknown: Unknown, cx: &mut CompileCx<'_>) -> Result<Resolved, Reported> {
    let mut problems = Diagnostics::new();
    let resolved = raw.resolve(cx.known.names, unknown, &mut problems);
    cx.report_all(problems);
    let resolved = resolved.ok_or(Reported)?;
    for slot in slots_of(&resolved) {
        cx.use_slot(slot);
    }
    Ok(resolved)
}

/// The numbers of the secrets in a value.
fn slots_of(resolved: &Resolved) -> Vec<usize> {
    match resolved {
        Resolved::Expression { slots, .. } => slots.iter().map(|each| each.slot).collect(),
        Resolved::Literal(pieces) => {
            let slot = |piece: &TextPiece| match piece {
                TextPiece::Slot(slot) => Some(slot.slot),
                TextPiece::Text(_) => None,
            };
            pieces.iter().filter_map(slot).collect()
        }
    }
}

fn trim(mut pieces: Vec<TextPiece>) -> Vec<TextPiece> {
    let cut = |text: &MappedText, start: bool| {
        let whole = text.text();
        let kept = if start { whole.trim_start() } else { whole.trim_end() };
        let from = if start { whole.len() - kept.len() } else { 0 };
        text.slice(Span::between(from, from + kept.len()))
    };
    if let Some(TextPiece::Text(first)) = pieces.first_mut() {
        *first = cut(first, true);
    }
    if let Some(TextPiece::Text(last)) = pieces.last_mut() {
        *last = cut(last, false);
    }
    pieces
}

fn literal<T: SettingValue>(
    raw: &RawValue,
    pieces: &[TextPiece],
    cx: &mut CompileCx<'_>,
) -> Result<Setting<T>, Reported> {
    let is_text = |piece: &TextPiece| matches!(piece, TextPiece::Text(_));
    if !pieces.iter().all(is_text) {
        return Ok(Setting::Secret(cx.known.names.template(pieces)));
    }
    let text: String = pieces
        .iter()
        .filter_map(|piece| if let TextPiece::Text(text) = piece { Some(text.text()) } else { None })
        .collect();
    T::from_text(&Text::from(text)).map(Setting::Fixed).map_err(|wanted| {
        let message = format!("`{}` cannot stand here", shorten(raw.raw().trim()));
        cx.report(Diagnostic::error("wrong-value", message).at(raw.location()).help(wanted))
    })
}

fn expression<T: SettingValue>(
    raw: &RawValue,
    form: Form,
    code: &MappedText,
    cx: &mut CompileCx<'_>,
) -> Result<Setting<T>, Reported> {
    let form = match form {
        Form::Expression => expr::Form::Expression,
        Form::Block => expr::Form::Block,
    };
    let names = cx.known.names;
    if names.code_use() == CodeUse::Refused && refuse_code(raw, code, cx) {
        return Err(Reported);
    }
    let env = CompileEnv { slots: names.slots() };
    let expected = T::expected();
    let compiled = expr::compile(code.text(), form, &expected, &env);
    cx.note_wanted(raw.location(), &expected);
    for problem in compiled.problems {
        cx.report(explain(raw, code, problem));
    }
    for warning in compiled.warnings {
        let at = Location::new(raw.file(), code.origin(warning.span));
        if code.hidden(warning.span).is_none() {
            cx.report(Diagnostic::warning(warning.code, warning.message).at(at));
        }
    }
    let Some(program) = compiled.program else { return Err(Reported) };
    cx.add_facts(program.facts());
    constant(program, raw, cx)
}

/// Reports named values that stand in code; whether there are any.
fn refuse_code(raw: &RawValue, code: &MappedText, cx: &mut CompileCx<'_>) -> bool {
    let written = |span: Span| span.of(raw.file().text());
    let named: Vec<&Segment> = code
        .segments()
        .iter()
        .filter(|segment| !segment.verbatim && written(segment.origin).starts_with("{{"))
        .collect();
    if named.is_empty() {
        return false;
    }
    let spans = expr::code_spans(code.text());
    let mut found = false;
    for segment in named.into_iter().filter(|segment| spans.iter().any(|span| overlap(*span, segment.text))) {
        found = true;
        let message =
            format!("the named value `{}` stands in code, outside of a string", written(segment.origin));
        let diagnostic = Diagnostic::error("named-value-as-code", message)
            .at(Location::new(raw.file(), segment.origin))
            .help("put it into quotes and convert it, as in `int.Parse(\"{{name}}\")`; the setting `expressions.named-values-as-code` allows it");
        cx.report(diagnostic);
    }
    found
}

fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

/// An expression without any part of the request in it is converted now, once.
fn constant<T: SettingValue>(
    program: Program,
    raw: &RawValue,
    cx: &mut CompileCx<'_>,
) -> Result<Setting<T>, Reported> {
    let Some(value) = program.constant() else { return Ok(Setting::Computed(Arc::new(program))) };
    T::from_value(value.clone(), &expr::Heap::new(0)).map(Setting::Fixed).map_err(|exception| {
        let message = format!("this expression always fails: {exception}");
        cx.report(Diagnostic::error("constant-fails", message).at(raw.location()))
    })
}

/// A problem of the C# as a problem of the document. Where it shows a secret, its text is withheld.
fn explain(raw: &RawValue, code: &MappedText, problem: Problem) -> Diagnostic {
    let at = Location::new(raw.file(), code.origin(problem.span));
    if let Some(hidden) = code.hidden(problem.span) {
        let message = format!("the secret named value `{}` cannot stand here as code", hidden.name);
        return Diagnostic::error(problem.code, message)
            .at(at)
            .help("what is wrong with it is not shown; put the named value into a string literal");
    }
    let diagnostic = Diagnostic::error(problem.code, problem.message).at(at);
    problem.help.into_iter().fold(diagnostic, Diagnostic::help)
}

fn shorten(text: &str) -> String {
    let start: String = text.chars().take(60).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}
