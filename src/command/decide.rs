//! `avis decide`: answers a file of requests as a terminal's server would.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use avis_admin::{NdjsonReader, NumberedLine};
use avis_core::limits::REQUEST_BYTES_MAX;
use avis_core::{Book, Decision, Faults, Request, RuleSet, Totals, Trace, explain};
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
/// Each request sees the usage of those before it that were approved. A request that can't be read is answered by a
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
    /// With --explain: the answers, each with its trace, as JSON.
    #[arg(long, requires = "explain")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  avis decide --catalogue demo/catalogue.json --holders demo/holders.ndjson \\
              --requests demo/requests.ndjson --provider atd
  … --explain                         why, as a tree
  … --explain --json                  why, for a program
  head -1 demo/requests.ndjson | avis decide … --requests -";

/// An answer without what only a record has.
#[derive(Serialize)]
struct Answer<'a> {
    request_id: Uuid,
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
        let rules = Arc::new(RuleSet::compile(&files::catalogue(&self.catalogue)?));
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
        let mut run = Run { command: &self, rules, engine, book: Book::default(), refused: false };
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
    rules: Arc<RuleSet>,
    engine: Engine,
    book: Book,
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
        let request = line.json.ok_or_else(too_long).and_then(|json| Request::parse(&json));
        let (request_id, decided) = match request {
            Ok(request) => (request.request_id, self.decide(request)),
            Err(faults) => return Ok(Err(faults)),
        };
        let (decision, trace) = match decided {
            Ok(decided) => decided,
            Err(faults) => return Ok(Err(faults)),
        };
        if !self.command.stateless {
            self.book.charge(&decision.charges);
        }
        match &trace {
            Some(trace) if !self.command.json => tree::write(out, request_id, &decision, trace)?,
            _ => {
                serde_json::to_writer(&mut *out, &Answer { request_id, decision: &decision, trace: trace.as_ref() })?;
                out.write_all(b"\n")?;
            }
        }
        if self.command.is_conversation() {
            out.flush()?;
        }
        Ok(Ok(()))
    }

    fn decide(&self, request: Request) -> Result<(Decision, Option<Trace>), Faults> {
        let provider = &self.command.provider;
        let sum = |need: &avis_core::Need| if self.command.stateless { Totals::default() } else { self.book.sum(need) };
        if self.command.explain {
            let person = self.engine.person(&request);
            let (decision, trace) = explain(self.rules.clone(), provider, person, request, sum)?;
            return Ok((decision, Some(trace)));
        }
        let plan = self.engine.plan(self.rules.clone(), provider, request)?;
        Ok((plan.decide(&plan.usage(sum)), None))
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
