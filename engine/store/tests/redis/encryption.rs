//! TLS: only with a Redis that the configured authorities vouch for.

use std::path::{Path, PathBuf};

use avis_store::Signal;
use avis_store::redis::{RedisAddressError, RedisSignal};
use avis_testing::{Encrypted, encrypted_redis};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{until_counted, until_heard};

/// An authority in a file, and what it needs to sign.
fn authority(name: &str) -> (PathBuf, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-redis-authority.pem"));
    std::fs::write(&path, parameters.self_signed(&key).unwrap().pem()).unwrap();
    (path, Issuer::new(parameters, key))
}

#[test]
fn only_a_redis_with_the_right_certificate_and_name_is_talked_to() {
    let ((ours, issuer), (other, _)) = (authority("our"), authority("other"));
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let redis = encrypted_redis(Encrypted { certificate: certificate.pem(), key: key.serialize_pem() });
    let signal = |host: &str, authorities: &Path| {
        RedisSignal::new(&format!("rediss://{host}:{}", redis.port()), "encrypted", Some(authorities)).unwrap()
    };
    let (one, two) = (signal("127.0.0.1", &ours), signal("127.0.0.1", &ours));
    let mut hints = two.listen();
    until_counted(&two, |counted| counted.subscriptions > 0);
    one.announce(7);
    until_heard(&mut *hints, 7);
    let strangers = [signal("127.0.0.1", &other), signal("localhost", &ours)];
    for stranger in &strangers {
        stranger.announce(8);
        until_counted(stranger, |counted| counted.failures >= 2);
        assert_eq!((stranger.counted().subscriptions, stranger.counted().said), (0, 0), "nothing was said to it");
    }
}

#[test]
fn addresses_and_authorities_that_do_not_go_together_are_refused() {
    let (ours, _) = authority("lonely");
    let refused = |url: &str, authorities: Option<&Path>| RedisSignal::new(url, "any", authorities).err().unwrap();
    assert_eq!(refused("rediss://h", None), RedisAddressError::NobodyVouches);
    assert_eq!(refused("redis://h", Some(&ours)), RedisAddressError::InTheClear);
    assert_eq!(
        refused("rediss://h/#insecure", Some(&ours)),
        RedisAddressError::Unreadable,
        "no certificate would be looked at"
    );
    let nothing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-redis-authority.pem");
    std::fs::write(&nothing, "nothing").unwrap();
    for path in [&nothing, Path::new("not-there.pem")] {
        assert!(matches!(refused("rediss://h", Some(path)), RedisAddressError::Authorities(..)));
    }
}
