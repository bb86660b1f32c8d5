import type { Runs } from "./follower.ts";

/** How a conversation was noted. */
export interface Noted {
  /** About as many changes as are not handled. */
  changes: number;
  /** By performance.now(). The conversation that has waited longest comes first. */
  since: number;
  /** It waits for no run. */
  isDue: boolean;
}

/** Conversations with changes that a follower may not have handled. */
export class Pending {
  private readonly noted = new Map<string, Noted>();

  constructor(private readonly runs: Runs | undefined) {}

  get size(): number {
    return this.noted.size;
  }

  /** How long the conversation has waited that was noted first, in ms. */
  get lagMs(): number {
    const [oldest] = this.noted.values();
    return oldest ? performance.now() - oldest.since : 0;
  }

  /** Notes a change. With `isDue` the conversation waits for no run. */
  note(id: string, isDue: boolean): void {
    const noted = this.noted.get(id);
    if (noted) {
      noted.changes++;
      noted.isDue ||= isDue;
    } else this.noted.set(id, { changes: 1, since: performance.now(), isDue });
  }

  /** The conversations that are handled now, as they are noted. */
  due(): Map<string, Noted> {
    const due = new Map<string, Noted>();
    const { messages = 0, patienceMs = 0 } = this.runs ?? {};
    const overdue = performance.now() - patienceMs;
    for (const [id, noted] of this.noted) {
      const isDue = noted.isDue || noted.since <= overdue;
      if (isDue || noted.changes >= messages) due.set(id, { ...noted, isDue });
    }
    return due;
  }

  /** Forgets what was handled. Changes that were noted meanwhile stay, and so do `left` ones at the end. */
  handled(id: string, { changes }: Noted, started: number, left: number): void {
    const now = this.noted.get(id);
    this.noted.delete(id);
    const more = left + (now?.changes ?? changes) - changes;
    if (more > 0) this.noted.set(id, { changes: more, since: started, isDue: false });
  }
}
