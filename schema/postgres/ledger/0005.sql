-- What statements are made of, added up by month. What was added up begins anew with it.

CREATE TABLE avis.tally_changed (
    span           text COLLATE "C" NOT NULL CHECK (span = 'month'),
    provider       text COLLATE "C" NOT NULL,
    party          text COLLATE "C" NOT NULL,
    start          integer NOT NULL,
    benefit        text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    grantor        text COLLATE "C" NOT NULL,
    payer          text COLLATE "C" NOT NULL,
    cause          text COLLATE "C" NOT NULL,
    first          integer NOT NULL,
    authorized_on  integer NOT NULL,
    stood          bigint NOT NULL,
    stands         bigint NOT NULL CHECK (stands <> stood),
    authorizations bigint NOT NULL,
    units          bigint NOT NULL,
    PRIMARY KEY (span, provider, party, start, benefit, version, grantor, payer, cause, first, authorized_on, stood, stands)
) WITH (fillfactor = 70);
COMMENT ON TABLE avis.tally_changed IS 'Who bears what of which benefit in authorizations that changed alike in a month of business dates.';
COMMENT ON COLUMN avis.tally_changed.party IS 'Who sees it as its own: the payer, and the benefit''s grantor.';
COMMENT ON COLUMN avis.tally_changed.first IS 'The first day of the month in which the authorization first counted.';
COMMENT ON COLUMN avis.tally_changed.authorized_on IS 'The provider''s day on which the authorization took place.';
COMMENT ON COLUMN avis.tally_changed.stood IS 'What the payer bore in each of them before the month, in minor units.';
COMMENT ON COLUMN avis.tally_changed.stands IS 'What it bears after it.';
COMMENT ON COLUMN avis.tally_changed.units IS 'Those that moved in all of them within the month.';

-- Of no authorization and no unit: such rows are deleted in the step that makes them.
CREATE INDEX tally_changed_of_none ON avis.tally_changed (start) WHERE authorizations = 0 AND units = 0;

-- As who adds up takes them, so that neither waits for the other.
LOCK TABLE avis.tallied, avis.tally_sold, avis.tally_borne, avis.tally_used, avis.tally_standing, avis.tally_person;
DELETE FROM avis.tally_sold;
DELETE FROM avis.tally_borne;
DELETE FROM avis.tally_used;
DELETE FROM avis.tally_standing;
DELETE FROM avis.tally_person;
ALTER TABLE avis.tallied ADD COLUMN additions bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN avis.tallied.additions IS 'How often it was added to, or begun anew.';
UPDATE avis.tallied SET cursor = '{}';

-- An engine of the version before would leave the new table out: it leaves the adding up to others.
CREATE FUNCTION avis.refuse_part_of_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what moved is added up by a newer version';
END
$$;
CREATE TRIGGER tallied_whole BEFORE UPDATE ON avis.tallied
    FOR EACH ROW WHEN (NEW.additions = OLD.additions) EXECUTE FUNCTION avis.refuse_part_of_tally();
