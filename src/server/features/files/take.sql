-- Gives files to a message that was just appended. The caller has locked them in the order of their ids.
--
-- In:  `p_files` is a list of ids as JSON, in the order in which the message shows them.
CREATE OR REPLACE FUNCTION confab_take_files(p_files jsonb, p_conversation uuid, p_seq bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO message_files (conversation_id, seq, n, file_id, kind)
  SELECT p_conversation, p_seq, asked.n - 1, f.id,
    -- As `kindOf` of src/text/files.ts.
    CASE
      WHEN f.details ? 'waveform' THEN 'voice'
      WHEN f.type LIKE 'image/%' AND f.details ? 'width' THEN 'image'
      WHEN f.type LIKE 'video/%' THEN 'video'
      WHEN f.type LIKE 'audio/%' THEN 'audio'
      ELSE 'other'
    END
  FROM jsonb_array_elements_text(p_files) WITH ORDINALITY AS asked (id, n) JOIN files f ON f.id = asked.id::uuid;
  UPDATE files f SET used_at = coalesce(f.used_at, clock_timestamp()), touched_at = clock_timestamp()
  FROM jsonb_array_elements_text(p_files) AS asked (id) WHERE f.id = asked.id::uuid;
$$;
