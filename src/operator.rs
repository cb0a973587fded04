//! The operator's side: commands that work on a folder, be it served or not.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use avis_admin::control::encoded;
use avis_admin::http::{Answered, CommitOptions, STORE_FAILED};
use avis_admin::{LineFault, OperatorFile};
use avis_store::sqlite::{Folder, FolderError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::{Body, RequestBuilder, SendBody};

use crate::failure::Failure;
use crate::installation::{Installation, Need};
use crate::operating::{FILE, Operating};
use crate::patience;
use crate::settings::Settings;

/// How long a process of this machine may take to accept a connection.
const CONNECT_TIME: Duration = Duration::from_secs(30);

/// The endpoints that administer a folder: those of the process that serves it, or of this one while nobody does.
pub(crate) struct Administered {
    agent: ureq::Agent,
    file: OperatorFile,
    /// Whether nodes share a database.
    is_cluster: bool,
    /// While nobody serves the folder; it is locked for this command.
    here: Option<(Operating, Installation)>,
}

impl Administered {
    /// Reaches what administers the folder of an existing installation.
    pub(crate) fn reach(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        Self::through(folder, Folder::open(folder), settings)
    }

    /// Reaches what administers a folder, which is made if it is missing; [`Administered::finish`] keeps what was made.
    pub(crate) fn reach_or_create(folder: &Path, settings: &Settings) -> Result<Self, Failure> {
        Self::through(folder, Folder::create(folder), settings)
    }

    /// Keeps an installation that was made for this command.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.here.as_ref().map_or(Ok(()), |(_, installation)| installation.finish())
    }

    fn through(path: &Path, opened: Result<Folder, FolderError>, settings: &Settings) -> Result<Self, Failure> {
        match opened {
            Ok(folder) => {
                let installation = Installation::of(folder, settings, Need::Now)?;
                let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
                let (operating, file) = Operating::start(&installation, any, None)?;
                Ok(Self::of(file, Some((operating, installation)), settings))
            }
            Err(FolderError::Locked(_)) => {
                let path = path.join(FILE);
                let json = std::fs::read(&path).map_err(|error| {
                    Failure::of_file(&path, format!("{error}; whoever uses this folder is not administered by it"))
                })?;
                let file = serde_json::from_slice(&json).map_err(|error| Failure::of_file(&path, error))?;
                Ok(Self::of(file, None, settings))
            }
            Err(error) => Err(Failure::of(error)),
        }
    }

    fn of(file: OperatorFile, here: Option<(Operating, Installation)>, settings: &Settings) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIME))
            .timeout_recv_response(Some(patience::ANSWER))
            .timeout_per_read(Some(patience::ANSWER))
            .timeout_per_write(Some(patience::PIECE))
            .build()
            .into();
        Self { agent, file, is_cluster: settings.cluster.database().is_some(), here }
    }

    fn url(&self, path: &str, query: &impl Serialize) -> String {
        let query = query_of(query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("http://{}/operator/v1/{path}{mark}{query}", self.file.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.file.token)
    }

    /// Sends a file as it is read.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &CommitOptions,
        mut input: impl Read,
    ) -> Result<T, Refused> {
        let request = self.agent.post(self.url(path, query)).header("authorization", self.bearer());
        let request = patient(request, patience::WORK);
        self.answered(request.content_type("application/json").send(SendBody::from_reader(&mut input)))
    }

    /// Sends a document.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, document: &impl Serialize) -> Result<T, Refused> {
        let json = serde_json::to_vec(document).map_err(|error| Refused::failed(error.to_string()))?;
        let request = self.agent.post(self.url(path, &())).header("authorization", self.bearer());
        self.answered(request.content_type("application/json").send(&json))
    }

    /// Takes something away.
    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Refused> {
        self.answered(self.agent.delete(self.url(path, query)).header("authorization", self.bearer()).call())
    }

    /// Reads a document.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Refused> {
        self.answered(self.agent.get(self.url(path, query)).header("authorization", self.bearer()).call())
    }

    /// Reads a document that says what a whole installation came to.
    pub(crate) fn verify<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Refused> {
        let request = self.agent.get(self.url(path, query)).header("authorization", self.bearer());
        self.answered(patient(request, patience::WORK).call())
    }

    /// Reads a file as it is written, by who must be there until all of it was read.
    pub(crate) fn read(&self, path: &str) -> Result<impl Read + use<'_>, Refused> {
        let request = self.agent.get(self.url(path, &())).header("authorization", self.bearer());
        let response = patient(request, patience::PIECE).call().map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            Ok(response.into_body().into_reader())
        } else {
            Err(self.refused(response))
        }
    }
}

/// A request whose answer, and each piece of it, may take so long.
fn patient<B>(request: RequestBuilder<B>, within: Duration) -> RequestBuilder<B> {
    request.config().timeout_recv_response(Some(within)).timeout_per_read(Some(within)).build()
}

impl Administered {
    fn answered<T: DeserializeOwned>(&self, response: Result<Response<Body>, ureq::Error>) -> Result<T, Refused> {
        let mut response = response.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        let json = response.body_mut().read_to_vec().map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&json).map_err(|error| Refused::failed(format!("an answer that can't be read: {error}")))
    }

    fn refused(&self, mut response: Response<Body>) -> Refused {
        let status = response.status();
        let answered = response.body_mut().read_to_vec().ok().and_then(|json| serde_json::from_slice(&json).ok());
        match answered {
            Some(Answered { detail, code, .. }) if code == STORE_FAILED && self.is_cluster => {
                Refused::failed(Failure::database_away(&detail).told())
            }
            Some(Answered { detail, code, .. }) if code == STORE_FAILED => {
                Refused::failed(format!("the store failed: {detail}"))
            }
            Some(Answered { detail, errors, .. }) => Refused { detail, faults: errors },
            None => Refused::failed(format!("answered with {status}")),
        }
    }

    /// Who uses the folder may be another command, which answers nobody.
    fn unreachable(&self, error: &ureq::Error) -> Refused {
        Refused::failed(format!("{}: {error}; whoever uses the folder does not answer there", self.file.address))
    }
}

/// What the endpoints refused, or why they did not answer.
pub(crate) struct Refused {
    pub(crate) detail: String,
    pub(crate) faults: Vec<LineFault>,
}

impl Refused {
    fn failed(detail: String) -> Self {
        Self { detail, faults: Vec::new() }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        if refused.faults.is_empty() {
            Self::new(refused.detail)
        } else {
            Self::of_many(refused.faults.iter().map(ToString::to_string).collect())
        }
    }
}

/// A flat document as a query; values that need it are encoded.
fn query_of(query: &impl Serialize) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(query) else { return String::new() };
    let pairs = fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={}", encoded(&text))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Copies what is read to a writer; whether all of it came.
pub(crate) fn copied(mut from: impl Read, mut to: impl io::Write) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.flush()
}
