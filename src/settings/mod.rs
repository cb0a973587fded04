//! Settings: the compiled-in `config/default.toml`, a file over it, `AVIS_*` variables over that.

mod cluster;
mod ranges;
mod sources;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use avis_admin::AdminError;
use avis_admin::control::{LocalLogin, Login, Proxies, SignInProviders, WrittenProviders};
use avis_core::IdentifierForms;
use avis_server::IdentifierThrottle;
use avis_server::http::{Freshness, Listening, Selling, ServerEncryption};
use avis_store::StandInLimits;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Value;

use crate::failure::Failure;
use crate::logging::LogSettings;

pub(crate) use cluster::Cluster;
pub(crate) use ranges::address;
pub(crate) use sources::{Origin, Sourced, Sources};

/// Every setting; each is explained in `config/default.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    time_zone: String,
    typed_schemes: String,
    selling: SellingSettings,
    follow: Follow,
    pub(crate) cluster: Cluster,
    stand_in: StandInSettings,
    pub(crate) operator: OperatorSettings,
    pub(crate) admin: AdminSettings,
    login: LoginSettings,
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
    #[serde(deserialize_with = "named")]
    pub(crate) listen: SocketAddr,
}

/// Where an admin node serves the control plane, and who stands before that of any node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminSettings {
    listen: OptionalAddress,
    #[serde(deserialize_with = "proxies")]
    pub(crate) trusted_proxies: Proxies,
    simulator: String,
    /// Points that one person gives or takes without a second one.
    pub(crate) adjusted_alone_max: i64,
    /// Days after its end on which a day closes by itself; none where it is 0.
    pub(crate) close_days_after: i64,
    /// Persons who were counted before the programme; 0 if nobody did.
    pub(crate) users_before: u64,
}

/// How people sign in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginSettings {
    local: LocalLogin,
    providers: String,
}

/// An address, or none where the setting is empty.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct OptionalAddress(Option<SocketAddr>);

/// An address by number or by name.
fn named<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    address(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Networks of proxies.
fn proxies<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Proxies, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

impl TryFrom<String> for OptionalAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Ok(Self(None)) } else { address(&text).map(Some).map(Self) }
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
    #[serde(deserialize_with = "named")]
    pub(crate) listen: SocketAddr,
    certificate: String,
    certificate_key: String,
    workers: usize,
    leave_s: u64,
    drain_s: u64,
    keep_alive_s: u64,
}

const DEFAULT: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "AVIS_";

/// A little longer than one step waits for the database: then nobody will hear of the task any more.
const STAND_IN_PATIENCE: Duration = Duration::from_secs(4);

/// How soon it is noticed that the cluster's ledger is there again.
const STAND_IN_LOOK_EVERY: Duration = Duration::from_secs(1);

impl Sources {
    /// Where the settings of this run come from, each checked.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX));
        let text = file.map(|path| std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error)));
        let text = text.transpose()?;
        Self::merged(file.zip(text.as_deref()), variables)
    }

    /// The same, with a setting as a variable would have it.
    pub(crate) fn with(mut self, name: &str, text: String) -> Result<Self, Failure> {
        self.put_variable(name, name, text);
        self.checked(Vec::new())
    }

    /// These, where nothing is to be said against them; else all of it.
    fn checked(self, mut faults: Vec<String>) -> Result<Self, Failure> {
        faults.extend(self.faults());
        if faults.is_empty() { Ok(self) } else { Err(Failure::of_many(faults)) }
    }

    fn merged(file: Option<(&Path, &str)>, variables: impl Iterator<Item = (String, String)>) -> Result<Self, Failure> {
        let (mut sources, mut faults) = (Self::defaults(DEFAULT)?, Vec::new());
        if let Some((path, text)) = file {
            faults = sources.put_file(path, text)?;
        }
        for (variable, text) in variables {
            let name = variable.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase().replacen("__", ".", 1);
            if sources.put_variable(&variable, &name, text) {
                continue;
            }
            // A cluster names its services so: a service `avis` puts `AVIS_PORT` into every neighbour's environment.
            if name.contains('.') {
                faults.push(format!("{}: {}", Origin::Variable(variable), sources.no_such(&name)));
            } else {
                eprintln!("avis: variable `{variable}` is no setting and is ignored");
            }
        }
        sources.checked(faults)
    }
}

