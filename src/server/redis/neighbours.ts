import type { Logger } from "../base/logger.ts";
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
  /** This node hears itself but has never heard another one: it is the one on the wrong Redis. */
  onStrange(error: Error): void;
  /** When a silent node is reported; the usual times when left out. */
  silence?: SilenceTimes;
}

interface NeighbourEvents {
  /** A node has ended without a goodbye, or comes back: its last events may have been missed. */
  missed(): void;
  /** This node has a new nonce, which the others should answer soon. */
  renewed(): void;
}

/** The nodes of the database: the database says which there are, and their beats say which this node hears. */
export class Neighbours {
  /** When each node, this one too, was last heard (performance.now). */
  private readonly heard = new Map<string, number>();
  /** When plain beats of living nodes were heard. */
  private readonly plain = new Map<string, number>();
  private readonly rejections: Rejections;
  private readonly silent: SilentNodes;
  /** The nodes of the database, as it said last. */
  private living: readonly string[] = [];
  /** The database was asked for them, once at least. */
  private hasAsked = false;
  /** This node has heard another one. */
  private hasMet = false;
  /** A node that claims to be of the version before. The database tells whether that is true. */
  private unsigned: { nodeId: string; channel: string } | undefined;
  private closed = false;

  constructor(
    private readonly options: NeighbourOptions,
    private readonly guard: ReplayGuard,
    private readonly on: NeighbourEvents,
    logger: Logger,
  ) {
    this.rejections = new Rejections(logger);
    this.silent = new SilentNodes(logger, options.silence);
    this.heard.set(options.nodeId, Number.NEGATIVE_INFINITY);
  }

  /** When this node last heard its own beat. */
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
    if (this.guard.hasAnswered(node) || !this.living.includes(node)) return;
    this.hasMet = true;
    this.plain.set(node, performance.now());
  }

  /** The node has said that it ends. */
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
   * Whether every node is heard.
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
   * Asks the database which nodes serve it. Each of them must be heard; this node no longer waits for the others.
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
    this.reportSilent(nodes, since(), now);
    // After a restart of the database a node is listed only when it has connected again: it had not ended. With a new
    // nonce this node tells the new events of the other from events that somebody repeats.
    if (nodes.some((node) => this.guard.hasEnded(node))) {
      this.guard.renew();
      this.on.missed();
      this.on.renewed();
    }
    for (const node of this.heard.keys()) {
      if (node === this.options.nodeId || nodes.includes(node)) continue;
      // It went without a goodbye, so it may not have announced its last commits.
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
      // Its first beat is due from now on.
      if (at === undefined) this.heard.set(node, now);
      else if (silentMs > 0 && hearsItself) this.reportSilentNode(node, silentMs, now);
      if (silentMs > 0) silent.add(node);
    }
    this.silent.keepOnly(silent);
  }

  /** A node is not heard, though this node hears itself. */
  private reportSilentNode(node: string, silentMs: number, now: number) {
    if (now - (this.plain.get(node) ?? Number.NEGATIVE_INFINITY) < PLAIN_COUNTS_MS)
      return this.rejections.report("older", { node });
    if (this.hasMet) return this.silent.report(node, silentMs, now);
    const text = "A node of this database is not heard on this Redis. Give all nodes the same REDIS_URL";
    this.options.onStrange(new Error(`${text}; this one has never heard another.`));
  }

  /**
   * A node is of an older version if the database lists it and its beats are unsigned. Others have no business here.
   */
  private judgeUnsigned(nodes: readonly string[]) {
    const { unsigned } = this;
    this.unsigned = undefined;
    if (!unsigned) return;
    const { nodeId: node, channel } = unsigned;
    const isNode = (nodes.includes(node) || this.living.includes(node)) && !this.guard.hasAnswered(node);
    this.rejections.report(isNode ? "older" : "stranger", isNode ? { node } : { channel });
  }
}
