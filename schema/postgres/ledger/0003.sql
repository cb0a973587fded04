-- What moved, added up by day and by month, so that questions over years read few rows. Everything here follows from the ledger and
-- from closed days, and can be made again.

CREATE TABLE avis.tallied (
    cursor text NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE avis.tallied IS 'How far the ledger is added up; who adds has its one row locked.';
COMMENT ON COLUMN avis.tallied.cursor IS 'As JSON: the position in each lane.';
INSERT INTO avis.tallied (cursor) VALUES ('{}');

CREATE TABLE avis.tally_sold (
    span     text COLLATE "C" NOT NULL CHECK (span IN ('day', 'month')),
    start    integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    count    bigint NOT NULL,
    gross    bigint NOT NULL,
    discount bigint NOT NULL,
    payable  bigint NOT NULL,
    PRIMARY KEY (span, start, provider, kind)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.tally_sold IS 'What providers sold, less what came back, by day and by month of business dates.';
COMMENT ON COLUMN avis.tally_sold.start IS 'The first day, in days since 1970; so in all of these tables. Texts are empty where nothing is known.';

CREATE TABLE avis.tally_borne (
    span          text COLLATE "C" NOT NULL CHECK (span IN ('day', 'month')),
    start         integer NOT NULL,
    provider      text COLLATE "C" NOT NULL,
    benefit       text COLLATE "C" NOT NULL,
    grantor       text COLLATE "C" NOT NULL,
    territory     text COLLATE "C" NOT NULL,
    payer         text COLLATE "C" NOT NULL,
    cause         text COLLATE "C" NOT NULL,
    authorized_on integer NOT NULL,
    amount        bigint NOT NULL,
    PRIMARY KEY (span, start, provider, benefit, grantor, territory, payer, cause, authorized_on)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.tally_borne IS 'Who bears what, in minor units.';
COMMENT ON COLUMN avis.tally_borne.authorized_on IS 'The provider''s day on which the authorization took place; of months their first day.';

CREATE TABLE avis.tally_used (
    span      text COLLATE "C" NOT NULL CHECK (span IN ('day', 'month')),
    start     integer NOT NULL,
    provider  text COLLATE "C" NOT NULL,
    benefit   text COLLATE "C" NOT NULL,
    grantor   text COLLATE "C" NOT NULL,
    territory text COLLATE "C" NOT NULL,
    seer      text COLLATE "C" NOT NULL,
    uses      bigint NOT NULL,
    people    bytea NOT NULL,
    PRIMARY KEY (span, start, provider, benefit, grantor, territory, seer)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.tally_used IS 'Uses: authorizations in which a benefit stands above zero at the end of the span, less those at its beginning.';
COMMENT ON COLUMN avis.tally_used.seer IS 'The payer that sees its own entries alone; empty for who sees all of the benefit.';
COMMENT ON COLUMN avis.tally_used.people IS 'The numbers of those who got something sold, packed.';

CREATE TABLE avis.tally_standing (
    span     text COLLATE "C" NOT NULL CHECK (span IN ('day', 'month')),
    start    integer NOT NULL,
    provider text COLLATE "C" NOT NULL,
    seer     text COLLATE "C" NOT NULL,
    count    bigint NOT NULL,
    PRIMARY KEY (span, start, provider, seer)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.tally_standing IS 'Authorizations in which something stands above zero at the end of the span, less those at its beginning.';
COMMENT ON COLUMN avis.tally_standing.seer IS 'The party that sees what it pays and grants; empty for who sees all.';

CREATE TABLE avis.tally_person (
    number integer PRIMARY KEY,
    name   text COLLATE "C" NOT NULL UNIQUE
);
COMMENT ON TABLE avis.tally_person IS 'Each holder, by the opaque code, and each use without one, by authorization and benefit, under a number.';
