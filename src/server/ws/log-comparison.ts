import type { Logger } from "../base/logger.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { Head } from "../log/head.ts";
import type { MessageLog } from "../log/log.ts";
import { isAnotherTag } from "../log/tags.ts";
import type { DeliveredTags } from "./delivered-tags.ts";
import { ASK_AGAIN_MS, isAway } from "./log-away.ts";

/** A change too old to be remembered makes the room ask the log, this often at most. */
const SUSPECT_EVERY_MS = 1_000;

/** A room, as far as its comparison with the log uses it. */
export interface ComparedRoom {
  readonly conversationId: string;
  readonly delivered: number;
  readonly tag: string | null;
  readonly generation: number;
  readonly closed: boolean;
  readonly started: Promise<void>;
  epoch: string;
  readonly tags: DeliveredTags;
  /** Delivers nothing until `follow`. */
  hold(): void;
  follow(): void;
  /** Stands at this head from now on, and resets the sockets. Resolves when that is done or has failed. */
  startOver(head: Head): Promise<void>;
  /** Sends the sockets away, because the room can't go on. */
  dissolve(error: unknown): void;
}

interface ComparisonEvents {
  /** The conversation is gone. */
  gone(): void;
  /** The log has another history than the one of this epoch. */
  contradicted(): void;
}

/**
 * Compares the changes that a room has delivered with the log. A database may go back in time, and then it uses
 * versions again. If the log has another history, the room starts over at the log's head.
 */
export class LogComparison {
  /** Something has contradicted the delivered changes since the log was asked last. */
  isSuspected = false;
  private comparing: Promise<void> | undefined;
  private suspectedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly room: ComparedRoom,
    private readonly log: MessageLog,
    private readonly on: ComparisonEvents,
    private readonly logger: Logger,
  ) {}

  /** Handles a change with a version that was delivered before: the same one again, or one of another history. */
  checkEarlier({ version, tag }: ChangeEvent): void {
    const { delivered, tags } = this.room;
    const isSame = tags.has(version, tag);
    if (version === delivered ? isAnotherTag(tag, this.room.tag) : isSame === false) return void this.suspect();
    const now = performance.now();
    if (isSame !== undefined || version === delivered || now - this.suspectedAt < SUSPECT_EVERY_MS) return;
    this.suspectedAt = now;
    void this.compare();
  }

  /**
   * Something contradicts the delivered changes: the room sends nothing more until the log has answered. Resolves then.
   */
  suspect(): Promise<void> {
    this.isSuspected = true;
    this.room.hold();
    return this.compare();
  }

  /** Compares the delivered changes with the log. If that has another history, the room starts over. Never rejects. */
  compare(): Promise<void> {
    this.comparing ??= this.compareWithLog().finally(() => {
      this.comparing = undefined;
    });
    return this.comparing;
  }

  private async compareWithLog() {
    const { room } = this;
    await room.started.catch(() => {});
    while (!room.closed) {
      this.isSuspected = false;
      try {
        const { conversationId, delivered, tag, epoch, generation } = room;
        const place = { conversationId, from: Math.min(room.tags.first, delivered), to: delivered, tag };
        const found = (await this.log.places([place])).get(conversationId);
        if (room.closed) return;
        if (!found) return this.on.gone();
        // The room has started over meanwhile because of a gap. That has to end first.
        if (generation !== room.generation) {
          await room.started.catch(() => {});
          continue;
        }
        if (this.agrees(place, found)) {
          room.epoch = found.head.epoch;
          // A suspicion that came meanwhile may be newer than this answer.
          if (this.isSuspected) continue;
          room.follow();
          return;
        }
        // With another epoch it is known already that the database has gone back.
        if (found.head.epoch === epoch) this.on.contradicted();
        await room.startOver(found.head);
        if (!this.isSuspected) return;
      } catch (error) {
        if (!isAway(error)) return room.dissolve(error);
        this.logger.warn({ err: error, conversation_id: room.conversationId }, "can't compare with the log yet");
        await Bun.sleep(ASK_AGAIN_MS);
      }
    }
  }

  /** Whether the log has the delivered changes. The log knows nothing of changes that retention has removed. */
  private agrees(
    place: { from: number; to: number; tag: string | null },
    found: { head: Head; prunedVersion: number; tags: (string | null)[] },
  ): boolean {
    if (found.head.lastVersion < place.to) return false;
    return found.tags.every((tag, i) => {
      const version = place.from + i;
      if (version <= found.prunedVersion) return true;
      if (version === place.to) return !isAnotherTag(tag, place.tag);
      return this.room.tags.has(version, tag) !== false;
    });
  }
}
