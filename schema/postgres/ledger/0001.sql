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
    kind             text COLLATE "C" CHECK (kind IN ('authorize', 'operate', 'reverse', 'account')),
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

-- Compressing costs more than the few kilobytes that it saves: rows stay as they are up to a page.
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
) WITH (fillfactor = 80, toast_tuple_target = 8160);
COMMENT ON TABLE avis.authorization IS 'The record of each use.';
COMMENT ON COLUMN avis.authorization.id IS 'A UUID of version 7, made by the engine: in the order of time.';
COMMENT ON COLUMN avis.authorization.lane IS 'Hash of the household, else the holder, else the request, mod 64.';
COMMENT ON COLUMN avis.authorization.state IS 'A word of the wire, or `unreadable` for a hold that was set aside.';
COMMENT ON COLUMN avis.authorization.occurred_at IS 'By the terminal.';
COMMENT ON COLUMN avis.authorization.expires_at IS 'When a hold ends by itself; null for what never was held.';
COMMENT ON COLUMN avis.authorization.hold_ms IS 'For how long it is held in all, in milliseconds.';
COMMENT ON COLUMN avis.authorization.record IS 'The record as it was opened, as JSON: never changed. Text, for JSON of SQL refuses some strings that JSON allows.';
COMMENT ON COLUMN avis.authorization.reading IS 'What the decision read, as JSON: never changed.';

CREATE INDEX authorization_held ON avis.authorization (expires_at) WHERE state = 'held';

CREATE TABLE avis.authorization_event (
    authorization_id uuid NOT NULL,
    number           integer NOT NULL CHECK (number >= 1),
    recorded_at      timestamptz NOT NULL,
    content          text NOT NULL,
    PRIMARY KEY (authorization_id, number)
);
COMMENT ON TABLE avis.authorization_event IS 'What happened to an authorization after it was opened: operations, expiry, reversals. Rows are never changed or deleted.';
COMMENT ON COLUMN avis.authorization_event.number IS 'From 1, in the order in which it happened.';
COMMENT ON COLUMN avis.authorization_event.content IS 'As JSON: what happened, when, by whom and why.';

CREATE TABLE avis.movement (
    authorization_id    uuid NOT NULL,
    number              integer NOT NULL CHECK (number >= 1),
    event               integer NOT NULL CHECK (event >= 0),
    lane                smallint NOT NULL CHECK (lane BETWEEN 0 AND 63),
    kind                text COLLATE "C" NOT NULL CHECK (kind IN ('sale', 'capture', 'advice', 'void', 'refund', 'reversal')),
    direction           text COLLATE "C" NOT NULL CHECK (direction IN ('sale', 'return')),
    provider            text COLLATE "C" NOT NULL,
    terminal            text COLLATE "C" NOT NULL,
    request_id          uuid NOT NULL,
    original_request_id uuid,
    holder              text COLLATE "C",
    occurred_at         timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL,
    natural_date        date NOT NULL,
    authorized_on       date NOT NULL,
    gross               bigint NOT NULL,
    discount            bigint NOT NULL,
    payable             bigint NOT NULL,
    PRIMARY KEY (authorization_id, number)
);
COMMENT ON TABLE avis.movement IS 'What one request moved of what stands sold: after it less before. Rows are never changed or deleted.';
COMMENT ON COLUMN avis.movement.number IS 'Counts the movements of the authorization from 1.';
COMMENT ON COLUMN avis.movement.event IS 'By which event of the authorization; 0 is its opening.';
COMMENT ON COLUMN avis.movement.lane IS 'That of the record.';
COMMENT ON COLUMN avis.movement.terminal IS 'The one that sent the request.';
COMMENT ON COLUMN avis.movement.original_request_id IS 'What a reversal undid; null of all others.';
COMMENT ON COLUMN avis.movement.holder IS 'The code of the holder; null where nobody was recognised.';
COMMENT ON COLUMN avis.movement.natural_date IS 'The provider''s day of `occurred_at`.';
COMMENT ON COLUMN avis.movement.authorized_on IS 'The provider''s day on which the authorization took place.';

CREATE INDEX movement_by_provider ON avis.movement (provider, natural_date);

CREATE TABLE avis.movement_line (
    authorization_id uuid NOT NULL,
    number           integer NOT NULL,
    line             smallint NOT NULL CHECK (line >= 1),
    line_id          text COLLATE "C" NOT NULL,
    product          text COLLATE "C" NOT NULL,
    units            bigint NOT NULL,
    gross            bigint NOT NULL,
    payable          bigint NOT NULL,
    PRIMARY KEY (authorization_id, number, line)
);
COMMENT ON TABLE avis.movement_line IS 'The lines of a movement that changed.';
COMMENT ON COLUMN avis.movement_line.line IS 'From 1, in the order of the authorization.';

