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
import { Drafts } from "../features/drafts/service.ts";
import { Attaching } from "../features/files/attaching.ts";
import { FileLists } from "../features/files/listing.ts";
import { Invites } from "../features/invites/service.ts";
import { OwnWrites } from "../features/me/own-writes.ts";
import { Me } from "../features/me/service.ts";
import { MeStreams } from "../features/me/streams.ts";
import { Mentions } from "../features/mentions/service.ts";
import { Messages } from "../features/messages/service.ts";
import { Metrics } from "../features/metrics/service.ts";
import { Notifications } from "../features/notifications/service.ts";
import { ProfilePictures } from "../features/pictures/service.ts";
import { Squares } from "../features/pictures/squares.ts";
import { Pins } from "../features/pins/service.ts";
import { Polls } from "../features/polls/service.ts";
import { Presence } from "../features/presence/service.ts";
import { PresenceWatching } from "../features/presence/watching.ts";
import { OwnPreviewSettings } from "../features/previews/own-settings.ts";
import { Previews } from "../features/previews/service.ts";
import { Reactions } from "../features/reactions/service.ts";
import { Replies } from "../features/replies/service.ts";
import { Requests } from "../features/requests/service.ts";
import { Saved } from "../features/saved/service.ts";
import { Scheduled } from "../features/scheduled/service.ts";
import { Search } from "../features/search/service.ts";
import { openStems } from "../features/search/stems.ts";
import { ServerSettings } from "../features/server/settings.ts";
import { Threads } from "../features/threads/service.ts";
import { Typing } from "../features/typing/service.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { Access } from "../log/access.ts";
import { Announcer } from "../log/announcer.ts";
import { Marks } from "../log/marks.ts";
import { Pages } from "../log/pages.ts";
import { SecurityLines } from "../platform/logs/security.ts";
import { outside } from "../platform/outbound/fetch-outside.ts";
import type { Shared } from "./cluster.ts";
import { openFiles } from "./files.ts";
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
  const fetchOutside = outside({ allowed: config.ALLOW_PRIVATE });

  // The log
  const { filling } = stores;
  filling.names.trustWhile(() => bus.isSure);
  const access = new Access(stores.memberships, bus);
  const announcer = new Announcer(bus, stores.log, logger);
  const marks = new Marks(stores.log, announcer);
  const pages = new Pages(stores.log, window);
  const turns = new OwnTurns();

  // The server
  const settings = new ServerSettings(
    stores.settings,
    bus,
    { registration: config.REGISTRATION, color: config.COLOR },
    logger,
  );
  await settings.reload();
  const firstUser = new FirstUser(stores.firstUser, secret, config.FIRST_USER === "superuser");

  // Conversations
  const reach = new Reach(stores.conversations, turns, { directory: config.DIRECTORY });
  const conversations = new Conversations({
    store: stores.conversations,
    memberships: stores.memberships,
    me: stores.me,
    requests: stores.requests,
    reach,
    announcer,
    bus,
    turns,
    logger,
    maxParticipants: config.MAX_PARTICIPANTS,
  });
  const threads = new Threads({ store: stores.threads, conversations, bus, logger });
  const mentions = new Mentions({
    store: stores.mentions,
    places,
    summariesOf: (userId, ids) => conversations.summariesOf(userId, ids),
    bus,
    logger,
  });
  const messages = new Messages(
    stores.log,
    stores.memberships,
    access,
    announcer,
    bus,
    pages,
    meter,
    mentions,
    threads,
  );
  const pins = new Pins(stores.pins, marks, access);
  const previews = new Previews({
    store: stores.previews,
    marks,
    fetchOutside,
    ownHost: URL.parse(config.PUBLIC_URL ?? "")?.host,
    logger,
  });
  const polls = new Polls(stores.polls, marks, access);
  const replies = new Replies(filling.quotes, access);
  const { files, completion, cleaning, pictures, scanner } = openFiles({ ...options, meter }, stores, secret, jobs);
  const attaching = new Attaching(stores.messageFiles, filling.quotes);
  const fileLists = new FileLists(stores.messageFiles, access);
  const reactions = new Reactions(stores.reactions, marks, access, limits.reactions);
  const search = new Search({
    store: stores.search,
    filling,
    access,
    turns,
    limiter: limits.searches,
    stems: await openStems(config.SEARCH_LANGUAGES),
  });
  const typing = new Typing(bus);
  const ownWrites = new OwnWrites(bus, turns);
  const me = new Me(stores.me, access, ownWrites);
  const notifications = new Notifications(stores.notifications, access, places, ownWrites);
  const meStreams = new MeStreams(stores.me, logger);
  const saved = new Saved(stores.saved, ownWrites, jobs);
  const drafts = new Drafts(stores.drafts, access, ownWrites);
  const scheduled = new Scheduled(stores.scheduled, messages, access, ownWrites, jobs);
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

  // Pictures of people and groups
  const { blobs } = files;
  const profilePictures = new ProfilePictures({
    store: stores.pictures,
    people: new Squares(blobs, pictures, "people"),
    groups: new Squares(blobs, pictures, "groups"),
    conversations,
    limit: limits.pictures,
    bus,
    logger,
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
    conversations: new AdminConversations({
      store: stores.admin.conversations,
      filling,
      jobs,
      pages,
      announcer,
    }),
    audit: stores.audit,
  };

  return {
    security,
    limits,
    meter,
    access,
    announcer,
    marks,
    pages,
    filling,
    settings,
    firstUser,
    mentions,
    messages,
    threads,
    notifications,
    profilePictures,
    pins,
    polls,
    previews,
    previewSettings: new OwnPreviewSettings(stores.previewSettings, ownWrites),
    replies,
    files,
    completion,
    cleaning,
    pictures,
    scanner,
    attaching,
    fileLists,
    reactions,
    search,
    typing,
    me,
    meStreams,
    ownWrites,
    saved,
    drafts,
    scheduled,
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
