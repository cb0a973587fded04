//! TLS at the terminals' port.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avis_testing::{Authority, DEADLINE};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::deployment::{DESK, new_id, single};
use crate::program::{Folder, Server, avis_in, command, import_demo};

/// An authority, and a server's certificate and key that it signed, in files.
struct Signed {
    authority: CertificateDer<'static>,
    certificate: String,
    key: String,
}

fn signed(files: &Folder, name: &str) -> Signed {
    let authority = Authority::new();
    let vouched = authority.vouch();
    Signed {
        authority: CertificateDer::from_pem_slice(authority.certificate().as_bytes()).unwrap(),
        certificate: files.write(&format!("{name}.crt"), &vouched.certificate),
        key: files.write(&format!("{name}.key"), &vouched.key),
    }
}

/// A connection whose other side may not be silent for ever.
fn connection(address: &str) -> std::io::Result<TcpStream> {
    let connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(DEADLINE))?;
    Ok(connection)
}

/// What a client that trusts an authority is answered.
fn asked(address: &str, trusted: &CertificateDer<'static>, request: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
    let client = ClientConnection::new(config, "127.0.0.1".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, connection(address)?);
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn terminals_that_trust_the_authority_are_answered_over_tls_and_nobody_in_the_clear() {
    let files = Folder::new("encryption");
    let (ours, other) = (signed(&files, "ours"), signed(&files, "other"));
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", &folder];
    let environment = [("AVIS_HTTP__CERTIFICATE", &*ours.certificate), ("AVIS_HTTP__CERTIFICATE_KEY", &*ours.key)];
    let server = Server::run_in(&environment, &serve, " terminals.\n");
    let address = server.url("").strip_prefix("https://").unwrap().to_owned();
    let body = single(&new_id()).to_string();
    let head = format!(
        "POST /v1/quote HTTP/1.1\r\nhost: avis\r\nconnection: close\r\nauthorization: Bearer {DESK}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = format!("{head}{body}");
    let answer = asked(&address, &ours.authority, &request).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"outcome\":\"approved\""), "{answer}");
    let refused = asked(&address, &other.authority, &request).unwrap_err();
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
    let mut clear = connection(&address).unwrap();
    clear.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The connection ends, in good order or not.
    let _ = clear.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

/// Until a condition holds.
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_certificate_that_changes_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let files = Folder::new("renewed-encryption");
    let (shown, later) = (signed(&files, "shown"), signed(&files, "later"));
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let log = files.write("stderr", "");
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder]);
    command.env("AVIS_HTTP__CERTIFICATE", &shown.certificate).env("AVIS_HTTP__CERTIFICATE_KEY", &shown.key);
    command.stderr(std::fs::File::create(&log).unwrap());
    let server = Server::started(command.spawn().unwrap(), " terminals.\n").unwrap();
    let address = server.url("").strip_prefix("https://").unwrap().to_owned();
    let request = "GET /healthz HTTP/1.1\r\nhost: avis\r\nconnection: close\r\n\r\n";
    let is_shown =
        |signed: &Signed| asked(&address, &signed.authority, request).is_ok_and(|answer| answer.contains("200"));
    assert!(is_shown(&shown) && !is_shown(&later));

    // Another's certificate with our key: reported, and what was shown is shown on.
    std::fs::copy(&later.certificate, &shown.certificate).unwrap();
    let reported = || {
        std::fs::read_to_string(&log).unwrap().matches("avis: error: certificate: the certificate from before").count()
    };
    wait_for("the pair that does not fit is reported", || reported() == 1);
    assert!(is_shown(&shown) && !is_shown(&later));

    std::fs::copy(&later.key, &shown.key).unwrap();
    wait_for("the other certificate is shown", || is_shown(&later));
    assert!(!is_shown(&shown));

    std::fs::remove_file(&shown.key).unwrap();
    wait_for("the missing key is reported", || reported() == 2);
    assert!(is_shown(&later));
    assert!(server.stop().0.success());
    assert_eq!(reported(), 2, "each fault once");
}

#[test]
fn a_certificate_that_is_none_or_anothers_is_refused_by_name() {
    let files = Folder::new("bad-encryption");
    let (ours, other) = (signed(&files, "ours"), signed(&files, "other"));
    let folder = format!("{}/avis", files.path());
    let nothing = files.write("nothing.pem", "nothing");
    let refused = |certificate: &str, key: &str| {
        let environment = [("AVIS_HTTP__CERTIFICATE", certificate), ("AVIS_HTTP__CERTIFICATE_KEY", key)];
        let ran = avis_in(&environment, &["serve", "--listen", "127.0.0.1:0", "--folder", &folder, "--create"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        ran.err
    };
    let without_key = refused(&ours.certificate, "");
    assert!(without_key.contains("`http.certificate` needs `http.certificate_key`"), "{without_key}");
    let without_certificate = refused("", &ours.key);
    assert!(without_certificate.contains("`http.certificate_key` needs `http.certificate`"), "{without_certificate}");
    let other_key = refused(&ours.certificate, &other.key);
    assert!(other_key.contains("other.key") && other_key.contains("that belongs to the certificate"), "{other_key}");
    assert!(refused(&nothing, &ours.key).contains("nothing.pem: there is no certificate in it"));
    assert!(refused(&ours.certificate, &nothing).contains("nothing.pem: "));
    assert!(refused("not-there.pem", &ours.key).contains("not-there.pem"));
}
