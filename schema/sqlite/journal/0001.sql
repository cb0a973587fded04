-- What an engine sold in the ledger's stead and has not handed in yet. Amounts are minor units, instants are milliseconds since
-- 1970, dates are days since 1970.

-- One row: under which identifier key everything here was hashed.
CREATE TABLE identifier_key (
    check_value BLOB NOT NULL
) STRICT;

-- One row while the ledger is away.
CREATE TABLE outage (
    began_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sale (
    -- In the order in which it was sold; no number comes twice.
    sequence         INTEGER PRIMARY KEY AUTOINCREMENT,
    provider         TEXT NOT NULL,
    request_id       BLOB NOT NULL,
    fingerprint      BLOB NOT NULL,
    terminal         TEXT NOT NULL,
    recorded_at      INTEGER NOT NULL,
    -- Null where it was declined.
    authorization_id BLOB,
    -- The bytes that were answered.
    answer           BLOB NOT NULL,
    -- What the decision read, as JSON.
    reading          TEXT NOT NULL,
    -- What was granted, as JSON.
    granted          TEXT NOT NULL,
    -- Why the ledger does not take it; null while it may.
    set_aside        TEXT,
    UNIQUE (provider, request_id)
) STRICT;

-- What was granted of benefits with limits, towards the caps of their offline policies.
CREATE TABLE granted (
    benefit  TEXT NOT NULL,
    holder   TEXT NOT NULL,
    date     INTEGER NOT NULL,
    -- When the outage began.
    outage   INTEGER NOT NULL,
    uses     INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    PRIMARY KEY (benefit, holder, date, outage)
) STRICT, WITHOUT ROWID;
