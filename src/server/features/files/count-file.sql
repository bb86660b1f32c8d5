-- Keeps `file_usage`: the bytes of each user, and of the whole server under the id 0. That row comes first, so that all
-- changes of files wait for each other in one order.
CREATE OR REPLACE FUNCTION confab_count_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner integer := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  more bigint := CASE TG_OP WHEN 'DELETE' THEN -OLD.bytes WHEN 'INSERT' THEN NEW.bytes ELSE NEW.bytes - OLD.bytes END;
BEGIN
  INSERT INTO file_usage AS u (user_id, bytes) VALUES (0, more), (owner, more)
  ON CONFLICT (user_id) DO UPDATE SET bytes = u.bytes + excluded.bytes;
  RETURN NULL;
END $$;
