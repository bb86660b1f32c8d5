import type { LimitInForce } from "../../protocol/admin.ts";
import type { NameRule } from "../../protocol/names.ts";
import type { WebFile } from "../../web/files.ts";
import type { Logger } from "../base/logger.ts";
import { accountRoutes } from "../features/accounts/routes.ts";
import type { WrongPasswords } from "../features/accounts/wrong-passwords.ts";
import { adminRoutes } from "../features/admin/routes.ts";
import { changesRoutes } from "../features/changes/routes.ts";
import type { Changes } from "../features/changes/service.ts";
import { conversationCommands } from "../features/conversations/commands.ts";
import { conversationRoutes } from "../features/conversations/routes.ts";
import { draftRoutes } from "../features/drafts/routes.ts";
import { fileListRoutes } from "../features/files/list-routes.ts";
import { fileRoutes } from "../features/files/routes.ts";
import { healthRoutes, type Readiness } from "../features/health/routes.ts";
import { inviteRoutes } from "../features/invites/routes.ts";
import { meRoutes, ownStreamRoutes } from "../features/me/routes.ts";
import { mentionRoutes } from "../features/mentions/routes.ts";
import { messageCommands } from "../features/messages/commands.ts";
import { messageRoutes } from "../features/messages/routes.ts";
import { notificationRoutes, whyRoutes } from "../features/notifications/routes.ts";
import { avatarRoutes, groupPictureRoutes, ownAvatarRoutes } from "../features/pictures/routes.ts";
import { pinCommands } from "../features/pins/commands.ts";
import { pinRoutes } from "../features/pins/routes.ts";
import { pollCommands } from "../features/polls/commands.ts";
import { pollRoutes } from "../features/polls/routes.ts";
import { presenceCommands } from "../features/presence/commands.ts";
import type { PresenceWatching } from "../features/presence/watching.ts";
import { ownPreviewRoutes, previewRoutes } from "../features/previews/routes.ts";
import { reactionCommands } from "../features/reactions/commands.ts";
import { ownReactionRoutes, reactionRoutes } from "../features/reactions/routes.ts";
import { readingCommands } from "../features/reading/commands.ts";
import { requestRoutes } from "../features/requests/routes.ts";
import { savedRoutes } from "../features/saved/routes.ts";
import { allScheduledRoutes, scheduledRoutes } from "../features/scheduled/routes.ts";
import { searchRoutes } from "../features/search/routes.ts";
import { serverRoutes } from "../features/server/routes.ts";
import { securityTxtRoutes } from "../features/server/security-txt.ts";
import type { StatisticsStore } from "../features/statistics/store.ts";
import { followRoutes, threadRoutes } from "../features/threads/routes.ts";
import { typingCommands } from "../features/typing/commands.ts";
import type { FactServices } from "../features/web/page-facts.ts";
import { webRoutes } from "../features/web/routes.ts";
import type { OriginOf } from "../http/requester.ts";
import type { RouteGroup } from "../http/route-group.ts";
import type { Memberships } from "../log/memberships.ts";
import type { SocketPlaces } from "../places/places.ts";
import type { Commands } from "../ws/command.ts";
import { socketCommands } from "../ws/commands.ts";
import type { Hub } from "../ws/hub.ts";
import { type SocketGate, socketRoutes } from "../ws/upgrade.ts";
import type { Services } from "./services.ts";

/** The services that the routes need: those of all features, and these. */
export interface RouteServices extends Services, FactServices {
  originOf: OriginOf;
  changes: Changes;
  wrongPasswords: WrongPasswords;
  statistics: StatisticsStore;
  limitsInForce(): LimitInForce[];
  /** True when X-Forwarded-* headers came from a proxy that is not trusted. */
  proxyHeadersSeen(): boolean;
  readiness: Readiness;
  logger: Logger;
  publicUrl: string | undefined;
  securityContact: string | undefined;
  names: NameRule;
  corsOrigins: readonly string[];
  gate: SocketGate;
  places: SocketPlaces;
  maxSocketsPerUser: number;
  isDraining: () => boolean;
  webFiles(): Promise<readonly WebFile[]>;
}

/** The routes of all features, in the order of the API page. A new noun is one line here. */
export const routeGroups: readonly RouteGroup<RouteServices>[] = [
  accountRoutes,
  messageRoutes,
  threadRoutes,
  followRoutes,
  pinRoutes,
  previewRoutes,
  pollRoutes,
  fileRoutes,
  fileListRoutes,
  reactionRoutes,
  ownReactionRoutes,
  inviteRoutes,
  ownAvatarRoutes,
  avatarRoutes,
  groupPictureRoutes,
  conversationRoutes,
  meRoutes,
  mentionRoutes,
  searchRoutes,
  notificationRoutes,
  ownPreviewRoutes,
  whyRoutes,
  draftRoutes,
  savedRoutes,
  scheduledRoutes,
  allScheduledRoutes,
  ownStreamRoutes,
  changesRoutes,
  requestRoutes,
  adminRoutes,
  serverRoutes,
  healthRoutes,
  socketRoutes,
  securityTxtRoutes,
  webRoutes,
];

/** The services that the commands need: those of all features, and these. */
interface CommandServices extends Omit<Services, "presence"> {
  hub: Hub;
  presence: PresenceWatching;
  memberships: Memberships;
}

/** The commands of all features. A client frame without a command does not compile. */
export const commandsOf = (services: CommandServices): Commands => ({
  ...messageCommands(services),
  ...pinCommands(services),
  ...pollCommands(services),
  ...reactionCommands(services),
  ...readingCommands(services),
  ...typingCommands(services),
  ...presenceCommands(services),
  ...conversationCommands(services),
  ...socketCommands,
});
