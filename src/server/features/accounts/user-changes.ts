import { encode } from "../../../protocol/frames.ts";
import type { Logger } from "../../base/logger.ts";
import type { ConversationStore, UserStore } from "../../log/ports.ts";
import type { Hub } from "../../ws/hub.ts";

/** Sockets that are looked through before others have their turn. */
const SOCKETS_AT_A_STRETCH = 500;

/**
 * Tells `/ws/` sockets of users whose name or account has changed: those of the user, and those of everybody who shares
 * a conversation with them, each once. A lost bus event is no harm: the next list has the name too.
 */
export class UserChanges {
  private readonly changed = new Set<number>();
  private isTelling = false;

  constructor(
    private readonly hub: Hub,
    private readonly users: Pick<UserStore, "byId">,
    private readonly conversations: Pick<ConversationStore, "idsOf">,
    private readonly logger: Logger,
  ) {}

  /** Several changes of one user that come together are told once. */
  add(userId: number): void {
    this.changed.add(userId);
    if (!this.isTelling) this.tellAll().catch((error: unknown) => this.fail(error));
  }

  /** One user at a time: somebody may have 10,000 conversations. */
  private async tellAll() {
    this.isTelling = true;
    try {
      for (const userId of this.changed) {
        this.changed.delete(userId);
        if (this.hub.sockets.size > 0) await this.tell(userId).catch((error: unknown) => this.fail(error));
      }
    } finally {
      this.isTelling = false;
    }
  }

  /** The event may be older than another one that came before it: the database says how the user is now. */
  private async tell(userId: number) {
    const account = await this.users.byId(userId);
    if (!account) return;
    const shared = new Set(await this.conversations.idsOf(userId));
    const frame = encode({ type: "user", user: account.user });
    let looked = 0;
    for (const socket of [...this.hub.sockets]) {
      if (++looked % SOCKETS_AT_A_STRETCH === 0) await Bun.sleep(0);
      // A socket that is not greeted yet asks for its list afterwards.
      if (!socket.isUserSocket || !socket.isGreeted || socket.isClosed) continue;
      if (socket.actor.userId === userId || this.hub.watching.isWatchingAny(socket, shared)) socket.send(frame);
    }
  }

  private fail(error: unknown) {
    this.logger.warn({ err: error }, "can't tell who a user is now; clients see it in their next list");
  }
}
