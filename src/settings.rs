//! Settings: the compiled-in `config/default.toml`, a file over it, `AVIS_*` variables over that.

use std::net::{AddrParseError, SocketAddr};
use std::path::Path;
use std::time::Duration;

use avis_server::IdentifierThrottle;
use avis_server::http::{Freshness, Listening, Selling, ServerEncryption};
use avis_store::StandInLimits;
use avis_store::postgres::{self, Encryption};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::{Table, Value};

use crate::failure::Failure;
use crate::logging::LogSettings;

/// Every setting; each is explained in `config/default.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    time_zone: String,
    selling: SellingSettings,
    follow: Follow,
    pub(crate) cluster: Cluster,
    stand_in: StandInSettings,
    pub(crate) operator: OperatorSettings,
    pub(crate) admin: AdminSettings,
    pub(crate) http: Http,
    pub(crate) log: LogSettings,
}

/// How the store is followed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    every_ms: u32,
    stale_after_s: u32,
    wait_ms: u32,
    report_s: u32,
}

/// What nodes share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cluster {
    node: String,
    database: String,
    database_authorities: String,
    database_connections: usize,
    database_in_flight: usize,
    redis: String,
    redis_authorities: String,
}

/// How a node goes on while what it shares is away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandInSettings {
    stale_max_s: u32,
    journal_max: u32,
    snapshot_every_s: u32,
}

/// How the operator's commands reach what is served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorSettings {
    pub(crate) listen: SocketAddr,
}

/// How an admin node tells its health.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminSettings {
    listen: OptionalAddress,
}

/// An address, or none where the setting is empty.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct OptionalAddress(Option<SocketAddr>);

impl TryFrom<String> for OptionalAddress {
    type Error = AddrParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

/// How sales are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SellingSettings {
    hold_s: u32,
    past_s: u32,
    future_s: u32,
    unknown_per_minute: u32,
}

/// How terminals are answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    certificate: String,
    certificate_key: String,
    workers: usize,
    leave_s: u64,
    drain_s: u64,
    keep_alive_s: u64,
}

const DEFAULT: &str = include_str!("../config/default.toml");
const PREFIX: &str = "AVIS_";

/// A little longer than one step waits for the database: then nobody will hear of the task any more.
const STAND_IN_PATIENCE: Duration = Duration::from_secs(4);

/// How soon it is noticed that the cluster's ledger is there again.
const STAND_IN_LOOK_EVERY: Duration = Duration::from_secs(1);

impl Settings {
    /// The settings of this run.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX));
        let file = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
                Some(table(&text).map_err(|error| Failure::of_file(path, error))?)
            }
            None => None,
        };
        Self::merged(file, variables)
    }

    fn merged(file: Option<Table>, variables: impl Iterator<Item = (String, String)>) -> Result<Self, Failure> {
        let mut settings = table(DEFAULT).map_err(|error| Failure::new(format!("default settings: {error}")))?;
        let mut set = Table::new();
        for (name, value) in variables {
            let path = name.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
            match put(&mut set, &settings, &path, value) {
                Ok(()) => {}
                // A cluster names its services so: a service `avis` puts `AVIS_PORT` into every neighbour's environment.
                Err(_) if !path.contains("__") => eprintln!("avis: variable `{name}` is no setting and is ignored"),
                Err(detail) => return Err(Failure::new(format!("variable `{name}`: {detail}"))),
            }
        }
        for over in file.into_iter().chain([set]) {
            overlay(&mut settings, over);
        }
        let read = Value::Table(settings).try_into::<Self>();
        read.map_err(|error| Failure::new(format!("settings: {}", error.to_string().trim().replace('\n', " "))))
    }

    /// What is set up by them, in a few words.
    pub(crate) fn shape(&self) -> String {
        let shape = if self.cluster.database.is_empty() { "embedded: one process" } else { "a node of a cluster" };
        format!("they can be used: {shape}, in the time zone {}", self.time_zone)
    }

    /// The deployment's time zone.
    pub(crate) fn zone(&self) -> Result<TimeZone, Failure> {
        let refused = |_| Failure::new(format!("settings: `time_zone`: unknown time zone `{}`", self.time_zone));
        TimeZone::get(&self.time_zone).map_err(refused)
    }
}

