import { encode } from "../../../protocol/frames.ts";
import type { Logger } from "../../base/logger.ts";
import type { ConversationStore, UserStore } from "../../log/ports.ts";

/** The `/ws/` sockets of this node. */
interface UserSockets {
  readonly hasSockets: boolean;
  /** Sends to the sockets of the user, and of everybody who shares one of these conversations. */
  sendToSharing(userId: number, conversationIds: ReadonlySet<string>, frame: string): Promise<void>;
}

/**
 * Tells `/ws/` sockets of users whose name or account has changed: those of the user, and those of everybody who shares
 * a conversation with them, each once. A lost bus event is no harm: the next list has the name too.
 */
export class UserChanges {
  private readonly changed = new Set<number>();
  private isTelling = false;

  constructor(
    private readonly sockets: UserSockets,
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
        if (this.sockets.hasSockets) await this.tell(userId).catch((error: unknown) => this.fail(error));
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
    await this.sockets.sendToSharing(userId, shared, encode({ type: "user", user: account.user }));
  }

  private fail(error: unknown) {
    this.logger.warn({ err: error }, "can't tell who a user is now; clients see it in their next list");
  }
}
