-- What statements are made of, added up by month. What was added up begins anew with it.

-- Who bears what of which benefit in authorizations that changed alike in a month.
CREATE TABLE tally_changed (
    span           TEXT NOT NULL,
    provider       TEXT NOT NULL,
    -- Who sees it as its own: the payer, and the benefit's grantor.
    party          TEXT NOT NULL,
    start          INTEGER NOT NULL,
    benefit        TEXT NOT NULL,
    version        INTEGER NOT NULL,
    grantor        TEXT NOT NULL,
    payer          TEXT NOT NULL,
    cause          TEXT NOT NULL,
    -- The first day of the month in which the authorization first counted.
    first          INTEGER NOT NULL,
    -- The provider's day on which the authorization took place.
    authorized_on  INTEGER NOT NULL,
    -- What the payer bore in each of them before the month, and what it bears after it.
    stood          INTEGER NOT NULL,
    stands         INTEGER NOT NULL,
    authorizations INTEGER NOT NULL,
    -- Those that moved in all of them within the month.
    units          INTEGER NOT NULL,
    PRIMARY KEY (span, provider, party, start, benefit, version, grantor, payer, cause, first, authorized_on, stood, stands)
) STRICT, WITHOUT ROWID;

-- Of no authorization and no unit: such rows are deleted in the step that makes them.
CREATE INDEX tally_changed_of_none ON tally_changed (start) WHERE authorizations = 0 AND units = 0;

DELETE FROM tally_sold;
DELETE FROM tally_borne;
DELETE FROM tally_used;
DELETE FROM tally_standing;
DELETE FROM tally_person;
UPDATE tallied SET cursor = '{}';
