CREATE TABLE "me_entries" (
	"user_id" integer NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"conversation_id" uuid,
	"value" jsonb NOT NULL,
	"me_version" bigint NOT NULL,
	CONSTRAINT "me_entries_user_id_kind_key_pk" PRIMARY KEY("user_id","kind","key")
);
--> statement-breakpoint
CREATE TABLE "me_streams" (
	"user_id" integer PRIMARY KEY NOT NULL,
	"me_version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "me_entries" ADD CONSTRAINT "me_entries_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "me_entries" ADD CONSTRAINT "me_entries_membership" FOREIGN KEY ("conversation_id","user_id") REFERENCES "public"."participants"("conversation_id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "me_streams" ADD CONSTRAINT "me_streams_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "me_entries_version" ON "me_entries" USING btree ("user_id","me_version");--> statement-breakpoint
CREATE INDEX "me_entries_member" ON "me_entries" USING btree ("conversation_id","user_id");