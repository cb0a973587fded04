-- People are erased in portions, so that tills sell between them.

-- Erasures that have begun and are not done: what takes the place of whose code.
CREATE TABLE erasure (
    holder  TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL
) STRICT, WITHOUT ROWID;
