-- What is administration's own and no engine follows: it is written whatever is written beside it. Instants are milliseconds since 1970.

-- The audit: one sequence of who did what to which object, never changed and never deleted. Of a revision of what engines follow,
-- the entry follows from the revision's header in `registry.db`.
CREATE TABLE audit (
    seq         INTEGER NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor       TEXT NOT NULL,
    -- For which party the actor acts.
    party       TEXT,
    on_behalf   TEXT,
    -- The network from which it came, cut.
    origin      TEXT,
    action      TEXT NOT NULL,
    object_kind TEXT,
    object_key  TEXT,
    reason      TEXT,
    request     TEXT,
    -- The party whose the object is.
    owner       TEXT,
    before      TEXT,
    after       TEXT,
    revision    INTEGER UNIQUE,
    -- Over the link before it and this entry.
    link        BLOB NOT NULL
) STRICT;

CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_party ON audit (party, seq) WHERE party IS NOT NULL;
CREATE INDEX audit_by_owner ON audit (owner, seq) WHERE owner IS NOT NULL;
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_object ON audit (object_kind, object_key, seq) WHERE object_key IS NOT NULL;

-- How the engines that follow stand, as each says itself.
CREATE TABLE engine (
    node        TEXT NOT NULL PRIMARY KEY,
    program     TEXT NOT NULL,
    incarnation BLOB NOT NULL,
    revision    INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    age_ms      INTEGER NOT NULL,
    unreadable  INTEGER NOT NULL,
    -- JSON: how standing in for the cluster's ledger goes; none where the ledger is the engine's own.
    stand_in    TEXT,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the control plane keeps: parties, users, sessions, drafts, by kind and key.
CREATE TABLE record (
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,
    -- The party or the user whose it is; empty for what is the installation's.
    owner      TEXT NOT NULL,
    state      TEXT NOT NULL,
    -- How often it was written: who changes it names the version that was read.
    version    INTEGER NOT NULL,
    expires_at INTEGER,
    -- JSON.
    content    TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE INDEX record_by_owner ON record (kind, owner, key);
CREATE INDEX record_by_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
