//! The statements of a batch: one a table and purpose, each for any number of rows.

use deadpool_postgres::Client;
use tokio_postgres::{Error, Statement};

/// Claims request ids; waits for another batch that has claimed one and is not settled yet.
pub(super) const CLAIM_REQUESTS: &str = "
    INSERT INTO avis.request (provider, request_id)
    SELECT k.provider, k.id FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS k(provider, id, place)
    ORDER BY k.place ON CONFLICT DO NOTHING";

/// Locks what was claimed, now or before, and reads it.
pub(super) const LOCK_REQUESTS: &str = "
    SELECT r.provider, r.request_id, r.fingerprint, r.kind, r.authorization_id, r.answer, r.reversed
    FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS k(provider, id, place)
    JOIN avis.request r ON r.provider = k.provider AND r.request_id = k.id
    ORDER BY k.place FOR UPDATE OF r";

/// Locks records by their ids, and by the requests that opened or changed them.
pub(super) const LOCK_RECORDS: &str = "
    SELECT a.id, a.provider, a.lane, a.state = 'held' AND a.expires_at <= $4::timestamptz, a.record
    FROM avis.authorization a
    WHERE a.id = ANY ($1::uuid[] || ARRAY(
        SELECT r.authorization_id FROM unnest($2::text[], $3::uuid[]) AS k(provider, id)
        JOIN avis.request r ON r.provider = k.provider AND r.request_id = k.id
        WHERE r.authorization_id IS NOT NULL))
    ORDER BY a.id FOR UPDATE";

/// What happened to records since they were opened, by the same ids and requests, in its order. Read once they are locked.
pub(super) const EVENTS: &str = "
    SELECT e.authorization_id, e.content FROM avis.authorization_event e
    WHERE e.authorization_id = ANY ($1::uuid[] || ARRAY(
        SELECT r.authorization_id FROM unnest($2::text[], $3::uuid[]) AS k(provider, id)
        JOIN avis.request r ON r.provider = k.provider AND r.request_id = k.id
        WHERE r.authorization_id IS NOT NULL))
    ORDER BY e.authorization_id, e.number";

/// Locks holds that are due and that nobody else deals with, the longest due first.
pub(super) const LOCK_DUE: &str = "
    SELECT a.id, a.provider, a.lane, true, a.record FROM avis.authorization a
    WHERE a.state = 'held' AND a.expires_at <= $1::timestamptz
    ORDER BY a.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED";

pub(super) const MARK_UNREADABLE: &str =
    "UPDATE avis.authorization SET state = 'unreadable' WHERE id = ANY ($1::uuid[])";

pub(super) const INSERT_ANCHORS: &str = "
    INSERT INTO avis.usage_anchor (code, subject)
    SELECT k.code, k.subject FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(code, subject, place)
    ORDER BY k.place ON CONFLICT DO NOTHING";

pub(super) const LOCK_ANCHORS: &str = "
    SELECT 1 FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(code, subject, place)
    JOIN avis.usage_anchor a ON a.code = k.code AND a.subject = k.subject
    ORDER BY k.place FOR UPDATE OF a";

/// Sums stay at the edge of 64 bits instead of failing.
pub(super) const SUM_USAGE: &str = "
    SELECT s.uses, s.units, s.discount, s.spent
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) WITH ORDINALITY AS k(code, subject, first, last, place)
    CROSS JOIN LATERAL (
        SELECT least(coalesce(sum(u.uses), 0), 9223372036854775807)::bigint AS uses,
               least(coalesce(sum(u.units), 0), 9223372036854775807)::bigint AS units,
               least(coalesce(sum(u.discount), 0), 9223372036854775807)::bigint AS discount,
               least(coalesce(sum(u.spent), 0), 9223372036854775807)::bigint AS spent
        FROM avis.usage u
        WHERE u.code = k.code AND u.subject = k.subject
          AND u.date BETWEEN date '1970-01-01' + k.first AND date '1970-01-01' + k.last) s
    ORDER BY k.place";

