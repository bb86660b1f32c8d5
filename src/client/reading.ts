/** What is read in one go is told once. */
const TELL_EVERY_MS = 500;

export type Reading = ReturnType<typeof createReading>;

/** How far a conversation goes, and how far it was read. */
export function createReading(tell: (seq: number) => void) {
  /** Meant to be told; the server may not have heard it. */
  let wanted = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    tell(wanted);
  }

  const reading = {
    /** The newest `seq` the server has told of. */
    head: 0,
    /** What retention has taken: older messages are not to be had. */
    pruned: 0,
    /** How far oneself has read. */
    seq: 0,
    /** The others. */
    positions: new Map<number, number>(),
    get unread() {
      return Math.max(0, reading.head - Math.max(reading.seq, reading.pruned));
    },
    /** Takes what is known of any source: positions never go back. */
    learn({ head = 0, pruned = 0, seq = 0 }: { head?: number; pruned?: number; seq?: number }) {
      reading.head = Math.max(reading.head, head);
      reading.pruned = Math.max(reading.pruned, pruned);
      reading.seq = Math.max(reading.seq, seq);
    },
    learnPosition(userId: number, seq: number) {
      reading.positions.set(userId, Math.max(seq, reading.positions.get(userId) ?? 0));
    },
    /** Returns whether that is news. */
    mark(seq: number): boolean {
      const to = Math.min(seq, reading.head);
      if (to <= reading.seq) return false;
      reading.seq = wanted = to;
      timer ??= setTimeout(flush, TELL_EVERY_MS);
      return true;
    },
    /** The server says where it has us; tells it more when it has missed something. */
    heard(seq: number) {
      reading.learn({ seq });
      if (wanted > seq) flush();
    },
  };
  return reading;
}