impl Settings {
    /// How sales are taken.
    pub(crate) fn selling(&self) -> Selling {
        let seconds = |seconds: u32| SignedDuration::from_secs(i64::from(seconds));
        let SellingSettings { hold_s, past_s, future_s, .. } = self.selling;
        Selling { hold: seconds(hold_s), past: seconds(past_s), future: seconds(future_s) }
    }

    /// How new data must be.
    pub(crate) fn freshness(&self) -> Freshness {
        Freshness {
            stale_after: Duration::from_secs(self.follow.stale_after_s.into()),
            wait: Duration::from_millis(self.follow.wait_ms.into()),
        }
    }

    /// How often the store is looked at in any case.
    pub(crate) fn follow_every(&self) -> Duration {
        Duration::from_millis(self.follow.every_ms.max(1).into())
    }

    /// How long and how much an engine sells while the cluster's ledger is away.
    pub(crate) fn stand_in(&self) -> StandInLimits {
        StandInLimits {
            stale_max: Duration::from_secs(self.stand_in.stale_max_s.into()),
            in_journal_max: usize::try_from(self.stand_in.journal_max).unwrap_or(usize::MAX),
            patience: STAND_IN_PATIENCE,
            look_every: STAND_IN_LOOK_EVERY,
        }
    }

    /// How often a local snapshot is written; none if never.
    pub(crate) fn snapshot_every(&self) -> Option<Duration> {
        let seconds = self.stand_in.snapshot_every_s;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// How often an engine says how it stands.
    pub(crate) fn report_every(&self) -> Duration {
        Duration::from_secs(self.follow.report_s.max(1).into())
    }

    /// How many unknown identifiers a terminal may present.
    pub(crate) fn identifier_throttle(&self) -> IdentifierThrottle {
        IdentifierThrottle::new(self.selling.unknown_per_minute)
    }
}

impl AdminSettings {
    /// Where an admin node tells its health; none if nowhere.
    pub(crate) fn listen(&self) -> Option<SocketAddr> {
        self.listen.0
    }
}

impl Cluster {
    /// The shared database; none if AVIS is embedded.
    pub(crate) fn database(&self) -> Option<postgres::Config> {
        if self.database.is_empty() {
            return None;
        }
        let mut config = postgres::Config::new(self.database.clone());
        config.connections = self.database_connections;
        config.in_flight_max = self.database_in_flight;
        if !self.database_authorities.is_empty() {
            config.encryption = Encryption::Verified { authorities: self.database_authorities.clone().into() };
        }
        Some(config)
    }

    /// The Redis that tells of news; none if nodes only look.
    pub(crate) fn redis(&self) -> Option<&str> {
        (!self.redis.is_empty()).then_some(self.redis.as_str())
    }

    /// Who vouches for that Redis; none if the connection is not encrypted.
    pub(crate) fn redis_authorities(&self) -> Option<&Path> {
        (!self.redis_authorities.is_empty()).then(|| Path::new(&self.redis_authorities))
    }

    /// The name of this node, which listens on a port.
    pub(crate) fn node(&self, port: u16) -> String {
        if self.node.is_empty() {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let name = if name.trim().is_empty() { "avis" } else { name.trim() };
            format!("{name}:{port}")
        } else {
            self.node.clone()
        }
    }
}

impl Http {
    /// With what the server proves who it is to terminals; none if something before it does.
    pub(crate) fn encryption(&self) -> Result<Option<ServerEncryption>, Failure> {
        match (self.certificate.as_str(), self.certificate_key.as_str()) {
            ("", "") => Ok(None),
            ("", _) => Err(Failure::new("settings: `http.certificate_key` needs `http.certificate`")),
            (_, "") => Err(Failure::new("settings: `http.certificate` needs `http.certificate_key`")),
            (certificate, key) => {
                let read = ServerEncryption::read(Path::new(certificate), Path::new(key));
                read.map(Some).map_err(Failure::of)
            }
        }
    }

