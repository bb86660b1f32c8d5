import { signal } from "@preact/signals";
import { ask } from "../../design/confirm.tsx";
import { texts } from "../../texts/texts.ts";
import { forgetDrafts } from "../messages/drafts.ts";
import { forgetNotifications } from "../notifications/notifications.ts";
import { navigate, openId } from "../routing.ts";
import { client } from "./session.ts";

/** The session has ended without being asked to: said on the sign-in page. */
export const endedElsewhere = signal(false);

let leaving = false;

/** Ends the session, and leaves nothing of what was read on this device; what is not sent only if one says so. */
export async function signOut() {
  const user = client.me;
  const answer = hasUnsent() ? await ask({ ...texts.signOut, danger: true }) : "action";
  if (!user || answer === "cancel") return;
  leaving = true;
  try {
    await client.signOut({ discardUnsent: answer === "action" });
  } finally {
    leaving = false;
  }
  forgetDrafts(user.id);
  await forgetNotifications();
}

/** The newest of a conversation is a local echo as long as one is not sent. */
function hasUnsent(): boolean {
  const id = openId.peek();
  // It may be too new for the list.
  const opened = id === undefined ? undefined : client.open(id);
  opened?.close();
  return [...client.conversations.items, ...(opened ? [opened] : [])].some(
    ({ lastMessage }) => lastMessage !== undefined && lastMessage.state !== "sent",
  );
}

/** Hears when the session ends without being asked to: drafts and unsent texts stay. */
export function noticeEnd() {
  let wasSignedIn = client.me !== undefined;
  client.on("me", (user) => {
    if (!user && leaving) navigate("/sign-in");
    if (user || !leaving) endedElsewhere.value = user === undefined && wasSignedIn;
    wasSignedIn = user !== undefined;
  });
}
