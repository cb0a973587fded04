//! What a provider's file and the ledger come to, side by side (settlement 4.3).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use smallvec::{SmallVec, smallvec};
use uuid::Uuid;

use super::amounts::{AmountField, Amounts, Mapped, Totals};
use super::matching::{Candidate, Group, Matched, Matching, Reach, Set};
use super::profile::Profile;
use super::row::Row;
use super::sheet::Sheet;
use super::watch::{Halted, Watch};
use crate::hex::hex;
use crate::limits::RECONCILED_DAYS_MAX;
use crate::movement::Direction;
use crate::settlement::movement::PostedMovement;
use crate::settlement::written::{digest, sha256};

/// Natural dates over which a file is reconciled, from a first one until the first one after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    from: Date,
    until: Date,
}

impl Dates {
    /// Some days, of which there may be so many at most.
    pub const DAYS_MAX: i32 = RECONCILED_DAYS_MAX;

    /// None where there are no days, or too many.
    pub fn new(from: Date, until: Date) -> Option<Self> {
        let days = from.until(until).ok()?.get_days();
        (1..=Self::DAYS_MAX).contains(&days).then_some(Self { from, until })
    }

    fn contains(self, date: Date) -> bool {
        self.from <= date && date < self.until
    }

    /// Whether a date is one of them, or the day before or after.
    pub fn are_near(self, date: Date) -> bool {
        let before = self.from.yesterday().unwrap_or(Date::MIN);
        before <= date && date <= self.until
    }
}

/// What is to be said of rows and movements that stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// What is owed is not alike.
    AmountDiffers,
    /// The discount is alike, another amount is not: nothing that is owed changes.
    WrongPrice,
    /// The row has another day.
    WrongDay,
    /// The row has the day, and another time.
    Clock,
    /// It counts on a later day than that on which it took place.
    Late,
    /// Nothing is to be said.
    Matched,
    /// The file says again what another row says.
    Duplicate,
    /// They come to nothing together, and the other side has none of it.
    Cancelled,
    /// The ledger has no such movement.
    MissingHere,
    /// The file has no such row.
    MissingThere,
}

impl Status {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AmountDiffers => "amount_differs",
            Self::WrongPrice => "wrong_price",
            Self::WrongDay => "wrong_day",
            Self::Clock => "clock",
            Self::Late => "late",
            Self::Matched => "matched",
            Self::Duplicate => "duplicate",
            Self::Cancelled => "cancelled",
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Rows and movements that stand together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// SHA-256 of the rows without their lines and of the movements: the same finding of another run has the same. Of findings
    /// that are alike in all of this, those after the first count on.
    pub key: String,
    /// What is to be said of it.
    pub status: Status,
    /// What is to be said of it as well.
    pub also: Vec<Status>,
    /// The physical lines on which its rows begin.
    pub lines: Vec<u64>,
    /// The movements' ids.
    pub movements: Vec<String>,
    /// Theirs less ours.
    pub difference: Totals,
    /// What the row says where the ledger has no such movement: of that a late advice can be made.
    #[serde(skip)]
    pub missing: Option<MissingRow>,
}

/// What a row says that the ledger does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRow {
    /// None where the file has dates alone.
    pub occurred_at: Option<Timestamp>,
    /// The provider's day.
    pub date: Date,
    /// Whether it was sold or given back.
    pub direction: Direction,
    /// Our name of it; none where the row names none.
    pub terminal: Option<Box<str>>,
    /// The till's own id of its request.
    pub request_id: Option<Uuid>,
    /// Those that the file has.
    pub amounts: Totals,
}

/// What a file and the ledger come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// How many findings of each status.
    pub summary: BTreeMap<Status, u64>,
    /// What the rows of the findings come to.
    pub theirs: Totals,
    /// What the movements of the findings come to.
    pub ours: Totals,
    /// Rows of other days, and those matched with movements of other days alone.
    pub outside: u64,
    /// Those that are listed, by their first line, then those without rows by their movements.
    pub findings: Vec<Finding>,
}

/// How a file is held against movements.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// How the file is written and what is near enough.
    pub profile: &'a Profile,
    /// Over which natural dates.
    pub dates: Dates,
    /// That of times in the file, where the profile names none.
    pub zone: &'a TimeZone,
    /// Which findings are listed; the sums are of all.
    pub listed: Listed,
}

/// Which findings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// All of them.
    All,
    /// Those of which something is to be said.
    Unmatched,
}

