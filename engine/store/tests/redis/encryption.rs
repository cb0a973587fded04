//! TLS: only with a Redis that the configured authorities vouch for.

use std::path::{Path, PathBuf};

use avis_store::Signal;
use avis_store::redis::{RedisAddressError, RedisSignal};
use avis_testing::{Authority, encrypted_redis};

use crate::{until_counted, until_heard};

/// The certificate of an authority, in a file.
fn file(name: &str, authority: &Authority) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-redis-authority.pem"));
    std::fs::write(&path, authority.certificate()).unwrap();
    path
}

#[test]
fn only_a_redis_with_the_right_certificate_and_name_is_talked_to() {
    let authority = Authority::new();
    let (ours, other) = (file("our", &authority), file("other", &Authority::new()));
    let redis = encrypted_redis(authority.vouch());
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
    let ours = file("lonely", &Authority::new());
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
