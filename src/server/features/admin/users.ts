import type { AdminUser, AdminUserDetail } from "../../../protocol/admin.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityEvent, SecurityEventName, SecurityLog } from "../../base/security-log.ts";
import type { Bus } from "../../bus/bus.ts";
import type { SocketPlaces } from "../../places/places.ts";
import { publishEnded } from "../accounts/ended-sessions.ts";
import type { Admin } from "../audit/entry.ts";
import type { OrphanedGroups } from "./orphaned-groups.ts";
import type { AdminUsersStore, UsersQuery, WantedRights } from "./users-store.ts";

/**
 * How much later, in ms, a transaction may still commit after its caller gave up: the time-outs of the store, and some
 * slack.
 */
const DOUBT_MS = 10_000;
/** Until then each node checks this often, in ms, whether sessions have ended after all. */
const DOUBT_EVERY_MS = 2_000;

interface Parts {
  store: AdminUsersStore;
  orphanedGroups: Pick<OrphanedGroups, "passOn">;
  places: SocketPlaces;
  bus: Bus;
  security: SecurityLog;
}

/**
 * The acts of superusers on users. The routes check that the caller is a superuser. Each call that changes something
 * checks again.
 */
export class AdminUsers {
  private isClosed = false;
  private sessionsDoubtedUntil = 0;
  private nextDoubt: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: Parts) {}

  list(query: UsersQuery) {
    return this.parts.store.list(query);
  }

  /** A user with their sessions and addresses. A view of another user is written down before anything is shown. */
  async detail(by: Admin, id: number): Promise<AdminUserDetail> {
    const { store, places } = this.parts;
    const user = await store.detail(id);
    if (!user) throw new Failure("user_not_found");
    if (by?.userId !== id) await store.noteViewing(by, id);
    return { ...user, open_sockets: await places.count(id) };
  }

  /**
   * Deactivates or reactivates a user, and grants or revokes the right of a superuser: at once, on every node. A deactivated
   * user stays a member of their conversations, and their messages stay. Their groups get other owners a little later.
   */
  async change(by: Admin, id: number, wanted: WantedRights): Promise<AdminUser> {
    const { store, orphanedGroups, bus } = this.parts;
    const { user, ended, changed } = await store.change(by, id, wanted).catch((e) => this.doubtSessions(e));
    publishEnded(bus, id, ended);
    for (const event of changed) this.record(event, by, id, { account: user.email });
    // Announced even when nothing changed: the answer to an earlier change may have got lost, and its announcement with it.
    bus.publish({ kind: "user_changed", userId: id, fullName: user.full_name });
    if (!user.is_active) bus.publish({ kind: "sessions_doubted" });
    // This also runs after a reactivation, because a group without active members then has an heir.
    orphanedGroups.passOn();
    return user;
  }

  /** Ends one of the user's sessions, or all. Their sockets close with them. Returns how many ended. */
  async endSessions(by: Admin, userId: number, sessionId?: string): Promise<number> {
    const { store, bus } = this.parts;
    try {
      const ending = store.endSessions(by, userId, sessionId);
      const sessions = await ending.catch((error) => this.doubtSessions(error));
      publishEnded(bus, userId, sessions);
      if (sessions.length > 0)
        this.record(sessionId === undefined ? "sessions_ended" : "session_ended", by, userId, {
          details: { count: sessions.length },
        });
      return sessions.length;
    } finally {
      // An earlier call whose answer got lost may have ended others.
      bus.publish({ kind: "sessions_doubted" });
    }
  }

  private record(event: SecurityEventName, by: Admin, userId: number, more: Omit<SecurityEvent, "event">) {
    const from = by && { address: by.address, network: by.network };
    this.parts.security.record({ event, userId, by: by?.userId ?? null, ...from, ...more });
  }

  /** Rethrows the error of a write. Unless it says that nothing was done, each node looks for sessions that have ended. */
  private doubtSessions(error: unknown): never {
    if (!(error instanceof Failure) || error.reason === "unavailable") {
      this.sessionsDoubtedUntil = performance.now() + DOUBT_MS;
      clearTimeout(this.nextDoubt);
      this.announceDoubt();
    }
    throw error;
  }

  private announceDoubt() {
    this.parts.bus.publish({ kind: "sessions_doubted" });
    const goesOn = performance.now() < this.sessionsDoubtedUntil && !this.isClosed;
    this.nextDoubt = goesOn ? setTimeout(() => this.announceDoubt(), DOUBT_EVERY_MS) : undefined;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.nextDoubt);
  }
}
