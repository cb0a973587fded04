//! `avis decide`: answers a file of requests as a terminal's server would.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use avis_admin::{Answered, Decided, FileTill, NdjsonReader, NumberedLine};
use avis_core::limits::REQUEST_BYTES_MAX;
use avis_core::loyalty::{FileLine, OperationRefused};
use avis_core::telling::{Language, sentence};
use avis_core::{Decision, Faults, RuleSet, Trace};
use avis_server::Engine;
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::failure::{self, Failure};
use crate::files;
use crate::settings::Settings;
use crate::tree;

/// Decides a file of requests, in order, and writes one answer a line.
///
/// Each request sees the usage of those before it that were approved. Where the catalogue has programmes, lines may also be
/// operations on those before them, as `docs/loyalty.md` says. A request that can't be read is answered by a
/// problem, named on standard error, and the rest goes on; the command then exits with 1. A catalogue or a file of holders
/// that can't be used is refused whole with every reason and exit code 2. Every request is decided anew: an id that comes
/// twice is no repetition here.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Decide {
    /// The rules: a JSON document.
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Who is known: NDJSON, one holder a line.
    #[arg(long, value_name = "FILE")]
    holders: PathBuf,
    /// What is asked: NDJSON, one request a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    /// The provider whose terminal asks.
    #[arg(long, value_name = "CODE")]
    provider: String,
    /// Let no request see the usage of those before it.
    #[arg(long)]
    stateless: bool,
    /// Say why: a tree for people instead of the answers.
    #[arg(long)]
    explain: bool,
    /// The language of what is told to people.
    #[arg(long, value_name = "lv|en", default_value = "en")]
    language: Language,
    /// With --explain: the answers, each with its trace, as JSON.
    #[arg(long, requires = "explain")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  avis decide --catalogue demo/catalogue.json --holders demo/holders.ndjson \\
              --requests demo/requests.ndjson --provider atd
  … --explain                         why, as a tree
  … --explain --language lv           the same in Latvian
  … --explain --json                  why, for a program
  head -1 demo/requests.ndjson | avis decide … --requests -";

/// An answer without what only a record has.
#[derive(Serialize)]
struct Answer<'a> {
    request_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
    #[serde(flatten)]
    decision: &'a Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a Trace>,
}

/// The answer to a line that is no request.
#[derive(Serialize)]
struct Problem<'a> {
    code: &'static str,
    line: u64,
    errors: &'a [avis_core::Fault],
}

impl Decide {
    /// Whether requests come one by one from a program that may wait for each answer.
    fn is_conversation(&self) -> bool {
        self.requests.as_os_str() == "-"
    }

    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let catalogue = files::catalogue(&self.catalogue)?;
        let rules = Arc::new(RuleSet::compile(&catalogue));
        if !rules.knows_provider(&self.provider) {
            let provider = &self.provider;
            eprintln!(
                "avis: --provider: the catalogue has no provider `{provider}`; only benefits for all of them apply"
            );
        }
        let secret = files::passing_secret(settings)?;
        let directory = files::holders(&self.holders, &secret)?;
        let engine = Engine::new(directory, secret, settings.zone()?);
        let input: Box<dyn BufRead> = if self.is_conversation() {
            Box::new(io::stdin().lock())
        } else {
            Box::new(BufReader::new(files::open(&self.requests)?))
        };
        let till = FileTill::new(rules, engine).stateless(self.stateless);
        let mut run = Run { command: &self, till, refused: false };
        let mut out = BufWriter::new(io::stdout().lock());
        match run.all(NdjsonReader::new(input, REQUEST_BYTES_MAX), &mut out).and_then(|()| Ok(out.flush()?)) {
            Err(Stop::Output(error)) => failure::written(Err(error)).map(|()| ExitCode::SUCCESS),
            Err(Stop::Input(error)) => Err(Failure::of_file(&self.requests, error)),
            Ok(()) => Ok(ExitCode::from(u8::from(run.refused))),
        }
    }
}

/// What ends the reading of requests.
enum Stop {
    Input(io::Error),
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The requests while they are being decided.
struct Run<'a> {
    command: &'a Decide,
    till: FileTill,
    refused: bool,
}

impl Run<'_> {
    fn all(&mut self, mut lines: NdjsonReader<impl BufRead>, out: &mut impl Write) -> Result<(), Stop> {
        while let Some(line) = lines.next_line().map_err(Stop::Input)? {
            let number = line.number;
            match self.one(line, out)? {
                Ok(()) => {}
                Err(faults) => self.refuse(number, &faults, out)?,
            }
        }
        Ok(())
    }

    /// Decides a line and writes its answer.
    fn one(&mut self, line: NumberedLine, out: &mut impl Write) -> io::Result<Result<(), Faults>> {
        let too_long = || Faults::at("", format!("expected at most {REQUEST_BYTES_MAX} bytes"));
        let read = line.json.ok_or_else(too_long).and_then(|json| FileLine::parse(&json));
        let taken = read.and_then(|read| self.till.take(&self.command.provider, read, self.command.explain));
        match taken {
            Ok(Answered::Decided(decided)) => self.decided(&decided, out)?,
            Ok(Answered::Done(answer)) => {
                serde_json::to_writer(&mut *out, &answer)?;
                out.write_all(b"\n")?;
            }
            Ok(Answered::Refused(refused)) => self.not_done(line.number, &refused, out)?,
            Err(faults) => return Ok(Err(faults)),
        }
        if self.command.is_conversation() {
            out.flush()?;
        }
        Ok(Ok(()))
    }

    fn decided(&self, decided: &Decided, out: &mut impl Write) -> io::Result<()> {
        let Decided { request_id, decision, trace, .. } = decided;
        match trace {
            Some(trace) if !self.command.json => {
                return tree::write(out, *request_id, decision, trace, self.command.language);
            }
            trace if decided.is_plain() => {
                let explanation = trace.as_ref().map(|trace| self.explanation(decision, trace));
                let answer = Answer { request_id: *request_id, explanation, decision, trace: trace.as_ref() };
                serde_json::to_writer(&mut *out, &answer)?;
            }
            trace => {
                let mut answer = decided.answer();
                if let Some(fields) = answer.as_object_mut() {
                    fields.insert("request_id".to_owned(), serde_json::json!(request_id));
                    if let Some(trace) = trace {
                        fields.insert("explanation".to_owned(), serde_json::json!(self.explanation(decision, trace)));
                        fields.insert("trace".to_owned(), serde_json::json!(trace));
                    }
                }
                serde_json::to_writer(&mut *out, &answer)?;
            }
        }
        out.write_all(b"\n")
    }

    fn explanation(&self, decision: &Decision, trace: &Trace) -> String {
        sentence(decision, trace, self.command.language)
    }

    /// An operation that is not possible changes nothing, and is no fault of the file.
    fn not_done(&self, line: u64, refused: &OperationRefused, out: &mut impl Write) -> io::Result<()> {
        let problem = serde_json::json!({"code": refused.code(), "detail": refused.to_string(), "line": line});
        serde_json::to_writer(&mut *out, &problem)?;
        out.write_all(b"\n")
    }

    fn refuse(&mut self, line: u64, faults: &Faults, out: &mut impl Write) -> io::Result<()> {
        self.refused = true;
        for message in failure::listed(&format!("{}:{line}", self.command.requests.display()), faults) {
            eprintln!("avis: {message}");
        }
        serde_json::to_writer(&mut *out, &Problem { code: "invalid_request", line, errors: &faults.list })?;
        out.write_all(b"\n")?;
        if self.command.is_conversation() { out.flush() } else { Ok(()) }
    }
}
