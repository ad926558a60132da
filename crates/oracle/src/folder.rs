//! Every expression of a folder of policy documents, asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use request_file::RequestFile;
use serde_json::{Value as Json, json};

use crate::command::{Failure, USAGE, line, print, read};
use crate::documents::{self, Document, Part};
use crate::known::Known;
use crate::{Answer, Difference, Oracle, Question, Session, compare};

/// What is asked for.
#[derive(Default)]
struct Wish {
    json: bool,
    request: Option<PathBuf>,
    folder: Option<PathBuf>,
}

/// The figures.
#[derive(Default)]
struct Figures {
    documents: usize,
    /// Without a problem, the compiler's included.
    loaded: usize,
    expressions: usize,
    /// Accepted by the real compiler.
    valid: usize,
    compiled: usize,
    same: usize,
    differences: BTreeMap<String, usize>,
    details: Vec<Json>,
}

/// Runs it: `[--json] [--request FILE] DIR`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<ExitCode, Failure> {
    let wish = wish(arguments)?;
    let request = match &wish.request {
        Some(path) => read(path)?,
        None => read(&root.join("examples/expressions/request.yaml"))?,
    };
    let folder = wish.folder.ok_or(USAGE)?;
    let mut oracle = Oracle::of_workspace(root)?;
    let known = Known::read(root)?;
    let mut figures = Figures::default();
    for document in documents::read(&folder, &request)? {
        figures.document(&document, &request, (&mut oracle, &known))?;
    }
    print(&if wish.json { format!("{:#}\n", figures.json()) } else { figures.text() })?;
    Ok(if figures.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wish(arguments: &[String]) -> Result<Wish, Failure> {
    let mut wish = Wish::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => wish.json = true,
            "--request" => wish.request = Some(PathBuf::from(arguments.next().ok_or(USAGE)?)),
            other if other.starts_with('-') => return Err(USAGE.into()),
            folder => wish.folder = Some(PathBuf::from(folder)),
        }
    }
    Ok(wish)
}

impl Figures {
    fn document(
        &mut self,
        document: &Document,
        request: &RequestFile,
        (oracle, known): (&mut Oracle, &Known),
    ) -> Result<(), Failure> {
        oracle.set_request(request);
        let mut session = Session::new(request)?;
        let mut loaded = document.problems.is_empty();
        for part in &document.parts {
            let sets = part.sets.as_deref();
            match (&part.question, sets) {
                (Some(question), sets) => {
                    let theirs = oracle.ask_and_keep(question, sets)?;
                    let answer = session.ask(question, sets);
                    loaded &= !matches!(answer, Answer::Refused { .. });
                    let difference = compare(&theirs, &answer)
                        .filter(|difference| !known.names(&question.code, *difference));
                    self.count((document, part, question), &theirs, &answer, difference);
                }
                (None, Some(name)) => {
                    oracle.keep_text(name, &part.text)?;
                    session.keep_text(name, &part.text);
                }
                (None, None) => {}
            }
        }
        self.documents += 1;
        self.loaded += usize::from(loaded);
        Ok(())
    }

    fn count(
        &mut self,
        (document, part, question): (&Document, &Part, &Question),
        theirs: &Answer,
        answer: &Answer,
        difference: Option<Difference>,
    ) {
        let accepted = |answer: &Answer| usize::from(!matches!(answer, Answer::Refused { .. }));
        self.expressions += 1;
        self.valid += accepted(theirs);
        self.compiled += accepted(answer);
        let Some(difference) = difference else {
            self.same += 1;
            return;
        };
        *self.differences.entry(format!("{difference:?}")).or_default() += 1;
        self.details.push(json!({
            "document": document.path, "place": part.place, "difference": format!("{difference:?}"),
            "code": question.code.trim(), "oracle": line(theirs), "cardea": line(answer),
        }));
    }

    fn json(&self) -> Json {
        json!({
            "documents": self.documents, "loaded": self.loaded, "expressions": self.expressions, "valid": self.valid,
            "compiled": self.compiled, "same": self.same, "differences": self.differences, "details": self.details,
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for detail in &self.details {
            let part = |name: &str| detail.get(name).and_then(Json::as_str).unwrap_or_default();
            text.push_str(&format!(
                "{}:{}: {}: {}\n  .NET    {}\n  Cardea  {}\n",
                part("document"),
                part("place"),
                part("difference"),
                part("code"),
                part("oracle"),
                part("cardea")
            ));
        }
        let differences: Vec<String> =
            self.differences.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let [documents, loaded, expressions, valid, compiled, same] =
            [self.documents, self.loaded, self.expressions, self.valid, self.compiled, self.same];
        text + &format!(
            "{documents} documents, {loaded} loaded; {expressions} expressions, {valid} valid C#, {compiled} compiled, \
             {same} evaluated as .NET does; differences: {}\n",
            if differences.is_empty() { "none".to_owned() } else { differences.join(", ") }
        )
    }
}
