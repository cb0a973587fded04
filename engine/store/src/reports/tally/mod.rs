//! What moved, added up by day and by month beside the ledger: the interface by which that is kept and read.

pub(crate) mod columns;
pub(crate) mod people;

use std::sync::Arc;

use avis_core::narrow;
use avis_core::settlement::reports::{Alike, Bearer, Granted, Seer, Sold, Span, Spans, Tally};
use jiff::civil::Date;

use crate::movements::{Cursor, MovementsError};

/// A tally of a ledger's movements, kept beside those that write it. What it promises is held by the conformance suite:
///
/// - It is added to whole, together with how far it has come, or not at all; of two that add the same, one does.
/// - It is read as of one moment, with how far it had come then.
/// - Each person has one number for as long as the tally lasts.
pub trait Tallies: Send + Sync {
    /// How far the ledger is added up.
    ///
    /// # Errors
    /// A tally that can't be read.
    fn tallied(&self) -> Result<Cursor, MovementsError>;

    /// Whether it is kept apart from the ledger, so that one of both may be restored alone.
    fn is_apart(&self) -> bool;

    /// How far the ledger is sealed behind a cursor, in each lane so many positions at the most.
    ///
    /// # Errors
    /// [`MovementsError::Diverged`] where the cursor is not of this ledger; a ledger that can't be read.
    fn sealed_after(&self, cursor: &Cursor, most_of_lane: u32) -> Result<Cursor, MovementsError>;

    /// The providers of authorizations with something sealed between cursors, in the order of their codes.
    ///
    /// # Errors
    /// As of [`Tallies::sealed_after`].
    fn movers(&self, between: Between<'_>) -> Result<Vec<Mover>, MovementsError>;

    /// Adds to a tally that has come as far as `from`, whereupon it has come as far as `until`; whether it did: not if it has come elsewhere.
    ///
    /// # Errors
    /// A tally that can't be written.
    fn add_tally(&self, from: &Cursor, until: &Cursor, tally: &Tally) -> Result<bool, MovementsError>;

    /// Begins anew, with nothing.
    ///
    /// # Errors
    /// A tally that can't be written.
    fn clear_tally(&self) -> Result<(), MovementsError>;

    /// Gives each row that is wanted to a sink; how far the tally has come.
    ///
    /// # Errors
    /// Rows that can't be read, or what the sink fails with.
    fn each_tallied(&self, wanted: &Tallied<'_>, sink: &mut TallySink<'_>) -> Result<Cursor, MovementsError>;

    /// The numbers of persons, by their names; none of who has none yet.
    ///
    /// # Errors
    /// A tally that can't be read.
    fn numbers_of(&self, names: &[String]) -> Result<Vec<Option<u32>>, MovementsError>;
}

/// A provider of authorizations with something that is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mover {
    /// Its code.
    pub provider: Arc<str>,
    /// The first natural date of all that ever moved of these authorizations.
    pub first: Date,
}

/// What is sealed behind a cursor, up to another one; all that is, and what waits to be sealed, where there is none.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// Behind which.
    pub after: &'a Cursor,
    /// Up to which.
    pub until: Option<&'a Cursor>,
}

impl Between<'_> {
    /// Whether a movement lies there, by its lane and position if it is sealed.
    pub(crate) fn has(&self, sealed: Option<(u16, u64)>) -> bool {
        match (sealed, self.until) {
            (Some(place), Some(until)) => !self.after.has(place) && until.has(place),
            (Some(place), None) => !self.after.has(place),
            (None, until) => until.is_none(),
        }
    }
}

/// Takes rows one by one.
pub type TallySink<'s> = dyn FnMut(TallyRow) -> Result<(), MovementsError> + 's;

/// Which rows are asked for.
#[derive(Clone, Debug)]
pub struct Tallied<'a> {
    /// Of what they are.
    pub of: &'a [TallyPart],
    /// Of which spans.
    pub spans: &'a [Spans],
    /// Of one provider alone.
    pub provider: Option<&'a str>,
    /// What a party sold, pays or grants, or sees as one of those, and nothing else.
    pub party: Option<&'a str>,
}

/// Of what rows of a tally are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TallyPart {
    /// What was sold.
    Sold,
    /// Who bears what.
    Borne,
    /// Uses, and by whom.
    Used,
    /// Authorizations that stand.
    Standing,
    /// What became of stakes; by months alone.
    Changed,
}

