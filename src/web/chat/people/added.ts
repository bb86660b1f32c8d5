import { effect, signal } from "@preact/signals";
import type { ConfabClient, Conversation } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { openConversation, openId, route } from "../base/routing.ts";
import { notifyOfGroup } from "../notifications/follow.ts";

/** Groups that you were added to and have not opened yet. */
export const addedTo = signal<ReadonlySet<string>>(new Set());

/** Groups that came together share one message. */
let waiting: Conversation[] = [];

/** Tells people that they were added to a group. Otherwise it would appear without a word. */
export function announceAdded(client: ConfabClient) {
  client.on("added", (conversation) => {
    const { info, id } = conversation;
    // A group that you created or joined is no news. A 1-on-1 is announced by its first message.
    if (!info?.is_group || info.owner_id === client.me?.id) return;
    if (id === openId.peek() || route.peek().page === "invite") return;
    if (waiting.push(conversation) === 1) setTimeout(() => announceWaiting(client));
  });
  client.on("me", () => {
    addedTo.value = new Set();
  });
  effect(() => {
    const id = openId.value;
    if (id === undefined || !addedTo.peek().has(id)) return;
    addedTo.value = new Set([...addedTo.peek()].filter((other) => other !== id));
  });
}

function announceWaiting(client: ConfabClient) {
  const groups = waiting;
  waiting = [];
  const [first] = groups;
  if (!first || !client.me) return;
  addedTo.value = new Set([...addedTo.peek(), ...groups.map(({ id }) => id)]);
  for (const group of groups) void notifyOfGroup(client, group);
  if (groups.length > 1) return toast(texts.added.many(groups.length));
  const open = () => openConversation(first.id);
  toast(texts.added.one(titleOf(first, client.me)), { action: { label: texts.added.open, run: open } });
}
