//! What a list is of: memberships of a group, or means. How a row is read, and what it makes of a person.

use avis_core::limits::HOLDER_FACTS_MAX;
use avis_core::{
    Entitlement, IdentifierKey, IdentifierSecret, IdentifierState, IdentifierStatus, RegisteredHolder,
    RegisteredIdentifier, Span,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::rows::{RowFault, said};

/// The fields of a membership.
pub(super) const MEMBERSHIP: &[&str] = &["scheme", "value", "key", "group", "from", "until"];
/// The fields of a means.
pub(super) const MEANS: &[&str] =
    &["scheme", "value", "key", "new_scheme", "new_value", "new_key", "status", "since", "valid_until"];

/// What a list of what people have is of.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Subject {
    /// Memberships of a group; of all of them where the list is full.
    Entitlements { group: String, is_full: bool },
    /// Means, of some schemes alone or of any.
    Means { schemes: Option<Vec<String>> },
}

/// A row: who it is of, and what it says.
pub(super) struct ListRow {
    pub(super) line: u64,
    pub(super) finds: IdentifierKey,
    pub(super) says: Says,
}

/// What a row says of a person.
pub(super) enum Says {
    /// A membership of the group of the list.
    Member(Span),
    /// Means, new ones or the person's own, of which what is not named stays.
    Has { means: RegisteredIdentifier, names: Names },
}

impl ListRow {
    /// The means that the row blocks.
    pub(super) fn blocks(&self) -> Option<IdentifierKey> {
        match &self.says {
            Says::Has { means, names } if names.status && means.state.status == IdentifierStatus::Blocked => {
                Some(means.key)
            }
            Says::Has { .. } | Says::Member(_) => None,
        }
    }
}

/// Which parts of a state a row names.
#[derive(Clone, Copy)]
pub(super) struct Names {
    status: bool,
    since: bool,
    valid_until: bool,
}

impl Subject {
    /// The fields of a row.
    pub(super) fn columns(&self) -> &'static [&'static str] {
        match self {
            Self::Entitlements { .. } => MEMBERSHIP,
            Self::Means { .. } => MEANS,
        }
    }

    /// Reads a row.
    ///
    /// # Errors
    /// Its first fault.
    pub(super) fn row(&self, line: u64, row: &Value, secret: &IdentifierSecret) -> Result<ListRow, RowFault> {
        match self {
            Self::Entitlements { group, .. } => member(line, row, group, secret),
            Self::Means { schemes } => means(line, row, schemes.as_deref(), secret),
        }
    }

    /// What a person becomes by the rows that are theirs.
    ///
    /// # Errors
    /// The fault of one of the rows.
    pub(super) fn apply(
        &self,
        holder: &mut RegisteredHolder,
        rows: &[&ListRow],
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<(), RowFault> {
        match self {
            Self::Entitlements { group, is_full } => belong(holder, group, rows, is_full.then_some((now, zone)))?,
            Self::Means { .. } => rows.iter().try_for_each(|row| have(holder, row, now, zone))?,
        }
        let is_too_many =
            holder.holder.entitlements.len() > HOLDER_FACTS_MAX || holder.identifiers.len() > HOLDER_FACTS_MAX;
        match rows.first() {
            Some(row) if is_too_many => Err(RowFault::new(row.line, "", "too_many")),
            _ => Ok(()),
        }
    }
}

/// Some fields of a row, as a part of a holder.
pub(super) fn part(row: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let given = names.iter().filter_map(|(field, name)| Some(((*name).to_owned(), row.get(field)?.clone())));
    given.collect()
}

/// The fields by which a row names a person.
pub(super) const FINDS: &[(&str, &str)] = &[("scheme", "scheme"), ("value", "value"), ("key", "key")];

fn member(line: u64, row: &Value, group: &str, secret: &IdentifierSecret) -> Result<ListRow, RowFault> {
    if row.get("group").is_some_and(|named| named != group) {
        return Err(RowFault::new(line, "group", "another_group"));
    }
    let mut entitlement = part(row, &[("from", "from"), ("until", "until")]);
    entitlement.insert("group".to_owned(), json!(group));
    let holder = json!({"holder": "row", "identifiers": [part(row, FINDS)], "entitlements": [entitlement]});
    let said = said(line, &holder, &[("/identifiers/0", "scheme"), ("/entitlements/0", "from")], secret)?;
    match (said.identifiers.into_iter().next(), said.holder.entitlements.into_iter().next()) {
        (Some(identifier), Some(entitlement)) => {
            Ok(ListRow { line, finds: identifier.key, says: Says::Member(entitlement.span) })
        }
        _ => Err(RowFault::new(line, "", "malformed")),
    }
}

const STATE: &[(&str, &str)] = &[("status", "status"), ("since", "since"), ("valid_until", "valid_until")];
const NEW: &[(&str, &str)] = &[("new_scheme", "scheme"), ("new_value", "value"), ("new_key", "key")];

