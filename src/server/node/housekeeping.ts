import type { Logger } from "../base/logger.ts";
import type { PasswordLinks } from "../features/accounts/password-links.ts";
import type { Sessions } from "../features/accounts/sessions.ts";
import type { OrphanedGroups } from "../features/admin/orphaned-groups.ts";
import type { Cleaning } from "../features/files/cleaning.ts";
import type { Completion } from "../features/files/completion.ts";
import type { Invites } from "../features/invites/service.ts";

const EVERY_MS = 60_000;

interface HousekeepingParts {
  /** Removes messages that are older than retention allows. `undefined`: messages stay for ever. */
  pruneMessages: (() => Promise<unknown>) | undefined;
  orphanedGroups: Pick<OrphanedGroups, "passOn" | "retry">;
  sessions: Pick<Sessions, "prune">;
  invites: Pick<Invites, "tidy">;
  passwordLinks: Pick<PasswordLinks, "prune">;
  cleaning: Pick<Cleaning, "run">;
  completion: Pick<Completion, "takeOver">;
  logger: Logger;
}

/** Removes what has expired, and finishes work that a node has left undone. */
export class Housekeeping {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly parts: HousekeepingParts,
    private readonly everyMs = EVERY_MS,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.run(), this.everyMs);
    this.parts.orphanedGroups.passOn();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private run() {
    const { pruneMessages, orphanedGroups, sessions, invites, passwordLinks, cleaning, completion, logger } =
      this.parts;
    const pruning = pruneMessages?.();
    orphanedGroups.retry();
    const tidied = [sessions.prune(), invites.tidy(), passwordLinks.prune(), cleaning.run(), completion.takeOver()];
    Promise.all([pruning, ...tidied]).catch((error: unknown) =>
      logger.warn({ err: error }, "housekeeping failed, it will be tried again"),
    );
  }
}
