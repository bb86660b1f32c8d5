import { Meter } from "../base/meter.ts";
import { OwnTurns } from "../base/own-turns.ts";
import { FirstUser } from "../features/accounts/first-user.ts";
import { Newcomers } from "../features/accounts/newcomers.ts";
import { PasswordLinks } from "../features/accounts/password-links.ts";
import { Passwords } from "../features/accounts/passwords.ts";
import { Sessions } from "../features/accounts/sessions.ts";
import { Users } from "../features/accounts/users.ts";
import { AdminConversations } from "../features/admin/conversations.ts";
import { OrphanedGroups } from "../features/admin/orphaned-groups.ts";
import type { Administration } from "../features/admin/service.ts";
import { AdminUsers } from "../features/admin/users.ts";
import { Reach } from "../features/conversations/reach.ts";
import { Conversations } from "../features/conversations/service.ts";
import { Invites } from "../features/invites/service.ts";
import { Messages } from "../features/messages/service.ts";
import { Metrics } from "../features/metrics/service.ts";
import { Presence } from "../features/presence/service.ts";
import { PresenceWatching } from "../features/presence/watching.ts";
import { Requests } from "../features/requests/service.ts";
import { ServerSettings } from "../features/server/settings.ts";
import { Typing } from "../features/typing/service.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { Access } from "../log/access.ts";
import { Announcer } from "../log/announcer.ts";
import { Pages } from "../log/pages.ts";
import { SecurityLines } from "../platform/logs/security.ts";
import type { Shared } from "./cluster.ts";
import { openLimits } from "./limiters.ts";
import type { NodeOptions } from "./options.ts";
import type { Stores } from "./stores.ts";

export type Services = Awaited<ReturnType<typeof openServices>>;

/** The services of all features, each made from the stores and from the services above it. */
export async function openServices(
  options: NodeOptions,
  stores: Stores,
  { bus, window, places, counters }: Shared,
  jobs: Pick<Jobs, "wake">,
) {
  const { config, logger } = options;
  const secret = await stores.sessions.secret("session");
  const security = new SecurityLines(options.writeSecurityLog);
  const limits = openLimits(config, counters);
  const meter = new Meter();

  // The log
  const access = new Access(stores.memberships, bus);
  const announcer = new Announcer(bus, stores.log, logger);
  const pages = new Pages(stores.log, window);
  const turns = new OwnTurns();

  // The server
  const settings = new ServerSettings(stores.settings, bus, config.REGISTRATION, logger);
  await settings.reload();
  const firstUser = new FirstUser(stores.firstUser, secret, config.FIRST_USER === "superuser");

  // Conversations
  const messages = new Messages(stores.log, stores.memberships, access, announcer, bus, pages, meter);
  const typing = new Typing(bus);
  const reach = new Reach(stores.conversations, turns, { directory: config.DIRECTORY });
  const conversations = new Conversations({
    store: stores.conversations,
    memberships: stores.memberships,
    requests: stores.requests,
    reach,
    announcer,
    bus,
    turns,
    logger,
    maxParticipants: config.MAX_PARTICIPANTS,
  });
  const requests = new Requests(stores.requests, (...request) => conversations.accept(...request), bus);
  const invites = new Invites({
    store: stores.invites,
    memberships: stores.memberships,
    conversations,
    announcer,
    server: settings,
    security,
    maxParticipants: config.MAX_PARTICIPANTS,
  });

  // People
  const sessions = new Sessions(stores.sessions, bus, secret, security, { maxPerUser: config.MAX_SESSIONS_PER_USER });
  const passwords = new Passwords(options.passwordCost);
  const passwordLinks = new PasswordLinks(stores.passwordLinks, passwords, bus, security);
  const users = new Users(
    stores.users,
    passwords,
    bus,
    turns,
    security,
    { registration: invites, directory: config.DIRECTORY },
    { firstUser, newcomers: new Newcomers(settings, conversations, logger) },
  );
  const presence = new Presence(places, stores.presence, bus, logger);
  const presenceWatching = new PresenceWatching(presence, logger);

  // Admins
  const metrics = new Metrics(config.DATABASE_URL === undefined ? "embedded" : "postgres");
  const orphanedGroups = new OrphanedGroups(stores.admin.users, stores.admin.conversations, announcer, logger);
  const administration: Administration = {
    users: new AdminUsers({ store: stores.admin.users, orphanedGroups, places, bus, security }),
    conversations: new AdminConversations({ store: stores.admin.conversations, jobs, pages, announcer }),
    audit: stores.audit,
  };

  return {
    security,
    limits,
    meter,
    access,
    announcer,
    pages,
    settings,
    firstUser,
    messages,
    typing,
    conversations,
    requests,
    invites,
    sessions,
    passwordLinks,
    users,
    presence,
    presenceWatching,
    metrics,
    administration,
    orphanedGroups,
  };
}
