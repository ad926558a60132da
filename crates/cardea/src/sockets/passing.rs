//! Open sockets from one process to another, over a socket of Unix (`SCM_RIGHTS`).

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// Sockets that are passed at most.
pub(super) const MOST: usize = 64;

/// The one word that goes with them.
const WORD: &[u8; 8] = b"cardea 1";

/// Room for the most.
const ROOM: usize = rustix::cmsg_space!(ScmRights(MOST));

/// Sends sockets.
///
/// # Errors
/// When there are too many, or the other side is gone.
pub(super) async fn send(to: &UnixStream, sockets: &[TcpListener]) -> io::Result<()> {
    let handles: Vec<BorrowedFd<'_>> = sockets.iter().map(|socket| socket.as_fd()).collect();
    let sent = to.async_io(Interest::WRITABLE, || {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !control.push(SendAncillaryMessage::ScmRights(&handles)) {
            return Err(io::Error::other("too many sockets to pass"));
        }
        Ok(sendmsg(to, &[IoSlice::new(WORD)], &mut control, SendFlags::NOSIGNAL)?)
    });
    if sent.await? == WORD.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives sockets.
///
/// # Errors
/// When something else comes, or nothing.
pub(super) async fn receive(from: &UnixStream) -> io::Result<Vec<TcpListener>> {
    let received = from.async_io(Interest::READABLE, || {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut control = RecvAncillaryBuffer::new(&mut room);
        let mut word = [0; WORD.len()];
        let message =
            recvmsg(from, &mut [IoSliceMut::new(&mut word)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let handles: Vec<OwnedFd> = control
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(handles) => Some(handles),
                _ => None,
            })
            .flatten()
            .collect();
        Ok((message.bytes, word, handles))
    });
    let (bytes, word, handles) = received.await?;
    if bytes != WORD.len() || word != *WORD {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the process that serves speaks otherwise"));
    }
    Ok(handles.into_iter().map(TcpListener::from).collect())
}
