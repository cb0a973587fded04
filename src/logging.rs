//! What the program logs: one line on standard error for each event, as text or as JSON.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use avis_server::http::RequestLog;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Before the targets of all events that are written. Those of dependencies are not: they may repeat what a request held.
const OURS: &str = "avis::";

/// The target of the events of requests, which a setting of their own turns on.
const REQUESTS: &str = "avis::request";

/// The settings of the log.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSettings {
    level: LogLevel,
    format: LogFormat,
    /// Which requests are logged, whatever the level.
    pub(crate) requests: RequestLog,
}

/// The least severe events that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogFormat {
    /// `avis: level: target: message name=value`, for people and for journals that know the time and the unit.
    Text,
    /// An object with `at`, `level`, `target`, `message` and the fields of the event.
    Json,
}

/// Writes the events of this process to its standard error from now on, until what is returned is dropped.
pub(crate) fn start(settings: LogSettings) -> Option<LineWriter> {
    let (lines, writer) = Lines::new(settings, std::io::stderr()).ok()?;
    // It fails where events are written already: then they go on as they do.
    tracing::subscriber::set_global_default(lines).ok()?;
    Some(writer)
}

/// Lines that may wait to be written; beyond it they are lost, counted, and said to be. Who reads standard error slowly, or not at
/// all, holds up no till.
const WAITING_MAX: usize = 4096;

/// How long the last lines may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Hands events to the thread that writes them, and knows no spans.
struct Lines {
    level: LevelFilter,
    format: LogFormat,
    queue: SyncSender<Waiting>,
    lost: Arc<AtomicU64>,
}

/// What waits for the thread that writes.
enum Waiting {
    Line(String),
    /// Somebody wants to know when everything before is written.
    End(SyncSender<()>),
}

/// The thread that writes lines; the last are written when it is dropped, if they are taken soon.
pub(crate) struct LineWriter(SyncSender<Waiting>);

impl Drop for LineWriter {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        if self.0.try_send(Waiting::End(done)).is_ok() {
            // Whoever does not read now never will.
            let _ = written.recv_timeout(LAST_WORDS);
        }
    }
}

impl Lines {
    fn new(settings: LogSettings, out: impl Write + Send + 'static) -> std::io::Result<(Self, LineWriter)> {
        let level = match settings.level {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let (format, lost) = (settings.format, Arc::<AtomicU64>::default());
        let counted = lost.clone();
        let work = move || write_lines(&waiting, out, format, &counted);
        std::thread::Builder::new().name("avis-log".to_owned()).spawn(work)?;
        Ok((Self { level, format, queue: queue.clone(), lost }, LineWriter(queue)))
    }
}

/// Writes what waits, each line in one piece, so that lines of other processes on the same pipe stay apart. There is nowhere to
/// report a failure to.
fn write_lines(waiting: &Receiver<Waiting>, mut out: impl Write, format: LogFormat, lost: &AtomicU64) {
    for waiting in waiting {
        match waiting {
            Waiting::Line(line) => drop(out.write_all(line.as_bytes())),
            Waiting::End(done) => drop(done.send(())),
        }
        let lines = lost.swap(0, Ordering::Relaxed);
        if lines > 0 {
            let message = "lines were lost: standard error was read too slowly".to_owned();
            let fields = Fields { message, others: vec![("lines", lines.into())] };
            drop(out.write_all(format.line(fields, "log", Level::WARN).as_bytes()));
        }
    }
}

impl LogFormat {
    fn line(self, fields: Fields, target: &str, level: Level) -> String {
        match self {
            Self::Text => fields.text(target, level),
            Self::Json => fields.json(target, level, Timestamp::now()),
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_wanted = *metadata.level() <= self.level || metadata.target() == REQUESTS;
        metadata.is_event() && is_wanted && metadata.target().starts_with(OURS)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.max(LevelFilter::INFO))
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let target = metadata.target().trim_start_matches(OURS);
        let line = self.format.line(fields, target, *metadata.level());
        if self.queue.try_send(Waiting::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event, and its other fields in their order.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            (name, value) => self.others.push((name, value)),
        }
    }

    fn text(&self, target: &str, level: Level) -> String {
        let mut line = format!("avis: {}: {target}: {}", word(level), one_line(&self.message));
        for (name, value) in &self.others {
            // Writing to a string does not fail.
            let _ = match value {
                Value::String(text) if is_plain(text) => write!(line, " {name}={text}"),
                value => write!(line, " {name}={value}"),
            };
        }
        line.push('\n');
        line
    }

