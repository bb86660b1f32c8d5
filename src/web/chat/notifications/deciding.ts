import { decide } from "../../../notify/decide.ts";
import { NO_NOTIFICATION_SETTINGS } from "../../../notify/no-settings.ts";
import { notificationSettings } from "../../../sdk/features/mentions.ts";
import type {
  ConfabClient,
  Conversation,
  LiveNotificationSettings,
  NotificationSettings,
  SentMessage,
  User,
} from "../../../sdk/index.ts";

/** A message does not wait longer than this for the settings, in ms. */
const PATIENCE_MS = 3_000;

let live: LiveNotificationSettings | undefined;

/** The person's notification settings. All parts of the page share them. */
export function accountSettings(client: ConfabClient): LiveNotificationSettings {
  live ??= notificationSettings(client);
  return live;
}

/** The settings, as soon as they are known. */
export async function accountOf(client: ConfabClient): Promise<NotificationSettings> {
  const settings = accountSettings(client);
  if (settings.value) return settings.value;
  const known = Promise.withResolvers<void>();
  const off = settings.on("change", () => settings.value && known.resolve());
  const timer = setTimeout(known.resolve, PATIENCE_MS);
  await known.promise;
  off();
  clearTimeout(timer);
  return settings.value ?? NO_NOTIFICATION_SETTINGS;
}

/** The same decision as that of the server. */
export function decideOn(
  me: User,
  message: SentMessage,
  { preferences, readSeq, info }: Conversation,
  account: NotificationSettings,
  isLooking: boolean,
) {
  return decide(
    {
      senderId: message.sender_id,
      seq: message.seq,
      content: message.content,
      isDeleted: message.deleted_at !== undefined,
      mentions: message.mentions,
      isReplyToYou: message.reply_to?.sender_id === me.id,
    },
    {
      userId: me.id,
      kind: info?.is_group ? "group" : "direct",
      level: preferences.level,
      mutedUntil: preferences.mutedUntil,
      readSeq,
      // The message has just come, so the person was online.
      wasHere: true,
    },
    account,
    { isOnline: true, isLooking },
    Date.now(),
  );
}
