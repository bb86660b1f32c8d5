import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { AdminConversationsStore } from "./conversations-store.ts";
import type { AdminUsersStore } from "./users-store.ts";

/** How many deactivated users one step reads, to find the groups that they own. */
const OWNERS_AT_ONCE = 100;

/** Passes groups of deactivated owners on to their longest-standing active members. */
export class OrphanedGroups {
  private isClosed = false;
  private passingOn: Promise<void> | undefined;
  private hasMoreToPassOn = false;

  constructor(
    private readonly users: Pick<AdminUsersStore, "deactivated">,
    private readonly conversations: Pick<AdminConversationsStore, "ownedGroups" | "passOn">,
    private readonly announcer: Announcer,
    private readonly logger: Logger,
  ) {}

  /** Passes on all groups of deactivated owners. Runs once at a time, and again after a failure. */
  passOn(): void {
    this.hasMoreToPassOn = true;
    this.passingOn ??= this.passOnAll()
      .catch((error: unknown) => {
        this.hasMoreToPassOn = true;
        this.logger.warn({ err: error }, "groups of deactivated owners are passed on a little later");
      })
      .finally(() => {
        this.passingOn = undefined;
      });
  }

  /** Tries again when the last run failed. For housekeeping. */
  retry(): void {
    if (this.hasMoreToPassOn) this.passOn();
  }

  private async passOnAll() {
    while (this.hasMoreToPassOn && !this.isClosed) {
      this.hasMoreToPassOn = false;
      let after = 0;
      for (;;) {
        const owners = await this.users.deactivated(after, OWNERS_AT_ONCE);
        for (const owner of owners)
          for (const id of await this.conversations.ownedGroups(owner)) await this.passOnGroup(id);
        const last = owners.at(-1);
        if (last === undefined || this.isClosed) break;
        after = last;
      }
    }
  }

  /**
   * Each group has a transaction of its own: others write and read in between, and a later run finds the rest after a
   * crash.
   */
  private async passOnGroup(id: string) {
    if (this.isClosed) return;
    try {
      const { change } = await this.conversations.passOn(id);
      if (change) this.announcer.announce(change);
    } catch (error) {
      // The conversation was removed meanwhile.
      if (error instanceof Failure && error.reason === "conversation_not_found") return;
      this.announcer.doubt(id, error);
    }
  }

  close(): void {
    this.isClosed = true;
  }
}
