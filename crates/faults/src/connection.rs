//! One connection through the proxy: exchange after exchange, until a fault or either side ends it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::plan::{Act, Fault, Stage, Then};
use crate::progress::{Kind, Progress};
use crate::proxy::Shared;

const BUFFER: usize = 16 * 1024;

/// Serves a connection. Its errors are those of either side leaving: nobody is to be told.
pub(crate) async fn serve(caller: TcpStream, number: u64, shared: Arc<Shared>) {
    let _unchanged = caller.set_nodelay(true);
    let fault = shared.fault().filter(|fault| fault.at == Stage::Accept && fault.meets(number));
    let mut passing = Passing { caller, shared, fault: None, trickles: None };
    if let Some(fault) = fault {
        let _left = passing.commit(&fault).await;
        if fault.does != Act::Delay {
            return;
        }
    }
    let _ended = if passing.shared.is_raw() { passing.raw().await } else { passing.exchanges().await };
}

struct Passing {
    caller: TcpStream,
    shared: Arc<Shared>,
    /// What the exchange that passes is to meet.
    fault: Option<Fault>,
    /// The pause before each byte, once the answer trickles.
    trickles: Option<Duration>,
}

/// How relaying ended.
enum Ended {
    /// The exchange is over; the connection can serve another.
    Whole,
    /// The connection is over.
    Over,
}

impl Passing {
    /// Bytes, whatever they are.
    async fn raw(&mut self) -> io::Result<()> {
        let mut service = self.shared.connect().await?;
        let Some(fault) = self.shared.fault().filter(|fault| fault.at == Stage::Bytes) else {
            return tokio::io::copy_bidirectional(&mut self.caller, &mut service).await.map(drop);
        };
        let mut left = usize::try_from(fault.after).unwrap_or(usize::MAX);
        let (mut from_caller, mut from_service) = (vec![0; BUFFER], vec![0; BUFFER]);
        while left > 0 {
            tokio::select! {
                read = self.caller.read(&mut from_caller) => match read? {
                    0 => return Ok(()),
                    read => service.write_all(from_caller.get(..read).unwrap_or_default()).await?,
                },
                read = service.read(&mut from_service) => {
                    let read = read?.min(left);
                    if read == 0 {
                        return Ok(());
                    }
                    self.caller.write_all(from_service.get(..read).unwrap_or_default()).await?;
                    left -= read;
                }
            }
        }
        self.commit(&fault).await
    }

    async fn exchanges(&mut self) -> io::Result<()> {
        let mut service = None;
        let mut is_first = true;
        loop {
            let mut request = Progress::new(Kind::Request);
            let Some(begun) = self.head(&mut request).await? else { return Ok(()) };
            let number = self.shared.requested();
            self.fault = self.shared.fault().filter(|fault| fault.meets(number));
            self.trickles = None;
            let is_here =
                |fault: &&Fault| fault.at == Stage::Request || (fault.at == Stage::Again && !is_first);
            if let Some(fault) = self.fault.clone().as_ref().filter(is_here) {
                self.commit(fault).await?;
                if fault.does != Act::Delay {
                    return Ok(());
                }
            }
            is_first = false;
            if service.is_none() {
                service = Some(self.shared.connect().await?);
            }
            let Some(service) = service.as_mut() else { return Ok(()) };
            // The next exchange shall be on a connection of its own, unless it is the second one that is of interest.
            let is_last =
                self.shared.fault().is_none_or(|fault| fault.at != Stage::Again) && !is_upgrade(&begun);
            service.write_all(&if is_last { with_close(&begun) } else { begun }).await?;
            if let Ended::Over = self.relay(service, request).await? {
                return Ok(());
            }
        }
    }

    /// Reads until the head of a request is there, and perhaps some of its body. None when the caller left.
    async fn head(&mut self, request: &mut Progress) -> io::Result<Option<Vec<u8>>> {
        let mut begun = Vec::new();
        let mut buffer = vec![0; BUFFER];
        while !request.has_head() {
            let read = self.caller.read(&mut buffer).await?;
            if read == 0 {
                return Ok(None);
            }
            let bytes = buffer.get(..read).unwrap_or_default();
            bytes.iter().for_each(|byte| request.pass(*byte));
            begun.extend_from_slice(bytes);
        }
        Ok(Some(begun))
    }

