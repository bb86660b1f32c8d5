CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"actor_id" integer,
	"actor_email" text,
	"action" text NOT NULL,
	"target_type" text NOT NULL,
	"target_id" text NOT NULL,
	"details" jsonb NOT NULL,
	"address" text
);
--> statement-breakpoint
CREATE TABLE "removed_conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"removed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"eraser" uuid,
	"claimed_until" timestamp (3) with time zone,
	"pruned_seq" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"pruned_version" bigint NOT NULL,
	"last_version" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_log_actor" ON "audit_log" USING btree ("actor_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_action" ON "audit_log" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "audit_log_actor_action" ON "audit_log" USING btree ("actor_id","action","id");--> statement-breakpoint
CREATE INDEX "audit_log_target_type" ON "audit_log" USING btree ("target_type","id");--> statement-breakpoint
CREATE INDEX "audit_log_target" ON "audit_log" USING btree ("target_type","target_id","id");--> statement-breakpoint
CREATE INDEX "users_superusers" ON "users" USING btree ("id") WHERE is_superuser;--> statement-breakpoint
CREATE INDEX "users_inactive" ON "users" USING btree ("id") WHERE not is_active;
