CREATE TABLE "follower_cursors" (
	"follower" text NOT NULL,
	"conversation_id" uuid NOT NULL,
	"epoch" uuid NOT NULL,
	"version" bigint NOT NULL,
	CONSTRAINT "follower_cursors_follower_conversation_id_pk" PRIMARY KEY("follower","conversation_id")
);
--> statement-breakpoint
CREATE TABLE "follower_leases" (
	"follower" text NOT NULL,
	"shard" integer NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"leased_by" uuid,
	"leased_until" timestamp (3) with time zone,
	CONSTRAINT "follower_leases_follower_shard_pk" PRIMARY KEY("follower","shard")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "jobs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"run_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"leased_by" uuid,
	"leased_until" timestamp (3) with time zone,
	"last_error" text
);
--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "kind" text;--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "payload" jsonb;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "fields" jsonb;--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_key" ON "jobs" USING btree ("kind","key");--> statement-breakpoint
CREATE INDEX "jobs_run_at" ON "jobs" USING btree ("run_at");
--> statement-breakpoint
-- An overload that no release calls. Each name has one function.
DROP FUNCTION IF EXISTS confab_append(uuid[], uuid[], integer[], text[], text[], boolean, boolean);
