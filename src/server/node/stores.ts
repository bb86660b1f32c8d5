import { PostgresPasswordLinks } from "../features/accounts/password-links-store.ts";
import { PostgresSessions } from "../features/accounts/sessions-store.ts";
import { PostgresUsers } from "../features/accounts/users-store.ts";
import { PostgresAuditLog } from "../features/admin/audit.ts";
import { PostgresAdminConversations } from "../features/admin/conversations-store.ts";
import { PostgresAdminUsers } from "../features/admin/users-store.ts";
import { PostgresConversations } from "../features/conversations/store.ts";
import { PostgresInvites } from "../features/invites/store.ts";
import { PostgresRequests } from "../features/requests/store.ts";
import { PostgresFirstUser } from "../features/server/first-user-store.ts";
import { PostgresServerSettings } from "../features/server/settings-store.ts";
import { PostgresLog } from "../log/log.ts";
import type { Stores } from "../log/ports.ts";
import type { Database } from "../platform/postgres/database.ts";

/** All that is stored in the database, by noun. */
export function storesOn(database: Database): Stores {
  return {
    users: new PostgresUsers(database),
    sessions: new PostgresSessions(database),
    conversations: new PostgresConversations(database),
    requests: new PostgresRequests(database),
    log: new PostgresLog(database),
    invites: new PostgresInvites(database),
    passwordLinks: new PostgresPasswordLinks(database),
    settings: new PostgresServerSettings(database),
    firstUser: new PostgresFirstUser(database),
    admin: {
      users: new PostgresAdminUsers(database),
      conversations: new PostgresAdminConversations(database),
      audit: new PostgresAuditLog(database),
    },
  };
}
