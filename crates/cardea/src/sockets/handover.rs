//! A new process takes over the sockets of the one that serves.
//!
//! ```text
//! new                                  old (listens on take-over.sock in the state directory)
//! reads and compiles the configuration
//! connects                      ──▶
//!                               ◀──    its sockets
//! accepts connections, as the old one still does
//! "serving"                     ──▶
//!                               ◀──    "leaving"; accepts no more, ends what runs, ends itself
//! ```
//!
//! A new process that fails before it serves changes nothing. Only processes of the same user are heard.

use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::passing;

const FILE: &str = "take-over.sock";
const SERVING: &[u8; 7] = b"serving";
const LEAVING: &[u8; 7] = b"leaving";

/// How long one process waits for an answer of the other. A configuration may take its time between two of them.
const PATIENCE: Duration = Duration::from_secs(10);
const START: Duration = Duration::from_secs(60);

/// What a process that serves offers. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Handover {
    task: JoinHandle<()>,
    taken: Arc<Notify>,
    path: Option<PathBuf>,
}

/// A process that has taken sockets and is to say when it serves.
#[derive(Debug)]
pub(crate) struct Successor(UnixStream);

/// Asks the process that serves for its sockets; none when there is no such process.
///
/// # Errors
/// When it does not give them.
pub(super) async fn ask(dir: &Path) -> anyhow::Result<Option<(Vec<TcpListener>, Successor)>> {
    let path = dir.join(FILE);
    let stream = match UnixStream::connect(&path).await {
        Ok(stream) => stream,
        Err(error) if is_nobody(&error) => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot connect to `{}`", path.display())),
    };
    let sockets = tokio::time::timeout(PATIENCE, passing::receive(&stream)).await;
    let sockets = sockets.context("the process that serves does not answer")?;
    let sockets = sockets.context("the process that serves does not hand over its sockets")?;
    Ok(Some((sockets, Successor(stream))))
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

impl Successor {
    /// Says that this process serves, and waits until the other has heard it.
    ///
    /// # Errors
    /// When the other does not answer; both serve then.
    pub(crate) async fn serves(mut self) -> anyhow::Result<()> {
        let talk = async {
            self.0.write_all(SERVING).await?;
            let mut heard = [0; LEAVING.len()];
            self.0.read_exact(&mut heard).await?;
            io::Result::Ok(())
        };
        let heard = tokio::time::timeout(PATIENCE, talk).await;
        heard.context("the process before does not answer")?.context("the process before does not leave")
    }
}

impl Handover {
    /// Offers sockets to whoever comes next.
    ///
    /// # Errors
    /// When the directory cannot hold the socket.
    pub(crate) fn offer(dir: &Path, sockets: Vec<TcpListener>) -> anyhow::Result<Self> {
        let path = dir.join(FILE);
        let listener = bind(&path).with_context(|| format!("cannot listen at `{}`", path.display()))?;
        let taken = Arc::new(Notify::new());
        let told = Arc::clone(&taken);
        let own = path.clone();
        let task = tokio::spawn(async move {
            while !is_taken(&listener, &sockets, &own).await {}
            told.notify_one();
        });
        Ok(Self { task, taken, path: Some(path) })
    }

    /// Waits until another process serves on the sockets.
    pub(crate) async fn taken(&self) {
        self.taken.notified().await;
    }

    /// The file is the other's now.
    pub(crate) fn forget(mut self) {
        self.path = None;
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(path) = &self.path {
            let _removed = std::fs::remove_file(path);
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    // What a process left behind that was killed.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Hands the sockets to one process; true when it serves.
async fn is_taken(listener: &UnixListener, sockets: &[TcpListener], path: &Path) -> bool {
    let Ok((mut stream, _)) = listener.accept().await else {
        tokio::time::sleep(Duration::from_secs(1)).await;
        return false;
    };
    match hand_over(&mut stream, sockets, path).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "a process that was to take over did not");
            false
        }
    }
}

async fn hand_over(stream: &mut UnixStream, sockets: &[TcpListener], path: &Path) -> io::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let other = stream.peer_cred()?.uid();
    if other != own && other != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    passing::send(stream, sockets).await?;
    let mut heard = [0; SERVING.len()];
    tokio::time::timeout(START, stream.read_exact(&mut heard)).await??;
    if heard != *SERVING {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Before the answer: then the other makes its own.
    std::fs::remove_file(path)?;
    stream.write_all(LEAVING).await
}
