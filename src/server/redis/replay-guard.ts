import type { Audience } from "./audience.ts";

/** How many later events of a node may overtake an event: a node has several connections to Redis. */
const LATE_MOST = 1_024;
/** The most nodes that are remembered: anybody can repeat the beats of any number of dead nodes. */
const PEERS_MOST = 256;
/** A node that is silent for this long is forgotten. */
const FORGOTTEN_AFTER_MS = 15_000;

/**
 * The result for an event's number. `new`: it counts. `repeated`: it has counted before. `late`: too old to tell.
 * `unknown`: the node has not shown yet that it sends its events now.
 */
export type Turn = "new" | "repeated" | "late" | "unknown";

interface Peer {
  /** The nonce that the node wants in answers to it. */
  nonce: string;
  heardAt: number;
  beats: number;
  /** Set when the node has answered our nonce: events up to number `floor` are older than that, and are dropped. */
  counts: { floor: number; highest: number; seen: Float64Array } | undefined;
}

/**
 * Distinguishes new events of other nodes from repeated ones. A signature shows the sender of an event, but not its
 * time: anybody who can listen on Redis can send it again. So each node numbers its events, and no number counts twice.
 * A node's events count only after it has answered this node's nonce, which is new for each connection. Earlier events
 * may be repetitions.
 */
export class ReplayGuard {
  /** The other nodes send it back in their beats, as an answer. */
  nonce = makeNonce();
  private readonly peers = new Map<string, Peer>();

  /** Starts over with a new nonce, which no node has answered yet. */
  renew(): void {
    this.nonce = makeNonce();
    for (const peer of this.peers.values()) peer.counts = undefined;
  }

  /** This node's answers to the others. */
  answers(audience: Pick<Audience, "has">): string[] {
    return [...this.peers].flatMap(([nodeId, { nonce }]) => (audience.has(nodeId) ? nonce : []));
  }

  /**
   * Records a beat. `isNews`: its nonce has no answer yet. `answers`: it is the node's first answer to ours. `revokes`: the
   * node no longer answers ours, and so may publish nothing.
   */
  countBeat(nodeId: string, count: number, { nonce, heard }: { nonce: string; heard: string[] }, now: number) {
    const known = this.peers.get(nodeId);
    if (known && count <= known.beats)
      return { turn: "repeated" as const, isNews: false, answers: false, revokes: false };
    const peer: Peer = known ?? { nonce: "", heardAt: now, beats: 0, counts: undefined };
    const isNews = peer.nonce !== nonce;
    peer.nonce = nonce;
    peer.heardAt = now;
    peer.beats = count;
    if (!known) this.add(nodeId, peer);
    const isAnswered = heard.includes(this.nonce);
    const answers = !peer.counts && isAnswered;
    const revokes = !isAnswered && peer.counts !== undefined && !this.hasEnded(nodeId);
    if (answers) peer.counts = { floor: count, highest: count, seen: new Float64Array(LATE_MOST) };
    if (revokes) peer.counts = undefined;
    return { turn: peer.counts ? this.countEvent(nodeId, count) : ("unknown" as const), isNews, answers, revokes };
  }

  /** Decides whether a node's event counts, and records its number. */
  countEvent(nodeId: string, count: number): Turn {
    const counts = this.peers.get(nodeId)?.counts;
    if (!counts) return "unknown";
    const { floor, highest, seen } = counts;
    const place = count % LATE_MOST;
    if (seen[place] === count) return "repeated";
    if (count < floor || count <= highest - LATE_MOST) return "late";
    seen[place] = count;
    if (count > highest) counts.highest = count;
    return "new";
  }

  hasAnswered(nodeId: string): boolean {
    return this.peers.get(nodeId)?.counts !== undefined;
  }

  /** Notes that the node has ended. Anybody can repeat its last answer, so none of its events so far counts again. */
  end(nodeId: string): void {
    const counts = this.peers.get(nodeId)?.counts;
    if (!counts) this.peers.delete(nodeId);
    else Object.assign(counts, { floor: Number.POSITIVE_INFINITY, seen: new Float64Array(0) });
  }

  /** Whether the node has ended, as far as this node knows. */
  hasEnded(nodeId: string): boolean {
    return this.peers.get(nodeId)?.counts?.floor === Number.POSITIVE_INFINITY;
  }

  /** Forgets silent nodes without an answer. They may be dead, and somebody else may have repeated their beats. */
  forgetSilent(now: number): void {
    for (const [nodeId, { heardAt, counts }] of this.peers)
      if (!counts && now - heardAt > FORGOTTEN_AFTER_MS) this.peers.delete(nodeId);
  }

  private add(nodeId: string, peer: Peer) {
    if (this.peers.size >= PEERS_MOST) this.makeRoom();
    this.peers.set(nodeId, peer);
  }

  private makeRoom() {
    for (const [nodeId, { counts }] of this.peers) {
      if (counts) continue;
      this.peers.delete(nodeId);
      return;
    }
    this.peers.clear();
    this.renew();
  }
}

const makeNonce = () => crypto.randomUUID().slice(0, 13);