    fn json(self, target: &str, level: Level, at: Timestamp) -> String {
        let mut object = Map::new();
        object.insert("at".into(), format!("{at:.6}").into());
        object.insert("level".into(), word(level).into());
        object.insert("target".into(), target.into());
        object.insert("message".into(), self.message.into());
        object.extend(self.others.into_iter().map(|(name, value)| (name.to_owned(), value)));
        format!("{}\n", Value::Object(object))
    }
}

fn word(level: Level) -> String {
    level.as_str().to_ascii_lowercase()
}

/// A message without line breaks, whatever an error put into it.
fn one_line(message: &str) -> String {
    message.replace(char::is_control, " ")
}

/// Whether a value needs no quotes to be told from what is beside it.
fn is_plain(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/{}".contains(letter);
    !text.is_empty() && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LogLevel, format: LogFormat, work: impl FnOnce()) -> String {
        let kept = Kept::default();
        let settings = LogSettings { level, format, requests: RequestLog::Off };
        let (lines, writer) = Lines::new(settings, kept.clone()).unwrap();
        tracing::subscriber::with_default(lines, work);
        drop(writer);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_is_a_target_a_message_and_fields_that_can_be_told_apart() {
        let text = logged(LogLevel::Info, LogFormat::Text, || {
            let error = "line 1\nline \"2\"";
            tracing::warn!(target: "avis::ledger", requests = 3, node = "a:1", error, "requests were\nnot recorded");
        });
        let expected =
            r#"avis: warn: ledger: requests were not recorded requests=3 node=a:1 error="line 1\nline \"2\"""#;
        assert_eq!(text, format!("{expected}\n"));
    }

    #[test]
    fn json_is_an_object_a_line_with_types_and_an_instant() {
        let error = std::io::Error::other("a\nb");
        let json = logged(LogLevel::Info, LogFormat::Json, || {
            tracing::error!(target: "avis::ledger", requests = 3_u64, late = true, %error, "not recorded");
        });
        assert_eq!(json.lines().count(), 1);
        let object: Value = serde_json::from_str(&json).unwrap();
        assert!(object["at"].as_str().unwrap().parse::<Timestamp>().is_ok());
        assert_eq!((&object["level"], &object["target"]), (&"error".into(), &"ledger".into()));
        assert_eq!((&object["message"], &object["error"]), (&"not recorded".into(), &"a\nb".into()));
        assert_eq!((&object["requests"], &object["late"]), (&3.into(), &true.into()));
    }

    #[test]
    fn less_severe_events_and_those_of_dependencies_are_not_written() {
        let some = |level| {
            logged(level, LogFormat::Text, || {
                tracing::error!(target: "avis::a", "1");
                tracing::warn!(target: "avis::b", "2");
                tracing::info!(target: "avis::c", "3");
                tracing::debug!(target: "avis::d", "4");
                tracing::error!(target: "avistas", "5");
                tracing::error!(target: "actix_http", "6");
            })
        };
        let lines = ["avis: error: a: 1\n", "avis: warn: b: 2\n", "avis: info: c: 3\n", "avis: debug: d: 4\n"];
        let levels = [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
        for (count, level) in levels.into_iter().enumerate() {
            assert_eq!(some(level), lines[..count].concat(), "{level:?}");
        }
    }

    /// Takes nothing until it is let.
    struct Blocked(Receiver<()>, Kept);

    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // Once the other end is gone everything is taken.
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_does_not_read_holds_up_nobody_and_what_is_lost_is_said() {
        let (let_it, blocked) = channel();
        let kept = Kept::default();
        let settings = LogSettings { level: LogLevel::Info, format: LogFormat::Json, requests: RequestLog::Off };
        let (lines, writer) = Lines::new(settings, Blocked(blocked, kept.clone())).unwrap();
        let sent = 3 * WAITING_MAX as u64;
        tracing::subscriber::with_default(lines, || {
            (0..sent).for_each(|number| tracing::info!(target: "avis::ledger", number, "one"));
        });
        drop(let_it);
        let written = || {
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let lost: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
            (lines.iter().filter(|line| line["message"] == "one").count() as u64, lost)
        };
        let (came, lost) =
            avis_testing::eventually("every line, or that it was lost", written, |(came, lost)| came + lost == sent);
        assert!(came >= WAITING_MAX as u64 && lost > 0, "{came} came, {lost} were lost");
        drop(writer);
    }
}