    /// The file of that certificate.
    pub(crate) fn certificate_path(&self) -> &Path {
        Path::new(&self.certificate)
    }

    /// As the server takes it.
    pub(crate) fn listening(&self) -> Listening {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Listening {
            workers: if self.workers == 0 { cores() } else { self.workers },
            leave: Duration::from_secs(self.leave_s),
            drain: Duration::from_secs(self.drain_s),
            keep_alive: Duration::from_secs(self.keep_alive_s),
        }
    }
}

fn table(text: &str) -> Result<Table, toml::de::Error> {
    text.parse()
}

/// Tables are merged, everything else is replaced.
fn overlay(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(under)), Value::Table(over)) => overlay(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// Sets `table__name`, as the type of its default.
fn put(into: &mut Table, defaults: &Table, path: &str, text: String) -> Result<(), &'static str> {
    let Some((name, rest)) = path.split_once("__") else {
        let value = match defaults.get(path) {
            Some(Value::String(_)) => Value::String(text),
            Some(Value::Integer(_)) => Value::Integer(text.parse().map_err(|_| "expected a whole number")?),
            Some(Value::Boolean(_)) => Value::Boolean(text.parse().map_err(|_| "expected true or false")?),
            _ => return Err("there is no such setting"),
        };
        into.insert(path.to_owned(), value);
        return Ok(());
    };
    let Some(Value::Table(defaults)) = defaults.get(name) else { return Err("there is no such table of settings") };
    match into.entry(name).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(into) => put(into, defaults, rest, text),
        _ => Err("there is no such table of settings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(file: &str, variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::merged(Some(table(file).unwrap()), variables)
    }

    #[test]
    fn the_default_file_is_complete() {
        let settings = Settings::merged(None, std::iter::empty()).unwrap();
        assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8320");
        assert!(settings.zone().is_ok());
    }

    #[test]
    fn a_file_changes_what_it_names_and_a_variable_wins() {
        let settings = merged("[http]\ndrain_s = 1\nkeep_alive_s = 2", &[("AVIS_HTTP__DRAIN_S", "3")]).unwrap();
        assert_eq!((settings.http.drain_s, settings.http.keep_alive_s), (3, 2));
        let settings = merged("[http]\nlisten = 8320", &[("AVIS_HTTP__LISTEN", "127.0.0.1:1")]).unwrap();
        assert_eq!(settings.http.listen.port(), 1, "a variable has the type of the default, not of the file");
    }

    #[test]
    fn a_variable_that_a_cluster_made_is_passed_over() {
        assert!(merged("", &[("AVIS_PORT", "tcp://10.0.0.1:80"), ("AVIS_SERVICE_HOST", "10.0.0.1")]).is_ok());
    }

    #[test]
    fn unknown_names_and_wrong_types_are_refused_by_name() {
        for (file, variables, named) in [
            ("speed = 1", &[][..], "speed"),
            ("[http]\nport = 1", &[], "port"),
            ("", &[("AVIS_HTTP__PORT", "1")], "AVIS_HTTP__PORT"),
            ("", &[("AVIS_HTTP__DRAIN_S", "soon")], "AVIS_HTTP__DRAIN_S"),
            ("[http]\nlisten = \"nowhere\"", &[], "listen"),
            ("[log]\nlevel = \"loud\"", &[], "loud"),
            ("", &[("AVIS_LOG__FORMAT", "xml")], "xml"),
        ] {
            let message = merged(file, variables).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }
}
