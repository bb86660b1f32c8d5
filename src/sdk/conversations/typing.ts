import { later } from "../base/platform.ts";
import type { Typing } from "../parts/conversation.ts";

/** The server drops a repeat within 3 s (docs/contract.md §7). */
const REPEAT_AFTER_MS = 3_000;
/** Without a key stroke for this long, the user has stopped typing. */
const IDLE_AFTER_MS = 5_000;
/** The server ends a typist after 6 s. This is for a frame that was lost. */
const EXPIRES_AFTER_MS = 7_000;

/** Sends that the user types, and knows which other members do. */
export function createTyping(sendTyping: (isTyping: boolean) => void, onChange: () => void): Typing {
  const typists = new Map<number, string>();
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  let sentAt: number | undefined;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;

  function setTyping(isTyping = true) {
    clearTimeout(idleTimer);
    const now = performance.now();
    if (isTyping) idleTimer = later(() => setTyping(false), IDLE_AFTER_MS);
    if (isTyping ? sentAt !== undefined && now - sentAt < REPEAT_AFTER_MS : sentAt === undefined) return;
    sentAt = isTyping ? now : undefined;
    sendTyping(isTyping);
  }

  function setTypist(userId: number, name: string, isTyping: boolean) {
    clearTimeout(timers.get(userId));
    if (isTyping) {
      typists.set(userId, name);
      timers.set(userId, setTimeout(setTypist, EXPIRES_AFTER_MS, userId, name, false));
    } else if (!typists.delete(userId)) return;
    onChange();
  }

  return {
    typists,
    setTyping,
    setTypist,
    rename(userId, name) {
      if (typists.has(userId)) typists.set(userId, name);
    },
    clear() {
      for (const id of [...typists.keys()]) setTypist(id, "", false);
    },
  };
}
