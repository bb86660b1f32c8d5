import type { ConfabClient, Conversation, SentMessage, User } from "../../../sdk/index.ts";
import { groupPicture, pictureOf } from "../../design/pictures.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { openConversation } from "../base/routing.ts";
import { beginningOf, preview } from "../messages/preview.ts";
import { accountOf, decideOn } from "./deciding.ts";
import { isRead } from "./reading.ts";
import { notificationSettings } from "./settings.ts";

const TEXT_MAX = 200;
/**
 * Milliseconds. Older messages arrive after a sleep, many at once. The last one of each conversation stands for all.
 */
const LATE_MS = 60_000;

/** Milliseconds. A notification does not wait longer than this for the worker of a page that was just opened. */
const WORKER_PATIENCE_MS = 5_000;

/** Notifications may still be on the screen. An earlier page may have left some. */
let mayBeShown = true;

let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs one work after the other. Chromium loses a notification when the page asks for all of them while it is being shown:
 * it stays on the screen, and nothing can change or close it.
 */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

/**
 * Closes notifications of messages that were read on any device, were deleted, or no longer exist. Gives the others the
 * texts and names of now, without a sound.
 */
export const followShown = (client: ConfabClient) => inTurn(() => updateShown(client));

async function updateShown(client: ConfabClient) {
  if (!client.me) holdOpen(client, new Set());
  if (!mayBeShown || !client.conversations.isLoaded) return;
  const worker = await navigator.serviceWorker?.getRegistration();
  const shown = (await worker?.getNotifications()) ?? [];
  // Set before anything else is shown. The event after the last one was closed finds none.
  mayBeShown = shown.length > 0;
  holdOpen(client, new Set(shown.flatMap(({ data }) => data?.conversationId ?? [])));
  for (const notification of shown) {
    const about: About = notification.data ?? {};
    const conversation = knownConversations(client).find(({ id }) => id === about.conversationId);
    if (!client.me || !conversation) continue;
    const message = messageOf(conversation, about.seq);
    if (isOutdated(conversation, about, message)) {
      notification.close();
      continue;
    }
    if (about.isReminder) continue;
    const now = about.isAdded
      ? addedFace(client.me, conversation)
      : message && faceOf(client.me, message, conversation);
    if (!now || (now.title === notification.title && now.body === notification.body)) continue;
    const { tag } = notification;
    await worker?.showNotification(now.title, { ...LOOK, body: now.body, tag, data: about, silent: true });
  }
}

/** Conversations with open notifications. Only open ones get the edits of messages before the newest. */
const held = new Map<string, Conversation>();

function holdOpen(client: ConfabClient, ids: ReadonlySet<string>) {
  for (const id of ids) if (!held.has(id)) held.set(id, client.open(id));
  for (const [id, conversation] of held) {
    if (ids.has(id)) continue;
    conversation.close();
    held.delete(id);
  }
}

const LOOK = { icon: "/icons/icon-192.png", dir: "auto" } as const;

/** The message with this number, if it is loaded. */
function messageOf({ messages, indexOf, lastMessage }: Conversation, seq: number | undefined): SentMessage | undefined {
  const message = seq === undefined ? undefined : (messages[indexOf(seq)] ?? lastMessage);
  return message?.state === "sent" && message.seq === seq ? message : undefined;
}

/** The message of a notification. Those of earlier releases name only the conversation. */
interface About {
  conversationId?: string;
  messageId?: string;
  seq?: number;
  /** The notification is about being added to a group, not about a message. */
  isAdded?: true;
  /** It reminds of a message, which may have been read long ago. */
  isReminder?: true;
}

/** Whether the message was read or deleted, its conversation was muted, or the database was restored without it. */
function isOutdated(
  conversation: Conversation,
  { messageId, seq, isAdded, isReminder }: About,
  message?: SentMessage,
): boolean {
  if (isAdded || isReminder) return false;
  const { unread, prunedSeq, lastMessage, preferences } = conversation;
  if (unread === 0 || preferences.isMuted) return true;
  if (seq === undefined) return false;
  return (
    seq <= prunedSeq ||
    (message !== undefined && (message.id !== messageId || message.deleted_at !== undefined)) ||
    (lastMessage?.state === "sent" && seq > lastMessage.seq)
  );
}

