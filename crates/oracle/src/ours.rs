//! Cardea's answer, in the form of the oracle's.

use expr::{CompileEnv, Heap, Limits, Problem, Value, compile, dump::dump};
use request_file::{Error, FileHost, RequestFile};

use crate::{Answer, Fault, Question};

/// Bytes that the objects of a program may take.
const MEMORY: usize = 256 * 1024 * 1024;

/// What Cardea gives.
///
/// # Errors
/// When the file does not make a request.
pub fn ours(question: &Question, file: &RequestFile) -> Result<Answer, Error> {
    Ok(Session::new(file)?.ask(question, None))
}

/// Programs that run one after the other, each with the request of the file, and with the variables that the earlier ones set.
#[derive(Debug)]
pub struct Session {
    heap: Heap,
    host: FileHost,
}

impl Session {
    /// A session with the request of a file.
    ///
    /// # Errors
    /// When the file does not make a request.
    pub fn new(file: &RequestFile) -> Result<Self, Error> {
        let mut heap = Heap::new(MEMORY);
        let host = file.host(&mut heap)?;
        Ok(Self { heap, host })
    }

    /// What Cardea gives; its value is kept as a variable when one is named.
    pub fn ask(&mut self, question: &Question, variable: Option<&str>) -> Answer {
        let compiled = compile(&question.code, question.form, &question.wants, &CompileEnv::default());
        let Some(program) = compiled.program else {
            return Answer::Refused { problems: compiled.problems.iter().map(fault).collect() };
        };
        let mut host = self.host.clone();
        match program.eval(&mut host, &mut self.heap, &Limits::default()) {
            Ok(value) => {
                if let Some(name) = variable {
                    self.host.set_variable(name, value.clone());
                }
                let ty = self.heap.type_name(&value);
                Answer::Value { ty, text: dump(&value, &mut host, &mut self.heap) }
            }
            Err(exception) if exception.is_limit() => Answer::Timeout,
            Err(exception) => Answer::Exception {
                class: exception.class().to_owned(),
                message: exception.message().as_str().to_owned(),
            },
        }
    }

    /// Gives a variable a text.
    pub fn keep_text(&mut self, variable: &str, text: &str) {
        self.host.set_variable(variable, Value::text(text));
    }
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
