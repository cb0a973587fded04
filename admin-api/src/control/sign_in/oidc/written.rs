//! The file that names providers, and what is made of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;

use super::SignInProviders;
use super::address::{is_plain, is_private};
use super::fetching::Fetching;
use super::provider::{Endpoints, PersonFrom, Provider, SecretIn};
use super::residents::Claim;
use super::signature::Algorithm;
use crate::client_encryption::client_encryption;
use crate::control::shape::is_code;
use crate::fault::{AdminError, LineFault};

/// Providers of one installation.
const PROVIDERS_MAX: usize = 20;
/// Bytes of a secret.
const SECRET_BYTES_MAX: usize = 4_096;

/// The file: where people reach AVIS, and the providers by the names that they have in addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenProviders {
    address: String,
    providers: BTreeMap<String, WrittenProvider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProvider {
    #[serde(default)]
    who: Who,
    /// Of residents: the claim with the personal code.
    claim: Option<String>,
    /// What stands before the code in it.
    claim_prefix: Option<String>,
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    client_secret_in: SecretIn,
    #[serde(default = "openid")]
    scopes: String,
    #[serde(default = "all_algorithms")]
    algorithms: Vec<Algorithm>,
    #[serde(default)]
    person_from: PersonFrom,
    authorities: Option<PathBuf>,
    endpoints: Option<Endpoints>,
}

/// Who signs in through a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    /// Users, whom an invitation bound.
    #[default]
    Staff,
    /// Everybody whom an eID names.
    Residents,
}

/// As the eID of Latvia has it.
const CLAIM_PREFIX: &str = "PNOLV-";

fn openid() -> String {
    "openid".to_owned()
}

fn all_algorithms() -> Vec<Algorithm> {
    Algorithm::ALL.to_vec()
}

impl WrittenProviders {
    /// The providers; files that it names are looked for beside it, in a folder.
    ///
    /// # Errors
    /// Every fault with its place, and a file that can't be read.
    pub fn read(self, folder: &Path) -> Result<SignInProviders, AdminError> {
        let mut faults = Vec::new();
        let address = self.address.trim_end_matches('/');
        if !is_private(address) {
            faults.push(fault("/address", PRIVATE));
        }
        if self.providers.len() > PROVIDERS_MAX {
            faults.push(fault("/providers", &format!("expected at most {PROVIDERS_MAX}")));
        }
        let mut providers = BTreeMap::new();
        for (name, written) in self.providers {
            let pointer = format!("/providers/{name}");
            if !is_code(&name) {
                faults.push(fault(&pointer, "expected a name of `a`–`z`, `0`–`9`, `.` and `-`"));
            }
            let redirect = format!("{address}/admin/v1/auth/{name}/callback");
            match written.read(&pointer, redirect, folder) {
                Ok(provider) => drop(providers.insert(name, provider)),
                Err(of_provider) => faults.extend(of_provider),
            }
        }
        if faults.is_empty() { Ok(SignInProviders(providers)) } else { Err(AdminError::Faults(faults)) }
    }
}

const PRIVATE: &str = "expected an `https` address, or an `http` one of this machine";

fn fault(pointer: &str, detail: &str) -> LineFault {
    LineFault::new(None, pointer, detail)
}

impl WrittenProvider {
    fn read(self, pointer: &str, redirect: String, folder: &Path) -> Result<Provider, Vec<LineFault>> {
        let mut faults = self.faults(pointer);
        let secret = self.client_secret_file.as_ref().map(|path| secret_of(&folder.join(path))).transpose();
        let secret = secret.map_err(|detail| faults.push(fault(&format!("{pointer}/client_secret_file"), &detail)));
        let authorities = self.authorities.as_ref().map(|path| folder.join(path));
        let encryption = (!is_plain(&self.issuer)).then(|| client_encryption(authorities.as_deref())).transpose();
        let encryption =
            encryption.map_err(|error| faults.push(fault(&format!("{pointer}/authorities"), &error.to_string())));
        let (Ok(secret), Ok(encryption), true) = (secret, encryption, faults.is_empty()) else { return Err(faults) };
        let prefix = self.claim_prefix.unwrap_or_else(|| CLAIM_PREFIX.to_owned());
        Ok(Provider {
            residents: self.claim.map(|name| Claim { name, prefix }),
            issuer: self.issuer,
            client_id: self.client_id,
            secret,
            secret_in: self.client_secret_in,
            scopes: self.scopes,
            algorithms: self.algorithms,
            person_from: self.person_from,
            endpoints: self.endpoints,
            redirect,
            fetching: Fetching::new(encryption),
            known: Mutex::default(),
        })
    }

    fn faults(&self, pointer: &str) -> Vec<LineFault> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, field: &str, detail: &str| {
            if !holds {
                faults.push(fault(&format!("{pointer}/{field}"), detail));
            }
        };
        let is_reached = |address: &str| is_private(address) && (is_plain(&self.issuer) || !is_plain(address));
        expect(is_private(&self.issuer), "issuer", PRIVATE);
        let is_of_residents = self.who == Who::Residents;
        let has_claim = self.claim.as_ref().is_some_and(|claim| !claim.is_empty());
        expect(has_claim == is_of_residents, "claim", "expected the claim that names a resident, and none of staff");
        expect(is_of_residents || self.claim_prefix.is_none(), "claim_prefix", "expected none of staff");
        expect(!self.client_id.is_empty(), "client_id", "expected what the provider calls AVIS");
        expect(!self.algorithms.is_empty(), "algorithms", "expected `RS256`, `ES256` or both");
        let is_signed = self.person_from != PersonFrom::UserinfoAlone;
        let asks_openid = self.scopes.split(' ').any(|scope| scope == "openid");
        expect(!is_signed || asks_openid, "scopes", "expected `openid` among them, for a signed token");
        if let Some(Endpoints { authorization, token, userinfo, keys, .. }) = &self.endpoints {
            expect(is_reached(authorization), "endpoints/authorization", PRIVATE);
            expect(is_reached(token), "endpoints/token", PRIVATE);
            expect(userinfo.as_deref().is_none_or(is_reached), "endpoints/userinfo", PRIVATE);
            expect(keys.as_deref().is_none_or(is_reached), "endpoints/keys", PRIVATE);
            expect(!is_signed || keys.is_some(), "endpoints/keys", "expected where the keys of its tokens are");
            let needs_userinfo = self.person_from != PersonFrom::IdToken;
            expect(!needs_userinfo || userinfo.is_some(), "endpoints/userinfo", "expected where it names the person");
        }
        faults
    }
}

/// A secret in a file of its own, without the line break at its end.
fn secret_of(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.len() > SECRET_BYTES_MAX || secret.contains(char::is_control) {
        return Err(format!("{}: expected one line with the secret", path.display()));
    }
    Ok(secret.to_owned())
}
