-- Sums are of more than 64 bits: of each, what is beyond 32 bits of what is added stands in a column of its own.

ALTER TABLE avis.tally_sold ADD COLUMN gross_high bigint NOT NULL DEFAULT 0, ADD COLUMN discount_high bigint NOT NULL DEFAULT 0,
    ADD COLUMN payable_high bigint NOT NULL DEFAULT 0;
ALTER TABLE avis.tally_borne ADD COLUMN amount_high bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN avis.tally_sold.gross_high IS 'The sum is `gross` and 4294967296 times this.';
COMMENT ON COLUMN avis.tally_sold.discount_high IS 'The sum is `discount` and 4294967296 times this.';
COMMENT ON COLUMN avis.tally_sold.payable_high IS 'The sum is `payable` and 4294967296 times this.';
COMMENT ON COLUMN avis.tally_borne.amount_high IS 'The sum is `amount` and 4294967296 times this.';
