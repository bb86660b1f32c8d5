import type { ChangesPage } from "../../../protocol/looking.ts";
import { Failure } from "../../base/failure.ts";
import type { Access } from "../../log/access.ts";
import { changeEvent } from "../../log/changes.ts";
import type { MessageLog } from "../../log/log.ts";
import type { Memberships } from "../../log/memberships.ts";

/** The most requests of a user that wait on this node at once. */
const WAITING_MAX = 4;
/** A request that waits also looks at the log this often: an event may have been lost. */
const LOOK_EVERY_MS = 5_000;

interface Parts {
  log: Pick<MessageLog, "changes">;
  memberships: Pick<Memberships, "standing">;
  access: Pick<Access, "requireParticipant">;
  /** Calls `moved` when the conversation may have a new change, until the returned function is called. */
  follow(conversationId: string, moved: () => void): Promise<() => void>;
}

interface From {
  /** Left out: the newest change that the user has looked at. */
  after?: number | undefined;
  /** The tag of the change at `after`. */
  tag?: string | undefined;
  limit: number;
}

/** A page of changes, with the frames as JSON. */
export interface Page extends Omit<ChangesPage, "conversation_id" | "changes"> {
  frames: { version: number; tag: string; frame: string }[];
}

/** The changes of a conversation for people and programs that ask over HTTP. */
export class Changes {
  private readonly waiting = new Map<number, number>();
  private readonly closed = new AbortController();

  constructor(private readonly parts: Parts) {}

  /** Ends all waiting: the node stops. */
  close(): void {
    this.closed.abort();
  }

  get isClosed(): boolean {
    return this.closed.signal.aborted;
  }

  /** The changes after a place, oldest first. Another history than the caller knows, or a gap, gives a `reset`. */
  async page(conversationId: string, userId: number, from: From): Promise<Page> {
    const { log, memberships, access } = this.parts;
    await access.requireParticipant(conversationId, userId);
    const standing = await memberships.standing(conversationId, userId, from.after);
    // The memory of this node is behind: the user has just left.
    if (!standing) throw new Failure("not_a_participant");
    const { lastVersion, prunedVersion, tagThere, readSeq: read_seq, readVersion: read_version, epoch } = standing;
    const after = from.after ?? read_version ?? lastVersion;
    const at = { read_seq, read_version, epoch };
    const isOther = from.after !== undefined && from.tag !== undefined && from.tag !== tagThere;
    const found =
      after > lastVersion || after < prunedVersion || isOther
        ? "gone"
        : await log.changes(conversationId, after, lastVersion, from.limit, from.tag);
    if (typeof found === "string") return { frames: [], next: lastVersion, tag: null, more: false, reset: true, ...at };
    const frames = found.map((change) => {
      const { version, tag, frame } = changeEvent(change);
      return { version, tag, frame };
    });
    const { version: next, tag } = frames.at(-1) ?? { version: after, tag: from.after === undefined ? null : tagThere };
    return { frames, next, tag, more: next < lastVersion, ...at };
  }

  /** The same, but waits for a change when there is none. Resolves at the latest after `waitMs`, or when `signal` aborts. */
  async wait(conversationId: string, userId: number, from: From, waitMs: number, signal: AbortSignal): Promise<Page> {
    const until = performance.now() + waitMs;
    return this.follow(conversationId, userId, signal, async (moved) => {
      for (let at = from; ; ) {
        const page = await this.page(conversationId, userId, at);
        const left = until - performance.now();
        const isOver = left <= 0 || signal.aborted || this.isClosed;
        if (page.frames.length > 0 || page.reset || isOver) return page;
        at = { ...from, after: page.next };
        await moved(Math.min(left, LOOK_EVERY_MS));
      }
    });
  }

  /**
   * Runs `work` with a function that resolves when the conversation may have changed since its last call, after some ms, or
   * at the end.
   * @throws Failure `too_many_waiting`
   */
  async follow<T>(
    conversationId: string,
    userId: number,
    signal: AbortSignal,
    work: (moved: (withinMs: number) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const release = this.enter(userId);
    try {
      await this.parts.access.requireParticipant(conversationId, userId);
      const ended = AbortSignal.any([signal, this.closed.signal]);
      let hasMoved = false;
      let wake = () => {};
      const notice = () => {
        hasMoved = true;
        wake();
      };
      const unfollow = await this.parts.follow(conversationId, notice);
      ended.addEventListener("abort", notice);
      try {
        return await work(async (withinMs) => {
          if (!hasMoved && !ended.aborted) {
            const { promise, resolve } = Promise.withResolvers<void>();
            const timer = setTimeout(resolve, withinMs);
            wake = resolve;
            await promise;
            clearTimeout(timer);
          }
          hasMoved = false;
        });
      } finally {
        ended.removeEventListener("abort", notice);
        unfollow();
      }
    } finally {
      release();
    }
  }

  private enter(userId: number): () => void {
    const there = this.waiting.get(userId) ?? 0;
    if (there >= WAITING_MAX) throw new Failure("too_many_waiting", { retryAfter: 1 });
    this.waiting.set(userId, there + 1);
    return () => {
      const left = (this.waiting.get(userId) ?? 1) - 1;
      if (left > 0) this.waiting.set(userId, left);
      else this.waiting.delete(userId);
    };
  }
}
