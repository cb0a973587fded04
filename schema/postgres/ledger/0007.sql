-- People are erased in portions, so that nothing is locked for long.

CREATE TABLE avis.erasure (
    holder  text COLLATE "C" PRIMARY KEY,
    subject text COLLATE "C" NOT NULL
);
COMMENT ON TABLE avis.erasure IS 'Erasures that have begun and are not done: what takes the place of whose code.';
