-- What engines follow, and who changed it. Instants are milliseconds since 1970.

-- One row: which life of the store this is, and under which identifier key everything here was hashed.
CREATE TABLE store (
    incarnation BLOB NOT NULL,
    check_value BLOB NOT NULL
) STRICT;

-- The header of each revision: dense, in the order of commits.
CREATE TABLE revision (
    number    INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    -- Who did what, and why: as the audit's entry says it, which follows from this row.
    actor_kind  TEXT NOT NULL,
    actor       TEXT NOT NULL,
    party       TEXT,
    on_behalf   TEXT,
    origin      TEXT,
    action      TEXT NOT NULL,
    object_kind TEXT,
    object_key  TEXT,
    reason      TEXT,
    request     TEXT,
    owner       TEXT,
    added     INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    removed   INTEGER NOT NULL,
    -- Sums over all rows as of this revision, by scope.
    rules     BLOB NOT NULL,
    holders   BLOB NOT NULL,
    terminals BLOB NOT NULL,
    coupons   BLOB NOT NULL,
    -- Over this header and what the revision did to each row. The audit's entry names it, and is chained.
    seal      BLOB NOT NULL
) STRICT;

-- The rows themselves are the log of changes: each carries the revision that wrote it.
CREATE TABLE followed (
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    -- JSON; null is a tombstone.
    content  TEXT,
    -- The row's part of its scope's sum; null of a tombstone.
    digest   BLOB,
    revision INTEGER NOT NULL REFERENCES revision (number) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE INDEX followed_by_revision ON followed (revision);

-- Whose each identifier is. Two holders may share one only while a commit moves it.
CREATE TABLE identifier (
    key    BLOB NOT NULL,
    holder TEXT NOT NULL,
    scheme TEXT NOT NULL,
    PRIMARY KEY (key, holder)
) STRICT, WITHOUT ROWID;

CREATE INDEX identifier_by_holder ON identifier (holder);

-- What each revision did to each row. Digests are salted, so that content can be erased and the chain still holds.
CREATE TABLE row_change (
    revision      INTEGER NOT NULL,
    place         INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    key           TEXT NOT NULL,
    salt          BLOB,
    -- The content before; null if there was none. The content after is the next one's, or the row's own.
    before        TEXT,
    before_digest BLOB,
    after_digest  BLOB,
    PRIMARY KEY (revision, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX row_change_of_rules ON row_change (kind, key, revision) WHERE kind NOT IN ('holder', 'terminal');
