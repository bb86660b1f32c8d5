import { later } from "../base/platform.ts";
import type { ReadState } from "../parts/conversation.ts";

/** Messages that are read one after the other are reported together. */
const SEND_AFTER_MS = 500;

/** Keeps the counters of a conversation, and sends the user's read position. */
export function createReadState(sendPosition: (seq: number) => void): ReadState {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let mentions = 0;
  /** The messages up to this `seq` are counted. */
  let counted = 0;

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
    get mentions() {
      return state.unread ? mentions : 0;
    },
    setMentions(count = 0, seq) {
      mentions = count;
      counted = seq;
    },
    countMention({ seq, sender_id, mentions: { user_ids, scope } = { user_ids: [] } }, userId) {
      if (seq <= counted) return false;
      counted = seq;
      if (sender_id === userId) return false;
      const isForUser = scope === "all" || user_ids.some((id) => id === userId);
      // All before it are read.
      if (state.head - Math.max(state.seq, state.pruned) <= 1) mentions = 0;
      if (isForUser) mentions++;
      // The server knows who was online.
      return !isForUser && scope === "here";
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
