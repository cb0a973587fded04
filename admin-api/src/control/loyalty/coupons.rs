//! Coupons of a merchant's campaign in bulk: made by a job, kept as keyed hashes alone, and their codes shown once, as a file.
//!
//! Codes follow from a key that is told to who asked, and to nobody else: neither it nor a code is ever stored. Who has the key takes
//! the file, once.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_core::loyalty::Coupon;
use avis_store::{
    Act, AuditObject, Clock, Commit, Committed, Interrupted, Kind as RowKind, NewRow, Registry, Revision, Row, Store,
    StoreError, Unchanged,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::owned;
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::imports::job::{self, CANCELLED, DONE, FAILED, Report, Running, Stopped};
use crate::control::kept::{self, Object};
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::secret::{self, hashed, hex};
use crate::control::shape::{Field, Kind, needed, optional};

/// Coupons of one job.
const COUNT_MAX: i64 = 1_000_000;
/// Coupons between two looks at the clock.
const LOOK_EVERY: u64 = 1_000;
/// How long the file of a job can be taken.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

const VALID: &[Field] = &[optional("from", Kind::Token(10, 40)), optional("until", Kind::Token(10, 40))];

/// How many, and when they are good beside what the campaign says.
pub(super) const NEW: &[Field] = &[
    needed("count", Kind::Whole(1, COUNT_MAX)),
    optional("valid", Kind::Object(VALID)),
    needed("reason", Kind::Text(1, 200)),
];

/// The job, and the key by which the file is taken.
pub(super) const MADE: &[Field] = &[needed("job", Kind::Object(job::SHOWN)), optional("file_key", Kind::Token(32, 32))];

/// The key that was told.
pub(super) const TAKE: &[Field] = &[needed("file_key", Kind::Token(32, 32))];

/// A file that can be taken, under the id of its job.
#[derive(Serialize, Deserialize)]
struct CouponFile {
    /// What its key hashes to.
    key: String,
    campaign: String,
    count: u64,
}

impl Object for CouponFile {
    const KIND: &'static str = "coupon_file";
}

/// A file that nobody took yet.
const UNTAKEN: &str = "untaken";
/// One that was taken.
const TAKEN: &str = "taken";

/// Codes that follow from a key.
#[derive(Clone)]
struct Codes(String);

impl Codes {
    /// Twelve letters of five bits: nobody guesses one of a million, and no two are alike.
    fn code(&self, number: u64) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHJKMNPQRSTUVWXYZ023456789";
        let digest = Sha256::new().chain_update(&self.0).chain_update(number.to_le_bytes()).finalize();
        let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from);
        let letters: Vec<char> = digest.iter().take(12).filter_map(letter).collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

/// `POST /campaigns/{code}/coupons`: a job makes them, all in one revision or none.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (rules, campaign) = (rules::rules(call.control)?, call.path("code"));
    let content = rules.entry(RowKind::Campaign, campaign).ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(owned(content), Action::LoyaltyRead)?;
    let count = call.body.get("count").and_then(Value::as_u64).unwrap_or_default();
    let valid = call.body.get("valid").filter(|valid| !valid.is_null()).cloned();
    // What the reader of coupons refuses is refused before a job begins.
    let sample = content_of(campaign, &"0".repeat(32), valid.as_ref());
    Coupon::from_value(&sample).map_err(|faults| Problem::of_document(faults, str::to_owned))?;
    let (id, codes) = (secret::id(call.now)?, Codes(hex(&secret::random::<16>()?)));
    let of = json!({"kind": "coupons", "campaign": campaign, "count": count, "valid": valid});
    let running = Running::begin(call, &id, of)?;
    let file = CouponFile { key: hashed(&codes.0), campaign: campaign.to_owned(), count };
    let until = call.now.saturating_add(KEPT_FOR).ok();
    let kept = kept::make(&id, &file, (call.party()?, UNTAKEN), until);
    if let Err(error) = call.control.registry.change(&[kept], &[]) {
        running.withdraw(&*call.control.registry);
        return Err(error.into());
    }
    let object = AuditObject { kind: "job".to_owned(), key: id.clone() };
    let work = Making {
        store: Arc::clone(&call.control.store),
        registry: Arc::clone(&call.control.registry),
        clock: Arc::clone(&call.control.clock),
        secret: call.control.cases.secret.clone(),
        act: Act { object: Some(object), ..call.act("coupons_made", None) },
        codes: codes.clone(),
        campaign: campaign.to_owned(),
        since: rules.revision(),
        count,
        valid,
    };
    let shown = running.hand_over("avis-coupons", move |running| work.run(running))?;
    let made = Answer::of(json!({"job": shown, "file_key": codes.0}));
    Ok(Answer { status: 202, location: Some(format!("/admin/v1/jobs/{id}")), ..made })
}

