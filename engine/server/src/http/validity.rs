//! From when until when a certificate counts.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::encryption::EncryptionError;

/// From when until when a certificate counts, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub until: Timestamp,
}

/// The validity of the first certificate of a file, which is the server's own.
///
/// # Errors
/// A file that can't be read, or is something else.
pub fn validity(certificate: &Path) -> Result<Validity, EncryptionError> {
    let bad = |detail: String| EncryptionError::Certificate(certificate.to_owned(), detail);
    let first = CertificateDer::from_pem_file(certificate).map_err(|error| bad(error.to_string()))?;
    let read = Certificate::from_der(&first).map_err(|error| bad(error.to_string()))?;
    let moment = |since_1970: Duration| {
        let since_1970 = SignedDuration::try_from(since_1970).map_err(|error| bad(error.to_string()))?;
        Timestamp::from_duration(since_1970).map_err(|error| bad(error.to_string()))
    };
    let validity = read.tbs_certificate.validity;
    let (from, until) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    Ok(Validity { from: moment(from)?, until: moment(until)? })
}
