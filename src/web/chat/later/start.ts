import { remindersOf, savedOf } from "../../../sdk/features/saved.ts";
import { scheduledOf } from "../../../sdk/features/scheduled.ts";
import type { ConfabClient, ReminderEntry } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { laterTexts } from "../../texts/later.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { dueCount, savedIds } from "../messages/later/state.ts";
import { preview } from "../messages/preview.ts";
import { notifyOfReminder } from "../notifications/notifications.ts";
import { followPreviews } from "../previews/own.ts";
import { followDeviceDrafts } from "./device-drafts.ts";

/** Follows your saved messages, reminders, scheduled messages and drafts, from all of your devices. */
export function start(client: ConfabClient) {
  const [saved, due, scheduled] = [savedOf(client), remindersOf(client), scheduledOf(client)];
  const isUndecided = () => [...scheduled.all.values()].filter(({ state }) => state !== "waiting").length;
  const count = () => {
    dueCount.value = due.all.size + isUndecided();
  };
  saved.on(() => {
    savedIds.value = new Set(saved.all.keys());
  });
  due.on(count);
  scheduled.on(count);
  client.on("reminder", ({ key, value }) => value && void remind(client, key, value));
  client.on("scheduled", ({ value }) => {
    if (value && value.state !== "waiting")
      toast(laterTexts.notSentToast(preview(value.content)), {
        error: true,
        action: { label: laterTexts.showScheduled, run: () => navigate(pathTo("scheduled")) },
      });
  });
  followDeviceDrafts(client);
  followPreviews(client);
}

async function remind(client: ConfabClient, messageId: string, { conversation_id, seq, note }: ReminderEntry) {
  const text = note ?? (await textOf(client, conversation_id, seq)) ?? laterTexts.reminder;
  toast(laterTexts.reminderOf(text), {
    action: { label: laterTexts.open, run: () => navigate(pathTo("conversation", conversation_id, seq)) },
  });
  void notifyOfReminder(client, { messageId, conversationId: conversation_id, seq, text });
}

/** The beginning of the message. `undefined`: it can't be read now. */
async function textOf(client: ConfabClient, conversationId: string, seq: number): Promise<string | undefined> {
  const conversation = client.open(conversationId);
  try {
    const message = await conversation.messageAt(seq);
    return message && preview(message.content, message).slice(0, 200);
  } catch {
    return undefined;
  } finally {
    conversation.close();
  }
}
