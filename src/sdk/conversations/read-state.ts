import { later } from "../base/platform.ts";
import type { ReadState } from "../parts/conversation.ts";

/** Messages that are read one after the other are reported together. */
const SEND_AFTER_MS = 500;

/** Keeps the counters of a conversation, and sends the user's read position. */
export function createReadState(sendPosition: (seq: number) => void): ReadState {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush() {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    sendPosition(state.seq);
  }

  const state: ReadState = {
    flush,
    head: 0,
    pruned: 0,
    seq: 0,
    positions: new Map<number, number>(),
    isKnown: false,
    get unread() {
      return state.isKnown ? Math.max(0, state.head - Math.max(state.seq, state.pruned)) : 0;
    },
    update({ head = 0, pruned = 0, seq }) {
      state.head = Math.max(state.head, head);
      state.pruned = Math.max(state.pruned, pruned);
      state.seq = Math.max(state.seq, seq ?? 0);
      state.isKnown ||= seq !== undefined;
    },
    updatePosition(userId, seq) {
      state.positions.set(userId, Math.max(seq, state.positions.get(userId) ?? 0));
    },
    applyServerState(head, seq) {
      state.head = head;
      // The server has an older history: the messages that were read here are lost.
      if (state.seq > head) state.seq = seq;
      // The server has missed a read position, perhaps that of an earlier client.
      if (state.seq > seq) sendPosition(state.seq);
      state.update({ seq });
    },
    reset() {
      state.head = state.pruned = state.seq = 0;
      state.positions.clear();
    },
    markRead(seq) {
      const to = Math.min(seq, state.head);
      if (to <= state.seq) return false;
      state.seq = to;
      timer ??= later(flush, SEND_AFTER_MS);
      return true;
    },
  };
  return state;
}
