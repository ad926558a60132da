//! The lines that wait for the thread that writes them.
//!
//! A request formats its line itself and adds it to those that wait, which costs less than handing all that a record refers
//! to over to another thread. The thread wakes for the first line, then lets more come together before it writes again: at
//! a high rate a request wakes nobody, and many lines cost one write.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use prometheus_client::metrics::counter::Counter;

use super::AccessRecord;
use super::writer::write_line;

/// How long lines are gathered once one has come.
const GATHER: Duration = Duration::from_millis(20);

/// Room for most lines; a thread keeps so much.
const USUAL_LINE: usize = 1_024;

thread_local! {
    /// Where a thread writes a line before it adds it to those that wait: so it holds nobody up, and allocates nothing.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Bytes of lines that may wait, for each line that may.
const BYTES_OF_ONE: usize = 2 * 1024;

/// Memory that is kept for lines to come, in bytes.
const KEPT: usize = 1024 * 1024;

/// Callers of [`AccessLog::flush`] that may wait at once.
const ASKING: usize = 64;

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
    /// Lines that may wait; most have about 0.7 KiB, and all of them together 2 KiB each at the most. Default 16,384.
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
    queue: Arc<Handle>,
    dropped: Counter,
}

/// The side of the requests; dropped, no line comes any more.
struct Handle(Arc<Queue>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.tell(|waiting| waiting.closed = true);
    }
}

impl AccessLog {
    /// Opens the target and starts the thread. `dropped` counts records that were lost, in the queue or by a
    /// target that fails.
    ///
    /// # Errors
    /// When the file cannot be opened, or no thread be started.
    pub fn start(settings: AccessLogSettings, dropped: Counter) -> io::Result<Self> {
        let queue = Arc::new(Queue { limit: settings.queue.max(1), ..Queue::default() });
        let output = Output::open(settings.target)?;
        let writer = Writer { queue: Arc::clone(&queue), output, dropped: dropped.clone(), lost: 0 };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run())?;
        Ok(Self { queue: Arc::new(Handle(queue)), dropped })
    }

    /// Adds a record to the lines that wait; drops and counts it when there are too many. Never waits for the target.
    pub fn record(&self, record: &AccessRecord<'_>) {
        let added = LINE.with_borrow_mut(|line| {
            line.clear();
            write_line(record, line);
            let added = self.queue.0.add(line);
            line.shrink_to(USUAL_LINE);
            added
        });
        if !added {
            self.dropped.inc();
        }
    }

    /// Has the file opened anew, at the latest before the next line: after it was moved away (SIGHUP).
    pub fn reopen(&self) {
        self.queue.0.tell(|waiting| waiting.reopen = true);
    }

    /// Waits until everything recorded so far is written. False when that takes longer than `patience`. Blocks.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        let (done, heard) = sync_channel(1);
        self.queue.0.tell(|waiting| {
            if waiting.asking.len() < ASKING {
                waiting.asking.push(done);
            }
        });
        heard.recv_timeout(patience).is_ok()
    }
}

/// The lines between requests and the thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Something has come for which the thread is to wake.
    come: Condvar,
    limit: usize,
}

/// What the thread has not looked at.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    count: usize,
    /// To be answered when all that came before is written.
    asking: Vec<SyncSender<()>>,
    /// Whether the file is to be opened anew, also when nothing is to be written.
    reopen: bool,
    /// Whether nobody is left who could add a line.
    closed: bool,
    /// Whether the thread waits for a first line.
    asleep: bool,
}

impl Waiting {
    fn is_urgent(&self) -> bool {
        self.closed || self.reopen || !self.asking.is_empty()
    }
}

impl Queue {
    /// Adds a line, unless too many wait.
    fn add(&self, line: &[u8]) -> bool {
        let mut waiting = self.waiting.lock();
        let room = self.limit.saturating_mul(BYTES_OF_ONE);
        if waiting.count >= self.limit || waiting.lines.len() >= room {
            return false;
        }
        waiting.lines.extend_from_slice(line);
        waiting.count += 1;
        let wakes = std::mem::take(&mut waiting.asleep);
        drop(waiting);
        // Not for each line: waking the thread is a system call in that of the request.
        if wakes {
            self.come.notify_one();
        }
        true
    }

    /// Tells the thread something for which it wakes at once.
    fn tell(&self, what: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.waiting.lock();
        what(&mut waiting);
        waiting.asleep = false;
        drop(waiting);
        self.come.notify_one();
    }

    /// Waits for lines, or for so long that more came together; gives all that is there, in exchange for empty memory.
    fn take(&self, gather: Option<Duration>, memory: Vec<u8>) -> Waiting {
        let mut waiting = self.waiting.lock();
        match gather {
            Some(time) if !waiting.is_urgent() => {
                let _late = self.come.wait_for(&mut waiting, time);
            }
            Some(_) => {}
            None => {
                while waiting.count == 0 && !waiting.is_urgent() {
                    waiting.asleep = true;
                    self.come.wait(&mut waiting);
                }
            }
        }
        let closed = waiting.closed;
        std::mem::replace(&mut *waiting, Waiting { lines: memory, closed, ..Waiting::default() })
    }
}

