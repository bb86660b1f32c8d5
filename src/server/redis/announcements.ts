import type { Logger } from "../base/logger.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import announce from "./announce.lua" with { type: "text" };
import type { RedisClient } from "./client.ts";
import { windowKey } from "./keys.ts";
import recordChange from "./record-change.lua" with { type: "text" };
import { Script } from "./script.ts";
import { WINDOW_LENGTH, type WindowLife } from "./window.ts";

/**
 * The most changes in one script. Redis serves nobody else while a script runs, which takes some microseconds for each
 * change.
 */
const AT_ONCE = 128;

const ANNOUNCE = new Script(recordChange, announce);

/** Publishes the changes of one tick in one round trip, and records each in the window of its conversation. */
export class Announcements {
  private keys: string[] = [];
  private parameters: (string | number)[] = [];

  /** @param onLost is called when changes may not have been published */
  constructor(
    private readonly client: RedisClient,
    private readonly life: WindowLife,
    private readonly onLost: () => void,
    private readonly logger: Logger,
  ) {}

  /** @param text the text to publish, which is also the window's member of a new message */
  add(channel: string, text: string, { conversationId, version, tag, message }: ChangeEvent): void {
    if (this.keys.length === 0) queueMicrotask(() => this.flush());
    this.keys.push(windowKey(conversationId));
    this.parameters.push(channel, version, tag, message?.isNew ? message.seq : 0, text);
    if (this.keys.length === AT_ONCE) this.flush();
  }

  private flush() {
    const { keys, parameters } = this;
    if (keys.length === 0) return;
    this.keys = [];
    this.parameters = [];
    const renewMs = this.life.isRenewed ? this.life.ttlMs : 0;
    this.client
      .run((redis) => ANNOUNCE.run(redis, keys, [renewMs, WINDOW_LENGTH, ...parameters]))
      .then(
        (reply) => reply === "OK" || this.logger.warn({ reply }, "Redis refused a message for its window"),
        () => this.onLost(),
      );
  }
}
