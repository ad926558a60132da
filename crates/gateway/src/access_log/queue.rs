//! The queue between requests and the thread that writes.
//!
//! The thread wakes for the first record, then lets more come together before it writes again: at a high rate a
//! request wakes nobody, and many lines cost one write.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::AccessRecord;
use super::writer::write_line;

/// How long records are gathered once one has come.
const GATHER: Duration = Duration::from_millis(20);

/// Bytes that are written at once.
const CHUNK: usize = 64 * 1024;

/// Where lines go.
pub enum Target {
    /// Appended to a file, which is opened again on [`AccessLog::reopen`].
    File(PathBuf),
    /// Standard output, or whatever the binary gives.
    Writer(Box<dyn Write + Send>),
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Writer(_) => f.write_str("Writer"),
        }
    }
}

/// The setting `[access-log]`.
#[derive(Debug)]
pub struct AccessLogSettings {
    /// Where lines go.
    pub target: Target,
    /// Records that may wait; about 0.5 KiB each. Default 16,384.
    pub queue: usize,
}

impl AccessLogSettings {
    /// The default queue to this target.
    #[must_use]
    pub fn to(target: Target) -> Self {
        Self { target, queue: 16_384 }
    }
}

/// Takes records. Clones write to the same place; when the last is dropped, what waits is written.
#[derive(Clone, Debug)]
pub struct AccessLog {
    sender: SyncSender<Message>,
    dropped: Counter,
    reopen: Arc<AtomicBool>,
}

enum Message {
    Record(Box<AccessRecord>),
    /// Answer when all that came before is written.
    Flush(SyncSender<()>),
    /// Look whether the file is to be opened anew, also when nothing is to be written.
    Reopen,
}

impl AccessLog {
    /// Opens the target and starts the thread. `dropped` counts records that were lost, in the queue or by a
    /// target that fails.
    ///
    /// # Errors
    /// When the file cannot be opened, or no thread be started.
    pub fn start(settings: AccessLogSettings, dropped: Counter) -> io::Result<Self> {
        let reopen = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = sync_channel(settings.queue.max(1));
        let output = Output::open(settings.target)?;
        let writer = Writer {
            receiver,
            output,
            lines: Vec::new(),
            waiting: 0,
            dropped: dropped.clone(),
            lost: 0,
            reopen: Arc::clone(&reopen),
        };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run())?;
        Ok(Self { sender, dropped, reopen })
    }

    /// Hands a record over; drops and counts it when the queue is full. Never waits.
    pub fn record(&self, record: Box<AccessRecord>) {
        if self.sender.try_send(Message::Record(record)).is_err() {
            self.dropped.inc();
        }
    }

    /// Has the file opened anew, at the latest before the next line: after it was moved away (SIGHUP).
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        // A full queue means that the thread is writing, and looks by itself.
        let _woken = self.sender.try_send(Message::Reopen);
    }

    /// Waits until everything recorded so far is written. False when that takes longer than `patience`. Blocks.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        let (done, heard) = sync_channel(1);
        match self.sender.try_send(Message::Flush(done)) {
            Ok(()) => heard.recv_timeout(patience).is_ok(),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

/// The thread's side.
struct Writer {
    receiver: Receiver<Message>,
    output: Output,
    /// Lines that are not written yet, and how many.
    lines: Vec<u8>,
    waiting: u64,
    dropped: Counter,
    /// What of `dropped` has been spoken of.
    lost: u64,
    reopen: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self) {
        // Ends when the last sender is gone and the queue is empty.
        while let Ok(first) = self.receiver.recv() {
            self.take(first);
            let open = self.gather();
            self.write();
            self.warn_of_losses();
            if !open {
                return;
            }
        }
    }

    /// Takes what comes within a moment; false when nobody is left who could send.
    fn gather(&mut self) -> bool {
        while let Ok(message) = self.receiver.try_recv() {
            self.take(message);
        }
        self.write();
        // Not waiting on the queue: a waiting receiver is woken by each record, at the price of a system call in the
        // request's thread.
        thread::sleep(GATHER);
        loop {
            match self.receiver.recv_timeout(Duration::ZERO) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Record(record) => {
                let before = self.lines.len();
                match write_line(&record, &mut self.lines) {
                    Ok(()) => self.waiting += 1,
                    Err(_) => self.lines.truncate(before),
                }
                if self.lines.len() >= CHUNK {
                    self.write();
                }
            }
            Message::Reopen => {}
            Message::Flush(done) => {
                self.write();
                // Whoever asked may have given up.
                let _heard = done.try_send(());
            }
        }
    }

    fn write(&mut self) {
        if self.reopen.swap(false, Ordering::AcqRel) {
            self.output.reopen();
        }
        if self.lines.is_empty() {
            return;
        }
        if let Err(error) = self.output.write(&self.lines) {
            self.dropped.inc_by(self.waiting);
            tracing::warn!(%error, records = self.waiting, "access log lines could not be written");
            self.lost = self.dropped.get();
        }
        self.lines.clear();
        self.waiting = 0;
    }

    /// One warning for whatever was lost since the last one.
    fn warn_of_losses(&mut self) {
        let dropped = self.dropped.get();
        if dropped > self.lost {
            tracing::warn!(records = dropped - self.lost, "the access log is too slow: records were dropped");
            self.lost = dropped;
        }
    }
}

