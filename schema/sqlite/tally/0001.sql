-- What moved, added up by day and by month, so that questions over years read few rows. Everything here follows from the ledger
-- beside it and from closed days: it can be deleted, and is made again.

-- How far the ledger is added up; one row.
CREATE TABLE tallied (
    -- As JSON: the position in each lane.
    cursor TEXT NOT NULL
) STRICT;
INSERT INTO tallied (cursor) VALUES ('{}');

-- In all tables: `span` is `day` or `month`, `start` its first business date in days since 1970. Texts are empty where nothing is
-- known. Amounts are minor units.

-- What providers sold, less what came back.
CREATE TABLE tally_sold (
    span     TEXT NOT NULL,
    start    INTEGER NOT NULL,
    provider TEXT NOT NULL,
    kind     TEXT NOT NULL,
    count    INTEGER NOT NULL,
    gross    INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    payable  INTEGER NOT NULL,
    PRIMARY KEY (span, start, provider, kind)
) STRICT, WITHOUT ROWID;

-- Who bears what.
CREATE TABLE tally_borne (
    span          TEXT NOT NULL,
    start         INTEGER NOT NULL,
    provider      TEXT NOT NULL,
    benefit       TEXT NOT NULL,
    grantor       TEXT NOT NULL,
    territory     TEXT NOT NULL,
    payer         TEXT NOT NULL,
    cause         TEXT NOT NULL,
    -- The provider's day on which the authorization took place; of months their first day.
    authorized_on INTEGER NOT NULL,
    amount        INTEGER NOT NULL,
    PRIMARY KEY (span, start, provider, benefit, grantor, territory, payer, cause, authorized_on)
) STRICT, WITHOUT ROWID;

-- Uses: authorizations in which a benefit stands above zero at the end of the span, less those at its beginning.
CREATE TABLE tally_used (
    span      TEXT NOT NULL,
    start     INTEGER NOT NULL,
    provider  TEXT NOT NULL,
    benefit   TEXT NOT NULL,
    grantor   TEXT NOT NULL,
    territory TEXT NOT NULL,
    -- The payer that sees its own entries alone; empty for who sees all of the benefit.
    seer      TEXT NOT NULL,
    uses      INTEGER NOT NULL,
    -- The numbers of those who got something sold, packed.
    people    BLOB NOT NULL,
    PRIMARY KEY (span, start, provider, benefit, grantor, territory, seer)
) STRICT, WITHOUT ROWID;

-- Authorizations in which something stands above zero at the end of the span, less those at its beginning.
CREATE TABLE tally_standing (
    span     TEXT NOT NULL,
    start    INTEGER NOT NULL,
    provider TEXT NOT NULL,
    -- The party that sees what it pays and grants; empty for who sees all.
    seer     TEXT NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (span, start, provider, seer)
) STRICT, WITHOUT ROWID;

-- Each holder, by the opaque code, and each use without one, by authorization and benefit, under a number.
CREATE TABLE tally_person (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
) STRICT;