/// Holds a file against the movements of a provider. These may be all that there are; those near the dates are looked at, and others
/// of authorizations that the file names. `look` is told after some thousand rows how many are settled, and may end it.
///
/// # Errors
/// What `look` fails with.
pub fn reconcile<E>(
    sheet: &Sheet,
    movements: &[PostedMovement],
    asked: Held<'_>,
    look: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<Reconciliation, E> {
    let mut failed = None;
    let mut looked = |settled| {
        look(settled).map_err(|error| {
            failed = Some(error);
            Halted
        })
    };
    match (found(sheet, movements, asked, &mut Watch::new(&mut looked)), failed) {
        (Ok(found), _) => Ok(found),
        (Err(Halted), Some(error)) => Err(error),
        // Nothing else halts it.
        (Err(Halted), None) => Ok(Reconciliation::default()),
    }
}

fn found(
    sheet: &Sheet,
    movements: &[PostedMovement],
    asked: Held<'_>,
    watch: &mut Watch<'_>,
) -> Result<Reconciliation, Halted> {
    let Held { profile, dates, zone, listed } = asked;
    let is_near = |row: &&Row| dates.are_near(row.date);
    let near = sheet.rows.iter().filter(is_near).count();
    let rows: Cow<'_, [Row]> = match sheet.rows.len() - near {
        0 => Cow::Borrowed(&sheet.rows),
        _ => sheet.rows.iter().filter(is_near).cloned().collect(),
    };
    // Only of movements that are far it matters whether the file names them.
    let has_far = movements.iter().any(|movement| !dates.are_near(movement.natural_date));
    let named = if has_far { Named::by(&rows, movements) } else { Named::default() };
    let mut candidates: Vec<Candidate<'_>> = movements
        .iter()
        .map(|movement| Candidate::new(movement, sheet.mapped, dates.are_near(movement.natural_date)))
        .filter(|candidate| candidate.is_in_pool || named.has(candidate.movement))
        .collect();
    candidates.sort_by_key(|candidate| (candidate.movement.occurred_at, candidate.movement.id));
    let reach = Reach { tight_s: profile.tight_s, window_s: profile.window_s };
    let zone = profile.time_zone.as_ref().unwrap_or(zone);
    let groups = Matching::groups((&rows, &candidates), sheet.has_times, reach, zone, watch)?;
    let look = Look { rows: &rows, candidates: &candidates, profile, mapped: sheet.mapped, dates };
    look.reconciliation(&groups, sheet.rows.len() - near, listed, watch)
}

/// Authorizations that rows name.
#[derive(Default)]
struct Named(Set<Uuid>);

impl Named {
    fn by(rows: &[Row], movements: &[PostedMovement]) -> Self {
        let requests: Set<Uuid> = rows.iter().filter_map(|row| row.request_id).collect();
        let of_requests = movements.iter().filter(|movement| requests.contains(&movement.request_id));
        let of_requests = of_requests.map(|movement| movement.id.authorization);
        Self(rows.iter().flat_map(|row| row.authorizations.iter().copied()).chain(of_requests).collect())
    }

    fn has(&self, movement: &PostedMovement) -> bool {
        self.0.contains(&movement.id.authorization)
    }
}

struct Look<'a> {
    rows: &'a [Row],
    candidates: &'a [Candidate<'a>],
    profile: &'a Profile,
    mapped: Mapped,
    dates: Dates,
}

/// What holds of a group, the most important first; never nothing.
type Holding = SmallVec<[Status; 2]>;

