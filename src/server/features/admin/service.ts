import type { AdminUser, AdminUserDetail } from "../../../protocol/admin.ts";
import type { Message } from "../../../protocol/messages.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { SecurityEvent, SecurityEventName, SecurityLog } from "../../base/security-log.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Jobs } from "../../jobs/jobs.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Page, Pages } from "../../log/pages.ts";
import type { PageQuery } from "../../log/ports.ts";
import type { SocketPlaces } from "../../places/places.ts";
import { publishEnded } from "../accounts/ended-sessions.ts";
import type { Admin, AdminConversationStore, AdminStores, AdminUserStore, AuditLog } from "./ports.ts";

interface Parts {
  stores: AdminStores;
  pages: Pages;
  places: SocketPlaces;
  announcer: Announcer;
  bus: Bus;
  jobs: Pick<Jobs, "wake">;
  security: SecurityLog;
  logger: Logger;
}

/** Deactivated users whose groups are looked for at once. */
const OWNERS_AT_ONCE = 100;

/** A transaction whose caller gave up may commit this much later, in ms: the store's time-outs, and some slack. */
const DOUBT_MS = 10_000;
/** How often sessions are looked for meanwhile that have ended after all. */
const DOUBT_EVERY_MS = 2_000;

/** What superusers may do. Who asks is one: http/admin sees to that, and for all that changes something the store does again. */
export class Administration {
  private isClosed = false;
  private passingOn: Promise<void> | undefined;
  private hasMoreToPassOn = false;
  private sessionsDoubtedUntil = 0;
  private nextDoubt: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: Parts) {}

  // Users

  users(query: Parameters<AdminUserStore["list"]>[0]) {
    return this.parts.stores.users.list(query);
  }

  /** With their sessions and addresses: who looks at somebody else's is written down before anything is shown. */
  async user(by: Admin, id: number): Promise<AdminUserDetail> {
    const { stores, places } = this.parts;
    const user = await stores.users.detail(id);
    if (!user) throw new Failure("user_not_found");
    if (by?.userId !== id) await stores.users.noteViewing(by, id);
    return { ...user, open_sockets: await places.count(id) };
  }

  /**
   * Who is deactivated is out at once, on every node; what they have written stays, and they stay in their
   * conversations. Their groups get other owners a little later. Who is made a superuser, or is one no more, has that at once too.
   */
  async changeUser(
    by: Admin,
    id: number,
    wanted: { isActive?: boolean | undefined; isSuperuser?: boolean | undefined },
  ): Promise<AdminUser> {
    const { stores, bus } = this.parts;
    const { user, ended, changed } = await stores.users.change(by, id, wanted).catch((e) => this.doubtSessions(e));
    publishEnded(bus, id, ended);
    for (const event of changed) this.record(event, by, id, { account: user.email });
    // Said again although nothing changed: the answer to the change may have got lost, and with it what was to be told.
    bus.publish({ kind: "user_changed", userId: id, fullName: user.full_name });
    if (!user.is_active) bus.publish({ kind: "sessions_doubted" });
    // Also after a reactivation: groups of which nobody was active have an heir now.
    this.passOnGroups();
    return user;
  }

  /** One of the user's sessions, or all; their sockets close with them. Returns how many ended. */
  async endSessions(by: Admin, userId: number, sessionId?: string): Promise<number> {
    const { stores, bus } = this.parts;
    try {
      const ending = stores.users.endSessions(by, userId, sessionId);
      const sessions = await ending.catch((error) => this.doubtSessions(error));
      publishEnded(bus, userId, sessions);
      if (sessions.length > 0)
        this.record(sessionId === undefined ? "sessions_ended" : "session_ended", by, userId, {
          details: { count: sessions.length },
        });
      return sessions.length;
    } finally {
      // There may be others, ended by a call whose answer got lost.
      bus.publish({ kind: "sessions_doubted" });
    }
  }

  private record(event: SecurityEventName, by: Admin, userId: number, more: Omit<SecurityEvent, "event">) {
    const from = by && { address: by.address, network: by.network };
    this.parts.security.record({ event, userId, by: by?.userId ?? null, ...from, ...more });
  }

  /** Passes a write's error on; unless it says that nothing was done, each node looks for sessions that have ended. */
  private doubtSessions(error: unknown): never {
    if (!(error instanceof Failure) || error.reason === "unavailable") {
      this.sessionsDoubtedUntil = performance.now() + DOUBT_MS;
      clearTimeout(this.nextDoubt);
      this.tellDoubt();
    }
    throw error;
  }

  private tellDoubt() {
    this.parts.bus.publish({ kind: "sessions_doubted" });
    const goesOn = performance.now() < this.sessionsDoubtedUntil && !this.isClosed;
    this.nextDoubt = goesOn ? setTimeout(() => this.tellDoubt(), DOUBT_EVERY_MS) : undefined;
  }

  // Conversations

  conversations(query: Parameters<AdminConversationStore["list"]>[0]) {
    return this.parts.stores.conversations.list(query);
  }

  async conversation(id: string) {
    const conversation = await this.parts.stores.conversations.detail(id);
    if (!conversation) throw new Failure("conversation_not_found");
    return conversation;
  }

  participants(id: string, page: { after: number; limit: number }) {
    return this.parts.stores.conversations.participants(id, page);
  }

  /** Written down before anything is shown. Nobody's read position moves. */
  async readMessages(by: Admin, id: string, query: PageQuery): Promise<Page> {
    const { pages, stores } = this.parts;
    const page = await pages.read(id, query);
    const count = page.messages.length;
    const last_seq = page.newestSeq ?? 0;
    // `seq` is dense.
    const first_seq = count === 0 ? 0 : last_seq - count + 1;
    await stores.conversations.noteReading(by, id, { count, first_seq, last_seq });
    return page;
  }

  /** Leaves a tombstone, whoever sent it. */
  async removeMessage(by: Admin, conversationId: string, messageId: string): Promise<Message> {
    const { stores, announcer } = this.parts;
    try {
      const { message, change } = await stores.conversations.removeMessage(by, conversationId, messageId);
      if (change) announcer.announce(change);
      return message;
    } catch (error) {
      return announcer.doubt(conversationId, error);
    }
  }

  /** With everything in it, for everybody, on every node, for good. */
  async removeConversation(by: Admin, id: string): Promise<void> {
    const { stores, announcer, jobs } = this.parts;
    try {
      await stores.conversations.remove(by, id);
    } catch (error) {
      announcer.doubt(id, error, true);
    }
    announcer.announceRemoval(id);
    // A job erases what it held.
    jobs.wake();
  }

  /** Groups that still wait for other owners are found again by the next start. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.nextDoubt);
  }

  // Owners

  /** Groups of deactivated owners go to their longest-standing active members. Runs once at a time, and again after a failure. */
  passOnGroups(): void {
    this.hasMoreToPassOn = true;
    this.passingOn ??= this.passOnAll()
      .catch((error: unknown) => {
        this.hasMoreToPassOn = true;
        this.parts.logger.warn({ err: error }, "groups of deactivated owners are passed on a little later");
      })
      .finally(() => {
        this.passingOn = undefined;
      });
  }

  /** For housekeeping: what failed is tried again. */
  goOnPassing(): void {
    if (this.hasMoreToPassOn) this.passOnGroups();
  }

  private async passOnAll() {
    const { users, conversations } = this.parts.stores;
    while (this.hasMoreToPassOn && !this.isClosed) {
      this.hasMoreToPassOn = false;
      let after = 0;
      for (;;) {
        const owners = await users.deactivated(after, OWNERS_AT_ONCE);
        for (const owner of owners) for (const id of await conversations.ownedGroups(owner)) await this.passOn(id);
        const last = owners.at(-1);
        if (last === undefined || this.isClosed) break;
        after = last;
      }
    }
  }

  /** One transaction a group: others write and read in between, and after a crash the rest is found again. */
  private async passOn(id: string) {
    if (this.isClosed) return;
    const { stores, announcer } = this.parts;
    try {
      const { change } = await stores.conversations.passOn(id);
      if (change) announcer.announce(change);
    } catch (error) {
      // It was removed meanwhile.
      if (error instanceof Failure && error.reason === "conversation_not_found") return;
      announcer.doubt(id, error);
    }
  }

  // Audit log

  audit(query: Parameters<AuditLog["list"]>[0]) {
    return this.parts.stores.audit.list(query);
  }
}