/// The latest window of so many minutes that holds an instant, where there is one.
pub(super) const READ_WINDOWS: &str = "
    SELECT k.place, w.uses, w.units, w.discount, w.spent, w.start
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        WITH ORDINALITY AS k(code, subject, minutes, first, last, place)
    CROSS JOIN LATERAL (
        SELECT u.uses, u.units, u.discount, u.spent, u.start FROM avis.usage_window u
        WHERE u.code = k.code AND u.subject = k.subject AND u.minutes = k.minutes AND u.start BETWEEN k.first AND k.last
        ORDER BY u.start DESC LIMIT 1) w";

pub(super) const OVER_GRANTS: &str = "
    SELECT k.place, o.authorization_id, o.line_id, o.grantor
    FROM unnest($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY AS k(benefit, holder, date, place)
    JOIN avis.over_grant o ON o.benefit = k.benefit AND o.holder = k.holder AND o.date = date '1970-01-01' + k.date";

/// What was claimed and came to nothing leaves nothing.
pub(super) const RELEASE_REQUESTS: &str = "
    DELETE FROM avis.request r USING unnest($1::text[], $2::uuid[]) AS k(provider, id)
    WHERE r.provider = k.provider AND r.request_id = k.id AND r.fingerprint IS NULL AND NOT r.reversed";

pub(super) const WRITE_REQUESTS: &str = "
    UPDATE avis.request r SET fingerprint = k.fingerprint, kind = k.kind, authorization_id = k.authorization_id,
                              answer = k.answer, reversed = k.reversed
    FROM unnest($1::text[], $2::uuid[], $3::bytea[], $4::text[], $5::uuid[], $6::bytea[], $7::boolean[])
        AS k(provider, id, fingerprint, kind, authorization_id, answer, reversed)
    WHERE r.provider = k.provider AND r.request_id = k.id";

pub(super) const INSERT_RECORDS: &str = "
    INSERT INTO avis.authorization
        (id, lane, provider, request_id, state, occurred_at, recorded_at, expires_at, hold_ms, record, reading)
    SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[],
        $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::text[], $11::text[])";

pub(super) const UPDATE_STATES: &str = "
    UPDATE avis.authorization a SET state = k.state
    FROM unnest($1::uuid[], $2::text[]) AS k(id, state) WHERE a.id = k.id AND a.state <> k.state";

pub(super) const INSERT_EVENTS: &str = "
    INSERT INTO avis.authorization_event (authorization_id, number, recorded_at, content)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[])";

pub(super) const INSERT_MOVEMENTS: &str = "
    INSERT INTO avis.movement
        (authorization_id, number, event, lane, kind, direction, provider, terminal, request_id, original_request_id, holder,
         occurred_at, recorded_at, natural_date, authorized_on, gross, discount, payable, territory)
    SELECT k.id, k.number, k.event, k.lane, k.kind, k.direction, k.provider, k.terminal, k.request_id, k.original, k.holder,
           k.occurred_at, k.recorded_at, date '1970-01-01' + k.natural_date, date '1970-01-01' + k.authorized_on,
           k.gross, k.gross - k.payable, k.payable, k.territory
    FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
        $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::integer[], $14::integer[], $15::bigint[],
        $16::bigint[], $17::integer[], $18::text[]) AS k(id, number, lane, kind, direction, provider, terminal, request_id, original, holder,
        occurred_at, recorded_at, natural_date, authorized_on, gross, payable, event, territory)";

/// In the transaction that appends them.
pub(super) const QUEUE_UNITS: &str = "
    INSERT INTO avis.unsealed (lane, authorization_id, event)
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::integer[])";

pub(super) const INSERT_LINES: &str = "
    INSERT INTO avis.movement_line (authorization_id, number, line, line_id, product, units, gross, payable)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
        $8::bigint[])";

