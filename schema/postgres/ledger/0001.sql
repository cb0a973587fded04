-- What was consumed and recorded. Amounts are minor units. Runs in the schema `avis`, in one transaction with its version.

CREATE TABLE avis.identifier_key (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    check_value bytea NOT NULL CHECK (length(check_value) = 16)
);
COMMENT ON TABLE avis.identifier_key IS 'One row: under which identifier key everything here was hashed.';

CREATE TABLE avis.request (
    provider         text COLLATE "C" NOT NULL,
    request_id       uuid NOT NULL,
    fingerprint      bytea CHECK (length(fingerprint) = 16),
    kind             text COLLATE "C" CHECK (kind IN ('authorize', 'operate', 'reverse')),
    authorization_id uuid,
    answer           bytea,
    reversed         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (provider, request_id),
    CHECK ((fingerprint IS NULL) = (kind IS NULL) AND (fingerprint IS NULL) = (answer IS NULL)),
    CHECK (authorization_id IS NULL OR fingerprint IS NOT NULL)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.request IS 'One row for each request of a provider, for the life of its record, across operations. Claimed empty at the beginning of a batch, and answered or gone at its end.';
COMMENT ON COLUMN avis.request.fingerprint IS 'A keyed hash of what was meant; null while only its reversal has come.';
COMMENT ON COLUMN avis.request.authorization_id IS 'What it opened or changed; null where it did neither: declined, or only reversed.';
COMMENT ON COLUMN avis.request.answer IS 'The bytes that were answered.';
COMMENT ON COLUMN avis.request.reversed IS 'Whether a reversal undid it, also before it came.';

-- The name is a word of SQL: it is written with its schema everywhere.
CREATE TABLE avis.authorization (
    id          uuid PRIMARY KEY,
    lane        smallint NOT NULL CHECK (lane BETWEEN 0 AND 63),
    provider    text COLLATE "C" NOT NULL,
    request_id  uuid NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN
        ('held', 'captured', 'partly_refunded', 'refunded', 'voided', 'expired', 'reversed', 'unreadable')),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    expires_at  timestamptz,
    hold_ms     bigint CHECK (hold_ms >= 0),
    record      text NOT NULL,
    reading     text NOT NULL,
    CHECK ((expires_at IS NULL) = (hold_ms IS NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE avis.authorization IS 'The record of each use.';
COMMENT ON COLUMN avis.authorization.id IS 'A UUID of version 7, made by the engine: in the order of time.';
COMMENT ON COLUMN avis.authorization.lane IS 'Hash of the household, else the holder, else the request, mod 64.';
COMMENT ON COLUMN avis.authorization.state IS 'A word of the wire, or `unreadable` for a hold that was set aside.';
COMMENT ON COLUMN avis.authorization.occurred_at IS 'By the terminal.';
COMMENT ON COLUMN avis.authorization.expires_at IS 'When a hold ends by itself; null for what never was held.';
COMMENT ON COLUMN avis.authorization.hold_ms IS 'For how long it is held in all, in milliseconds.';
COMMENT ON COLUMN avis.authorization.record IS 'The record and its operations, as JSON. Text, for JSON of SQL refuses some strings that JSON allows.';
COMMENT ON COLUMN avis.authorization.reading IS 'What the decision read, as JSON.';

CREATE INDEX authorization_held ON avis.authorization (expires_at) WHERE state = 'held';

CREATE TABLE avis.usage_anchor (
    code    text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    PRIMARY KEY (code, subject)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.usage_anchor IS 'What a decision locks before it sums usage: locking days alone would let two days of one month both spend its last unit.';

CREATE TABLE avis.usage (
    code     text COLLATE "C" NOT NULL,
    subject  text COLLATE "C" NOT NULL CHECK (subject = 'benefit' OR subject LIKE '%:_%'),
    date     date NOT NULL,
    lane     smallint NOT NULL CHECK (lane BETWEEN 0 AND 63),
    uses     bigint NOT NULL,
    units    bigint NOT NULL,
    discount bigint NOT NULL,
    spent    bigint NOT NULL,
    PRIMARY KEY (code, subject, date)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.usage IS 'Usage by benefit, subject and service date. It outlives versions.';
COMMENT ON COLUMN avis.usage.code IS 'Of the benefit.';
COMMENT ON COLUMN avis.usage.subject IS '`holder:`, `household:` or `provider:` and a code, or `benefit` for everyone together.';
COMMENT ON COLUMN avis.usage.lane IS 'Of the record that was the first to use something.';
COMMENT ON COLUMN avis.usage.spent IS 'What a holder paid under a spend cap.';

CREATE TABLE avis.over_grant (
    authorization_id uuid NOT NULL REFERENCES avis.authorization (id),
    line_id          text COLLATE "C" NOT NULL,
    benefit          text COLLATE "C" NOT NULL,
    version          bigint NOT NULL,
    holder           text COLLATE "C",
    date             date NOT NULL,
    grantor          bigint NOT NULL CHECK (grantor >= 0),
    provider         bigint NOT NULL CHECK (provider >= 0),
    PRIMARY KEY (authorization_id, line_id, benefit)
);
COMMENT ON TABLE avis.over_grant IS 'What was granted beyond what was due, and who is liable.';
COMMENT ON COLUMN avis.over_grant.holder IS 'Towards whose caps it counts; null where it is the provider''s alone.';
COMMENT ON COLUMN avis.over_grant.grantor IS 'What the grantor bears, within the caps of the benefit.';
COMMENT ON COLUMN avis.over_grant.provider IS 'What the provider bears, beyond them.';

CREATE INDEX over_grant_by_holder ON avis.over_grant (benefit, holder, date);
