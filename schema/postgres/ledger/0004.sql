-- What a grantor pays and grants at a provider is found by the day, and what was sealed late by the provider, without looking at more.

CREATE INDEX entry_by_provider ON avis.entry (provider, date, grantor, payer) INCLUDE (authorization_id);
DROP INDEX avis.entry_by_grantor;

ALTER TABLE avis.seal ADD COLUMN provider text COLLATE "C", ADD COLUMN natural_date date;
COMMENT ON COLUMN avis.seal.provider IS 'Whose movement the unit has; null where nothing moved.';
COMMENT ON COLUMN avis.seal.natural_date IS 'That of the movement of the unit; null where nothing moved.';
UPDATE avis.seal s SET provider = m.provider, natural_date = m.natural_date
FROM avis.movement m WHERE m.authorization_id = s.authorization_id AND m.event = s.event;

-- An engine of the version before seals beside new ones, and knows nothing of these columns.
CREATE FUNCTION avis.note_what_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT m.provider, m.natural_date INTO NEW.provider, NEW.natural_date
    FROM avis.movement m WHERE m.authorization_id = NEW.authorization_id AND m.event = NEW.event;
    RETURN NEW;
END
$$;
CREATE TRIGGER seal_notes_what_moved BEFORE INSERT ON avis.seal
    FOR EACH ROW WHEN (NEW.provider IS NULL) EXECUTE FUNCTION avis.note_what_moved();

CREATE INDEX seal_by_provider ON avis.seal (provider, lane, position) INCLUDE (natural_date, authorization_id)
    WHERE provider IS NOT NULL;
