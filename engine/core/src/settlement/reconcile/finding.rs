//! What a provider's file and the ledger come to, side by side (settlement 4.3).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::amounts::{AmountField, Amounts, Mapped, Totals};
use super::matching::{Candidate, Group, Matched, Matching, Reach};
use super::profile::Profile;
use super::row::Row;
use super::sheet::Sheet;
use crate::limits::RECONCILED_DAYS_MAX;
use crate::movement::Direction;
use crate::settlement::movement::{MovementId, PostedMovement};
use crate::settlement::written::{digest, hex, sha256};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// How many findings of each status.
    pub summary: BTreeMap<Status, u64>,
    /// What the rows of the findings come to.
    pub theirs: Totals,
    /// What the movements of the findings come to.
    pub ours: Totals,
    /// Rows of other days, and those matched with movements of other days alone.
    pub outside: u64,
    /// By their first line, then those without rows by their movements.
    pub findings: Vec<Finding>,
}

/// Holds a file against the movements of a provider. These may be all that there are; those near the dates are looked at, and others
/// of authorizations that the file names.
pub fn reconcile(
    sheet: &Sheet,
    movements: &[PostedMovement],
    profile: &Profile,
    dates: Dates,
    zone: &TimeZone,
) -> Reconciliation {
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
    let groups = Matching::groups(&rows, &candidates, sheet.has_times, reach, zone);
    let look = Look { rows: &rows, candidates: &candidates, profile, mapped: sheet.mapped, dates };
    look.reconciliation(groups, sheet.rows.len() - near)
}

/// Authorizations that rows name.
#[derive(Default)]
struct Named(HashSet<Uuid>);

impl Named {
    fn by(rows: &[Row], movements: &[PostedMovement]) -> Self {
        let requests: HashSet<Uuid> = rows.iter().filter_map(|row| row.request_id).collect();
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

/// A group with what stands in it.
struct Together<'a> {
    matched: Matched,
    rows: Vec<&'a Row>,
    movements: Vec<&'a PostedMovement>,
}

impl Together<'_> {
    fn is_dated_in(&self, dates: Dates) -> bool {
        self.rows.iter().any(|row| dates.contains(row.date))
            || self.movements.iter().any(|movement| dates.contains(movement.natural_date))
    }

    fn theirs(&self) -> Amounts {
        self.rows.iter().map(|row| row.amounts).sum()
    }

    fn ours(&self, mapped: Mapped) -> Amounts {
        self.movements.iter().map(|movement| Amounts::of_movement(&movement.moved, mapped)).sum()
    }
}

impl<'a> Look<'a> {
    fn together(&self, group: &Group) -> Together<'a> {
        let rows = group.rows.iter().filter_map(|row| self.rows.get(*row)).collect();
        let movements = group.movements.iter().filter_map(|place| self.candidates.get(*place));
        Together { matched: group.matched, rows, movements: movements.map(|candidate| candidate.movement).collect() }
    }

    fn totals(&self, amounts: Amounts) -> Totals {
        Totals { amounts, mapped: self.mapped }
    }

    fn reconciliation(&self, groups: Vec<Group>, far: usize) -> Reconciliation {
        let (reported, outside): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .map(|group| self.together(&group))
            .partition(|together| together.is_dated_in(self.dates));
        let outside: usize = outside.iter().map(|together| together.rows.len()).sum();
        let mut ordered: Vec<(Option<u64>, Option<MovementId>, &Together<'_>)> = reported
            .iter()
            .map(|together| {
                let line = together.rows.iter().map(|row| row.line).min();
                (line, together.movements.first().map(|movement| movement.id), together)
            })
            .collect();
        ordered.sort_by_key(|(line, movement, _)| (line.is_none(), *line, *movement));
        let (mut summary, mut counted) = (BTreeMap::new(), HashMap::new());
        let findings = ordered.into_iter().map(|(_, _, together)| {
            let digest = key(together);
            let count: &mut u64 = counted.entry(digest).or_default();
            *count += 1;
            let key = if *count == 1 { hex(digest) } else { sha256(format!("{}\n{count}", hex(digest))) };
            let finding = self.finding(together, key);
            *summary.entry(finding.status).or_default() += 1;
            finding
        });
        let findings: Vec<Finding> = findings.collect();
        Reconciliation {
            summary,
            theirs: self.totals(reported.iter().map(Together::theirs).sum()),
            ours: self.totals(reported.iter().map(|together| together.ours(self.mapped)).sum()),
            outside: u64::try_from(outside + far).unwrap_or(u64::MAX),
            findings,
        }
    }

    fn finding(&self, together: &Together<'_>, key: String) -> Finding {
        let mut holding = match together.matched {
            Matched::Same => self.of_match(together),
            Matched::Duplicate => vec![Status::Duplicate],
            Matched::Cancelled => vec![Status::Cancelled],
            Matched::MissingHere => vec![Status::MissingHere],
            Matched::MissingThere => vec![Status::MissingThere],
        };
        let status = holding.remove(0);
        let mut lines: Vec<u64> = together.rows.iter().map(|row| row.line).collect();
        lines.sort_unstable();
        Finding {
            key,
            status,
            also: holding,
            lines,
            movements: together.movements.iter().map(|movement| movement.id.to_string()).collect(),
            difference: self.totals(together.theirs() - together.ours(self.mapped)),
            missing: together.rows.first().filter(|_| status == Status::MissingHere).map(|row| self.missing(row)),
        }
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

    /// What holds of a match, the most important first; never empty.
    fn of_match(&self, together: &Together<'_>) -> Vec<Status> {
        let difference = together.theirs() - together.ours(self.mapped);
        let [gross, discount, payable] =
            AmountField::ALL.map(|field| difference.get(field).abs() > i128::from(self.profile.tolerance));
        let [_, has_discount, _] = self.mapped;
        let mut holding = Vec::new();
        let mut hold = |holds: bool, status| holding.extend(holds.then_some(status));
        hold(if has_discount { discount } else { gross || payable }, Status::AmountDiffers);
        hold(has_discount && (gross || payable), Status::WrongPrice);
        if let (Some(row), Some(movement)) = (together.rows.first(), together.movements.first()) {
            let is_natural = row.date == movement.natural_date;
            hold(!is_natural && row.date != movement.business_date, Status::WrongDay);
            hold(is_natural && self.is_elsewhen(row, movement), Status::Clock);
        }
        hold(together.movements.iter().any(|movement| movement.is_late()), Status::Late);
        if holding.is_empty() { vec![Status::Matched] } else { holding }
    }

    fn is_elsewhen(&self, row: &Row, movement: &PostedMovement) -> bool {
        let apart = row.at.map(|at| at.duration_since(movement.occurred_at).abs());
        apart.is_some_and(|apart| apart > jiff::SignedDuration::from_secs(self.profile.window_s))
    }
}

/// Of the rows' content without their lines, and of the movements' ids.
fn key(together: &Together<'_>) -> [u8; 32] {
    // What is read of a cell can be written.
    let content = |row: &&Row| serde_json::to_string(&row.content()).unwrap_or_default();
    let mut parts: Vec<String> = together.rows.iter().map(content).collect();
    parts.extend(together.movements.iter().map(|movement| movement.id.to_string()));
    parts.sort_unstable();
    digest(parts.join("\n"))
}
