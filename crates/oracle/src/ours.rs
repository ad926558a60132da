//! Cardea's answer, in the form of the oracle's.

use expr::{CompileEnv, Facts, Heap, Limits, Problem, compile, dump::dump};
use request_file::{Error, RequestFile};

use crate::{Answer, Fault, Question};

/// Bytes that the objects of a program may take.
const MEMORY: usize = 256 * 1024 * 1024;

/// What Cardea gives, and what the program touches.
///
/// # Errors
/// When the file does not make a request.
pub fn ours(question: &Question, file: &RequestFile) -> Result<(Answer, Facts), Error> {
    let compiled = compile(&question.code, question.form, &question.wants, &CompileEnv::default());
    let facts = compiled.facts;
    let Some(program) = compiled.program else {
        return Ok((Answer::Refused { problems: compiled.problems.iter().map(fault).collect() }, facts));
    };
    let mut heap = Heap::new(MEMORY);
    let mut host = file.host(&mut heap)?;
    let answer = match program.eval(&mut host, &mut heap, &Limits::default()) {
        Ok(value) => Answer::Value { ty: heap.type_name(&value), text: dump(&value, &mut host, &mut heap) },
        Err(exception) if exception.is_limit() => Answer::Timeout,
        Err(exception) => Answer::Exception {
            class: exception.class().to_owned(),
            message: exception.message().as_str().to_owned(),
        },
    };
    Ok((answer, facts))
}

fn fault(problem: &Problem) -> Fault {
    let code = compilers_code(&problem.message).unwrap_or_else(|| problem.code.to_string());
    Fault { code, start: problem.span.start, message: problem.message.clone() }
}

/// `CS1061` of a message that ends in `(CS1061)`.
fn compilers_code(message: &str) -> Option<String> {
    let (_, after) = message.rsplit_once("(CS")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (digits.len() == 4).then(|| format!("CS{digits}"))
}
