//! `docs/command-line.md`: what `--help` says, for every command.

use clap::{Command, CommandFactory as _};

use super::compare;
use crate::cli::Cli;

const HEAD: &str = "\
# Command line

This page is what `cardea --help` and the help of each command print. From the repository, write `cargo run --release --`
for `cardea`.

`cardea` ends with 0 when all is well, 1 when `check`, `check --deny-warnings` or `demo --check` found something or an
`import` was refused, and 2 when a command cannot do its work.

Results go to standard output, remarks and the program's own log to standard error. `cardea completions` and `cardea man`
write completions and manual pages from the same definition.
";

#[test]
fn the_page_of_the_command_line_is_up_to_date() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut page = HEAD.to_owned();
    write(&mut command, &mut page);
    compare("command-line.md", &page);
}

fn write(command: &mut Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
    for each in command.get_subcommands_mut().filter(|each| each.get_name() != "help") {
        write(each, page);
    }
}
