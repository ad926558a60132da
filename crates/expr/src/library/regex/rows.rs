//! The table of `Regex`.

use crate::Value;
use crate::eval::{Cx, Eval};
use crate::library::arguments::{int, text};
use crate::library::{Row, member};
use crate::{Exception, Text};

use super::{
    At, By, Regex, all, by, compiled, evaluator, first, first_in, is_match, object, own, replace, split,
    start_at, unescaped,
};
use crate::pattern::Start;

const fn at(pattern: usize, options: Option<usize>, timeout: Option<usize>) -> At {
    At { pattern, options, timeout }
}

/// With the pattern of the arguments, over the first of them.
fn with(
    cx: &mut Cx<'_>,
    args: &[Value],
    at: At,
    run: fn(&mut Cx<'_>, &Regex, &Text, Start) -> Eval,
) -> Eval {
    let regex = compiled(cx, args, at)?;
    let input = text(args, 0, "input")?;
    let start = regex.pattern.start_of(input.as_str());
    run(cx, &regex, input, start)
}

/// With the pattern of the object, over the text behind it.
fn of(cx: &mut Cx<'_>, args: &[Value], run: fn(&mut Cx<'_>, &Regex, &Text, Start) -> Eval) -> Eval {
    let regex = own(cx, args)?;
    let input = text(args, 1, "input")?;
    let start = start_at(&regex, input, args, Some(2))?;
    run(cx, &regex, input, start)
}

fn replaced(cx: &mut Cx<'_>, args: &[Value], at: At, by: Result<By<'_>, Exception>) -> Eval {
    let regex = compiled(cx, args, at)?;
    let input = text(args, 0, "input")?;
    let start = regex.pattern.start_of(input.as_str());
    replace(cx, &regex, (input, start), &by?, -1)
}

fn replaced_by_own(cx: &mut Cx<'_>, args: &[Value], by: Result<By<'_>, Exception>) -> Eval {
    let regex = own(cx, args)?;
    let input = text(args, 1, "input")?;
    let start = start_at(&regex, input, args, Some(4))?;
    let count = if args.len() > 3 { int(args, 3) } else { -1 };
    replace(cx, &regex, (input, start), &by?, count)
}

fn split_all(cx: &mut Cx<'_>, regex: &Regex, input: &Text, start: Start) -> Eval {
    split(cx, regex, input, start, 0)
}

fn split_by_own(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let regex = own(cx, args)?;
    let input = text(args, 1, "input")?;
    let start = start_at(&regex, input, args, Some(3))?;
    split(cx, &regex, input, start, int(args, 2))
}

fn new(cx: &mut Cx<'_>, args: &[Value], at: At) -> Eval {
    let regex = compiled(cx, args, at)?;
    object(cx, regex)
}

#[rustfmt::skip]
pub(super) const REGEX: &[Row] = &[
    member("new(string pattern)", |cx, a| new(cx, a, at(0, None, None))),
    member("new(string pattern, RegexOptions options)", |cx, a| new(cx, a, at(0, Some(1), None))),
    member("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", |cx, a| new(cx, a, at(0, Some(1), Some(2)))),
    member("static bool IsMatch(string input, string pattern)", |cx, a| with(cx, a, at(1, None, None), is_match)),
    member("static bool IsMatch(string input, string pattern, RegexOptions options)", |cx, a| with(cx, a, at(1, Some(2), None), is_match)),
    member("static bool IsMatch(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", |cx, a| with(cx, a, at(1, Some(2), Some(3)), is_match)),
    member("bool IsMatch(string input)", |cx, a| of(cx, a, is_match)),
    member("bool IsMatch(string input, int startat)", |cx, a| of(cx, a, is_match)),
    member("static Match Match(string input, string pattern)", |cx, a| with(cx, a, at(1, None, None), first)),
    member("static Match Match(string input, string pattern, RegexOptions options)", |cx, a| with(cx, a, at(1, Some(2), None), first)),
    member("static Match Match(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", |cx, a| with(cx, a, at(1, Some(2), Some(3)), first)),
    member("Match Match(string input)", |cx, a| of(cx, a, first)),
    member("Match Match(string input, int startat)", |cx, a| of(cx, a, first)),
    member("Match Match(string input, int beginning, int length)", first_in),
    member("static MatchCollection Matches(string input, string pattern)", |cx, a| with(cx, a, at(1, None, None), all)),
    member("static MatchCollection Matches(string input, string pattern, RegexOptions options)", |cx, a| with(cx, a, at(1, Some(2), None), all)),
    member("static MatchCollection Matches(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", |cx, a| with(cx, a, at(1, Some(2), Some(3)), all)),
    member("MatchCollection Matches(string input)", |cx, a| of(cx, a, all)),
    member("MatchCollection Matches(string input, int startat)", |cx, a| of(cx, a, all)),
    member("static string Replace(string input, string pattern, string replacement)", |cx, a| replaced(cx, a, at(1, None, None), by(a, 2))),
    member("static string Replace(string input, string pattern, string replacement, RegexOptions options)", |cx, a| replaced(cx, a, at(1, Some(3), None), by(a, 2))),
    member("static string Replace(string input, string pattern, string replacement, RegexOptions options, TimeSpan matchTimeout)", |cx, a| replaced(cx, a, at(1, Some(3), Some(4)), by(a, 2))),
    member("static string Replace(string input, string pattern, MatchEvaluator evaluator)", |cx, a| replaced(cx, a, at(1, None, None), evaluator(a, 2))),
    member("static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options)", |cx, a| replaced(cx, a, at(1, Some(3), None), evaluator(a, 2))),
    member("static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options, TimeSpan matchTimeout)", |cx, a| replaced(cx, a, at(1, Some(3), Some(4)), evaluator(a, 2))),
    member("string Replace(string input, string replacement)", |cx, a| replaced_by_own(cx, a, by(a, 2))),
    member("string Replace(string input, string replacement, int count)", |cx, a| replaced_by_own(cx, a, by(a, 2))),
    member("string Replace(string input, string replacement, int count, int startat)", |cx, a| replaced_by_own(cx, a, by(a, 2))),
    member("string Replace(string input, MatchEvaluator evaluator)", |cx, a| replaced_by_own(cx, a, evaluator(a, 2))),
    member("string Replace(string input, MatchEvaluator evaluator, int count)", |cx, a| replaced_by_own(cx, a, evaluator(a, 2))),
    member("string Replace(string input, MatchEvaluator evaluator, int count, int startat)", |cx, a| replaced_by_own(cx, a, evaluator(a, 2))),
    member("static string[] Split(string input, string pattern)", |cx, a| with(cx, a, at(1, None, None), split_all)),
    member("static string[] Split(string input, string pattern, RegexOptions options)", |cx, a| with(cx, a, at(1, Some(2), None), split_all)),
    member("static string[] Split(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", |cx, a| with(cx, a, at(1, Some(2), Some(3)), split_all)),
    member("string[] Split(string input)", |cx, a| of(cx, a, split_all)),
    member("string[] Split(string input, int count)", split_by_own),
    member("string[] Split(string input, int count, int startat)", split_by_own),
    member("static string Unescape(string str)", unescaped),
];
