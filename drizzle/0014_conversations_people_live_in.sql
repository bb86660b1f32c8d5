CREATE TABLE "mentions" (
	"user_id" integer NOT NULL,
	"conversation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "mentions_user_id_conversation_id_seq_pk" PRIMARY KEY("user_id","conversation_id","seq")
);
--> statement-breakpoint
CREATE TABLE "mentions_of_all" (
	"conversation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "mentions_of_all_conversation_id_seq_pk" PRIMARY KEY("conversation_id","seq")
);
--> statement-breakpoint
CREATE TABLE "pins" (
	"conversation_id" uuid NOT NULL,
	"message_seq" bigint NOT NULL,
	"user_id" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "pins_conversation_id_message_seq_pk" PRIMARY KEY("conversation_id","message_seq")
);
--> statement-breakpoint
CREATE TABLE "reactions" (
	"conversation_id" uuid NOT NULL,
	"message_seq" bigint NOT NULL,
	"emoji" text NOT NULL,
	"user_id" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "reactions_conversation_id_message_seq_emoji_user_id_pk" PRIMARY KEY("conversation_id","message_seq","emoji","user_id")
);
--> statement-breakpoint
CREATE TABLE "scheduled" (
	"id" uuid PRIMARY KEY NOT NULL,
	"conversation_id" uuid NOT NULL,
	"user_id" integer NOT NULL,
	"content" text NOT NULL,
	"send_at" timestamp (3) with time zone NOT NULL,
	"repeat" text,
	"zone" text,
	"occurrence" integer DEFAULT 0 NOT NULL,
	"is_waiting" boolean DEFAULT true NOT NULL,
	"error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "votes" (
	"conversation_id" uuid NOT NULL,
	"message_seq" bigint NOT NULL,
	"user_id" integer NOT NULL,
	"option" smallint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "votes_conversation_id_message_seq_user_id_option_pk" PRIMARY KEY("conversation_id","message_seq","user_id","option")
);
--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "parent_id" uuid;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "root_seq" bigint;--> statement-breakpoint
ALTER TABLE "participants" ADD COLUMN "read_version" bigint;--> statement-breakpoint
ALTER TABLE "participants" ADD COLUMN "is_following" boolean DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX "mentions_message" ON "mentions" USING btree ("conversation_id","seq");--> statement-breakpoint
CREATE INDEX "reactions_time" ON "reactions" USING btree ("conversation_id","message_seq","emoji","at","user_id");--> statement-breakpoint
CREATE INDEX "reactions_user" ON "reactions" USING btree ("conversation_id","user_id","message_seq");--> statement-breakpoint
CREATE INDEX "scheduled_user" ON "scheduled" USING btree ("user_id","send_at");--> statement-breakpoint
CREATE INDEX "scheduled_conversation" ON "scheduled" USING btree ("conversation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_thread" ON "conversations" USING btree ("parent_id","root_seq") WHERE parent_id is not null;--> statement-breakpoint
CREATE INDEX "changes_lines" ON "changes" USING btree ("conversation_id","version") WHERE message_seq is null or (payload ->> 'kind') = 'pin';