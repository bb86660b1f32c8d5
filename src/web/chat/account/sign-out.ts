import { signal } from "@preact/signals";
import type { ChatMessage, ConfabClient } from "../../../sdk/index.ts";
import { ask } from "../../design/confirm.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { navigate, openId, pathTo } from "../base/routing.ts";
import { forgetDrafts } from "../messages/drafts.ts";
import { closeNotifications } from "../notifications/follow.ts";

/** The session has ended without a sign-out on this page. The sign-in page says so. */
export const endedElsewhere = signal(false);

/** Unsent messages of a session that ended unexpectedly. They stay, because nobody has agreed to lose them. */
export const unsentLeft = signal<{ userId: number; messages: number } | undefined>(undefined);

/** The id of the user who is signing out. */
let leaving: number | undefined;

/** Ends the session and removes everything of it from this device. Unsent messages go only if the person agrees. */
export async function signOut(client: ConfabClient) {
  const user = client.me;
  const answer = hasUnsent(client) ? await ask({ ...texts.signOut, danger: true }) : "action";
  if (!user || answer === "cancel") return;
  leaving = user.id;
  try {
    await client.signOut({ discardUnsent: answer === "action" });
  } finally {
    leaving = undefined;
  }
}

/**
 * An unsent message is always the last one of its conversation. An unsent edit or deletion is marked at its message.
 */
function hasUnsent(client: ConfabClient): boolean {
  const id = openId.peek();
  // A new conversation may not be in the list yet.
  const opened = id === undefined ? undefined : client.open(id);
  opened?.close();
  return [...knownConversations(client), ...(opened ? [opened] : [])].some(
    ({ lastMessage, messages }) => (lastMessage && isUnsent(lastMessage)) || messages.some(isUnsent),
  );
}

const isUnsent = (message: ChatMessage) => message.state !== "sent" || message.change !== undefined;

/**
 * Cleans up this device when the session ends. Loaded data goes by itself. If nobody signed out here, unsent messages
 * stay, and the page says so.
 */
export function followSessionEnd(client: ConfabClient) {
  let last = client.me?.id;
  client.on("me", (user) => {
    if (!user && last !== undefined) forget(client, last);
    if (!user && leaving !== undefined) navigate(pathTo("sign-in"));
    if (user || leaving === undefined) endedElsewhere.value = user === undefined && last !== undefined;
    unsentLeft.value = undefined;
    if (endedElsewhere.value && last !== undefined) {
      // Some screen readers do not read text that is on a new page from the start.
      announce(texts.shell.endedElsewhere);
      void countUnsent(client, last);
    }
    last = user?.id;
  });
}

async function countUnsent(client: ConfabClient, userId: number) {
  const messages = await client.unsentOf(userId);
  if (messages > 0 && endedElsewhere.peek()) unsentLeft.value = { userId, messages };
}

/** Runs at once: the server may be slow, and the page may be closed before it answers. */
function forget(client: ConfabClient, userId: number) {
  forgetDrafts(userId);
  void import("../uploads/leaving.ts").then(({ forgetFiles }) => forgetFiles(client, userId), reportError);
  void closeNotifications();
}
