import { FirstUserStore } from "../features/accounts/first-user-store.ts";
import { PasswordLinksStore } from "../features/accounts/password-links-store.ts";
import { SessionsStore } from "../features/accounts/sessions-store.ts";
import { UsersStore } from "../features/accounts/users-store.ts";
import { AdminConversationsStore } from "../features/admin/conversations-store.ts";
import { ErasingStore } from "../features/admin/erasing.ts";
import { AdminUsersStore } from "../features/admin/users-store.ts";
import { AuditStore } from "../features/audit/store.ts";
import { ConversationsStore } from "../features/conversations/store.ts";
import { InvitesStore } from "../features/invites/store.ts";
import { PresenceStore } from "../features/presence/store.ts";
import { RequestsStore } from "../features/requests/store.ts";
import { SettingsStore } from "../features/server/settings-store.ts";
import { StatisticsStore } from "../features/statistics/store.ts";
import { MessageLog } from "../log/log.ts";
import { Memberships } from "../log/memberships.ts";
import type { Database } from "../platform/postgres/database.ts";

export type Stores = ReturnType<typeof storesOn>;

/** All stores on one database. Their statements run on both drivers. Every call may reject with Failure("unavailable"). */
export function storesOn(database: Database) {
  return {
    log: new MessageLog(database),
    memberships: new Memberships(database),
    users: new UsersStore(database),
    sessions: new SessionsStore(database),
    passwordLinks: new PasswordLinksStore(database),
    firstUser: new FirstUserStore(database),
    presence: new PresenceStore(database),
    conversations: new ConversationsStore(database),
    requests: new RequestsStore(database),
    invites: new InvitesStore(database),
    settings: new SettingsStore(database),
    audit: new AuditStore(database),
    erasing: new ErasingStore(database),
    statistics: new StatisticsStore(database),
    admin: {
      users: new AdminUsersStore(database),
      conversations: new AdminConversationsStore(database),
    },
  };
}