impl TallyPart {
    /// By which of its columns a row is a party's.
    pub(crate) fn of_party(self) -> &'static [&'static str] {
        match self {
            Self::Sold => &["provider"],
            Self::Borne => &["provider", "grantor", "payer"],
            Self::Used => &["provider", "grantor", "seer"],
            Self::Standing => &["provider", "seer"],
            Self::Changed => &["party"],
        }
    }

    /// What is asked of its table: the parameters are the word of spans, the days from which and until which they begin, the provider
    /// and the party.
    pub(crate) fn query(self, wanted: &Tallied<'_>, schema: &str) -> String {
        let any = |parameter: &str| format!("CAST({parameter} AS text) IS NULL");
        let of_provider = wanted.provider.map_or_else(|| any("$4"), |_| "provider = $4".to_owned());
        // One column is compared as such, so that an index of it is used by SQLite, too.
        let of_party = wanted.party.map_or_else(
            || any("$5"),
            |_| match self.of_party() {
                [column] => format!("{column} = $5"),
                columns => format!("$5 IN ({})", columns.join(", ")),
            },
        );
        format!(
            "SELECT {} FROM {schema}{} WHERE span = $1 AND start >= $2 AND start < $3 AND {of_provider} AND {of_party}",
            self.columns(),
            self.table()
        )
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sold, Self::Borne, Self::Used, Self::Standing, Self::Changed];
}

/// A row of a tally.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TallyRow {
    /// What a provider sold of a kind.
    Sold(Span, Arc<str>, &'static str, Sold),
    /// Who bears how much of what.
    Borne(Span, Granted, Bearer, i128),
    /// How often something was used, and the numbers of those who did.
    Used(Span, Granted, Seer, i64, Vec<u32>),
    /// How many authorizations of a provider stand.
    Standing(Span, Arc<str>, Seer, i64),
    /// What became of a stake, in how many authorizations, and how many units moved in them.
    Changed(Alike, i64, i64),
}

impl TallyRow {
    /// Its span.
    pub fn span(&self) -> Span {
        match self {
            Self::Sold(span, ..) | Self::Borne(span, ..) | Self::Used(span, ..) | Self::Standing(span, ..) => *span,
            Self::Changed(alike, ..) => Span::Month(alike.month),
        }
    }

    /// Its provider.
    pub(crate) fn provider(&self) -> &Arc<str> {
        match self {
            Self::Sold(_, provider, ..) | Self::Standing(_, provider, ..) => provider,
            Self::Borne(_, granted, ..) | Self::Used(_, granted, ..) => &granted.provider,
            Self::Changed(alike, ..) => &alike.provider,
        }
    }

    /// Which row it is and what it comes to, naming nobody.
    pub(crate) fn named(&self) -> String {
        let of = |granted: &Granted| {
            let territory = granted.territory.as_deref().unwrap_or("-");
            format!("{} {} {territory}", granted.provider, granted.benefit)
        };
        let span = format!("{} {}", self.span().word(), self.span().start());
        let seen = |seer: &Seer| seer.as_deref().unwrap_or("all").to_owned();
        match self {
            Self::Sold(_, provider, kind, Sold { count, gross, discount, payable }) => {
                format!("{span} sold {provider} {kind}: {count}, {gross}, {discount}, {payable}")
            }
            Self::Borne(_, granted, bearer, amount) => {
                format!(
                    "{span} borne {} {} {} {}: {amount}",
                    of(granted),
                    bearer.payer,
                    bearer.cause,
                    bearer.authorized_on
                )
            }
            Self::Used(_, granted, seer, uses, people) => {
                format!("{span} used {} as {}: {uses} by {}", of(granted), seen(seer), people.len())
            }
            Self::Standing(_, provider, seer, count) => {
                format!("{span} standing {provider} as {}: {count}", seen(seer))
            }
            Self::Changed(Alike { provider, party, stake, began, before, after, .. }, authorizations, units) => {
                let (benefit, version, payer, cause) = (&stake.benefit, stake.version, &stake.payer, stake.cause);
                let day = began.authorized_on;
                format!(
                    "{span} changed {provider} as {party} {benefit} {version} {payer} {cause} {day} from {before} to {after}: \
                     {authorizations}, {units}"
                )
            }
        }
    }

    /// Of what it is.
    pub fn part(&self) -> TallyPart {
        match self {
            Self::Sold(..) => TallyPart::Sold,
            Self::Borne(..) => TallyPart::Borne,
            Self::Used(..) => TallyPart::Used,
            Self::Standing(..) => TallyPart::Standing,
            Self::Changed(..) => TallyPart::Changed,
        }
    }
}

/// A sum as rows keep it, in two columns: what is beyond 32 bits stands in one of its own, so that sums of many are added in SQL and
/// none is beyond 64 bits, however much a terminal says that it sold.
pub(crate) fn low_and_high(sum: i128) -> (i64, i64) {
    (narrow(sum % BEYOND), narrow(sum / BEYOND))
}

/// A sum as rows kept it.
pub(crate) fn wide(low: i64, high: i64) -> i128 {
    i128::from(low) + i128::from(high) * BEYOND
}

const BEYOND: i128 = 1 << 32;