impl Settings {
    /// The settings that these make.
    pub(crate) fn of(sources: &Sources) -> Result<Self, Failure> {
        let read = Value::Table(sources.table()).try_into::<Self>();
        read.map_err(|error| Failure::new(format!("settings: {}", error.to_string().trim().replace('\n', " "))))
    }

    /// What is set up by them, in a few words.
    pub(crate) fn shape(&self) -> String {
        let shape = if self.cluster.database().is_none() { "embedded: one process" } else { "a node of a cluster" };
        format!("they can be used: {shape}, in the time zone {}", self.time_zone)
    }

    /// The normal forms of the deployment's identifiers.
    pub(crate) fn identifier_forms(&self) -> IdentifierForms {
        let schemes = self.typed_schemes.split(',').map(str::trim).filter(|scheme| !scheme.is_empty());
        IdentifierForms::typed(schemes.map(Box::from))
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

    /// How people sign in to the control plane: the file of providers is read, with those that it names.
    pub(crate) fn login(&self) -> Result<Login, Failure> {
        let LoginSettings { local, providers } = &self.login;
        let providers = if providers.is_empty() { SignInProviders::default() } else { read(Path::new(providers))? };
        if *local == LocalLogin::None && providers.is_empty() {
            return Err(Failure::new(
                "settings: `login.local = \"none\"` needs `login.providers`: nobody could sign in",
            ));
        }
        Ok(Login { local: *local, providers })
    }

    /// How many unknown identifiers a terminal may present.
    pub(crate) fn identifier_throttle(&self) -> IdentifierThrottle {
        IdentifierThrottle::new(self.selling.unknown_per_minute)
    }
}

/// The providers of a file.
fn read(path: &Path) -> Result<SignInProviders, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
    let written: WrittenProviders =
        toml::from_str(&text).map_err(|error| Failure::of_file(path, error.to_string().trim()))?;
    written.read(path.parent().unwrap_or(Path::new(""))).map_err(|error| match error {
        AdminError::Faults(faults) => Failure::of_lines(path, &faults),
        other => Failure::of_file(path, other),
    })
}

impl AdminSettings {
    /// Where an admin node tells its health; none if nowhere.
    pub(crate) fn listen(&self) -> Option<SocketAddr> {
        self.listen.0
    }