/// `POST /jobs/{id}/coupons`: the codes, one a line, once.
pub(super) fn take(call: &Call<'_>) -> Result<Answer, Problem> {
    let job = job::wanted(call)?;
    let kept = kept::load::<CouponFile>(&*call.control.registry, &job.record.key, call.now)?;
    let kept = kept.ok_or_else(|| Problem::new(Code::NotInThisState, "the job has no file, or not any more"))?;
    let codes = Codes(call.text("file_key").to_owned());
    if hashed(&codes.0) != kept.object.key {
        return Err(Problem::at("/file_key", "expected the key that was told when the job began"));
    }
    if job.state() != DONE || kept.state() != UNTAKEN {
        return Err(Problem::new(Code::NotInThisState, "the job is not done, or its file was taken"));
    }
    let taken = call.entry("coupons_taken", ("job", &job.record.key), (None, None));
    call.control.registry.change(&[kept.replace(TAKEN)], &[taken])?;
    let count = kept.object.count;
    Ok(Answer::download(Download::new("text/csv; charset=utf-8", move |out| write_codes(&codes, count, out))))
}

fn write_codes(codes: &Codes, count: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "code")?;
    (0..count).try_for_each(|number| writeln!(out, "{}", codes.code(number)))
}

fn content_of(campaign: &str, key: &str, valid: Option<&Value>) -> Value {
    let mut content: Map<String, Value> = Map::new();
    content.insert("campaign".to_owned(), json!(campaign));
    content.insert("key".to_owned(), json!(key));
    if let Some(Value::Object(valid)) = valid {
        let said = valid.iter().filter(|(_, bound)| !bound.is_null());
        content.insert(
            "valid".to_owned(),
            Value::Object(said.map(|(name, bound)| (name.clone(), bound.clone())).collect()),
        );
    }
    Value::Object(content)
}

/// A job that makes coupons, on a thread of its own.
struct Making {
    store: Arc<dyn Store>,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    secret: IdentifierSecret,
    act: Act,
    codes: Codes,
    campaign: String,
    /// The revision at which the campaign was read.
    since: Revision,
    count: u64,
    valid: Option<Value>,
}

impl Making {
    fn run(&self, mut running: Running) {
        let done = self.commit(&mut running);
        let state = match &done {
            Ok(_) => DONE,
            Err(Stopped::Cancelled) => CANCELLED,
            Err(Stopped::Failed(_)) => FAILED,
        };
        running.end(&*self.registry, state, &Report::default(), |job| {
            (job.rows, job.rows_of) = (self.count, Some(self.count));
            match done {
                Ok(committed) => {
                    job.revision = Some(committed.head.revision.number);
                    job.result = Some(json!({"added": committed.counts.added}));
                }
                Err(Stopped::Failed(problem)) => job.problem = Some((problem.code.word().to_owned(), problem.detail)),
                Err(Stopped::Cancelled) => {}
            }
        });
    }

    /// Rows are made as the store reads them: none is kept.
    fn commit(&self, running: &mut Running) -> Result<Committed, Stopped> {
        running.beat(&*self.registry, self.clock.now(), |job| job.rows_of = Some(self.count))?;
        let (running, stopped) = (RefCell::new(running), RefCell::new(None));
        let mut rows = (0..self.count).map(|number| {
            let is_last = number + 1 == self.count;
            let beaten = match number % LOOK_EVERY {
                _ if is_last => running.borrow_mut().beat(&*self.registry, self.clock.now(), |job| {
                    (job.rows, job.is_committing) = (number, true);
                }),
                0 => running.borrow_mut().beat_in_time(&*self.registry, self.clock.now(), number),
                _ => Ok(()),
            };
            beaten.map_err(|why| {
                *stopped.borrow_mut() = Some(why);
                Interrupted("the job was stopped".to_owned())
            })?;
            self.row(number)
        });
        let key = self.campaign.as_str().into();
        let committed = self.store.commit(Commit {
            rows: &mut rows,
            unchanged: &[Unchanged::Row { kind: RowKind::Campaign, key, since: self.since }],
            act: &self.act,
            at: self.clock.now(),
            dry_run: false,
        });
        match committed {
            Err(StoreError::Interrupted(error)) => {
                Err(stopped.take().unwrap_or_else(|| Problem::new(Code::Failed, error.0).into()))
            }
            committed => Ok(committed?),
        }
    }

    fn row(&self, number: u64) -> Result<NewRow, Interrupted> {
        let key = Coupon::key(&self.codes.code(number), &self.secret);
        let key = key.ok_or_else(|| Interrupted("a code has no normal form".to_owned()))?.to_hex();
        let content = content_of(&self.campaign, &key, self.valid.as_ref()).to_string();
        Ok(Row { kind: RowKind::Coupon, key: key.into(), content: Some(content.into()) }.into())
    }
}
