import type { Logger } from "../base/logger.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import { changeEvent } from "../log/changes.ts";
import type { MessageLog } from "../log/log.ts";
import { ASK_AGAIN_MS, isAway } from "./log-away.ts";

interface ReplayedRoom {
  readonly conversationId: string;
  readonly closed: boolean;
}

/** Reads the changes of a room for its replays. Replays of the same place share one read. */
export class ReplayReads {
  private readonly reads = new Map<string, Promise<ChangeEvent[] | "gone" | "other_history">>();

  constructor(
    private readonly room: ReplayedRoom,
    private readonly log: MessageLog,
    private readonly logger: Logger,
  ) {}

  /** @see Room.read */
  read(after: number, upTo: number, tag: string | undefined, merged: boolean) {
    const key = `${after} ${tag} ${upTo} ${merged}`;
    const known = this.reads.get(key);
    if (known) return known;
    const reading = this.readLog(after, upTo, tag, merged).finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  /** Reads again while the database is away: a client that was greeted is not sent away for that. */
  private async readLog(after: number, upTo: number, tag: string | undefined, merged: boolean) {
    const { conversationId } = this.room;
    while (!this.room.closed) {
      try {
        if (merged) return await this.log.runs(conversationId, after, upTo, tag);
        const changes = await this.log.changes(conversationId, after, upTo, upTo - after, tag);
        return typeof changes === "string" ? changes : changes.map(changeEvent);
      } catch (error) {
        if (!isAway(error)) throw error;
        this.logger.warn({ err: error, conversation_id: conversationId }, "can't read for a replay yet");
        await Bun.sleep(ASK_AGAIN_MS);
      }
    }
    return "gone" as const;
  }
}