CREATE TABLE avis.entry (
    authorization_id uuid NOT NULL,
    number           integer NOT NULL,
    line             smallint NOT NULL,
    discount         smallint NOT NULL CHECK (discount >= 1),
    place            smallint NOT NULL CHECK (place >= 1),
    provider         text COLLATE "C" NOT NULL,
    date             date NOT NULL,
    line_id          text COLLATE "C" NOT NULL,
    product          text COLLATE "C" NOT NULL,
    benefit          text COLLATE "C" NOT NULL,
    version          bigint NOT NULL,
    grantor          text COLLATE "C",
    payer            text COLLATE "C",
    cause            text COLLATE "C" NOT NULL CHECK (cause IN ('', 'unfunded', 'over_granted')),
    units            bigint NOT NULL,
    amount           bigint NOT NULL,
    PRIMARY KEY (authorization_id, number, line, discount, place),
    CHECK ((payer IS NULL) = (amount = 0))
);
COMMENT ON TABLE avis.entry IS 'Who bears what moved of a discount, with all that reports ask for.';
COMMENT ON COLUMN avis.entry.discount IS 'From 1, in the order in which the line''s discounts were taken.';
COMMENT ON COLUMN avis.entry.place IS 'From 1 within the discount.';
COMMENT ON COLUMN avis.entry.date IS 'The movement''s natural date.';
COMMENT ON COLUMN avis.entry.grantor IS 'The benefit''s; null of one that a terminal granted and that is not known.';
COMMENT ON COLUMN avis.entry.payer IS 'Null where units moved that no money went with: no entry, but the discount is there.';
COMMENT ON COLUMN avis.entry.units IS 'Of the discount, alike in each of its entries: they add up over `place = 1`.';

CREATE INDEX entry_by_grantor ON avis.entry (grantor, benefit, provider, date);

-- Vacuumed often: what is sealed leaves it.
CREATE TABLE avis.unsealed (
    lane             smallint NOT NULL,
    authorization_id uuid NOT NULL,
    event            integer NOT NULL,
    PRIMARY KEY (lane, authorization_id, event)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = -1);
COMMENT ON TABLE avis.unsealed IS 'What was appended and is not sealed yet: a record (event 0) or an event of its history, with what moved by it.';

CREATE TABLE avis.seal (
    lane             smallint NOT NULL,
    position         bigint NOT NULL CHECK (position >= 1),
    authorization_id uuid NOT NULL,
    event            integer NOT NULL,
    link             bytea NOT NULL CHECK (length(link) = 32),
    PRIMARY KEY (lane, position)
);
COMMENT ON TABLE avis.seal IS 'Positions of each lane, given after the commit: what is committed later comes later. Rows are never changed or deleted.';
COMMENT ON COLUMN avis.seal.link IS 'A keyed hash over all rows that were appended, and the link before.';

CREATE INDEX seal_of_unit ON avis.seal (authorization_id, event);

CREATE TABLE avis.seal_head (
    lane     smallint PRIMARY KEY,
    position bigint NOT NULL,
    link     bytea NOT NULL CHECK (length(link) = 32)
) WITH (fillfactor = 10);
COMMENT ON TABLE avis.seal_head IS 'The newest seal of each lane; who seals a lane has its row locked.';
INSERT INTO avis.seal_head (lane, position, link)
SELECT lane, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, 63) AS lane;

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