/** The title and the text of a message's notification. */
function faceOf(me: User, message: SentMessage, conversation: Conversation) {
  const { sender_name, content } = message;
  const { inGroup, newMessage } = texts.notifications;
  const isGroup = conversation.info?.is_group ?? false;
  return {
    title: isGroup ? inGroup(sender_name, titleOf(conversation, me)) : sender_name,
    body:
      notificationSettings(me.id).withText.value === "on"
        ? beginningOf(preview(content, message), TEXT_MAX)
        : newMessage,
  };
}

const addedFace = (me: User, conversation: Conversation) => ({
  title: titleOf(conversation, me),
  body: texts.added.row,
});

/** Shows a notification of a message that nobody is looking at. If several tabs show it, its tag makes it one. */
export async function showMessage(client: ConfabClient, message: SentMessage, conversation: Conversation) {
  const { me } = client;
  if (!me || !("Notification" in window) || Notification.permission !== "granted") return;
  if (notificationSettings(me.id).notify.value === "off") return;
  // The settings of the moment when the message came. The other tabs take a while to say whether they show it.
  const account = await accountOf(client);
  const isLooking = await isRead(conversation.id);
  if (!decideOn(me, message, conversation, account, isLooking).sound) return;
  const { title, body } = faceOf(me, message, conversation);
  const tag = Date.now() - Date.parse(message.created_at) > LATE_MS ? conversation.id : message.id;
  const data: About = { conversationId: conversation.id, messageId: message.id, seq: message.seq };
  const icon = pictureOf(message.sender_id, true) ?? LOOK.icon;
  await show(title, { ...LOOK, icon, body, tag, data }, conversation.id);
}

/** Notifies people that they were added to a group. */
export async function showGroup({ me }: ConfabClient, conversation: Conversation) {
  if (!me || !("Notification" in window) || Notification.permission !== "granted") return;
  if (notificationSettings(me.id).notify.value === "off" || (await isRead(conversation.id))) return;
  const { title, body } = addedFace(me, conversation);
  const data: About = { conversationId: conversation.id, isAdded: true };
  const icon = (conversation.info && groupPicture(conversation.info, 256)) ?? LOOK.icon;
  await show(title, { ...LOOK, icon, body, tag: `added ${conversation.id}`, data }, conversation.id);
}

/** Notifies people of a reminder that is due, also in another tab: it is theirs to look at now. */
export async function notifyOfReminder(
  { me }: ConfabClient,
  { messageId, conversationId, seq, text }: { messageId: string; conversationId: string; seq: number; text: string },
) {
  if (!me || !("Notification" in window) || Notification.permission !== "granted") return;
  const { notify, withText } = notificationSettings(me.id);
  if (notify.value === "off" || (document.visibilityState === "visible" && document.hasFocus())) return;
  const { reminder, newReminder } = texts.notifications;
  const body = withText.value === "on" ? beginningOf(text, TEXT_MAX) : newReminder;
  const data: About = { conversationId, messageId, seq, isReminder: true };
  await show(reminder, { ...LOOK, body, tag: `reminder ${messageId}`, data }, conversationId);
}

const show = (title: string, options: NotificationOptions, conversationId: string) =>
  inTurn(() => showNow(title, options, conversationId));

/** The worker, which is still starting when the page was just opened. Undefined where there is none. */
async function startedWorker(): Promise<ServiceWorkerRegistration | undefined> {
  const worker = await navigator.serviceWorker?.getRegistration();
  if (!worker || worker.active) return worker;
  const over = new Promise<undefined>((resolve) => setTimeout(resolve, WORKER_PATIENCE_MS));
  return Promise.race([navigator.serviceWorker.ready, over]);
}

async function showNow(title: string, options: NotificationOptions, conversationId: string) {
  const worker = await startedWorker();
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
export const close = (conversationId?: string) => inTurn(() => closeNow(conversationId));

async function closeNow(conversationId: string | undefined) {
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const notification of (await worker?.getNotifications()) ?? [])
    if (conversationId === undefined || notification.data?.conversationId === conversationId) notification.close();
}
