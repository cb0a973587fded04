-- What engines follow, and who changed it. Runs in the schema `avis`, after the ledger's, in one transaction with its version.

CREATE TABLE avis.store (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    incarnation uuid NOT NULL
);
COMMENT ON TABLE avis.store IS 'One row. Who writes a revision locks it, so that revisions are dense and in the order of commits.';
COMMENT ON COLUMN avis.store.incarnation IS 'Which life of the store this is; engines take it together with the identity and the timeline of the server.';

CREATE TABLE avis.revision (
    number    bigint PRIMARY KEY CHECK (number > 0),
    commit_id uuid NOT NULL UNIQUE,
    at        timestamptz NOT NULL,
    actor_kind  text NOT NULL,
    actor       text NOT NULL,
    party       text,
    on_behalf   text,
    origin      text,
    action      text NOT NULL,
    object_kind text,
    object_key  text,
    reason      text,
    request     text,
    owner       text,
    added     bigint NOT NULL CHECK (added >= 0),
    changed   bigint NOT NULL CHECK (changed >= 0),
    removed   bigint NOT NULL CHECK (removed >= 0),
    rules     bytea NOT NULL CHECK (length(rules) = 16),
    holders   bytea NOT NULL CHECK (length(holders) = 16),
    terminals bytea NOT NULL CHECK (length(terminals) = 16),
    coupons   bytea NOT NULL CHECK (length(coupons) = 16),
    seal      bytea NOT NULL CHECK (length(seal) = 32)
);
COMMENT ON TABLE avis.revision IS 'The header of each revision: dense, in the order of commits.';
COMMENT ON COLUMN avis.revision.commit_id IS 'Made by who commits, to find out whether a commit whose answer was lost is there.';
COMMENT ON COLUMN avis.revision.actor IS 'Who made it; this and what follows up to the request is as the audit''s entry says it.';
COMMENT ON COLUMN avis.revision.rules IS 'Sum of the digests of all rules as of this revision.';
COMMENT ON COLUMN avis.revision.holders IS 'The same of all holders.';
COMMENT ON COLUMN avis.revision.terminals IS 'The same of all terminals.';
COMMENT ON COLUMN avis.revision.coupons IS 'The same of all coupons.';
COMMENT ON COLUMN avis.revision.seal IS 'Over this header and what the revision did to each row. The audit''s entry names it, and is chained.';

CREATE TABLE avis.followed (
    kind     text COLLATE "C" NOT NULL CONSTRAINT followed_kind CHECK (kind IN
        ('deployment', 'calendar', 'group', 'slot', 'provider', 'benefit', 'case', 'program', 'campaign', 'coupon', 'price',
         'holder', 'terminal')),
    key      text COLLATE "C" NOT NULL CHECK (key <> ''),
    content  text,
    digest   bytea CHECK (length(digest) = 16),
    revision bigint NOT NULL,
    PRIMARY KEY (kind, key),
    CHECK ((content IS NULL) = (digest IS NULL))
) WITH (fillfactor = 90);
COMMENT ON TABLE avis.followed IS 'The rows themselves are the log of changes: each carries the revision that wrote it. No foreign key says so: the header is written last, and a million rows would be checked one by one.';
COMMENT ON COLUMN avis.followed.content IS 'JSON in the shape of the files; null is a tombstone. Text, for the bytes are hashed.';
COMMENT ON COLUMN avis.followed.digest IS 'The part of the row in the sum of its scope; a keyed hash.';

CREATE INDEX followed_by_revision ON avis.followed (revision);

