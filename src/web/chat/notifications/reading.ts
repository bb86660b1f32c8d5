import { effect, signal } from "@preact/signals";
import { openId } from "../base/routing.ts";

const isSeen = () => document.visibilityState === "visible" && document.hasFocus();
const seen = signal(isSeen());

const lockOf = (conversationId: string) => `confab.reading.${conversationId}`;

/** Holds a lock for the conversation in view, so that other tabs know of it. */
export function lockReadConversation() {
  const look = () => {
    seen.value = isSeen();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
  effect(() => {
    const id = seen.value ? openId.value : undefined;
    if (id === undefined) return;
    const held = Promise.withResolvers<void>();
    // Without locks (plain HTTP), a tab knows only its own state.
    navigator.locks?.request(lockOf(id), { mode: "shared" }, () => held.promise).catch(() => {});
    return () => held.resolve();
  });
}

/** Whether somebody is looking at the conversation, in this tab or another one. */
export async function isRead(conversationId: string): Promise<boolean> {
  if (isSeen() && openId.peek() === conversationId) return true;
  const locks = await navigator.locks?.query().catch(() => undefined);
  return locks?.held?.some(({ name }) => name === lockOf(conversationId)) ?? false;
}
