-- Where holders live, for reports, and the movements of one holder.

-- The deepest territory in which the holder resided; null where none was known, and of what moved before this step.
ALTER TABLE movement ADD COLUMN territory TEXT;

CREATE INDEX movement_by_holder ON movement (holder, provider) WHERE holder IS NOT NULL;
