-- What was consumed and recorded. Amounts are minor units, instants are milliseconds since 1970, dates are days since 1970.

-- One row: under which identifier key everything here was hashed.
CREATE TABLE identifier_key (
    check_value BLOB NOT NULL
) STRICT;

-- One row for each request of a provider, for the life of its record, across operations.
CREATE TABLE request (
    provider         TEXT NOT NULL,
    request_id       BLOB NOT NULL,
    -- Of what was meant; null while only its reversal has come.
    fingerprint      BLOB,
    -- authorize, capture, void, refund, reverse; null as above.
    kind             TEXT,
    -- Null where none was opened: declined, or only reversed.
    authorization_id BLOB,
    -- The bytes that were answered; null as above.
    answer           BLOB,
    reversed         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (provider, request_id)
) STRICT, WITHOUT ROWID;

-- With row ids: rows this long would fill pages of their own without.
CREATE TABLE authorization (
    id          BLOB NOT NULL PRIMARY KEY,
    provider    TEXT NOT NULL,
    -- A word of the wire, or `unreadable` for what was set aside.
    state       TEXT NOT NULL,
    -- When a hold ends by itself; null for what is not held.
    expires_at  INTEGER,
    -- For how long it is held in all.
    hold_ms     INTEGER,
    recorded_at INTEGER NOT NULL,
    -- The record and its operations, as JSON.
    record      TEXT NOT NULL,
    -- What the decision read, as JSON.
    reading     TEXT NOT NULL
) STRICT;

CREATE INDEX authorization_held ON authorization (expires_at) WHERE state = 'held';

-- Usage by benefit, subject and service date. It outlives versions.
CREATE TABLE usage (
    code     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    date     INTEGER NOT NULL,
    uses     INTEGER NOT NULL,
    units    INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    PRIMARY KEY (code, subject, date)
) STRICT, WITHOUT ROWID;

-- What terminals granted without a connection beyond what was due, and who is liable.
CREATE TABLE over_grant (
    authorization_id BLOB NOT NULL,
    line_id          TEXT NOT NULL,
    benefit          TEXT NOT NULL,
    version          INTEGER NOT NULL,
    -- Towards whose caps it counts; null where it is the provider's alone.
    holder           TEXT,
    date             INTEGER NOT NULL,
    grantor          INTEGER NOT NULL,
    provider         INTEGER NOT NULL,
    PRIMARY KEY (authorization_id, line_id, benefit)
) STRICT, WITHOUT ROWID;

CREATE INDEX over_grant_by_holder ON over_grant (benefit, holder, date);