/// The thread's side.
struct Writer {
    queue: Arc<Queue>,
    output: Output,
    dropped: Counter,
    /// What of `dropped` has been spoken of.
    lost: u64,
}

impl Writer {
    fn run(mut self) {
        let (mut gather, mut memory) = (None, Vec::new());
        loop {
            let mut taken = self.queue.take(gather, memory);
            self.write(&taken);
            for done in taken.asking.drain(..) {
                // Whoever asked may have given up.
                let _heard = done.try_send(());
            }
            self.warn_of_losses();
            // INVARIANT: once it is closed nothing is added, so what was taken was the rest.
            if taken.closed {
                return;
            }
            gather = (taken.count > 0).then_some(GATHER);
            memory = taken.lines;
            memory.clear();
            memory.shrink_to(KEPT);
        }
    }

    fn write(&mut self, taken: &Waiting) {
        if taken.reopen {
            self.output.reopen();
        }
        if taken.lines.is_empty() {
            return;
        }
        if let Err(Lost { lines, error }) = self.output.write(&taken.lines) {
            self.dropped.inc_by(lines);
            tracing::warn!(%error, records = lines, "access log lines could not be written");
            self.lost = self.dropped.get();
        }
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
    /// The same file, to take back what of a line was written when there was no room for all of it.
    file: Option<File>,
    /// Whether the target ends within a line.
    torn: bool,
}

/// What could not be written, and why.
struct Lost {
    lines: u64,
    error: io::Error,
}

impl Lost {
    fn all(lines: &[u8], error: io::Error) -> Self {
        Self { lines: lines.iter().filter(|byte| **byte == b'\n').count() as u64, error }
    }
}

impl Output {
    fn open(target: Target) -> io::Result<Self> {
        match target {
            Target::File(path) => {
                let file = append_to(&path)?;
                let again = file.try_clone().ok();
                Ok(Self { writer: Box::new(file), path: Some(path), file: again, torn: false })
            }
            Target::Writer(writer) => Ok(Self { path: None, writer, file: None, torn: false }),
        }
    }

    /// A file that cannot be opened anew goes on being the old one.
    fn reopen(&mut self) {
        let Some(path) = &self.path else { return };
        match append_to(path) {
            Ok(file) => {
                self.file = file.try_clone().ok();
                self.writer = Box::new(file);
                self.torn = false;
            }
            Err(error) => tracing::warn!(%error, "the access log cannot be opened anew"),
        }
    }

    /// Writes whole lines. Of one for which there is no room nothing stays.
    fn write(&mut self, lines: &[u8]) -> Result<(), Lost> {
        if self.torn {
            self.writer.write_all(b"\n").map_err(|error| Lost::all(lines, error))?;
            self.torn = false;
        }
        let mut rest = lines;
        while !rest.is_empty() {
            match self.writer.write(rest) {
                Ok(0) => return Err(self.stopped(lines, rest, io::ErrorKind::WriteZero.into())),
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.stopped(lines, rest, error)),
            }
        }
        self.writer.flush().map_err(|error| Lost { lines: 0, error })
    }

    /// Nothing of `rest` was written.
    fn stopped(&mut self, lines: &[u8], rest: &[u8], error: io::Error) -> Lost {
        let written = lines.get(..lines.len() - rest.len()).unwrap_or_default();
        let whole = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let torn = written.len() - whole;
        self.torn = torn > 0 && !self.takes_back(torn as u64);
        Lost::all(lines.get(whole..).unwrap_or_default(), error)
    }

    /// Shortens the file by what was written last, if nobody else has written since.
    fn takes_back(&mut self, bytes: u64) -> bool {
        let Some(file) = &mut self.file else { return false };
        let (Ok(end), Ok(about)) = (file.stream_position(), file.metadata()) else { return false };
        end == about.len() && end >= bytes && file.set_len(end - bytes).is_ok()
    }
}

fn append_to(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::super::writer::tests::{facts, record};
    use super::*;

    /// A target with so much room.
    struct Full(usize, SyncSender<Vec<u8>>);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.0);
            if length == 0 {
                self.0 = usize::MAX;
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0 -= length;
            self.1.send(bytes.get(..length).unwrap_or_default().to_vec()).map_err(io::Error::other)?;
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_written_of_a_line_without_room_spoils_no_other() {
        let (told, seen) = sync_channel(16);
        let mut output = Output::open(Target::Writer(Box::new(Full(10, told)))).unwrap();
        let Err(lost) = output.write(b"first\nsecond\nthird\n") else { panic!("there is no room") };
        assert_eq!(lost.lines, 2);
        assert!(output.write(b"fourth\n").is_ok());
        drop(output);
        assert_eq!(seen.iter().collect::<Vec<_>>().concat(), b"first\nseco\nfourth\n");
    }

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
        log.record(&record(&facts()));
        is_asked.recv().unwrap();
        for _ in 0..100 {
            log.record(&record(&facts()));
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
        log.record(&record(&facts()));
        assert!(log.flush(PATIENCE));
        std::fs::rename(&path, &moved).unwrap();
        log.reopen();
        log.record(&record(&facts()));
        log.record(&record(&facts()));
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
        log.record(&record(&facts()));
        assert!(log.flush(PATIENCE));
        assert_eq!(dropped.get(), 1);
    }
}
