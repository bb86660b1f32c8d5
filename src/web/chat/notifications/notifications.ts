import type { Conversation, SentMessage } from "../../../sdk/index.ts";
import { kept } from "../../design/kept.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { openConversation } from "../base/routing.ts";
import { beginningOf } from "../messages/preview.ts";
import { client } from "../session/session.ts";
import { isRead } from "./reading.ts";

/** Of each person who uses this browser, theirs. */
const settings = new Map<number, ReturnType<typeof settingsOf>>();
const settingsOf = (userId: number) => ({
  notify: kept(`notify.${userId}`, ["off", "on"]),
  withText: kept(`notify-text.${userId}`, ["on", "off"]),
});

/** Whether somebody wants to be told of messages here, and with what is in them. */
export function notificationSettings(userId: number) {
  const own = settings.get(userId) ?? settingsOf(userId);
  settings.set(userId, own);
  return own;
}

const TEXT_MAX = 200;
/** What is older comes after a sleep, many at once: of each conversation the last one stands for them. */
const LATE_MS = 60_000;

/** Tells of messages that nobody is looking at. Several tabs tell of the same message: the tag makes it one. */
export function notifyOfMessages() {
  client.on("message", (message, conversation) => void tell(message, conversation));
  client.on("conversations", () => void forgetOver());
  client.on("removed", ({ id }) => void forgetNotifications(id));
}

/** Something was told that is perhaps still to be seen; at first, by an earlier page. */
let hasTold = true;

/** Closes notifications of messages that were read, here or on another device, or that no longer exist. */
async function forgetOver() {
  if (!hasTold || !client.conversations.isLoaded) return;
  const shown = await told();
  const over = shown.filter(({ data }) => isOver(data ?? {}));
  hasTold = shown.length > over.length;
  for (const notification of over) notification.close();
}

/** The message that a notification shows. Notifications of earlier releases name the conversation alone. */
interface About {
  conversationId?: string;
  messageId?: string;
  seq?: number;
  /** It tells of no message but that somebody was added. */
  isAdded?: true;
}

/** It was read, retention has taken it, or the server's database has gone back to where it never was. */
function isOver({ conversationId, messageId, seq, isAdded }: About): boolean {
  if (isAdded) return false;
  const conversation = client.conversations.items.find(({ id }) => id === conversationId);
  if (!conversation) return false;
  const { unread, prunedSeq, messages, lastMessage } = conversation;
  if (unread === 0) return true;
  if (seq === undefined) return false;
  const there = messages[conversation.indexOf(seq)];
  return (
    seq <= prunedSeq ||
    (there !== undefined && there.id !== messageId) ||
    (lastMessage?.state === "sent" && seq > lastMessage.seq)
  );
}

async function told(): Promise<readonly Notification[]> {
  const worker = await navigator.serviceWorker?.getRegistration();
  return (await worker?.getNotifications()) ?? [];
}

async function tell(message: SentMessage, conversation: Conversation) {
  const { me } = client;
  if (!me || !("Notification" in window) || Notification.permission !== "granted") return;
  const { notify, withText } = notificationSettings(me.id);
  if (notify.value === "off" || message.sender_id === me.id || message.deleted_at) return;
  if (message.seq <= conversation.readSeq || (await isRead(conversation.id))) return;
  const isGroup = conversation.info?.is_group ?? false;
  const title = isGroup
    ? texts.notifications.inGroup(message.sender_name, titleOf(conversation, me))
    : message.sender_name;
  const options: NotificationOptions = {
    body: withText.value === "on" ? beginningOf(message.content, TEXT_MAX) : texts.notifications.newMessage,
    tag: Date.now() - Date.parse(message.created_at) > LATE_MS ? conversation.id : message.id,
    icon: "/icons/icon-192.png",
    data: { conversationId: conversation.id, messageId: message.id, seq: message.seq } satisfies About,
    dir: "auto",
  };
  await show(title, options, conversation.id);
}

/** Tells people who want notifications that they were added to a group. */
export async function notifyOfGroup(conversation: Conversation) {
  const { me } = client;
  if (!me || !("Notification" in window) || Notification.permission !== "granted") return;
  if (notificationSettings(me.id).notify.value === "off" || (await isRead(conversation.id))) return;
  const options: NotificationOptions = {
    body: texts.added.row,
    tag: `added ${conversation.id}`,
    icon: "/icons/icon-192.png",
    data: { conversationId: conversation.id, isAdded: true } satisfies About,
    dir: "auto",
  };
  await show(titleOf(conversation, me), options, conversation.id);
}

async function show(title: string, options: NotificationOptions, conversationId: string) {
  const worker = await navigator.serviceWorker?.getRegistration();
  // Phones know them only as the worker's, which opens the conversation (worker/sw.ts).
  if (worker?.active) {
    await worker.showNotification(title, options);
    hasTold = true;
    return;
  }
  const notification = new Notification(title, options);
  notification.onclick = () => {
    window.focus();
    openConversation(conversationId);
    notification.close();
  };
}

/** Nothing of what was told stays on the screen: of one conversation, or of all for who has signed out. */
export async function forgetNotifications(conversationId?: string) {
  for (const notification of await told())
    if (conversationId === undefined || notification.data?.conversationId === conversationId) notification.close();
}
