//! Bodies of any length on their way in, from the network to a thread that may wait for a disk, a few pieces at a time.

use std::fmt;
use std::io::{self, Read};
use std::pin::Pin;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::Instant;

/// Pieces under way: enough to keep both ends busy.
const PIECES: usize = 16;

/// How much a body may be, and how long it may take to come.
#[derive(Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) bytes: u64,
    /// Without a byte.
    pub(crate) idle: Duration,
    /// From its first byte to its last.
    pub(crate) whole: Duration,
}

impl BodyLimits {
    /// A file of 10 million holders comes through; a client that sends a byte now and then holds a thread for no longer than this.
    pub(crate) const FILE: Self =
        Self { bytes: 4 * 1024 * 1024 * 1024, idle: Duration::from_secs(30), whole: Duration::from_secs(60 * 60) };
}

/// A body as a reader of another thread, and what must be awaited to feed it.
pub(crate) fn feed<E: fmt::Display>(
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limits: BodyLimits,
) -> (BodyReader, impl Future<Output = ()>) {
    let (sender, receiver) = channel(PIECES);
    let feeding = async move {
        let mut body = body;
        let (mut left, until) = (limits.bytes, Instant::now() + limits.whole);
        while let Some(piece) = next_piece(&mut body, &mut left, limits, until).await.transpose() {
            let is_last = piece.is_err();
            if sender.send(piece).await.is_err() || is_last {
                // Nobody reads on; the answer tells why. What comes still is read over, so that it is heard.
                break;
            }
        }
    };
    (BodyReader { receiver, piece: Bytes::new() }, feeding)
}

/// The next piece of a body; none at its end.
async fn next_piece<E: fmt::Display>(
    body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    left: &mut u64,
    limits: BodyLimits,
    until: Instant,
) -> io::Result<Option<Bytes>> {
    let idle = tokio::time::timeout(limits.idle, std::future::poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)));
    let piece = match tokio::time::timeout_at(until, idle).await {
        Ok(Ok(Some(Ok(piece)))) => piece,
        Ok(Ok(Some(Err(error)))) => return Err(io::Error::other(error.to_string())),
        Ok(Ok(None)) => return Ok(None),
        Ok(Err(_)) => return Err(io::Error::other(format!("no byte came for {} s", limits.idle.as_secs_f32()))),
        Err(_) => return Err(io::Error::other(format!("it did not come within {} s", limits.whole.as_secs_f32()))),
    };
    *left = left
        .checked_sub(piece.len() as u64)
        .ok_or_else(|| io::Error::other(format!("expected at most {} bytes", limits.bytes)))?;
    Ok(Some(piece))
}

/// Reads what is fed.
pub(crate) struct BodyReader {
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use super::*;

    /// A body that sends a byte a step and then waits for ever.
    struct Dripping(usize);

    impl Stream for Dripping {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let Some(left) = self.0.checked_sub(1) else { return Poll::Pending };
            self.0 = left;
            cx.waker().wake_by_ref();
            Poll::Ready(Some(Ok(Bytes::from_static(b"x"))))
        }
    }

    const LIMITS: BodyLimits = BodyLimits { bytes: 10, idle: Duration::from_secs(60), whole: Duration::from_secs(60) };

    /// What a reader gets of a body, and why it got no more.
    fn read(body: impl Stream<Item = io::Result<Bytes>> + Unpin + 'static, limits: BodyLimits) -> (usize, String) {
        actix_web::rt::System::new().block_on(async {
            let (mut reader, feeding) = feed(body, limits);
            actix_web::rt::spawn(feeding);
            let reading = actix_web::web::block(move || {
                let mut bytes = Vec::new();
                let error = reader.read_to_end(&mut bytes).unwrap_err();
                (bytes.len(), error.to_string())
            });
            reading.await.unwrap()
        })
    }

    #[test]
    fn a_body_that_stops_coming_ends_after_a_while() {
        let idle = BodyLimits { idle: Duration::from_millis(1), ..LIMITS };
        assert_eq!(read(Dripping(3), idle), (3, "no byte came for 0.001 s".to_owned()));
        let whole = BodyLimits { whole: Duration::from_millis(1), ..LIMITS };
        assert_eq!(read(Dripping(0), whole), (0, "it did not come within 0.001 s".to_owned()));
    }

    #[test]
    fn a_body_that_is_too_long_is_not_read_to_its_end() {
        assert_eq!(read(Dripping(11), LIMITS), (10, "expected at most 10 bytes".to_owned()));
    }
}
