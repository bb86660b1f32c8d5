-- 244 random bits: what seals the tokens of sessions. Deleting the row and inserting another logs everybody out.
INSERT INTO secrets (name, value)
VALUES ('session', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
