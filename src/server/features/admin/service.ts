import type { AuditStore } from "../audit/store.ts";
import type { AdminConversations } from "./conversations.ts";
import type { AdminUsers } from "./users.ts";

/** The acts of superusers, by noun. */
export interface Administration {
  users: AdminUsers;
  conversations: AdminConversations;
  audit: Pick<AuditStore, "list">;
}
