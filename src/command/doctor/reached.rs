//! What is reached over the network, and under which it is reached: ports, the certificate, the database, Redis.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use avis_server::http::validity;
use avis_store::postgres::{self, OpenError};
use avis_store::redis;
use jiff::{SignedDuration, Timestamp};

use super::finding::{Findings, Verdict};
use super::folder::Examined;
use crate::failure::Failure;
use crate::installation::SharedDatabase;
use crate::settings::Settings;

/// Enough to get another certificate.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far the clocks of nodes and of their database may be apart: a terminal's clock is given no more.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(2);

/// How old the newest change of a replica may be: nodes tell every few seconds how they stand.
const REPLICA_BEHIND_MS: i64 = 60_000;

pub(super) fn check(settings: &Settings, folder: &Examined, findings: &mut Findings) {
    check_port("http.listen", settings.http.listen, folder.is_used, findings);
    check_port("operator.listen", settings.operator.listen, folder.is_used, findings);
    match settings.admin.listen() {
        Some(address) => check_port("admin.listen", address, folder.is_used, findings),
        None => findings.add(Verdict::Ok, "admin.listen", "none: a node of the role `admin` does not tell its health"),
    }
    check_certificate(settings, findings);
    check_login(settings, findings);
    check_database(settings, folder, findings);
    check_replica(settings, folder, findings);
    check_redis(settings, findings);
}

fn check_port(setting: &'static str, address: SocketAddr, is_used: bool, findings: &mut Findings) {
    if address.port() == 0 {
        findings.add(Verdict::Ok, setting, format!("{address}: any free port is taken"));
        return;
    }
    match TcpListener::bind(address) {
        Ok(_) => findings.add(Verdict::Ok, setting, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_used => {
            findings.add(
                Verdict::Ok,
                setting,
                format!("{address} is in use, as it should be while the folder is served"),
            );
        }
        Err(error) => {
            let says =
                format!("{address}: {error}; stop who uses it, or set `{setting}` to another address of this machine");
            findings.add(Verdict::Problem, setting, says);
        }
    }
}

fn check_login(settings: &Settings, findings: &mut Findings) {
    match settings.login() {
        Ok(login) => findings.add(Verdict::Ok, "login", login.told()),
        Err(failure) => findings.add(Verdict::Problem, "login", failure.told()),
    }
}

fn check_certificate(settings: &Settings, findings: &mut Findings) {
    let mut add = |verdict, says: String| findings.add(verdict, "certificate", says);
    match settings.http.encryption() {
        Err(failure) => return add(Verdict::Problem, failure.told()),
        Ok(None) if settings.http.listen.ip().is_loopback() => {
            return add(Verdict::Ok, "none: terminals are answered in the clear, on this machine only".to_owned());
        }
        Ok(None) => {
            let says =
                "none: terminals are answered in the clear; set `http.certificate`, or let a proxy before it end TLS";
            return add(Verdict::Warning, says.to_owned());
        }
        Ok(Some(_)) => {}
    }
    let (now, validity) = match validity(settings.http.certificate_path()) {
        Ok(validity) => (Timestamp::now(), validity),
        Err(error) => return add(Verdict::Problem, error.to_string()),
    };
    if now < validity.from {
        add(Verdict::Problem, format!("it counts from {:.0} on only; use another until then", validity.from));
    } else if now > validity.until {
        add(Verdict::Problem, format!("it has ended at {:.0}; get another", validity.until));
    } else if now.duration_until(validity.until) < ENDS_SOON {
        add(Verdict::Warning, format!("it ends at {:.0}, soon; get another", validity.until));
    } else {
        add(Verdict::Ok, format!("it belongs to its key, and counts until {:.0}", validity.until));
    }
}

fn check_database(settings: &Settings, folder: &Examined, findings: &mut Findings) {
    let Some(config) = settings.cluster.database() else {
        findings.add(Verdict::Ok, "database", "none: everything is in the folder");
        return;
    };
    let examined = SharedDatabase::reach(config).and_then(|shared| {
        postgres::examine(&shared.database, folder.secret.as_ref()).map_err(|error| Failure::new(advised(&error)))
    });
    let examined = match examined {
        Ok(examined) => examined,
        Err(failure) => return findings.add(Verdict::Problem, "database", failure.told()),
    };
    let says = format!("it answers, with the tables of this AVIS (PostgreSQL {})", examined.server);
    findings.add(Verdict::Ok, "database", says);
    let Ok(theirs) = Timestamp::from_millisecond(examined.now_ms) else {
        return findings.add(Verdict::Problem, "clocks", "the database's clock is beyond all calendars; set it right");
    };
    let apart = Timestamp::now().duration_since(theirs).abs();
    if apart > CLOCKS_APART {
        let says = format!("this machine's clock and the database's are {} s apart; set both right", apart.as_secs());
        findings.add(Verdict::Warning, "clocks", says);
    } else {
        findings.add(Verdict::Ok, "clocks", "this machine's clock and the database's agree");
    }
}

fn check_replica(settings: &Settings, folder: &Examined, findings: &mut Findings) {
    let Some(config) = settings.cluster.reports_database() else {
        if settings.cluster.database().is_some() {
            findings.add(Verdict::Ok, "replica", "none: reports read the database itself");
        }
        return;
    };
    let examined = SharedDatabase::reach(config).and_then(|shared| {
        postgres::examine(&shared.database, folder.secret.as_ref()).map_err(|error| Failure::new(error.to_string()))
    });
    match examined.map(|examined| examined.behind_ms) {
        Err(failure) => {
            let says = format!("{}; until it does, reports read the database itself", failure.told());
            findings.add(Verdict::Warning, "replica", says);
        }
        Ok(None) => {
            let says = "`cluster.reports_database` is no replica: it takes changes of its own; name one, or nothing";
            findings.add(Verdict::Warning, "replica", says);
        }
        Ok(Some(behind_ms)) if behind_ms > REPLICA_BEHIND_MS => {
            let says = format!("its newest change is {} s old; see whether it follows", behind_ms / 1000);
            findings.add(Verdict::Warning, "replica", says);
        }
        Ok(Some(_)) => findings.add(Verdict::Ok, "replica", "it answers, and follows the database"),
    }
}

/// What the database refuses, with what to do where the error itself does not say it.
fn advised(error: &OpenError) -> String {
    match error {
        OpenError::Failed(_) => format!("{error}; see whether it runs, and whether `cluster.database` is right"),
        OpenError::Newer { .. } | OpenError::Older { .. } | OpenError::OtherSchema { .. } | OpenError::OtherKey => {
            error.to_string()
        }
    }
}

fn check_redis(settings: &Settings, findings: &mut Findings) {
    let Some(url) = settings.cluster.redis() else {
        if settings.cluster.database().is_some() {
            findings.add(Verdict::Ok, "redis", "none: nodes look at the database for news");
        }
        return;
    };
    match redis::examine(url, settings.cluster.redis_authorities()) {
        Ok(()) => findings.add(Verdict::Ok, "redis", "it answers"),
        Err(error @ redis::RedisUnreachable::Silent(_)) => {
            let says = format!("{error}; until it does, news come by looks at the database");
            findings.add(Verdict::Warning, "redis", says);
        }
        Err(redis::RedisUnreachable::Address(error)) => findings.add(Verdict::Problem, "redis", error.to_string()),
    }
}