    /// The file of the till simulator; none if there is none.
    pub(crate) fn simulator(&self) -> Option<&Path> {
        (!self.simulator.is_empty()).then(|| Path::new(&self.simulator))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(file: &str, variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::of(&Sources::merged(Some((Path::new("avis.toml"), file)), variables)?)
    }

    #[test]
    fn the_default_file_is_complete_and_says_what_each_may_be() {
        let sources = Sources::merged(None, std::iter::empty()).unwrap();
        let settings = Settings::of(&sources).unwrap();
        assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8320");
        assert!(settings.zone().is_ok());
        for (name, sourced) in sources.all() {
            assert!(ranges::expected(name).is_some(), "{name} may be anything");
            assert_eq!(sourced.origin, Origin::Default);
        }
        assert_eq!(sources.all().count(), 40);
    }

    #[test]
    fn a_file_changes_what_it_names_and_a_variable_wins() {
        let settings = merged("[http]\ndrain_s = 1\nkeep_alive_s = 2", &[("AVIS_HTTP__DRAIN_S", "3")]).unwrap();
        assert_eq!((settings.http.drain_s, settings.http.keep_alive_s), (3, 2));
        let settings = merged("[http]\nlisten = 8320", &[("AVIS_HTTP__LISTEN", "127.0.0.1:1")]).unwrap();
        assert_eq!(settings.http.listen.port(), 1, "a variable has the type of the default, not of the file");
        let settings = merged("[http]\nlisten = \"localhost:8320\"", &[]).unwrap();
        assert!(settings.http.listen.ip().is_loopback());
    }

    #[test]
    fn a_file_of_providers_is_told_with_each_fault() {
        assert!(merged("", &[]).unwrap().login().is_ok());
        let nobody = merged("", &[("AVIS_LOGIN__LOCAL", "none")]).unwrap().login().err().unwrap();
        assert!(nobody.told().contains("nobody could sign in"), "{nobody:?}");
        let folder = avis_testing::TempFolder::new("avis-providers");
        let path = folder.path().join("providers.toml");
        let login = |text: &str| {
            std::fs::write(&path, text).unwrap();
            merged("", &[("AVIS_LOGIN__LOCAL", "none"), ("AVIS_LOGIN__PROVIDERS", path.to_str().unwrap())])
                .unwrap()
                .login()
        };
        let provider = |issuer: &str| {
            format!("address = \"https://avis.lv\"\n[providers.staff]\nclient_id = \"avis\"\nissuer = \"{issuer}\"")
        };
        assert!(login(&provider("http://127.0.0.1:1")).is_ok());
        let told = |text: &str| login(text).err().unwrap().told();
        assert!(told(&provider("http://eid.lv")).contains("/providers/staff/issuer: expected an `https` address"));
        assert!(told("address = 1").contains("line 1"));
        assert!(told(&format!("{}\nspeed = 1", provider("http://127.0.0.1:1"))).contains("unknown field `speed`"));
    }

    #[test]
    fn a_variable_that_a_cluster_made_is_passed_over() {
        assert!(merged("", &[("AVIS_PORT", "tcp://10.0.0.1:80"), ("AVIS_SERVICE_HOST", "10.0.0.1")]).is_ok());
    }

    #[test]
    fn every_fault_is_told_at_once_and_what_may_have_been_meant() {
        let file = "[http]\nlistn = \"nowhere\"\nworkers = 513\n[htp]\nport = 1";
        let told = "avis: avis.toml:5: `htp.port`: there is no such setting\n\
                    avis: avis.toml:2: `http.listn`: there is no such setting, did you mean `http.listen`?\n\
                    avis: variable `AVIS_LOG__LEVL`: `log.levl`: there is no such setting, did you mean `log.level`?\n\
                    avis: variable `AVIS_HTTP__LEAVE_S`: `http.leave_s`: expected a whole number from 0 to 3600\n\
                    avis: avis.toml:3: `http.workers`: expected a whole number from 0 to 512";
        let found = merged(file, &[("AVIS_LOG__LEVL", "info"), ("AVIS_HTTP__LEAVE_S", "-1")]);
        assert_eq!(found.unwrap_err().to_string(), told);
    }

    #[test]
    fn what_cannot_be_is_told_with_file_line_and_name() {
        for (file, variables, told) in [
            ("speed = 1", &[][..], "avis: avis.toml:1: `speed`: there is no such setting"),
            ("[http]\nport = 1", &[], "avis: avis.toml:2: `http.port`: there is no such setting"),
            (
                "",
                &[("AVIS_HTTP__PORT", "1")],
                "avis: variable `AVIS_HTTP__PORT`: `http.port`: there is no such setting",
            ),
            (
                "",
                &[("AVIS_HTTP__DRAIN_S", "soon")],
                "avis: variable `AVIS_HTTP__DRAIN_S`: `http.drain_s`: expected a whole number from 0 to 3600",
            ),
            (
                "# ours\n[http]\nlisten = \"nowhere\"",
                &[],
                "avis: avis.toml:3: `http.listen`: expected an address and a port, such as `127.0.0.1:8320`",
            ),
            (
                "http.workers = 513\nhttp = 1",
                &[],
                "avis: avis.toml: TOML parse error at line 2, column 1\n  |\n2 | http = 1\n  | ^^^^\nduplicate key",
            ),
            (
                "http = { workers = 513 }",
                &[],
                "avis: avis.toml:1: `http.workers`: expected a whole number from 0 to 512",
            ),
            (
                "selling.hold_s = 4294967295\n\ncluster.database_connections = 0",
                &[],
                "avis: avis.toml:3: `cluster.database_connections`: expected a whole number from 1 to 1000\n\
                 avis: avis.toml:1: `selling.hold_s`: expected a whole number from 1 to 604800",
            ),
            (
                "",
                &[("AVIS_HTTP__WORKERS", "513")],
                "avis: variable `AVIS_HTTP__WORKERS`: `http.workers`: expected a whole number from 0 to 512",
            ),
            (
                "time_zone = \"Mars\"",
                &[],
                "avis: avis.toml:1: `time_zone`: expected the name of a time zone, such as `Europe/Riga`",
            ),
            ("http.drain_s = \"3\"", &[], "avis: avis.toml:1: `http.drain_s`: expected a whole number from 0 to 3600"),
            (
                "[log]\nlevel = \"loud\"",
                &[],
                "avis: avis.toml:2: `log.level`: expected one of `off`, `error`, `warn`, `info`, `debug`",
            ),
            (
                "",
                &[("AVIS_LOG__FORMAT", "xml")],
                "avis: variable `AVIS_LOG__FORMAT`: `log.format`: expected one of `text`, `json`",
            ),
        ] {
            assert_eq!(merged(file, variables).unwrap_err().to_string(), told);
        }
    }
}
