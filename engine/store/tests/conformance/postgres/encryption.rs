//! TLS: only with a server that the configured authorities vouch for, and never in the clear after all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_store::postgres::{Config, ConfigError, Database, Encryption, OpenError, PostgresLedger, migrate};
use avis_testing::{Authority, Durability, own_postgres};

use super::{database, runtime};
use crate::till::{TestClock, secret};

/// The certificate of an authority, in a file.
fn file(name: &str, authority: &Authority) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-authority.pem"));
    std::fs::write(&path, authority.certificate()).unwrap();
    path
}

fn open(address: &str, authorities: &Path) -> Result<PostgresLedger, OpenError> {
    let encryption = Encryption::Verified { authorities: authorities.to_owned() };
    let config = Config { encryption, connections: 3, ..Config::new(address) };
    PostgresLedger::open(&database(config), &secret(), Arc::<TestClock>::default())
}

#[test]
fn only_a_server_with_the_right_certificate_and_name_is_talked_to() {
    let server = own_postgres(Durability::InMemory, &[]);
    let name = server.new_database().unwrap();
    let address = server.url(&name);
    migrate(&database(Config::new(&*address))).unwrap();
    let authority = Authority::new();
    let (ours, other) = (file("our", &authority), file("other", &Authority::new()));
    assert!(matches!(open(&address, &ours), Err(OpenError::Failed(_))), "a server without encryption");

    let vouched = authority.vouch();
    let certificate = server.file("server.crt", vouched.certificate.as_bytes()).unwrap();
    let key = server.file("server.key", vouched.key.as_bytes()).unwrap();
    server.sql("postgres", &format!("ALTER SYSTEM SET ssl_cert_file = '{}'", certificate.display())).unwrap();
    server.sql("postgres", &format!("ALTER SYSTEM SET ssl_key_file = '{}'", key.display())).unwrap();
    server.sql("postgres", "ALTER SYSTEM SET ssl = on").unwrap();
    server.stop().unwrap();
    server.run().unwrap();

    let ledger = open(&address, &ours).unwrap();
    let encrypted =
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'avis'";
    assert_eq!(server.sql("postgres", encrypted).unwrap(), "t");
    drop(ledger);
    let refused = open(&address, &other).unwrap_err();
    assert!(refused.to_string().contains("certificate"), "another authority: {refused}");
    let refused = open(&address.replace("127.0.0.1", "localhost"), &ours).unwrap_err();
    assert!(refused.to_string().contains("certificate"), "another name: {refused}");
}

#[test]
fn a_file_without_authorities_is_refused() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-authority.pem");
    std::fs::write(&path, "nothing").unwrap();
    for authorities in [path, "not-there.pem".into()] {
        let config = Config { encryption: Encryption::Verified { authorities }, ..Config::new("postgres://h/d") };
        assert!(matches!(Database::new(config, runtime()), Err(ConfigError::Authorities(..))));
    }
}
