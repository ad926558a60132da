//! Writes a big folder of artifacts, to measure with: as many APIs, operations, subscriptions and policies as wanted.
//!
//! ```console
//! $ cargo run --release -p xtask -- folder target/big --apis 10000 --operations 10 --subscriptions 100000
//! ```
//!
//! writes `target/big/apim` (the folder in the layout of APIOps) and `target/big/keys` (one file for each subscription's
//! key; `secrets.toml` refers to them). The same seed gives the same files, but for the absolute path of the keys. No
//! two policies are alike; each has five expressions of the kinds that published policies are made of.

mod apis;
mod parties;
mod policies;
mod random;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where.
    pub out: PathBuf,
    /// How many APIs.
    pub apis: usize,
    /// How many operations each API has.
    pub operations: usize,
    /// How many subscriptions.
    pub subscriptions: usize,
    /// Which scopes have a policy of their own besides the service and the products.
    pub policies: Policies,
    /// What the numbers that look random come from.
    pub seed: u64,
}

/// Which scopes have a policy of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policies {
    /// Each API.
    Apis,
    /// Each API and each operation.
    Operations,
}

impl Plan {
    /// The plan that the words of a command line describe: a directory, then `--apis N`, `--operations N` (of each API),
    /// `--subscriptions N`, `--policies apis|operations`, `--seed N`.
    ///
    /// # Errors
    /// When a word is not known, or a number is not one.
    pub fn of(words: &[String]) -> anyhow::Result<Self> {
        let [out, rest @ ..] = words else {
            bail!("which directory? `xtask folder DIRECTORY [--apis N] ...`")
        };
        let mut plan = Self {
            out: out.into(),
            apis: 10_000,
            operations: 10,
            subscriptions: 100_000,
            policies: Policies::Apis,
            seed: 1,
        };
        for pair in rest.chunks(2) {
            let [flag, value] = pair else { bail!("`{}` needs a value", pair.join(" ")) };
            let number = || value.parse::<usize>().with_context(|| format!("`{flag} {value}`"));
            match flag.as_str() {
                "--apis" => plan.apis = number()?,
                "--operations" => plan.operations = number()?,
                "--subscriptions" => plan.subscriptions = number()?,
                "--seed" => plan.seed = value.parse().with_context(|| format!("`{flag} {value}`"))?,
                "--policies" => plan.policies = scopes(value)?,
                _ => bail!("`{flag}` is not known"),
            }
        }
        ensure!(plan.apis > 0, "a folder needs an API");
        Ok(plan)
    }
}

fn scopes(word: &str) -> anyhow::Result<Policies> {
    match word {
        "apis" => Ok(Policies::Apis),
        "operations" => Ok(Policies::Operations),
        _ => bail!("`--policies` takes `apis` or `operations`"),
    }
}

/// Writes the folder. What it needs is made, what else is in the directory stays.
///
/// # Errors
/// When a file cannot be written.
pub fn write(plan: &Plan) -> anyhow::Result<()> {
    let apim = plan.out.join("apim");
    fs::create_dir_all(&apim)?;
    let out = fs::canonicalize(&plan.out)?;
    parties::service(&apim)?;
    parties::products(&apim, plan)?;
    parties::subscriptions(&apim, &out.join("keys"), plan)?;
    for number in 0..plan.apis {
        apis::write(&apim, number, plan)?;
    }
    Ok(())
}

/// Writes a file and the directories above it.
fn file(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
