/** The faults in what one connection received, counted in deliveries. */
export interface Faults {
  lost: number;
  doubled: number;
  /** Came after a later message of the same sender. */
  reordered: number;
  /** Nobody sent it, or not in this room. */
  strange: number;
}

/** Checks what one connection gets, delivery by delivery. */
export class Inbox {
  /** By sender: the highest number that has come. */
  private readonly newest: Uint32Array;
  private readonly skipped = new Set<string>();
  private doubled = 0;
  private reordered = 0;
  private strange = 0;
  /** Two connections that got the same in the same order have the same. */
  order = 0;

  /** `sent` has the number of messages of each sender of the room so far; they count from 1. */
  constructor(private readonly sent: Uint32Array) {
    this.newest = new Uint32Array(sent.length);
  }

  /** False for what this room can't have got. */
  take(sender: number, seq: number): boolean {
    const newest = this.newest[sender];
    const sent = this.sent[sender];
    if (newest === undefined || sent === undefined || seq > sent || seq === 0) {
      this.strange++;
      return false;
    }
    this.order = (Math.imul(this.order ^ (sender * 65_599 + seq), 0x01000193) + 0x9e3779b9) | 0;
    if (seq > newest) {
      for (let missed = newest + 1; missed < seq; missed++) this.skipped.add(`${sender}:${missed}`);
      this.newest[sender] = seq;
    } else if (this.skipped.delete(`${sender}:${seq}`)) this.reordered++;
    else this.doubled++;
    return true;
  }

  takeStrange(): void {
    this.strange++;
  }

  /** Once nothing more is to come. */
  faults(): Faults {
    let lost = this.skipped.size;
    for (const [sender, sent] of this.sent.entries()) lost += sent - (this.newest[sender] ?? 0);
    return { lost, doubled: this.doubled, reordered: this.reordered, strange: this.strange };
  }
}