fn means(line: u64, row: &Value, schemes: Option<&[String]>, secret: &IdentifierSecret) -> Result<ListRow, RowFault> {
    let (mut finds, mut new, state) = (part(row, FINDS), part(row, NEW), part(row, STATE));
    let is_new = !new.is_empty();
    let (holder, names): (_, &[_]) = if is_new {
        new.extend(state);
        (
            json!({"holder": "row", "identifiers": [finds, new]}),
            &[("/identifiers/0", "scheme"), ("/identifiers/1", "new_scheme")],
        )
    } else {
        finds.extend(state);
        (json!({"holder": "row", "identifiers": [finds]}), &[("/identifiers/0", "scheme")])
    };
    let said = said(line, &holder, names, secret)?.identifiers;
    let (Some(first), Some(last)) = (said.first(), said.last()) else {
        return Err(RowFault::new(line, "", "malformed"));
    };
    if schemes.is_some_and(|schemes| !schemes.iter().any(|scheme| **scheme == *last.scheme)) {
        return Err(RowFault::new(line, if is_new { "new_scheme" } else { "scheme" }, "not_issued"));
    }
    let is_named = |name: &str| row.get(name).is_some();
    let names = Names { status: is_named("status"), since: is_named("since"), valid_until: is_named("valid_until") };
    Ok(ListRow { line, finds: first.key, says: Says::Has { means: last.clone(), names } })
}

/// A membership is known by its beginning. A full list, which comes with its moment, ends those of the group that it does not name.
fn belong(
    holder: &mut RegisteredHolder,
    group: &str,
    rows: &[&ListRow],
    full_at: Option<(Timestamp, &TimeZone)>,
) -> Result<(), RowFault> {
    let mut wanted: Vec<Span> = Vec::with_capacity(rows.len());
    for row in rows {
        let Says::Member(span) = &row.says else { continue };
        if wanted.iter().any(|known| known.from == span.from) {
            return Err(RowFault::new(row.line, "from", "repeated"));
        }
        wanted.push(*span);
    }
    if let Some((now, zone)) = full_at {
        end_others(holder, (group, &wanted), now, zone);
    }
    let all = &mut holder.holder.entitlements;
    for span in wanted {
        match all.iter_mut().find(|known| *known.group == *group && known.span.from == span.from) {
            Some(known) => known.span = span,
            None => all.push(Entitlement { group: group.into(), span }),
        }
    }
    Ok(())
}

/// No list makes active what is blocked: only who sees the person does.
fn have(holder: &mut RegisteredHolder, row: &ListRow, now: Timestamp, zone: &TimeZone) -> Result<(), RowFault> {
    let Says::Has { means, names } = &row.says else { return Ok(()) };
    let room = holder.has_room(now, zone);
    let refused = |field: &str, code: &str| Err(RowFault::new(row.line, field, code));
    let Some(known) = holder.identifiers.iter_mut().find(|known| known.key == means.key) else {
        if !room && means.state.at(now, zone) == IdentifierStatus::Active {
            return refused("new_value", "too_many");
        }
        holder.identifiers.push(means.clone());
        return Ok(());
    };
    if names.status && means.state.status == IdentifierStatus::Active && known.state.status == IdentifierStatus::Blocked
    {
        return refused("status", "blocked");
    }
    let (before, said) = (known.state, means.state);
    let status = if names.status { said.status } else { before.status };
    // Without a moment, what is blocked was good until now.
    let is_newly_blocked = status == IdentifierStatus::Blocked && before.status != status;
    known.state = IdentifierState {
        status,
        since: if names.since {
            said.since
        } else if is_newly_blocked {
            Some(now)
        } else {
            before.since
        },
        valid_until: if names.valid_until { said.valid_until } else { before.valid_until },
    };
    Ok(())
}

/// Ends what a person has of a group now or later, since a full list does not name them; whether there was anything.
pub(super) fn end(holder: &mut RegisteredHolder, group: &str, now: Timestamp, zone: &TimeZone) -> bool {
    end_others(holder, (group, &[]), now, zone)
}

/// Whether a person is in a group at a moment.
pub(super) fn is_in(holder: &RegisteredHolder, group: &str, now: Timestamp, zone: &TimeZone) -> bool {
    let mut of_group = holder.holder.entitlements.iter().filter(|known| *known.group == *group);
    of_group.any(|known| known.span.resolve(zone).contains(now))
}

/// The same of all that do not begin as one that is wanted: what is over stays as it was.
fn end_others(
    holder: &mut RegisteredHolder,
    (group, wanted): (&str, &[Span]),
    now: Timestamp,
    zone: &TimeZone,
) -> bool {
    let is_other =
        |known: &Entitlement| *known.group == *group && !wanted.iter().any(|span| span.from == known.span.from);
    let all = &mut holder.holder.entitlements;
    let is_over = |span: &Span| span.resolve(zone).until.is_some_and(|until| until <= now);
    let has_begun = |span: &Span| span.resolve(zone).from.is_none_or(|from| from < now);
    let before = all.len();
    all.retain(|known| !is_other(known) || is_over(&known.span) || has_begun(&known.span));
    let mut is_changed = all.len() != before;
    for known in all.iter_mut().filter(|known| is_other(known) && !is_over(&known.span)) {
        known.span.until = Some(avis_core::Bound::Instant(now));
        is_changed = true;
    }
    is_changed
}
