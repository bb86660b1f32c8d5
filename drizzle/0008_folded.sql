-- Databases of release 1 have these two indexes on another function.
DROP INDEX IF EXISTS "conversations_found";--> statement-breakpoint
DROP INDEX IF EXISTS "users_found";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "folded" text GENERATED ALWAYS AS (confab_folded(first_name || ' ' || last_name || ' ' || email)) STORED NOT NULL;--> statement-breakpoint
CREATE INDEX "conversations_found" ON "conversations" USING gin (confab_grams(confab_folded(name))) WITH (fastupdate=false) WHERE name is not null;--> statement-breakpoint
CREATE INDEX "users_found" ON "users" USING gin (confab_grams(folded)) WITH (fastupdate=false);
