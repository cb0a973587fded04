-- People can be erased: what is left of their records is covered by links of its own.

-- Units that were sealed before their person was erased.
CREATE TABLE erased_unit (
    authorization_id BLOB NOT NULL,
    event            INTEGER NOT NULL,
    -- A keyed hash over the unit's seal and the rows that are left.
    link             BLOB NOT NULL,
    PRIMARY KEY (authorization_id, event)
) STRICT, WITHOUT ROWID;
