/** A node that gave no sign for this long, and did not announce its end, is forgotten. A frozen machine may be back before. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/**
 * The other nodes that may count on this node's events, by their last sign (performance.now). A sign is a beat, or a place in
 * the database's list of nodes.
 */
export class Audience {
  private readonly nodes = new Map<string, number>();
  private hasList = false;

  /** Nodes of 0.1.0 are known by the database's list alone: before it nobody can say that there are none. */
  get isEmpty(): boolean {
    return this.hasList && this.nodes.size === 0;
  }

  has(nodeId: string): boolean {
    return this.nodes.has(nodeId);
  }

  note(nodeId: string, now: number): void {
    this.nodes.set(nodeId, now);
  }

  /** @param others that the database lists */
  noteListed(others: readonly string[], now: number): void {
    this.hasList = true;
    for (const nodeId of others) this.note(nodeId, now);
  }

  /** The node has announced its end. */
  leave(nodeId: string): void {
    this.nodes.delete(nodeId);
  }

  forgetSilent(now: number): void {
    for (const [nodeId, at] of this.nodes) if (now - at > FORGOTTEN_AFTER_MS) this.nodes.delete(nodeId);
  }
}