impl<'a> Look<'a> {
    fn rows(&self, group: &Group) -> impl Iterator<Item = &'a Row> {
        let rows = self.rows;
        group.rows.iter().filter_map(|row| rows.get(*row))
    }

    fn movements(&self, group: &Group) -> impl Iterator<Item = &'a PostedMovement> {
        let candidates = self.candidates;
        group.movements.iter().filter_map(|place| candidates.get(*place)).map(|candidate| candidate.movement)
    }

    fn is_reported(&self, group: &Group) -> bool {
        self.rows(group).any(|row| self.dates.contains(row.date))
            || self.movements(group).any(|movement| self.dates.contains(movement.natural_date))
    }

    fn theirs(&self, group: &Group) -> Amounts {
        self.rows(group).map(|row| row.amounts).sum()
    }

    fn ours(&self, group: &Group) -> Amounts {
        self.movements(group).map(|movement| Amounts::of_movement(&movement.moved, self.mapped)).sum()
    }

    fn totals(&self, amounts: Amounts) -> Totals {
        Totals { amounts, mapped: self.mapped }
    }

    fn reconciliation(
        &self,
        groups: &[Group],
        far: usize,
        listed: Listed,
        watch: &mut Watch<'_>,
    ) -> Result<Reconciliation, Halted> {
        let (mut summary, mut outside) = (BTreeMap::new(), far);
        let (mut theirs, mut ours) = (Amounts::default(), Amounts::default());
        let mut told = Vec::new();
        for group in groups {
            watch.tick()?;
            if !self.is_reported(group) {
                outside += group.rows.len();
                continue;
            }
            (theirs, ours) = (theirs + self.theirs(group), ours + self.ours(group));
            let holding = self.holding(group);
            let Some(status) = holding.first().copied() else { continue };
            *summary.entry(status).or_default() += 1;
            if listed == Listed::All || status != Status::Matched {
                let line = self.rows(group).map(|row| row.line).min();
                let movement = self.movements(group).next().map(|movement| movement.id);
                told.push(((line.is_none(), line, movement), group, holding));
            }
        }
        told.sort_by_key(|(place, ..)| *place);
        let (mut findings, mut keys) = (Vec::with_capacity(told.len()), Keys::default());
        for (_, group, holding) in told {
            watch.tick()?;
            findings.push(self.finding(group, &holding, keys.key(self.content(group), group)));
        }
        let outside = u64::try_from(outside).unwrap_or(u64::MAX);
        Ok(Reconciliation { summary, theirs: self.totals(theirs), ours: self.totals(ours), outside, findings })
    }

    fn finding(&self, group: &Group, holding: &[Status], key: String) -> Finding {
        let (status, also) = holding.split_first().map_or((Status::Matched, &[][..]), |(first, also)| (*first, also));
        let mut lines: Vec<u64> = self.rows(group).map(|row| row.line).collect();
        lines.sort_unstable();
        Finding {
            key,
            status,
            also: also.to_vec(),
            lines,
            movements: self.movements(group).map(|movement| movement.id.to_string()).collect(),
            difference: self.totals(self.theirs(group) - self.ours(group)),
            missing: self.rows(group).next().filter(|_| status == Status::MissingHere).map(|row| self.missing(row)),
        }
    }

    /// The rows' content without their lines, and the movements' ids.
    fn content(&self, group: &Group) -> [u8; 32] {
        // What is read of a cell can be written.
        let content = |row: &Row| serde_json::to_string(&row.content()).unwrap_or_default();
        let mut parts: Vec<String> = self.rows(group).map(content).collect();
        parts.extend(self.movements(group).map(|movement| movement.id.to_string()));
        parts.sort_unstable();
        digest(parts.join("\n"))
    }

    fn missing(&self, row: &Row) -> MissingRow {
        MissingRow {
            occurred_at: row.at,
            date: row.date,
            direction: if row.is_return { Direction::Return } else { Direction::Sale },
            terminal: row.terminal.clone(),
            request_id: row.request_id,
            amounts: self.totals(row.amounts),
        }
    }

    fn holding(&self, group: &Group) -> Holding {
        match group.matched {
            Matched::Same => self.of_match(group),
            Matched::Duplicate => smallvec![Status::Duplicate],
            Matched::Cancelled => smallvec![Status::Cancelled],
            Matched::MissingHere => smallvec![Status::MissingHere],
            Matched::MissingThere => smallvec![Status::MissingThere],
        }
    }

    fn of_match(&self, group: &Group) -> Holding {
        let difference = self.theirs(group) - self.ours(group);
        let [gross, discount, payable] =
            AmountField::ALL.map(|field| difference.get(field).abs() > i128::from(self.profile.tolerance));
        let [_, has_discount, _] = self.mapped;
        let mut holding = Holding::new();
        let mut hold = |holds: bool, status| holding.extend(holds.then_some(status));
        hold(if has_discount { discount } else { gross || payable }, Status::AmountDiffers);
        hold(has_discount && (gross || payable), Status::WrongPrice);
        if let (Some(row), Some(movement)) = (self.rows(group).next(), self.movements(group).next()) {
            let is_natural = row.date == movement.natural_date;
            hold(!is_natural && row.date != movement.business_date, Status::WrongDay);
            hold(is_natural && self.is_elsewhen(row, movement), Status::Clock);
        }
        hold(self.movements(group).any(PostedMovement::is_late), Status::Late);
        if holding.is_empty() {
            holding.push(Status::Matched);
        }
        holding
    }

    fn is_elsewhen(&self, row: &Row, movement: &PostedMovement) -> bool {
        let apart = row.at.map(|at| at.duration_since(movement.occurred_at).abs());
        apart.is_some_and(|apart| apart > jiff::SignedDuration::from_secs(self.profile.window_s))
    }
}

/// The keys of findings, those that are alike counted on.
#[derive(Default)]
struct Keys(HashMap<[u8; 32], u64>);

impl Keys {
    fn key(&mut self, content: [u8; 32], group: &Group) -> String {
        // A movement is in one group alone.
        if !group.movements.is_empty() {
            return hex(&content);
        }
        let count = self.0.entry(content).or_default();
        *count += 1;
        if *count == 1 { hex(&content) } else { sha256(format!("{}\n{count}", hex(&content))) }
    }
}
