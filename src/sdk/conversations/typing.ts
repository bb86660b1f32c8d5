import { later } from "../base/platform.ts";

const OWN = { repeatMs: 3_000, idleMs: 5_000 };
/** The server ends it after 6 s; this is for when that is not heard. */
const EXPIRES_MS = 7_000;

/** Who is writing in a conversation, oneself and the others. */
export function createTyping(tell: (isTyping: boolean) => void, onChange: () => void) {
  const typists = new Map<number, string>();
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  let toldAt: number | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;

  /** Oneself: told as seldom as needed, and ended after a while. */
  function set(isTyping = true) {
    clearTimeout(idle);
    const now = performance.now();
    if (isTyping) idle = later(() => set(false), OWN.idleMs);
    if (isTyping ? toldAt !== undefined && now - toldAt < OWN.repeatMs : toldAt === undefined) return;
    toldAt = isTyping ? now : undefined;
    tell(isTyping);
  }

  function take(userId: number, name: string, isTyping: boolean) {
    clearTimeout(timers.get(userId));
    if (isTyping) {
      typists.set(userId, name);
      timers.set(userId, setTimeout(take, EXPIRES_MS, userId, name, false));
    } else if (!typists.delete(userId)) return;
    onChange();
  }

  return {
    typists,
    set,
    take,
    rename(userId: number, name: string) {
      if (typists.has(userId)) typists.set(userId, name);
    },
    /** Nothing is heard any more. */
    clear() {
      for (const id of [...typists.keys()]) take(id, "", false);
    },
  };
}