/// The open target.
struct Output {
    path: Option<PathBuf>,
    writer: Box<dyn Write + Send>,
}

impl Output {
    fn open(target: Target) -> io::Result<Self> {
        Ok(match target {
            Target::File(path) => Self { writer: Box::new(append_to(&path)?), path: Some(path) },
            Target::Writer(writer) => Self { path: None, writer },
        })
    }

    /// A file that cannot be opened anew goes on being the old one.
    fn reopen(&mut self) {
        let Some(path) = &self.path else { return };
        match append_to(path) {
            Ok(file) => self.writer = Box::new(file),
            Err(error) => tracing::warn!(%error, "the access log cannot be opened anew"),
        }
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.writer.write_all(lines)?;
        self.writer.flush()
    }
}

fn append_to(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::super::writer::tests::record;
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A target that says when it is asked to write, waits for leave, and then says what it was given.
    struct Gated {
        asked: SyncSender<()>,
        leave: Receiver<()>,
        written: SyncSender<Vec<u8>>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.asked.send(()).map_err(io::Error::other)?;
            self.leave.recv().map_err(io::Error::other)?;
            self.written.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_target_that_does_not_take_lines_costs_records_and_holds_up_nobody() {
        let (asked, is_asked) = sync_channel(100);
        let (go, leave) = sync_channel(100);
        let (written, lines) = sync_channel(100);
        let dropped = Counter::default();
        let target = Target::Writer(Box::new(Gated { asked, leave, written }));
        let log = AccessLog::start(AccessLogSettings { target, queue: 4 }, dropped.clone()).unwrap();
        log.record(Box::new(record()));
        is_asked.recv().unwrap();
        for _ in 0..100 {
            log.record(Box::new(record()));
        }
        assert_eq!(dropped.get(), 96);
        (0..100).for_each(|_| go.send(()).unwrap());
        drop(log);
        let text = lines.iter().flatten().collect::<Vec<u8>>();
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 5);
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
        let log =
            AccessLog::start(AccessLogSettings::to(Target::File(path.clone())), Counter::default()).unwrap();
        log.record(Box::new(record()));
        assert!(log.flush(PATIENCE));
        std::fs::rename(&path, &moved).unwrap();
        log.reopen();
        log.record(Box::new(record()));
        log.record(Box::new(record()));
        assert!(log.flush(PATIENCE));
        let lines = |path| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!((lines(&moved), lines(&path)), (1, 2));
    }

    #[test]
    fn records_that_a_full_disk_refuses_are_counted() {
        let full = std::path::Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let dropped = Counter::default();
        let log =
            AccessLog::start(AccessLogSettings::to(Target::File(full.into())), dropped.clone()).unwrap();
        log.record(Box::new(record()));
        assert!(log.flush(PATIENCE));
        assert_eq!(dropped.get(), 1);
    }
}
