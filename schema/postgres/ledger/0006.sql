-- People can be erased: what is left of their records is covered by links of its own.

CREATE TABLE avis.erased_unit (
    authorization_id uuid NOT NULL,
    event            integer NOT NULL,
    link             bytea NOT NULL CHECK (length(link) = 32),
    PRIMARY KEY (authorization_id, event)
);
COMMENT ON TABLE avis.erased_unit IS 'Units that were sealed before their person was erased.';
COMMENT ON COLUMN avis.erased_unit.link IS 'A keyed hash over the unit''s seal and the rows that are left.';
