CREATE TABLE "file_usage" (
	"user_id" integer PRIMARY KEY NOT NULL,
	"bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "files" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"name" text NOT NULL,
	"type" text DEFAULT '' NOT NULL,
	"bytes" bigint NOT NULL,
	"received" bigint DEFAULT 0 NOT NULL,
	"lease" uuid,
	"leased_until" timestamp (3) with time zone,
	"state" text NOT NULL,
	"digest" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"refusal" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"touched_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp (3) with time zone,
	"loose_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "link_previews" (
	"digest" text PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"preview" jsonb,
	"fetched_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "message_files" (
	"conversation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"n" smallint NOT NULL,
	"file_id" uuid NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "message_files_conversation_id_seq_n_pk" PRIMARY KEY("conversation_id","seq","n")
);
--> statement-breakpoint
CREATE TABLE "found" (
	"conversation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"place_id" uuid NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"v" "tsvector" NOT NULL,
	CONSTRAINT "found_conversation_id_seq_pk" PRIMARY KEY("conversation_id","seq")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "avatar" uuid;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "picture" uuid;--> statement-breakpoint
CREATE INDEX "files_user" ON "files" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "files_unused" ON "files" USING btree ("touched_at") WHERE used_at is null;--> statement-breakpoint
CREATE INDEX "files_loose" ON "files" USING btree ("loose_at") WHERE loose_at is not null;--> statement-breakpoint
CREATE INDEX "files_unfinished" ON "files" USING btree ("leased_until") WHERE state = 'checking';--> statement-breakpoint
CREATE INDEX "link_previews_fetched" ON "link_previews" USING btree ("fetched_at");--> statement-breakpoint
CREATE INDEX "message_files_kind" ON "message_files" USING btree ("conversation_id","kind","seq","n");--> statement-breakpoint
CREATE INDEX "message_files_file" ON "message_files" USING btree ("file_id");--> statement-breakpoint
CREATE INDEX "found_lexemes" ON "found" USING gin ("v") WITH (fastupdate=true,gin_pending_list_limit=128);--> statement-breakpoint
CREATE INDEX "found_place" ON "found" USING btree ("place_id","at");--> statement-breakpoint
CREATE INDEX "found_runs" ON "found" USING btree ("place_id","at") WHERE last_seq > seq;--> statement-breakpoint
-- Written by hand, because drizzle-kit makes neither storage nor triggers: these three statements.
ALTER TABLE "found" ALTER COLUMN "v" SET STORAGE MAIN;--> statement-breakpoint
CREATE TRIGGER files_count AFTER INSERT OR DELETE OR UPDATE OF bytes ON files FOR EACH ROW EXECUTE FUNCTION confab_count_file();--> statement-breakpoint
CREATE TRIGGER files_loosen AFTER DELETE ON message_files REFERENCING OLD TABLE AS lost FOR EACH STATEMENT EXECUTE FUNCTION confab_loosen_file();