CREATE TABLE avis.usage_window (
    code     text COLLATE "C" NOT NULL,
    subject  text COLLATE "C" NOT NULL CHECK (subject LIKE '%:_%'),
    minutes  bigint NOT NULL CHECK (minutes BETWEEN 1 AND 44640),
    start    bigint NOT NULL,
    lane     smallint NOT NULL CHECK (lane BETWEEN 0 AND 63),
    uses     bigint NOT NULL,
    units    bigint NOT NULL,
    discount bigint NOT NULL,
    spent    bigint NOT NULL,
    PRIMARY KEY (code, subject, minutes, start)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.usage_window IS 'The same usage once more, in windows that began with their first use. A window stays where it is, also empty.';
COMMENT ON COLUMN avis.usage_window.minutes IS 'How long it lasts.';
COMMENT ON COLUMN avis.usage_window.start IS 'The instant of its first use, in milliseconds since 1970.';
COMMENT ON COLUMN avis.usage_window.lane IS 'Of the record that was the first to use something.';

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

CREATE TABLE avis.points_account (
    program text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL CHECK (account LIKE 'account:_%' OR account LIKE 'holder:_%'),
    content text NOT NULL,
    PRIMARY KEY (program, account)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.points_account IS 'Points of one account of a programme. It is locked by its anchor in `usage_anchor`.';
COMMENT ON COLUMN avis.points_account.account IS '`account:` and the name that memberships share, or `holder:` and a code.';
COMMENT ON COLUMN avis.points_account.content IS 'As JSON: operations and lots so far, what is owed, and what could not be taken back.';

CREATE TABLE avis.points_lot (
    program     text COLLATE "C" NOT NULL,
    account     text COLLATE "C" NOT NULL,
    lot         integer NOT NULL CHECK (lot >= 0),
    earned_at   timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    expires_at  timestamptz,
    points      bigint NOT NULL CHECK (points >= 0),
    booked      bigint CHECK (booked >= 0),
    PRIMARY KEY (program, account, lot)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.points_lot IS 'Points that came together. What is left of a lot is the sum of its entries.';
COMMENT ON COLUMN avis.points_lot.lot IS 'From 0, in the order of recording.';
COMMENT ON COLUMN avis.points_lot.expires_at IS 'Null is never.';
COMMENT ON COLUMN avis.points_lot.booked IS 'Booked as expired; null as long as nothing was.';

-- By what ended, for reports: nothing that a till asks needs it.
CREATE INDEX points_lot_by_end ON avis.points_lot (expires_at);

CREATE TABLE avis.points_use (
    program          text COLLATE "C" NOT NULL,
    account          text COLLATE "C" NOT NULL,
    authorization_id uuid NOT NULL,
    service_date     date NOT NULL,
    content          text NOT NULL,
    PRIMARY KEY (program, account, authorization_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.points_use IS 'What an authorization is to an account: what stands posted of it, and from where its points came.';
COMMENT ON COLUMN avis.points_use.content IS 'As JSON.';

CREATE INDEX points_use_by_date ON avis.points_use (program, account, service_date);

CREATE TABLE avis.points_entry (
    program          text COLLATE "C" NOT NULL,
    account          text COLLATE "C" NOT NULL,
    number           bigint NOT NULL CHECK (number >= 1),
    place            smallint NOT NULL CHECK (place >= 1),
    ledger_account   text COLLATE "C" NOT NULL CHECK (ledger_account IN
        ('issued', 'points', 'reserved', 'redeemed', 'expired', 'owed', 'adjusted')),
    lot              integer,
    points           bigint NOT NULL,
    active_from      timestamptz,
    expires_at       timestamptz,
    authorization_id uuid NOT NULL,
    event            integer NOT NULL CHECK (event >= 0),
    at               timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    PRIMARY KEY (program, account, number, place)
);
COMMENT ON TABLE avis.points_entry IS 'Double entry: those of one number of an account sum to zero. Rows are never changed or deleted.';
COMMENT ON COLUMN avis.points_entry.number IS 'Counts the operations on the account from 1.';
COMMENT ON COLUMN avis.points_entry.lot IS 'Of entries on points.';
COMMENT ON COLUMN avis.points_entry.expires_at IS 'Until when the lot is active as of this entry; null of entries on no lot, or where it never ends.';
COMMENT ON COLUMN avis.points_entry.event IS 'By which event of the authorization; 0 is its opening.';
COMMENT ON COLUMN avis.points_entry.at IS 'As of when.';

CREATE INDEX points_entry_by_time ON avis.points_entry (program, at);
CREATE INDEX points_entry_by_authorization ON avis.points_entry (authorization_id, event);

CREATE TABLE avis.points_event (
    id          uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    content     text NOT NULL
);
COMMENT ON TABLE avis.points_event IS 'What happened to an account of points outside of sales: adjustments by its owner, and expiry as it was booked. Entries name it as they name an authorization. Rows are never changed or deleted.';
COMMENT ON COLUMN avis.points_event.content IS 'As JSON.';

CREATE TABLE avis.coupon_use (
    campaign text COLLATE "C" NOT NULL,
    code     text COLLATE "C" NOT NULL,
    uses     bigint NOT NULL,
    PRIMARY KEY (campaign, code)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.coupon_use IS 'How many uses of a coupon stand, by the keyed hash of its code.';