    /// The rest of a request, and its answer.
    async fn relay(&mut self, service: &mut TcpStream, mut request: Progress) -> io::Result<Ended> {
        let mut answer = Progress::new(Kind::Answer);
        let (mut from_caller, mut from_service) = (vec![0; BUFFER], vec![0; BUFFER]);
        while !answer.is_done() {
            tokio::select! {
                read = self.caller.read(&mut from_caller) => {
                    let bytes = from_caller.get(..read?).unwrap_or_default();
                    if bytes.is_empty() {
                        return Ok(Ended::Over);
                    }
                    bytes.iter().for_each(|byte| request.pass(*byte));
                    service.write_all(bytes).await?;
                }
                read = service.read(&mut from_service) => {
                    let bytes = from_service.get(..read?).unwrap_or_default();
                    if bytes.is_empty() {
                        self.caller.shutdown().await?;
                        return Ok(Ended::Over);
                    }
                    if let Ended::Over = self.answered(bytes, &mut answer).await? {
                        return Ok(Ended::Over);
                    }
                }
            }
        }
        Ok(if request.is_done() { Ended::Whole } else { Ended::Over })
    }

    /// Bytes of the answer go back, up to the fault.
    async fn answered(&mut self, bytes: &[u8], answer: &mut Progress) -> io::Result<Ended> {
        let mut rest = bytes;
        let mut start = 0;
        while let Some(fault) = &self.fault {
            let Some(next) = rest.get(start).copied() else { break };
            if !answer.reaches(fault, next) {
                answer.pass(next);
                start += 1;
                continue;
            }
            let (before, after) = rest.split_at(start);
            self.caller.write_all(before).await?;
            (rest, start) = (after, 0);
            let Some(fault) = self.fault.take() else { break };
            self.commit(&fault).await?;
            match fault.does {
                Act::Delay => {}
                Act::Trickle => self.trickles = Some(fault.pause()),
                _ => return Ok(Ended::Over),
            }
        }
        rest.get(start..).unwrap_or_default().iter().for_each(|byte| answer.pass(*byte));
        match self.trickles {
            Some(pause) => self.trickle(rest, pause).await?,
            None => self.caller.write_all(rest).await?,
        }
        Ok(Ended::Whole)
    }

    async fn trickle(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        for byte in bytes {
            tokio::time::sleep(pause).await;
            self.caller.write_all(std::slice::from_ref(byte)).await?;
        }
        Ok(())
    }

    /// The fault happens. Comes back when the connection is over, or at once from [`Act::Trickle`], and after the pause
    /// from [`Act::Delay`].
    async fn commit(&mut self, fault: &Fault) -> io::Result<()> {
        if fault.waits {
            self.shared.released().await;
        }
        match fault.does {
            Act::Trickle => Ok(()),
            Act::Delay => {
                tokio::time::sleep(fault.pause()).await;
                Ok(())
            }
            Act::Reset => self.reset(),
            Act::Close => self.close().await,
            Act::Hang => self.until_the_caller_leaves().await,
            Act::BlackHole => self.unread().await,
            Act::Endless => loop {
                self.caller.write_all(fault.text.as_bytes()).await?;
            },
            Act::Say => {
                self.caller.write_all(fault.text.as_bytes()).await?;
                match fault.then {
                    Then::Close => self.close().await,
                    Then::Reset => self.reset(),
                    Then::Hang => self.until_the_caller_leaves().await,
                }
            }
        }
    }

    /// The socket is dropped right after this; without lingering the system then resets.
    fn reset(&mut self) -> io::Result<()> {
        self.caller.set_zero_linger()
    }

    /// Ends our side; what the caller still sends is read, or the system would reset.
    async fn close(&mut self) -> io::Result<()> {
        self.caller.shutdown().await?;
        self.until_the_caller_leaves().await
    }

    async fn until_the_caller_leaves(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while self.caller.read(&mut buffer).await? > 0 {}
        Ok(())
    }

    /// Nothing is read: that the caller has left is seen by nobody, so only the end of the proxy ends this.
    async fn unread(&mut self) -> io::Result<()> {
        self.shared.ended().await;
        Ok(())
    }
}

/// Whether the head of a request asks for another protocol: then nothing else follows on its connection anyway.
fn is_upgrade(begun: &[u8]) -> bool {
    String::from_utf8_lossy(begun).to_ascii_lowercase().contains("\r\nupgrade:")
}

/// The head of a request, with the wish that its answer be the connection's last.
fn with_close(begun: &[u8]) -> Vec<u8> {
    let line = begun.iter().position(|byte| *byte == b'\n').map_or(begun.len(), |end| end + 1);
    let (line, rest) = begun.split_at(line);
    [line, b"connection: close\r\n", rest].concat()
}
