-- Where holders live, for reports, and the movements of one holder.

ALTER TABLE avis.movement ADD COLUMN territory text COLLATE "C";
COMMENT ON COLUMN avis.movement.territory IS 'The deepest territory in which the holder resided; null where none was known, and of what moved before this step.';

CREATE INDEX movement_by_holder ON avis.movement (holder, provider) WHERE holder IS NOT NULL;
