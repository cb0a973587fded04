//! Who vouches for servers on loopback.

use std::time::SystemTime;

use avis_private_servers::Encrypted;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority of a test's own.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one, that nobody trusts yet. All have one name: only their keys tell them apart.
    #[allow(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    /// Its certificate, in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A new key for a server at 127.0.0.1, and a certificate for it that counts for centuries.
    pub fn vouch(&self) -> Encrypted {
        self.vouch_by(&CertificateParams::new(vec!["127.0.0.1".into()]).unwrap())
    }

    /// The same with a certificate that counts from one moment until another.
    pub fn vouch_between(&self, from: SystemTime, until: SystemTime) -> Encrypted {
        let mut parameters = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        (parameters.not_before, parameters.not_after) = (from.into(), until.into());
        self.vouch_by(&parameters)
    }

    fn vouch_by(&self, parameters: &CertificateParams) -> Encrypted {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Encrypted { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
