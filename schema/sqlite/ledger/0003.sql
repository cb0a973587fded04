-- What a grantor pays and grants at a provider is found by the day, and what was sealed late by the provider, without looking at more.

CREATE INDEX entry_by_provider ON entry (provider, date, grantor, payer);
DROP INDEX entry_by_grantor;

-- Whose movement the unit has, and its natural date; null where nothing moved.
ALTER TABLE seal ADD COLUMN provider TEXT;
ALTER TABLE seal ADD COLUMN natural_date INTEGER;
UPDATE seal SET (provider, natural_date) =
    (SELECT m.provider, m.natural_date FROM movement m WHERE m.authorization_id = seal.authorization_id AND m.event = seal.event);

CREATE INDEX seal_by_provider ON seal (provider, position, natural_date, authorization_id) WHERE provider IS NOT NULL;
