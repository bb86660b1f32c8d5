import type { ConfabClient, Conversation, SentMessage } from "../../../sdk/index.ts";
import { kept } from "../../design/kept.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { openConversation } from "../base/routing.ts";
import { beginningOf } from "../messages/preview.ts";
import { isRead } from "./reading.ts";

/** The settings of each person who uses this browser. */
const settings = new Map<number, ReturnType<typeof settingsOf>>();
const settingsOf = (userId: number) => ({
  notify: kept(`notify.${userId}`, ["off", "on"]),
  withText: kept(`notify-text.${userId}`, ["on", "off"]),
});

/** Whether a person wants notifications in this browser, and with the message text. */
export function notificationSettings(userId: number) {
  const own = settings.get(userId) ?? settingsOf(userId);
  settings.set(userId, own);
  return own;
}

const TEXT_MAX = 200;
/**
 * Milliseconds. Older messages arrive after a sleep, many at once. The last one of each conversation stands for all.
 */
const LATE_MS = 60_000;

/**
 * Shows notifications of messages that nobody is looking at. If several tabs show the same one, its tag makes it one.
 */
export function notifyOfMessages(client: ConfabClient) {
  client.on("message", (message, conversation) => void showMessage(client, message, conversation));
  client.on("conversations", () => void closeOutdated(client));
  client.on("removed", ({ id }) => void closeNotifications(id));
}

/** Notifications may still be on the screen. An earlier page may have left some. */
let mayBeShown = true;

/** Closes notifications of messages that were read on any device, or that no longer exist. */
async function closeOutdated(client: ConfabClient) {
  if (!mayBeShown || !client.conversations.isLoaded) return;
  const shown = await shownNotifications();
  const over = shown.filter(({ data }) => isOutdated(client, data ?? {}));
  mayBeShown = shown.length > over.length;
  for (const notification of over) notification.close();
}

/** The message of a notification. Those of earlier releases name only the conversation. */
interface About {
  conversationId?: string;
  messageId?: string;
  seq?: number;
  /** The notification is about being added to a group, not about a message. */
  isAdded?: true;
}

/** Whether the message was read, was deleted by retention, or is missing because the database was restored. */
function isOutdated(client: ConfabClient, { conversationId, messageId, seq, isAdded }: About): boolean {
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

async function shownNotifications(): Promise<readonly Notification[]> {
  const worker = await navigator.serviceWorker?.getRegistration();
  return (await worker?.getNotifications()) ?? [];
}

async function showMessage({ me }: ConfabClient, message: SentMessage, conversation: Conversation) {
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

/** Notifies people that they were added to a group. */
export async function notifyOfGroup({ me }: ConfabClient, conversation: Conversation) {
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
  // Phones allow only notifications of a worker. It also opens the conversation (worker/sw.ts).
  if (worker?.active) {
    await worker.showNotification(title, options);
    mayBeShown = true;
    return;
  }
  const notification = new Notification(title, options);
  notification.onclick = () => {
    window.focus();
    openConversation(conversationId);
    notification.close();
  };
}

/** Closes the notifications of one conversation, or all of them after a sign-out. */
export async function closeNotifications(conversationId?: string) {
  for (const notification of await shownNotifications())
    if (conversationId === undefined || notification.data?.conversationId === conversationId) notification.close();
}
