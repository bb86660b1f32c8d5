/** How long activity without a new message waits for more of it, in ms. */
const TICK_MS = 25;

/**
 * Sends the activity of conversations. A popular message can get a thousand reactions in a second, and everybody who watches
 * its conversation needs to know of the newest alone. So activity without a new message goes out once in a tick.
 */
export class Activity {
  /** The conversations with such activity in this tick, each with the newest frame that waits for the end of it. */
  private readonly paced = new Map<string, { waiting: string | undefined }>();

  constructor(private readonly publish: (conversationId: string, frame: string) => void) {}

  /** Sends at once. Older activity that waits is no longer needed. */
  send(conversationId: string, frame: string): void {
    const paced = this.paced.get(conversationId);
    if (paced) paced.waiting = undefined;
    this.publish(conversationId, frame);
  }

  /** Sends at once if none went out in this tick, or else at its end. */
  sendPaced(conversationId: string, frame: string): void {
    const paced = this.paced.get(conversationId);
    if (paced) {
      paced.waiting = frame;
      return;
    }
    this.paced.set(conversationId, { waiting: undefined });
    setTimeout(() => this.endTick(conversationId), TICK_MS);
    this.publish(conversationId, frame);
  }

  /** Forgets all that waits. */
  clear(): void {
    for (const paced of this.paced.values()) paced.waiting = undefined;
  }

  private endTick(conversationId: string) {
    const waiting = this.paced.get(conversationId)?.waiting;
    this.paced.delete(conversationId);
    if (waiting !== undefined) this.sendPaced(conversationId, waiting);
  }
}
