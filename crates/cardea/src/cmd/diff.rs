//! `cardea diff`: what changes for callers between two folders.

use std::path::Path;
use std::process::ExitCode;

use plan::{compare, difference_text};

use super::access::{Read, read};
use super::read_settings;
use crate::cli::{Diff, PlanFormat, Reading};
use crate::console;
use crate::formats::{Base, difference};

/// Runs the command. Ends as `diff` does: with 1 when there is a difference.
///
/// # Errors
/// When one of the folders is not there.
pub(crate) fn run(args: &Diff) -> anyhow::Result<ExitCode> {
    let a = side(args, &args.a, args.overrides_a.as_deref())?;
    let b = side(args, &args.b, args.overrides_b.as_deref())?;
    let found = compare(&a.configuration, &b.configuration);
    match args.format {
        PlanFormat::Text => {
            a.tell_problems(&args.a);
            b.tell_problems(&args.b);
            console::out(&difference_text(&found));
        }
        PlanFormat::Json => {
            let bases = (Base::of_command(&args.a), Base::of_command(&args.b));
            console::out(&difference::difference(&found, (&a.problems, &b.problems), (&bases.0, &bases.1))?);
        }
    }
    Ok(match (a.problems.has_errors() || b.problems.has_errors(), found.is_empty()) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    })
}

fn side(args: &Diff, directory: &Path, overrides: Option<&Path>) -> anyhow::Result<Read> {
    let mut settings = read_settings(args.common.settings.as_deref())?;
    settings.read_as(&Reading { overrides: overrides.map(Path::to_path_buf), gateway: args.gateway.clone() });
    read(directory, &settings)
}
