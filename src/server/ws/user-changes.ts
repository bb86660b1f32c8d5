import { encode } from "../../protocol/frames.ts";
import type { User } from "../../protocol/users.ts";
import type { Logger } from "../base/logger.ts";
import type { Memberships } from "../log/memberships.ts";
import type { Hub } from "./hub.ts";

/** How many sockets are searched before other work has its turn. */
const SOCKETS_AT_A_STRETCH = 500;

/**
 * Announces users whose name or account has changed. The `/ws/` sockets of the user, and of everybody who shares a
 * conversation with them, get the change once. A lost bus event does no harm, because the next list has the name too.
 */
export class UserChanges {
  private readonly changed = new Set<number>();
  private isAnnouncing = false;

  constructor(
    private readonly hub: Hub,
    private readonly users: { byId(id: number): Promise<{ user: User } | undefined> },
    private readonly memberships: Pick<Memberships, "idsOf">,
    private readonly logger: Logger,
  ) {}

  /** Changes of one user that come together are announced once. */
  add(userId: number): void {
    this.changed.add(userId);
    if (!this.isAnnouncing) this.announceAll().catch((error: unknown) => this.fail(error));
  }

  /** Announces one user at a time, because a user may have 10,000 conversations. */
  private async announceAll() {
    this.isAnnouncing = true;
    try {
      for (const userId of this.changed) {
        this.changed.delete(userId);
        if (this.hub.sockets.all.size > 0) await this.announce(userId).catch((error: unknown) => this.fail(error));
      }
    } finally {
      this.isAnnouncing = false;
    }
  }

  /** Reads the user from the database, because an older event may arrive after a newer one. */
  private async announce(userId: number) {
    const account = await this.users.byId(userId);
    if (!account) return;
    const shared = new Set(await this.memberships.idsOf(userId));
    const frame = encode({ type: "user", user: account.user });
    let looked = 0;
    for (const socket of [...this.hub.sockets.all]) {
      if (++looked % SOCKETS_AT_A_STRETCH === 0) await Bun.sleep(0);
      // A socket that is not greeted yet reads its list afterwards.
      if (!socket.isUserSocket || !socket.isGreeted || socket.isClosed) continue;
      if (socket.actor.userId === userId || this.hub.watching.isWatchingAny(socket, shared)) socket.send(frame);
    }
  }

  private fail(error: unknown) {
    this.logger.warn(
      { err: error },
      "a changed user could not be announced; clients see the change in their next list",
    );
  }
}