CREATE TABLE avis.identifier (
    key    bytea NOT NULL CHECK (length(key) = 16),
    holder text COLLATE "C" NOT NULL,
    scheme text NOT NULL,
    CONSTRAINT identifier_names_one_holder PRIMARY KEY (key) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE avis.identifier IS 'Whose each identifier is. Two holders may share one only while a commit moves it.';
COMMENT ON COLUMN avis.identifier.key IS 'The keyed hash of scheme and value; the value itself is nowhere.';

CREATE INDEX identifier_by_holder ON avis.identifier (holder);

CREATE TABLE avis.row_change (
    revision      bigint NOT NULL,
    place         bigint NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    key           text COLLATE "C" NOT NULL,
    salt          bytea CHECK (length(salt) = 16),
    before        text,
    before_digest bytea CHECK (length(before_digest) = 32),
    after_digest  bytea CHECK (length(after_digest) = 32),
    PRIMARY KEY (revision, place)
);
COMMENT ON TABLE avis.row_change IS 'What each revision did to each row. Digests are salted, so that content can be erased and the chain still holds.';
COMMENT ON COLUMN avis.row_change.salt IS 'Null once the content is erased.';
COMMENT ON COLUMN avis.row_change.before IS 'The content before; null if there was none. The content after is the next one''s, or the row''s own.';

CREATE INDEX row_change_of_rules ON avis.row_change (kind, key, revision) WHERE kind NOT IN ('holder', 'terminal');

CREATE TABLE avis.audit (
    seq         bigint PRIMARY KEY CHECK (seq > 0),
    at          timestamptz NOT NULL,
    actor_kind  text NOT NULL,
    actor       text COLLATE "C" NOT NULL,
    party       text COLLATE "C",
    on_behalf   text,
    origin      text,
    action      text COLLATE "C" NOT NULL,
    object_kind text COLLATE "C",
    object_key  text COLLATE "C",
    reason      text,
    request     text,
    owner       text COLLATE "C",
    before      text,
    after       text,
    revision    bigint UNIQUE,
    link        bytea NOT NULL CHECK (length(link) = 32)
);
COMMENT ON TABLE avis.audit IS 'The audit: one sequence of who did what to which object, never changed and never deleted.';
COMMENT ON COLUMN avis.audit.party IS 'For which party the actor acts.';
COMMENT ON COLUMN avis.audit.owner IS 'The party whose the object is.';
COMMENT ON COLUMN avis.audit.origin IS 'The network from which it came, cut.';
COMMENT ON COLUMN avis.audit.revision IS 'The revision of what engines follow that it made, if it made one.';
COMMENT ON COLUMN avis.audit.link IS 'Over the link before it and this entry.';

CREATE INDEX audit_by_actor ON avis.audit (actor, seq);
CREATE INDEX audit_by_party ON avis.audit (party, seq) WHERE party IS NOT NULL;
CREATE INDEX audit_by_owner ON avis.audit (owner, seq) WHERE owner IS NOT NULL;
CREATE INDEX audit_by_action ON avis.audit (action, seq);
CREATE INDEX audit_by_object ON avis.audit (object_kind, object_key, seq) WHERE object_key IS NOT NULL;

CREATE VIEW avis.benefit_version AS
    SELECT content::json ->> 'code' AS code, (content::json ->> 'version')::bigint AS version,
           content::json ->> 'grantor' AS grantor, content::json -> 'valid' ->> 'from' AS valid_from,
           content::json -> 'valid' ->> 'until' AS valid_until, content::json AS document, revision
    FROM avis.followed WHERE kind = 'benefit' AND content IS NOT NULL;
COMMENT ON VIEW avis.benefit_version IS 'Versions of benefits, for people who query.';

CREATE VIEW avis.holder_entitlement AS
    SELECT key AS holder, entitlement ->> 'group' AS "group", entitlement ->> 'from' AS "from", entitlement ->> 'until' AS until
    FROM avis.followed, json_array_elements(content::json -> 'entitlements') AS entitlement
    WHERE kind = 'holder' AND content IS NOT NULL;
COMMENT ON VIEW avis.holder_entitlement IS 'Memberships of beneficiary groups, for people who query.';

CREATE TABLE avis.engine (
    node        text PRIMARY KEY,
    program     text NOT NULL,
    incarnation uuid NOT NULL,
    revision    bigint NOT NULL CHECK (revision >= 0),
    digest      bytea NOT NULL CHECK (octet_length(digest) = 16),
    age_ms      bigint NOT NULL CHECK (age_ms >= 0),
    unreadable  bigint NOT NULL CHECK (unreadable >= 0),
    stand_in    text,
    at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE avis.engine IS 'How the engines that follow stand, as each says itself.';
COMMENT ON COLUMN avis.engine.digest IS 'Sum over all that it follows, by which it is compared with others at that revision.';
COMMENT ON COLUMN avis.engine.stand_in IS 'How standing in for the ledger goes, as JSON; none where the ledger is the engine''s own.';
COMMENT ON COLUMN avis.engine.age_ms IS 'Since it last knew itself equal to the store.';

CREATE TABLE avis.record (
    kind       text COLLATE "C" NOT NULL CHECK (kind <> ''),
    key        text COLLATE "C" NOT NULL CHECK (key <> ''),
    owner      text COLLATE "C" NOT NULL,
    state      text COLLATE "C" NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    expires_at timestamptz,
    content    text NOT NULL,
    PRIMARY KEY (kind, key)
);
COMMENT ON TABLE avis.record IS 'What the control plane keeps: parties, users, sessions, drafts, by kind and key. No engine follows it.';
COMMENT ON COLUMN avis.record.owner IS 'The party or the user whose it is; empty for what is the installation''s.';
COMMENT ON COLUMN avis.record.version IS 'How often it was written: who changes it names the version that was read.';
COMMENT ON COLUMN avis.record.expires_at IS 'From when it is as good as gone; it is removed some time after.';

CREATE INDEX record_by_owner ON avis.record (kind, owner, key);
CREATE INDEX record_by_expiry ON avis.record (expires_at) WHERE expires_at IS NOT NULL;
