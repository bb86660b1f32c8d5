-- Notes that messages have lost files, so that upkeep removes a file when no other message has it. The files are locked in
-- the order in which an append locks them. Upkeep may hold a file and see the message that is going: the update waits for it.
CREATE OR REPLACE FUNCTION confab_loosen_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM files f WHERE f.id IN (SELECT l.file_id FROM lost l) ORDER BY f.id FOR NO KEY UPDATE;
  UPDATE files f SET loose_at = clock_timestamp() WHERE f.id IN (SELECT l.file_id FROM lost l) AND f.loose_at IS NULL;
  RETURN NULL;
END $$;
