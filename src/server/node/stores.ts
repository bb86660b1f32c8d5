import { FirstUserStore } from "../features/accounts/first-user-store.ts";
import { PasswordLinksStore } from "../features/accounts/password-links-store.ts";
import { SessionsStore } from "../features/accounts/sessions-store.ts";
import { UsersStore } from "../features/accounts/users-store.ts";
import { AdminConversationsStore } from "../features/admin/conversations-store.ts";
import { ErasingStore } from "../features/admin/erasing.ts";
import { AdminUsersStore } from "../features/admin/users-store.ts";
import { AuditStore } from "../features/audit/store.ts";
import { ConversationsStore } from "../features/conversations/store.ts";
import { DraftsStore } from "../features/drafts/store.ts";
import { FileAccess } from "../features/files/access.ts";
import { MessageFilesStore } from "../features/files/message-files-store.ts";
import { FilesStore } from "../features/files/store.ts";
import { InvitesStore } from "../features/invites/store.ts";
import { MeStore } from "../features/me/store.ts";
import { MentionsStore } from "../features/mentions/store.ts";
import { NotificationsStore } from "../features/notifications/store.ts";
import { PicturesStore } from "../features/pictures/store.ts";
import { PinsStore } from "../features/pins/store.ts";
import { PollsStore } from "../features/polls/store.ts";
import { PresenceStore } from "../features/presence/store.ts";
import { PreviewSettingsStore } from "../features/previews/settings-store.ts";
import { PreviewsStore } from "../features/previews/store.ts";
import { ReactionsStore } from "../features/reactions/store.ts";
import { RequestsStore } from "../features/requests/store.ts";
import { SavedStore } from "../features/saved/store.ts";
import { ScheduledStore } from "../features/scheduled/store.ts";
import { SearchStore } from "../features/search/store.ts";
import { SettingsStore } from "../features/server/settings-store.ts";
import { StatisticsStore } from "../features/statistics/store.ts";
import { ThreadsStore } from "../features/threads/store.ts";
import { MessageLog } from "../log/log.ts";
import { Memberships } from "../log/memberships.ts";
import type { Database } from "../platform/postgres/database.ts";

export type Stores = ReturnType<typeof storesOn>;

/** All stores on one database. Their statements run on both drivers. Every call may reject with Failure("unavailable"). */
export function storesOn(database: Database) {
  const log = new MessageLog(database);
  return {
    log,
    filling: log.filling,
    memberships: new Memberships(database),
    users: new UsersStore(database),
    sessions: new SessionsStore(database),
    passwordLinks: new PasswordLinksStore(database),
    firstUser: new FirstUserStore(database),
    presence: new PresenceStore(database),
    conversations: new ConversationsStore(database, log.filling),
    me: new MeStore(database),
    mentions: new MentionsStore(database, log.filling),
    notifications: new NotificationsStore(database),
    saved: new SavedStore(database, log.filling),
    drafts: new DraftsStore(database),
    scheduled: new ScheduledStore(database),
    files: new FilesStore(database),
    fileAccess: new FileAccess(database),
    pictures: new PicturesStore(database),
    pins: new PinsStore(database, log.filling),
    polls: new PollsStore(database),
    previews: new PreviewsStore(database),
    previewSettings: new PreviewSettingsStore(database),
    requests: new RequestsStore(database),
    reactions: new ReactionsStore(database),
    messageFiles: new MessageFilesStore(database, log.filling.names),
    invites: new InvitesStore(database),
    search: new SearchStore(database),
    settings: new SettingsStore(database),
    audit: new AuditStore(database),
    erasing: new ErasingStore(database),
    threads: new ThreadsStore(database),
    statistics: new StatisticsStore(database),
    admin: {
      users: new AdminUsersStore(database),
      conversations: new AdminConversationsStore(database),
    },
  };
}
