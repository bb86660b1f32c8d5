import { LRUCache } from "lru-cache";
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
/** How long the changes of a node without others wait for more, in ms. */
const GATHER_MS = 50;
/** How many windows are known at most. One that is not known any more is behind, and the next reader fills it again. */
const KNOWN_MOST = 50_000;
/** A change with this channel is recorded, and not published. */
const NOBODY = "";

const ANNOUNCE = new Script(recordChange, announce);

/**
 * Publishes the changes of one tick in one round trip, and records each in the window of its conversation. A node that is
 * alone publishes nothing. It only records changes in the windows that it knows, and those together.
 */
export class Announcements {
  private keys: string[] = [];
  private parameters: (string | number)[] = [];
  private isDue = false;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  /** The conversations whose window this node has read or filled. */
  private readonly known = new LRUCache<string, true>({ max: KNOWN_MOST });

  /** @param onLost is called when changes may not have been published */
  constructor(
    private readonly client: RedisClient,
    private readonly life: WindowLife,
    private readonly onLost: () => void,
    private readonly logger: Logger,
  ) {}

  /** @param text the text to publish, which is also the window's member of a new message */
  add(channel: string, text: string, event: ChangeEvent): void {
    if (!this.isDue) queueMicrotask(() => this.flush());
    this.isDue = true;
    this.push(channel, text, event);
  }

  /** Records a change without publishing it. MUST only be called when nobody counts on the events of this node. */
  record(text: string, event: ChangeEvent): void {
    this.gathering ??= setTimeout(() => this.flush(), GATHER_MS);
    this.push(NOBODY, text, event);
  }

  noteWindow(conversationId: string): void {
    this.known.set(conversationId, true);
  }

  hasWindow(conversationId: string): boolean {
    return this.known.has(conversationId);
  }

  private push(channel: string, text: string, { conversationId, version, tag, message }: ChangeEvent) {
    this.keys.push(windowKey(conversationId));
    this.parameters.push(channel, version, tag, message?.isNew ? message.seq : 0, text);
    if (this.keys.length === AT_ONCE) this.flush();
  }

  /** Sends all that waits. MUST be called before a window is read or filled: a change that comes later would drop the window. */
  flush(): void {
    const { keys, parameters } = this;
    this.isDue = false;
    clearTimeout(this.gathering);
    this.gathering = undefined;
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
