-- What is administration's own and no engine follows: it is written whatever is written beside it. Instants are milliseconds since 1970.

-- What concerns security and is not a change: it is written off the till's path and sealed in batches.
CREATE TABLE security_event (
    number   INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    provider TEXT,
    terminal TEXT,
    subject  TEXT
) STRICT;

CREATE TABLE security_seal (
    until INTEGER NOT NULL PRIMARY KEY,
    chain BLOB NOT NULL
) STRICT;

-- How the engines that follow stand, as each says itself.
CREATE TABLE engine (
    node        TEXT NOT NULL PRIMARY KEY,
    program     TEXT NOT NULL,
    incarnation BLOB NOT NULL,
    revision    INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    age_ms      INTEGER NOT NULL,
    unreadable  INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
