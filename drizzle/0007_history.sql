-- The random id of a change. In two steps, because a default that comes with the column would rewrite the table. Nodes of
-- release 1 insert without it, and the default fills it for them.
ALTER TABLE "changes" ADD COLUMN "tag" uuid;--> statement-breakpoint
ALTER TABLE "changes" ALTER COLUMN "tag" SET DEFAULT gen_random_uuid();
--> statement-breakpoint
CREATE TABLE "history" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" uuid DEFAULT gen_random_uuid() NOT NULL,
	"place" text NOT NULL,
	"stopped" uuid,
	CONSTRAINT "history_one_row" CHECK ("history"."id")
);
--> statement-breakpoint
INSERT INTO "history" ("place") VALUES (confab_place());
