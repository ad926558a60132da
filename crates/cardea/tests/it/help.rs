//! What the program says of itself: help, completions, manual pages, and mistakes on the command line.

use std::process::Command;

use crate::harness::program;

/// Every command, as it is called.
const COMMANDS: [&[&str]; 19] = [
    &["demo"],
    &["serve"],
    &["check"],
    &["eval"],
    &["health"],
    &["import"],
    &["import", "openapi"],
    &["subscription"],
    &["subscription", "create"],
    &["subscription", "rotate"],
    &["subscription", "suspend"],
    &["subscription", "list"],
    &["sealing-key"],
    &["sealing-key", "create"],
    &["simulate"],
    &["simulate", "models"],
    &["simulate", "identity"],
    &["completions"],
    &["man"],
];

#[test]
fn the_program_says_what_it_can_do() {
    let output = program(&["--help"], &[]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert!(output.stdout.starts_with("A self-hosted AI gateway"), "{}", output.stdout);
    for command in [
        "demo",
        "serve",
        "check",
        "health",
        "import",
        "subscription",
        "sealing-key",
        "simulate",
        "completions",
        "man",
    ] {
        let line = output.stdout.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
        let said = line.and_then(|line| line.trim_start().split_once(' ')).map(|(_, said)| said.trim());
        assert!(said.is_some_and(|said| said.len() > 15), "`{command}` says what it does: {}", output.stdout);
    }
    assert!(output.stdout.contains("Start here: `cardea demo`"), "{}", output.stdout);
    let version = program(&["--version"], &[]).stdout;
    assert_eq!(version, format!("cardea {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let output = program(&[command, &["--help"]].concat(), &[]);
        let name = format!("cardea {}", command.join(" "));
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{name}");
        assert!(output.stdout.contains(&format!("Usage: {name}")), "{name}: {}", output.stdout);
        let first = output.stdout.lines().next().expect("a line");
        assert!(first.len() > 15 && !first.starts_with("Usage"), "{name} begins with what it does: {first}");
        assert!(output.stdout.lines().all(|line| line.chars().count() <= 120), "{name}: {}", output.stdout);
        // Commands that hold commands leave the examples to those.
        if !output.stdout.contains("Commands:") {
            assert!(output.stdout.contains("Example"), "{name}: {}", output.stdout);
        }
    }
}

#[test]
fn a_mistake_is_told_with_the_way_out() {
    for (arguments, said) in [
        (&["chek", "x"][..], "check"),
        (&["serve"], "--artifacts"),
        (&["serve", "--artifacts", "/nowhere"], "`/nowhere` is not a directory"),
        (&["subscription", "create", "a"], "--product"),
        (&["subscription", "create", "a", "--product", "p", "--all-apis"], "cannot be used with"),
        (&["completions", "cmd"], "bash"),
    ] {
        let output = program(arguments, &[]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(output.stderr.contains(said), "{arguments:?}: {}", output.stderr);
    }
    // A command alone shows its help.
    assert_eq!(program(&[], &[]).code, 2);
}

#[test]
fn a_mistake_in_the_settings_is_told_with_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = directory.path().join("cardea.toml");
    std::fs::write(&settings, "[listen]\naddress = \"127.0.0.1:0\"\nadress = 1\n").expect("a file");
    let folder = directory.path().to_str().expect("UTF-8");
    let output =
        program(&["serve", "--artifacts", folder, "--settings", settings.to_str().expect("UTF-8")], &[]);
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("line 3") && output.stderr.contains("adress"), "{output:?}");
    let output = program(&["serve", "--artifacts", folder], &[("CARDEA_LISTEN__ADRESS", "127.0.0.1:0")]);
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("adress"), "{output:?}");
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    let directory = tempfile::tempdir().expect("a directory");
    for shell in ["bash", "zsh", "fish"] {
        let output = program(&["completions", shell], &[]);
        assert_eq!(output.code, 0, "{shell}");
        for word in ["subscription", "--artifacts", "sealing-key"] {
            // fish writes options without their hyphens.
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(output.stdout.contains(word), "{shell}: {word}");
        }
        let file = directory.path().join(shell);
        std::fs::write(&file, output.stdout).expect("a file");
        // A shell that is not on this machine cannot be asked; bash is.
        match Command::new(shell).arg("-n").arg(&file).output() {
            Ok(read) => assert!(read.status.success(), "{shell}: {read:?}"),
            Err(_) => assert_ne!(shell, "bash"),
        }
    }
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("made/here");
    let output = program(&["man", target.to_str().expect("UTF-8")], &[]);
    assert_eq!(output.code, 0, "{output:?}");
    for command in COMMANDS {
        let page = target.join(format!("cardea-{}.1", command.join("-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|why| panic!("{}: {why}", page.display()));
        assert!(text.contains(".TH ") && text.contains(".SH NAME"), "{}", page.display());
    }
    assert!(target.join("cardea.1").is_file());
}
