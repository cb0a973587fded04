//! What the program logs: one line on standard error for each event, as text or as JSON.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

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
    /// `avis: target: message name=value`, for people and for journals that know the time and the unit.
    Text,
    /// An object with `at`, `level`, `target`, `message` and the fields of the event.
    Json,
}

/// Writes the events of this process to its standard error from now on.
pub(crate) fn start(settings: LogSettings) {
    // It fails where events are written already: then they go on as they do.
    let _ = tracing::subscriber::set_global_default(Lines::new(settings, std::io::stderr()));
}

/// Writes events, and knows no spans.
struct Lines<W> {
    level: LevelFilter,
    format: LogFormat,
    out: Mutex<W>,
}

impl<W> Lines<W> {
    fn new(settings: LogSettings, out: W) -> Self {
        let level = match settings.level {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        Self { level, format: settings.format, out: Mutex::new(out) }
    }
}

impl<W: Write + Send + 'static> Subscriber for Lines<W> {
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
        let line = match self.format {
            LogFormat::Text => fields.text(target),
            LogFormat::Json => fields.json(target, *metadata.level(), Timestamp::now()),
        };
        // In one piece, so that lines of other processes on the same pipe stay apart. There is nowhere to report a failure to.
        let _ = self.out.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
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

    fn text(&self, target: &str) -> String {
        let mut line = format!("avis: {target}: {}", one_line(&self.message));
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
        object.insert("level".into(), level.as_str().to_ascii_lowercase().into());
        object.insert("target".into(), target.into());
        object.insert("message".into(), self.message.into());
        object.extend(self.others.into_iter().map(|(name, value)| (name.to_owned(), value)));
        format!("{}\n", Value::Object(object))
    }
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
    use std::sync::Arc;

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
        tracing::subscriber::with_default(
            Lines::new(LogSettings { level, format, requests: RequestLog::Off }, kept.clone()),
            work,
        );
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_is_a_target_a_message_and_fields_that_can_be_told_apart() {
        let text = logged(LogLevel::Info, LogFormat::Text, || {
            let error = "line 1\nline \"2\"";
            tracing::warn!(target: "avis::ledger", requests = 3, node = "a:1", error, "requests were\nnot recorded");
        });
        let expected = r#"avis: ledger: requests were not recorded requests=3 node=a:1 error="line 1\nline \"2\"""#;
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
        let lines = ["avis: a: 1\n", "avis: b: 2\n", "avis: c: 3\n", "avis: d: 4\n"];
        let levels = [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
        for (count, level) in levels.into_iter().enumerate() {
            assert_eq!(some(level), lines[..count].concat(), "{level:?}");
        }
    }
}
