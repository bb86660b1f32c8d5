import type { Logger } from "../base/logger.ts";
import type { Audience } from "./audience.ts";
import { Rejections } from "./rejections.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import { type SilenceTimes, SilentNodes } from "./silent-nodes.ts";

/** Beats may be late by a busy moment. After this long they are missing. */
const MISSING_AFTER_MS = 1_500;
/** A plain beat of a node of the version before is valid for this long. */
const PLAIN_COUNTS_MS = 20_000;

export interface NeighbourOptions {
  nodeId: string;
  /** The ids of all nodes that serve the database now, from the database itself. */
  nodes(): Promise<string[]>;
  /** This node receives its own beats, but has never received another node's: this node is on the wrong Redis. */
  onStrange(error: Error): void;
  /** When a silent node is reported; the usual times when left out. */
  silence?: SilenceTimes;
}

interface NeighbourEvents {
  /** A node has ended without a last beat, or comes back: its last events may have been missed. */
  missed(): void;
  /** This node has a new nonce, which the others should answer soon. */
  renewed(): void;
}

/** The nodes of the database. The database lists them, and their beats show which of them reach this node. */
export class Neighbours {
  /** When the last beat of each node, this one too, came (performance.now). */
  private readonly heard = new Map<string, number>();
  /** When the last plain beats of living nodes came. */
  private readonly plain = new Map<string, number>();
  private readonly rejections: Rejections;
  private readonly silent: SilentNodes;
  /** The nodes of the database, as it said last. */
  private living: readonly string[] = [];
  /** Whether the database was asked for its nodes at least once. */
  private hasAsked = false;
  /** Whether this node has received a beat of another one. */
  private hasMet = false;
  /** A node that claims to be of the version before. The database shows whether that is true. */
  private unsigned: { nodeId: string; channel: string } | undefined;
  private closed = false;

  constructor(
    private readonly options: NeighbourOptions,
    private readonly guard: ReplayGuard,
    private readonly audience: Audience,
    private readonly on: NeighbourEvents,
    logger: Logger,
  ) {
    this.rejections = new Rejections(logger);
    this.silent = new SilentNodes(logger, options.silence);
    this.heard.set(options.nodeId, Number.NEGATIVE_INFINITY);
  }

  /** When this node's own beat last came back. */
  get selfHeardAt(): number {
    return this.heard.get(this.options.nodeId) ?? 0;
  }

  recordOwnBeat(): void {
    this.heard.set(this.options.nodeId, performance.now());
  }

  recordBeat(nodeId: string): void {
    this.hasMet = true;
    this.heard.set(nodeId, performance.now());
  }

  /** Anybody can send plain beats, so they only show that a node of the version before is on this Redis. */
  recordPlainBeat(text: string): void {
    const node = text.replace(/^[-!]/, "");
    if (this.audience.has(node)) this.audience.note(node, performance.now());
    if (this.guard.hasAnswered(node) || !this.living.includes(node)) return;
    this.hasMet = true;
    this.plain.set(node, performance.now());
  }

  /** Records that the node has announced its end. */
  recordEnd(nodeId: string): void {
    this.guard.end(nodeId);
    this.heard.delete(nodeId);
  }

  recordUnsigned(nodeId: string, channel: string): void {
    this.unsigned ??= { nodeId, channel };
  }

  recordForged(channel: string): void {
    this.rejections.report("stranger", { channel });
  }

  /**
   * Whether the beats of every node come.
   * @param since when this node's subscriptions stood; undefined while they don't
   */
  areAllHeard(since: number | undefined): boolean {
    // Before the first look this node does not know the others.
    if (since === undefined || !this.hasAsked) return false;
    if (this.selfHeardAt < since) return false;
    const now = performance.now();
    for (const [node, at] of this.heard)
      if (now - at > MISSING_AFTER_MS || (node !== this.options.nodeId && !this.guard.hasAnswered(node))) return false;
    return true;
  }

  /**
   * Asks the database which nodes serve it. From then on this node expects beats of these nodes, and of no others.
   * @param since when this node's subscriptions stood, once the database has answered
   */
  async look(since: () => number | undefined): Promise<void> {
    const nodes = await this.options.nodes().catch(() => undefined);
    this.hasAsked = true;
    if (!nodes || this.closed) return;
    this.judgeUnsigned(nodes);
    this.living = nodes;
    const now = performance.now();
    this.guard.forgetSilent(now);
    this.audience.forgetSilent(now);
    this.audience.noteListed(
      nodes.filter((node) => node !== this.options.nodeId),
      now,
    );
    this.reportSilent(nodes, since(), now);
    // A listed node has not ended. It was missing after a restart of the database, until it had connected again. With a
    // new nonce this node can tell new events of that node from events that somebody repeats.
    if (nodes.some((node) => this.guard.hasEnded(node))) {
      this.guard.renew();
      this.on.missed();
      this.on.renewed();
    }
    for (const node of this.heard.keys()) {
      if (node === this.options.nodeId || nodes.includes(node)) continue;
      // The node ended without a last beat, so it may not have announced its last commits.
      this.heard.delete(node);
      this.guard.end(node);
      this.on.missed();
    }
    for (const node of this.plain.keys()) if (!nodes.includes(node)) this.plain.delete(node);
  }

  close(): void {
    this.closed = true;
  }

  private reportSilent(nodes: readonly string[], since: number | undefined, now: number) {
    const hearsItself = now - this.selfHeardAt < MISSING_AFTER_MS;
    const silent = new Set<string>();
    for (const node of nodes) {
      const at = this.heard.get(node);
      const silentMs = at === undefined ? 0 : this.silent.silentMs(at, since ?? now, now);
      // The first beat of the node is due from now on.
      if (at === undefined) this.heard.set(node, now);
      else if (silentMs > 0 && hearsItself) this.reportSilentNode(node, silentMs, now);
      if (silentMs > 0) silent.add(node);
    }
    this.silent.keepOnly(silent);
  }

  /** Reports a node whose beats do not come, although this node's own beats do. */
  private reportSilentNode(node: string, silentMs: number, now: number) {
    if (now - (this.plain.get(node) ?? Number.NEGATIVE_INFINITY) < PLAIN_COUNTS_MS)
      return this.rejections.report("older", { node });
    if (this.hasMet) return this.silent.report(node, silentMs, now);
    const text = "A node of this database is not heard on this Redis. Give all nodes the same REDIS_URL";
    this.options.onStrange(new Error(`${text}; this one has never heard another.`));
  }

  /** Reports who sends unsigned beats: a node of an older version if the database lists it, otherwise a stranger. */
  private judgeUnsigned(nodes: readonly string[]) {
    const { unsigned } = this;
    this.unsigned = undefined;
    if (!unsigned) return;
    const { nodeId: node, channel } = unsigned;
    const isNode = (nodes.includes(node) || this.living.includes(node)) && !this.guard.hasAnswered(node);
    this.rejections.report(isNode ? "older" : "stranger", isNode ? { node } : { channel });
  }
}
