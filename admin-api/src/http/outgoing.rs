//! Bodies that go out while a thread writes them, a few pieces at a time. A reader that stops reading holds the thread for a while, and
//! no longer; a body that was not written to its end is never taken for whole.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use futures_core::Stream;

/// Pieces under way: enough to keep both ends busy.
const PIECES: usize = 16;
/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a reader may hold the thread that writes.
#[derive(Clone, Copy)]
struct Patience {
    /// Taking nothing.
    idle: Duration,
    /// From the first byte to the last.
    whole: Duration,
}

/// As long as a file that comes in may take.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(30), whole: Duration::from_secs(60 * 60) };

/// A writer of another thread, and the body that carries what it writes.
pub(crate) fn body() -> (BodyWriter, Body) {
    body_within(PATIENCE)
}

fn body_within(patience: Patience) -> (BodyWriter, Body) {
    let way = Arc::new(Way::default());
    let until = Instant::now() + patience.whole;
    let writer = BodyWriter { way: way.clone(), piece: Vec::new(), idle: patience.idle, until };
    (writer, Body(way))
}

/// What is between the writer and the reader.
#[derive(Default)]
struct Way {
    state: Mutex<State>,
    /// The reader took a piece, or went away.
    is_taken: Condvar,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Bytes>,
    /// Told to the reader behind the pieces.
    end: Option<io::Result<()>>,
    /// Whether the reader was told the end.
    is_read: bool,
    is_gone: bool,
    waker: Option<Waker>,
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the reader is so far, for as long as it goes on reading.
    fn wait(
        &self,
        (idle, until): (Duration, Instant),
        is_waiting: impl Fn(&State) -> bool,
    ) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        while !state.is_gone && is_waiting(&state) {
            let left = state.pieces.len();
            let is_idle = |state: &mut State| !state.is_gone && is_waiting(state) && state.pieces.len() == left;
            let patience = idle.min(until.saturating_duration_since(Instant::now()));
            let waited = self.is_taken.wait_timeout_while(state, patience, is_idle);
            let (held, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads on"));
            }
            state = held;
        }
        if state.is_gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(state) }
    }
}

impl State {
    fn ended(&mut self, end: io::Result<()>) {
        self.end = Some(end);
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Writes a body. Dropped before [`BodyWriter::end`] it breaks off, so that its reader doesn't take it for whole.
pub(crate) struct BodyWriter {
    way: Arc<Way>,
    piece: Vec<u8>,
    idle: Duration,
    until: Instant,
}

impl BodyWriter {
    /// Ends the body, and waits until all of it was read.
    ///
    /// # Errors
    /// A reader that went away, or that reads no more.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.flush()?;
        self.way.state().ended(Ok(()));
        match self.way.wait((self.idle, self.until), |state| !state.is_read) {
            // Who read all of it went away with it.
            Err(_) if self.way.state().is_read => Ok(()),
            waited => waited.map(drop),
        }
    }

    /// Breaks the body off, and says why.
    pub(crate) fn fail(self, detail: String) {
        self.broken_off(detail);
    }

    fn broken_off(&self, detail: String) {
        let mut state = self.way.state();
        if state.is_read {
            return;
        }
        // What nobody may take for whole takes no room.
        state.pieces.clear();
        state.ended(Err(io::Error::other(detail)));
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.broken_off("it was not written to its end".to_owned());
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
        let mut state = self.way.wait((self.idle, self.until), |state| state.pieces.len() >= PIECES)?;
        state.pieces.push_back(piece);
        state.wake();
        Ok(())
    }
}

/// What is written, as it comes.
pub(crate) struct Body(Arc<Way>);

impl Stream for Body {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.state();
        let told = match state.pieces.pop_front() {
            Some(piece) => Some(Ok(piece)),
            None => match state.end.take() {
                None if state.is_read => None,
                None => {
                    state.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Some(end) => {
                    state.is_read = true;
                    end.err().map(Err)
                }
            },
        };
        self.0.is_taken.notify_all();
        Poll::Ready(told)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_gone = true;
        state.pieces.clear();
        self.0.is_taken.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn in_parts(writer: &mut BodyWriter, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(1_000).try_for_each(|part| writer.write_all(part))
    }

    /// What a reader takes next.
    fn next(body: &mut Body) -> Option<io::Result<Bytes>> {
        actix_web::rt::System::new().block_on(std::future::poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)))
    }

    fn read(mut body: Body) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = next(&mut body) {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes)
    }

    #[test]
    fn a_body_is_read_as_it_was_written_and_who_wrote_it_knows() {
        let (mut writer, body) = body();
        let written = b"0123456789".repeat(300_000);
        let expected = written.clone();
        let writing = thread::spawn(move || in_parts(&mut writer, &written).and_then(|()| writer.end()));
        assert!(read(body).unwrap() == expected);
        writing.join().unwrap().unwrap();
    }

    #[test]
    fn a_reader_that_takes_nothing_holds_nobody_and_does_not_take_what_there_is_for_whole() {
        let (moment, long) = (Duration::from_millis(1), Duration::from_secs(3_600));
        for (idle, whole) in [(moment, long), (long, moment)] {
            for bytes in [10, PIECE_BYTES * (PIECES + 2)] {
                let (mut writer, body) = body_within(Patience { idle, whole });
                let ended = in_parts(&mut writer, &vec![0; bytes]).and_then(|()| writer.end());
                assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
                assert!(read(body).is_err());
            }
        }
    }

    #[test]
    fn what_was_not_written_to_its_end_is_told_as_broken() {
        for is_told in [true, false] {
            let (mut writer, body) = body();
            writer.write_all(b"half").and_then(|()| writer.flush()).unwrap();
            if is_told {
                writer.fail("the store is away".to_owned());
            } else {
                drop(writer);
            }
            assert!(read(body).is_err());
        }
    }

    #[test]
    fn who_writes_for_somebody_who_left_hears_of_it() {
        let (mut writer, body) = body();
        drop(body);
        writer.write_all(b"more").unwrap();
        assert_eq!(writer.end().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
