import { z } from "zod";
import type { SavedBody, SavedMessage, SavedState } from "../../../protocol/saved.ts";
import { Failure } from "../../base/failure.ts";
import { type Jobs, jobKind } from "../../jobs/jobs.ts";
import type { OwnWrites } from "../me/own-writes.ts";
import type { SavedStore } from "./store.ts";

/** Messages that people have saved for later. */
export class Saved {
  constructor(
    private readonly store: SavedStore,
    private readonly writes: OwnWrites,
    private readonly jobs: Pick<Jobs, "wake">,
  ) {}

  async save(userId: number, messageId: string, body: SavedBody): Promise<SavedState & { message_id: string }> {
    const { saved } = await this.writes.run(userId, () => this.store.save(userId, messageId, body));
    if (body.remind_at) this.jobs.wake();
    return saved;
  }

  async remove(userId: number, messageId: string): Promise<void> {
    const { isChanged } = await this.writes.run(userId, () => this.store.remove(userId, messageId));
    if (!isChanged) throw new Failure("saved_not_found");
  }

  list(userId: number, page: { before: number; limit: number }): Promise<{ items: SavedMessage[]; total: number }> {
    return this.store.list(userId, page);
  }
}

/**
 * The job of a reminder. It tells the nodes each time, because a node may have died between its commit and its telling. An
 * event that says nothing new does no harm.
 */
export const remindOf = (store: SavedStore, writes: Pick<OwnWrites, "moved">) =>
  jobKind(z.object({ user_id: z.int(), message_id: z.uuid() }), async ({ user_id, message_id }) => {
    const againAfterMs = await store.remind(user_id, message_id);
    writes.moved(user_id);
    return againAfterMs > 0 ? { againAfterMs } : "done";
  });
