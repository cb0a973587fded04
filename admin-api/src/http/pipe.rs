//! Bodies of any length between the network and a thread that may wait for a disk, a few pieces at a time.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::web::{Bytes, Payload};
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces under way: enough to keep both ends busy.
const PIECES: usize = 16;
/// Bytes of a piece of an export.
const PIECE_BYTES: usize = 64 * 1024;

/// A body as a reader of another thread, and what must be awaited to feed it.
pub(super) fn feed(payload: Payload) -> (BodyReader, impl Future<Output = ()>) {
    let (sender, receiver) = channel(PIECES);
    let feeding = async move {
        let mut payload = payload;
        while let Some(piece) = std::future::poll_fn(|cx| Pin::new(&mut payload).poll_next(cx)).await {
            let piece = piece.map_err(|error| io::Error::other(error.to_string()));
            if sender.send(piece).await.is_err() {
                // Nobody reads on; the answer tells why. What comes still is read over, so that it is heard.
                break;
            }
        }
    };
    (BodyReader { receiver, piece: Bytes::new() }, feeding)
}

/// Reads what is fed.
pub(super) struct BodyReader {
    receiver: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.piece.len());
        let part = self.piece.split_to(count);
        into.iter_mut().zip(&part).for_each(|(to, from)| *to = *from);
        Ok(count)
    }
}

/// A writer of another thread, and the body that carries what it writes.
pub(super) fn body() -> (BodyWriter, Body) {
    let (sender, receiver) = channel(PIECES);
    (BodyWriter { sender, piece: Vec::new() }, Body(receiver))
}

/// Writes a body.
pub(super) struct BodyWriter {
    sender: Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

/// What is written, as it comes.
pub(super) struct Body(Receiver<io::Result<Bytes>>);

impl BodyWriter {
    /// Breaks the body off, so that its reader doesn't take it for whole.
    pub(super) fn fail(&mut self, detail: String) {
        // A reader that went away needs no word.
        let _ = self.sender.blocking_send(Err(io::Error::other(detail)));
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Stream for Body {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}
