import { later } from "../base/platform.ts";

/** What is read in one go is told once. */
const TELL_EVERY_MS = 500;

export type Reading = ReturnType<typeof createReading>;

/** How far a conversation goes, and how far it was read. */
export function createReading(tell: (seq: number) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Tells it now if it is still to be told. */
  function flush() {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    tell(reading.seq);
  }

  const reading = {
    flush,
    /** The newest `seq` the server has told of. */
    head: 0,
    /** What retention has taken: older messages are not to be had. */
    pruned: 0,
    /** How far oneself has read. */
    seq: 0,
    /** The others. */
    positions: new Map<number, number>(),
    /** Whether the own read position is known. */
    isKnown: false,
    get unread() {
      return reading.isKnown ? Math.max(0, reading.head - Math.max(reading.seq, reading.pruned)) : 0;
    },
    /** Takes what is known of any source: in one history positions never go back. */
    learn({ head = 0, pruned = 0, seq }: { head?: number; pruned?: number; seq?: number }) {
      reading.head = Math.max(reading.head, head);
      reading.pruned = Math.max(reading.pruned, pruned);
      reading.seq = Math.max(reading.seq, seq ?? 0);
      reading.isKnown ||= seq !== undefined;
    },
    /** Forgets positions of another history. */
    forget() {
      reading.head = reading.pruned = reading.seq = 0;
      reading.positions.clear();
    },
    learnPosition(userId: number, seq: number) {
      reading.positions.set(userId, Math.max(seq, reading.positions.get(userId) ?? 0));
    },
    /** Returns whether that is news. */
    mark(seq: number): boolean {
      const to = Math.min(seq, reading.head);
      if (to <= reading.seq) return false;
      reading.seq = to;
      timer ??= later(flush, TELL_EVERY_MS);
      return true;
    },
    /**
     * The server says how far it goes and where it has us; tells it more when it has missed something, also of an earlier
     * client.
     */
    heard(head: number, seq: number) {
      reading.head = head;
      // It was put back to an older state: what was read then is not there any more.
      if (reading.seq > head) reading.seq = seq;
      if (reading.seq > seq) tell(reading.seq);
      reading.learn({ seq });
    },
  };
  return reading;
}
