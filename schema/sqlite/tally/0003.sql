-- Sums are of more than 64 bits: of each, what is beyond 32 bits of what is added stands in a column of its own. The sum is `gross` and
-- 4294967296 times `gross_high`, and so with all of them.

ALTER TABLE tally_sold ADD COLUMN gross_high INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally_sold ADD COLUMN discount_high INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally_sold ADD COLUMN payable_high INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally_borne ADD COLUMN amount_high INTEGER NOT NULL DEFAULT 0;
