//! The command `oracle`: `cargo xtask oracle …`, or `cargo run -p oracle -- …`, which builds less.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use request_file::RequestFile;

use crate::known::Known;
use crate::{Answer, Oracle, Question, cases, compare, folder, ours, random, readable};

/// How it is used.
pub const USAGE: &str = "\
oracle eval [--request FILE] PROGRAM...   what .NET and Cardea give for each program: an expression, @(...) or @{...}
oracle [--json] [--request FILE] DIR      asks every expression of every policy document in a folder
oracle cases [PART]                       asks every case file of crates/expr whose name holds PART
oracle random [--programs N] [--seed N] [--mutate] [KIND]
                                          asks random programs; KIND begins them (`text`, `datetime`, ...);
                                          `members` or `members:System.String` calls each member of .NET in turn
oracle table                              writes crates/expr/reference/types: the members of .NET's types";

/// What went wrong, as a sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs it with its arguments.
///
/// # Errors
/// What went wrong, as a sentence.
pub fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match arguments {
        [command, rest @ ..] if command == "eval" => eval(&root, rest),
        [command, part @ ..] if command == "cases" => cases(&root, part.first().map_or("", String::as_str)),
        [command, rest @ ..] if command == "random" => random::run(&root, rest),
        [command] if command == "table" => {
            Oracle::of_workspace(&root)?.write_table(&root.join("crates/expr/reference"))?;
            Ok(ExitCode::SUCCESS)
        }
        rest if !rest.is_empty() => folder::run(&root, rest),
        _ => Err(USAGE.into()),
    }
}

fn eval(root: &Path, arguments: &[String]) -> Result<ExitCode, Failure> {
    let (file, programs) = match arguments {
        [option, path, rest @ ..] if option == "--request" => (read(&PathBuf::from(path))?, rest),
        rest => (RequestFile::parse("")?, rest),
    };
    let mut oracle = Oracle::of_workspace(root)?;
    oracle.set_request(&file);
    let mut same = true;
    for program in programs {
        let question = Question::of(program);
        let answer = ours(&question, &file)?;
        let theirs = oracle.ask(&question)?;
        let difference = compare(&theirs, &answer);
        let mark = difference.map_or(String::new(), |difference| format!("  <- differs: {difference:?}"));
        same &= difference.is_none();
        print(&format!("{program}\n  .NET    {}\n  Cardea  {}{mark}\n", line(&theirs), line(&answer)))?;
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks every case.
fn cases(root: &Path, part: &str) -> Result<ExitCode, Failure> {
    let mut oracle = Oracle::of_workspace(root)?;
    let (mut asked, mut skipped, mut different, mut listed) = (0, 0, 0, 0);
    let known = Known::read(root)?;
    let mut all = cases::read(&root.join("crates/expr/tests/cases"))?;
    for name in ["found.txt", "open.txt"] {
        all.extend(cases::found(&root.join("tests/oracle").join(name))?);
    }
    for case in all {
        if !case.place.contains(part) {
            continue;
        }
        if case.skipped.is_some() {
            skipped += 1;
            continue;
        }
        asked += 1;
        oracle.set_request(&case.request);
        let answer =
            ours(&case.question, &case.request).map_err(|error| format!("{}: {error}", case.place))?;
        let theirs = oracle.ask_beside(&case.question, &answer)?;
        if let Some(difference) = compare(&theirs, &answer) {
            if known.names(&case.question.code, difference) || case.place.starts_with("open.txt") {
                listed += 1;
                continue;
            }
            different += 1;
            let code = &case.question.code;
            print(&format!(
                "{}: {difference:?}: {code}\n  .NET    {}\n  Cardea  {}\n",
                case.place,
                line(&theirs),
                line(&answer)
            ))?;
        }
    }
    print(&format!(
        "{asked} cases asked, {different} differ, {listed} differ as known, {skipped} not asked\n"
    ))?;
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a request file.
///
/// # Errors
/// When it is not there, or is none.
pub fn read(path: &Path) -> Result<RequestFile, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(RequestFile::parse(&text)?)
}

pub(crate) fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(text.as_bytes())
}

/// An answer in a line.
#[must_use]
pub fn line(answer: &Answer) -> String {
    match answer {
        Answer::Value { ty, text } => format!("{ty}  {}", readable(text)),
        Answer::Exception { class, message } => {
            format!("throws {class}: {}", message.replace("\r\n", " / ").replace('\n', " / "))
        }
        Answer::Refused { problems } => {
            let mut text = "refused".to_owned();
            for problem in problems {
                let _ = write!(text, "  {} at {}: {}", problem.code, problem.start, problem.message);
            }
            text
        }
        Answer::Timeout => "did not end".to_owned(),
    }
}
