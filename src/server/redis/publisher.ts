import type { Logger } from "../base/logger.ts";
import { type BusEvent, followersOf } from "../bus/bus.ts";
import { Announcements } from "./announcements.ts";
import type { Audience } from "./audience.ts";
import type { RedisClient } from "./client.ts";
import { seal, write } from "./envelope.ts";
import type { channelsOf } from "./keys.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import type { Signatures } from "./signature.ts";
import type { WindowLife } from "./window.ts";

/** The content of a beat. `lost`: one of the node's events did not get through. */
export interface Beat {
  state: "alive" | "lost" | "ends";
  /** The other nodes send it back, to show that they receive this node's beats now. */
  nonce: string;
  /** The nonces of the nodes whose beats this one has received. They count on its events. */
  heard: string[];
}

interface PublisherOptions {
  nodeId: string;
  windowLife: WindowLife;
  /** The epoch of this node's database. */
  epoch(): string;
}

/** Signs, numbers and publishes the events and beats of this node. */
export class Publisher {
  readonly announcements: Announcements;
  /** The number of this node's last event. */
  private count = 0;
  /**
   * A publish of this node got lost, and the other nodes don't know that yet. The next beat that gets through says so.
   */
  private hasLost = false;
  /** Whether the newest beat answered no other node. */
  private answersNobody = false;

  constructor(
    private readonly options: PublisherOptions,
    private readonly commands: RedisClient,
    private readonly channels: ReturnType<typeof channelsOf>,
    private readonly signatures: Signatures,
    private readonly guard: ReplayGuard,
    private readonly audience: Audience,
    logger: Logger,
  ) {
    this.announcements = new Announcements(commands, options.windowLife, () => this.reportLoss(), logger);
  }

  /**
   * Whether no node counts on this one's events. A node counts on them only while its nonce is in the beats of this one, and
   * beats and events arrive in the order in which they were published. So the beat that answers nobody comes first.
   */
  private get isAlone(): boolean {
    return this.answersNobody && this.audience.isEmpty;
  }

  publish(event: BusEvent): void {
    const { conversation, everyone } = this.channels;
    const isForNobody = event.kind === "change" && this.isAlone;
    if (isForNobody && !this.announcements.hasWindow(event.conversationId)) return;
    const followed = followersOf(event);
    const channel = followed === undefined ? everyone : conversation(followed);
    const text = this.seal(channel, write(event, this.options.epoch()));
    if (isForNobody) this.announcements.record(text, event);
    else if (event.kind === "change") this.announcements.add(channel, text, event);
    else this.commands.run((redis) => redis.publish(channel, text)).catch(() => this.reportLoss());
  }

  /** Never throws: a beat that fails is followed by the next one. */
  beat(): void {
    const { hasLost } = this;
    this.publishBeat(hasLost ? "lost" : "alive")
      .then(() => {
        if (hasLost) this.hasLost = false;
      })
      .catch(() => {});
  }

  /** Announces the end of this node, so that the other nodes do not wait for its beats. */
  async end(): Promise<void> {
    await this.publishBeat("ends").catch(() => {});
  }

  private reportLoss() {
    this.hasLost = true;
  }

  private async publishBeat(state: Beat["state"]) {
    const { pulse, plainBeats } = this.channels;
    const heard = this.guard.answers(this.audience);
    if (heard.length > 0) this.answersNobody = false;
    const beat: Beat = { state, nonce: this.guard.nonce, heard };
    const text = this.seal(pulse, [JSON.stringify(beat)]);
    const plain = `${{ alive: "", lost: "!", ends: "-" }[state]}${this.options.nodeId}`;
    await this.commands.run((redis) => Promise.all([redis.publish(pulse, text), redis.publish(plainBeats, plain)]));
    if (heard.length === 0 && this.audience.isEmpty) this.answersNobody = true;
  }

  private seal(channel: string, body: readonly [string, string?]): string {
    return seal(this.signatures, { channel, nodeId: this.options.nodeId, count: ++this.count }, body);
  }
}
