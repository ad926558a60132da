//! Time, randomness, environment and files of the operating system: the only place that knows the real ones.

use std::cell::RefCell;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use artifacts::{SecretError, SecretSource};
use jiff::Timestamp;
use model::SecretReference;
use policy::{Clock, PortFuture, Rng, Timer};
use secret::Secret;
use zeroize::Zeroizing;

/// Longest secret that is read from a file, in bytes.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Bytes for which there is room at once.
const USUAL_SECRET: usize = 256;

/// What begins a key of the demo. Keys of the demo work in the demo only.
pub(crate) const DEMO_KEY: &str = "cardea-demo-";

/// The clock of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Timer for SystemClock {
    fn sleep(&self, time: Duration) -> PortFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The randomness of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() <= SMALL {
            STORE.with_borrow_mut(|store| store.take(bytes));
        } else {
            fill_anew(bytes);
        }
    }
}

/// Random bytes up to so many come from the store.
const SMALL: usize = 16;

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store { bytes: [0; STORED], used: STORED }) };
}

const STORED: usize = 512;

/// Random bytes that nobody has been given: asking the generator for a few costs about as much as for many, and each
/// request has an id of its own.
struct Store {
    bytes: [u8; STORED],
    used: usize,
}

impl Store {
    fn take(&mut self, wanted: &mut [u8]) {
        if STORED - self.used < wanted.len() {
            fill_anew(&mut self.bytes);
            self.used = 0;
        }
        for (to, from) in wanted.iter_mut().zip(self.bytes.iter_mut().skip(self.used)) {
            // Nothing that was given stays here.
            *to = std::mem::take(from);
        }
        self.used += wanted.len();
    }
}

fn fill_anew(bytes: &mut [u8]) {
    // AWS-LC's generator seeds itself from the system; it fails only if the system has no randomness at all, and
    // then nothing that needs it may go on.
    if aws_lc_rs::rand::fill(bytes).is_err() {
        tracing::error!("the system gives no random bytes");
        std::process::abort();
    }
}

/// Secrets of the environment and of files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemSecrets;

impl SecretSource for SystemSecrets {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        let secret = match reference {
            SecretReference::Env(name) => of_environment(name)?,
            SecretReference::File(path) => of_file(path)?,
            SecretReference::Vault(_) => {
                return Err(SecretError { why: format!("{reference} is read over the network only") });
            }
        };
        if secret.expose().starts_with(DEMO_KEY) {
            let why = format!("{reference} holds a key of the demo, which works in `cardea demo` only");
            return Err(SecretError { why });
        }
        Ok(secret)
    }
}

fn of_environment(name: &str) -> Result<Secret, SecretError> {
    #[expect(clippy::disallowed_methods, reason = "the program reads the environment here, for everybody")]
    let value = std::env::var(name);
    match value {
        Ok(text) if text.is_empty() => {
            Err(SecretError { why: format!("the environment variable `{name}` is empty") })
        }
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(SecretError { why: format!("the environment variable `{name}` is not set") }),
    }
}

/// A secret file's text without the line break at its end, which editors put there.
fn of_file(path: &Path) -> Result<Secret, SecretError> {
    let failed = |why: String| SecretError { why: format!("the file `{}` {why}", path.display()) };
    let file = std::fs::File::open(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    // With room from the beginning: there may be very many files, and each question to the system counts.
    let mut bytes = Zeroizing::new(Vec::with_capacity(USUAL_SECRET));
    let read = file.take(LONGEST_SECRET + 1).read_to_end(&mut bytes);
    let length = read.map_err(|error| failed(format!("cannot be read: {error}")))?;
    if length as u64 > LONGEST_SECRET {
        return Err(failed(format!("has more than {LONGEST_SECRET} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("is not UTF-8 text".to_owned()))?;
    let trimmed = text.trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        return Err(failed("is empty".to_owned()));
    }
    Ok(Secret::new(trimmed))
}