pub(super) const INSERT_ENTRIES: &str = "
    INSERT INTO avis.entry
        (authorization_id, number, line, discount, place, provider, date, line_id, product, benefit, version, grantor,
         payer, cause, units, amount)
    SELECT k.id, k.number, k.line, k.discount, k.place, k.provider, date '1970-01-01' + k.date, k.line_id, k.product,
           k.benefit, k.version, k.grantor, k.payer, k.cause, k.units, k.amount
    FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::smallint[], $5::smallint[], $6::text[], $7::integer[],
        $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::bigint[],
        $16::bigint[]) AS k(id, number, line, discount, place, provider, date, line_id, product, benefit, version,
        grantor, payer, cause, units, amount)";

pub(super) const ADD_USAGE: &str = "
    INSERT INTO avis.usage AS u (code, subject, date, lane, uses, units, discount, spent)
    SELECT k.code, k.subject, date '1970-01-01' + k.date, k.lane, k.uses, k.units, k.discount, k.spent
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
        WITH ORDINALITY AS k(code, subject, date, lane, uses, units, discount, spent, place)
    ORDER BY k.place
    ON CONFLICT (code, subject, date) DO UPDATE SET uses = u.uses + excluded.uses,
        units = least(u.units, 9223372036854775807 - greatest(excluded.units, 0)) + excluded.units,
        discount = least(u.discount, 9223372036854775807 - greatest(excluded.discount, 0)) + excluded.discount,
        spent = least(u.spent, 9223372036854775807 - greatest(excluded.spent, 0)) + excluded.spent";

/// Also nothing is added: that opens a window, too.
pub(super) const ADD_TO_WINDOWS: &str = "
    INSERT INTO avis.usage_window AS u (code, subject, minutes, start, lane, uses, units, discount, spent)
    SELECT k.code, k.subject, k.minutes, k.start, k.lane, k.uses, k.units, k.discount, k.spent
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[]) WITH ORDINALITY AS k(code, subject, minutes, start, lane, uses, units, discount, spent, place)
    ORDER BY k.place
    ON CONFLICT (code, subject, minutes, start) DO UPDATE SET uses = u.uses + excluded.uses,
        units = least(u.units, 9223372036854775807 - greatest(excluded.units, 0)) + excluded.units,
        discount = least(u.discount, 9223372036854775807 - greatest(excluded.discount, 0)) + excluded.discount,
        spent = least(u.spent, 9223372036854775807 - greatest(excluded.spent, 0)) + excluded.spent";

/// What no more stands over-granted.
pub(super) const UNLIST: &str = "
    DELETE FROM avis.over_grant o USING unnest($1::uuid[], $2::text[], $3::text[]) AS k(id, line_id, benefit)
    WHERE o.authorization_id = k.id AND o.line_id = k.line_id AND o.benefit = k.benefit";

/// What stands over-granted now, in the place of what was listed of the same line and benefit.
pub(super) const LIST: &str = "
    INSERT INTO avis.over_grant AS o (authorization_id, line_id, benefit, version, holder, date, grantor, provider)
    SELECT k.id, k.line_id, k.benefit, k.version, k.holder, date '1970-01-01' + k.date, k.grantor, k.provider
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::bigint[], $8::bigint[])
        AS k(id, line_id, benefit, version, holder, date, grantor, provider)
    ON CONFLICT (authorization_id, line_id, benefit)
        DO UPDATE SET grantor = excluded.grantor, provider = excluded.provider";

/// Prepared once a connection. Before a transaction begins: a statement that can't be prepared would end it.
pub(super) async fn prepared<const N: usize>(client: &Client, texts: [&str; N]) -> Result<[Statement; N], Error> {
    let mut statements = Vec::with_capacity(N);
    for text in texts {
        statements.push(client.prepare_cached(text).await?);
    }
    #[allow(clippy::unreachable, reason = "one is pushed for each text")]
    statements.try_into().map_err(|_| unreachable!())
}
