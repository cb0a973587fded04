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
    -- authorize, operate, reverse, account; null as above.
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
    -- The record as it was opened, as JSON: never changed.
    record      TEXT NOT NULL,
    -- What the decision read, as JSON: never changed.
    reading     TEXT NOT NULL
) STRICT;

CREATE INDEX authorization_held ON authorization (expires_at) WHERE state = 'held';

-- What happened to an authorization after it was opened: operations, expiry, reversals. Rows are never changed or deleted.
CREATE TABLE authorization_event (
    authorization_id BLOB NOT NULL,
    -- From 1, in the order in which it happened.
    number           INTEGER NOT NULL,
    recorded_at      INTEGER NOT NULL,
    -- As JSON.
    content          TEXT NOT NULL,
    PRIMARY KEY (authorization_id, number)
) STRICT, WITHOUT ROWID;

-- What one request moved of what stands sold: after it less before. Rows are never changed or deleted.
CREATE TABLE movement (
    authorization_id    BLOB NOT NULL,
    -- Counts the movements of the authorization from 1.
    number              INTEGER NOT NULL,
    -- By which event of the authorization; 0 is its opening.
    event               INTEGER NOT NULL,
    -- One thread writes here, so there is one lane.
    lane                INTEGER NOT NULL,
    -- sale, capture, advice, void, refund, reversal.
    kind                TEXT NOT NULL,
    -- sale, return.
    direction           TEXT NOT NULL,
    provider            TEXT NOT NULL,
    -- The one that sent the request.
    terminal            TEXT NOT NULL,
    request_id          BLOB NOT NULL,
    -- What a reversal undid; null of all others.
    original_request_id BLOB,
    -- The code of the holder; null where nobody was recognised.
    holder              TEXT,
    occurred_at         INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    -- The provider's day of `occurred_at`.
    natural_date        INTEGER NOT NULL,
    -- The provider's day on which the authorization took place.
    authorized_on       INTEGER NOT NULL,
    gross               INTEGER NOT NULL,
    discount            INTEGER NOT NULL,
    payable             INTEGER NOT NULL,
    PRIMARY KEY (authorization_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX movement_by_provider ON movement (provider, natural_date);

-- The lines of a movement that changed.
CREATE TABLE movement_line (
    authorization_id BLOB NOT NULL,
    number           INTEGER NOT NULL,
    -- From 1, in the order of the authorization.
    line             INTEGER NOT NULL,
    line_id          TEXT NOT NULL,
    product          TEXT NOT NULL,
    units            INTEGER NOT NULL,
    gross            INTEGER NOT NULL,
    payable          INTEGER NOT NULL,
    PRIMARY KEY (authorization_id, number, line)
) STRICT, WITHOUT ROWID;

-- Who bears what moved of a discount, with all that reports ask for.
CREATE TABLE entry (
    authorization_id BLOB NOT NULL,
    number           INTEGER NOT NULL,
    line             INTEGER NOT NULL,
    -- From 1, in the order in which the line's discounts were taken.
    discount         INTEGER NOT NULL,
    -- From 1 within the discount.
    place            INTEGER NOT NULL,
    provider         TEXT NOT NULL,
    -- The movement's natural date.
    date             INTEGER NOT NULL,
    line_id          TEXT NOT NULL,
    product          TEXT NOT NULL,
    benefit          TEXT NOT NULL,
    version          INTEGER NOT NULL,
    -- The benefit's; null of one that a terminal granted and that is not known.
    grantor          TEXT,
    -- Null where units moved that no money went with: no entry, but the discount is there.
    payer            TEXT,
    -- Empty, unfunded, over_granted.
    cause            TEXT NOT NULL,
    -- Of the discount, alike in each of its entries: they add up over `place = 1`.
    units            INTEGER NOT NULL,
    amount           INTEGER NOT NULL,
    PRIMARY KEY (authorization_id, number, line, discount, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_by_grantor ON entry (grantor, benefit, provider, date);

-- What was appended and is not sealed yet: a record (event 0) or an event of its history, with what moved by it.
CREATE TABLE unsealed (
    authorization_id BLOB NOT NULL,
    event            INTEGER NOT NULL,
    PRIMARY KEY (authorization_id, event)
) STRICT, WITHOUT ROWID;

-- Positions in the order in which they were given, after the commit. Rows are never changed or deleted.
CREATE TABLE seal (
    position         INTEGER PRIMARY KEY,
    authorization_id BLOB NOT NULL,
    event            INTEGER NOT NULL,
    -- A keyed hash over all rows that were appended, and the link before.
    link             BLOB NOT NULL
) STRICT;

CREATE INDEX seal_of_unit ON seal (authorization_id, event);

-- One row: the newest seal.
CREATE TABLE seal_head (
    position INTEGER NOT NULL,
    link     BLOB NOT NULL
) STRICT;
INSERT INTO seal_head (position, link) VALUES (0, zeroblob(32));

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

-- The same usage once more, in windows that began with their first use. A window stays where it is, also empty.
CREATE TABLE usage_window (
    code     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    -- How long it lasts.
    minutes  INTEGER NOT NULL,
    -- The instant of its first use.
    start    INTEGER NOT NULL,
    uses     INTEGER NOT NULL,
    units    INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    PRIMARY KEY (code, subject, minutes, start)
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

-- Points of one account of a programme. What it keeps beside its lots and authorizations stands in `content`.
CREATE TABLE points_account (
    program TEXT NOT NULL,
    -- `account:` and the name that memberships share, or `holder:` and a code.
    account TEXT NOT NULL,
    -- As JSON: operations and lots so far, what is owed, and what could not be taken back.
    content TEXT NOT NULL,
    PRIMARY KEY (program, account)
) STRICT, WITHOUT ROWID;

-- Points that came together. What is left of a lot is the sum of its entries.
CREATE TABLE points_lot (
    program     TEXT NOT NULL,
    account     TEXT NOT NULL,
    -- From 0, in the order of recording.
    lot         INTEGER NOT NULL,
    earned_at   INTEGER NOT NULL,
    active_from INTEGER NOT NULL,
    -- Null is never.
    expires_at  INTEGER,
    -- Not below 0.
    points      INTEGER NOT NULL,
    -- Booked as expired; null as long as nothing was.
    booked      INTEGER,
    PRIMARY KEY (program, account, lot)
) STRICT, WITHOUT ROWID;

-- By what ended, for reports: nothing that a till asks needs it.
CREATE INDEX points_lot_by_end ON points_lot (expires_at);

-- What an authorization is to an account: what stands posted of it, and from where its points came.
CREATE TABLE points_use (
    program          TEXT NOT NULL,
    account          TEXT NOT NULL,
    authorization_id BLOB NOT NULL,
    service_date     INTEGER NOT NULL,
    -- As JSON.
    content          TEXT NOT NULL,
    PRIMARY KEY (program, account, authorization_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX points_use_by_date ON points_use (program, account, service_date);

-- Double entry: those of one number of an account sum to zero. Rows are never changed or deleted.
CREATE TABLE points_entry (
    program          TEXT NOT NULL,
    account          TEXT NOT NULL,
    -- Counts the operations on the account from 1.
    number           INTEGER NOT NULL,
    -- From 1 within the operation.
    place            INTEGER NOT NULL,
    -- issued, points, reserved, redeemed, expired, owed, adjusted.
    ledger_account   TEXT NOT NULL,
    -- Of entries on points.
    lot              INTEGER,
    points           INTEGER NOT NULL,
    -- From when the lot is active and until when as of this entry; null of entries on no lot, or where it never ends.
    active_from      INTEGER,
    expires_at       INTEGER,
    authorization_id BLOB NOT NULL,
    -- By which event of the authorization; 0 is its opening.
    event            INTEGER NOT NULL,
    -- As of when.
    at               INTEGER NOT NULL,
    recorded_at      INTEGER NOT NULL,
    PRIMARY KEY (program, account, number, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX points_entry_by_time ON points_entry (program, at);
CREATE INDEX points_entry_by_authorization ON points_entry (authorization_id, event);

-- What happened to an account of points outside of sales: adjustments by its owner, and expiry as it was booked. Entries name it as
-- they name an authorization. Rows are never changed or deleted.
CREATE TABLE points_event (
    id          BLOB NOT NULL PRIMARY KEY,
    recorded_at INTEGER NOT NULL,
    -- As JSON.
    content     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many uses of a coupon stand, by the keyed hash of its code.
CREATE TABLE coupon_use (
    campaign TEXT NOT NULL,
    code     TEXT NOT NULL,
    uses     INTEGER NOT NULL,
    PRIMARY KEY (campaign, code)
) STRICT, WITHOUT ROWID;
