-- session: 244 random bits that seal the tokens of sessions. Another value logs everybody out.
-- bus: names this database on the Redis of its nodes, so that no node uses another Redis.
INSERT INTO secrets (name, value) VALUES
  ('session', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')),
  ('bus', gen_random_uuid()::text);
