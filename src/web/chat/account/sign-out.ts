import { signal } from "@preact/signals";
import type { ChatMessage } from "../../../sdk/index.ts";
import { ask } from "../../design/confirm.tsx";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { navigate, openId } from "../base/routing.ts";
import { forgetDrafts } from "../messages/drafts.ts";
import { forgetNotifications } from "../notifications/notifications.ts";
import { client } from "../session/session.ts";

/** The session has ended without being asked to: said on the sign-in page. */
export const endedElsewhere = signal(false);

/** Messages that a person had not sent when their session ended: they stay, as nobody was told of their loss. */
export const unsentLeft = signal<{ userId: number; messages: number } | undefined>(undefined);

/** Who is signing out. */
let leaving: number | undefined;

/** Ends the session, and leaves nothing of what was read on this device; what is not sent only if one says so. */
export async function signOut() {
  const user = client.me;
  const answer = hasUnsent() ? await ask({ ...texts.signOut, danger: true }) : "action";
  if (!user || answer === "cancel") return;
  leaving = user.id;
  try {
    await client.signOut({ discardUnsent: answer === "action" });
  } finally {
    leaving = undefined;
  }
}

/** The newest of a conversation is a local echo as long as one is not sent; an edit or a deletion stands at its message. */
function hasUnsent(): boolean {
  const id = openId.peek();
  // It may be too new for the list.
  const opened = id === undefined ? undefined : client.open(id);
  opened?.close();
  return [...client.conversations.items, ...(opened ? [opened] : [])].some(
    ({ lastMessage, messages }) => (lastMessage && isUnsent(lastMessage)) || messages.some(isUnsent),
  );
}

const isUnsent = (message: ChatMessage) => message.state !== "sent" || message.change !== undefined;

/**
 * Hears when the session ends, and leaves nothing to be read on this device: what was loaded goes by itself. Only what is
 * not sent stays, and is told of, when nobody here has signed out.
 */
export function noticeEnd() {
  let last = client.me?.id;
  client.on("me", (user) => {
    if (!user && last !== undefined) forget(last);
    if (!user && leaving !== undefined) navigate("/sign-in");
    if (user || leaving === undefined) endedElsewhere.value = user === undefined && last !== undefined;
    unsentLeft.value = undefined;
    if (endedElsewhere.value && last !== undefined) {
      // Not all screen readers read out a text that stands on a new page from the start.
      announce(texts.account.endedElsewhere);
      void countUnsent(last);
    }
    last = user?.id;
  });
}

async function countUnsent(userId: number) {
  const messages = await client.unsentOf(userId);
  if (messages > 0 && endedElsewhere.peek()) unsentLeft.value = { userId, messages };
}

/** At once: the server may be slow to hear of it, and the page closed before it has. */
function forget(userId: number) {
  forgetDrafts(userId);
  void forgetNotifications();
}
