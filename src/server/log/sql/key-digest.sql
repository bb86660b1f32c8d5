-- Keys a digest that was just written. Release 1 writes plain digests, also in a call that began before the migration, so a
-- trigger on `messages` calls this function.
CREATE OR REPLACE FUNCTION confab_key_digest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.first_content := confab_keyed_digest(NEW.id, NEW.first_content);
  RETURN NEW;
END;
$$;
