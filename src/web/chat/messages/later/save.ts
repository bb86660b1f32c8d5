import { remindersOf, save, savedOf, unsave } from "../../../../sdk/features/saved.ts";
import type { ChatMessage, ConfabClient, Conversation } from "../../../../sdk/index.ts";
import { toast } from "../../../design/toast.tsx";
import { laterTexts } from "../../../texts/later.ts";
import { placeOfRow } from "./place-of-row.ts";
import { openTimeMenu } from "./time-menu.ts";
import { whenText } from "./times.ts";

interface Target {
  client: ConfabClient;
  conversation: Conversation;
  message: { id: string; seq: number };
}

const refuse = (error: unknown) =>
  toast(laterTexts.refused(error instanceof Error ? error.message : ""), { error: true });

/** Saves a message, or removes it from the saved ones. */
export function toggleSaved({ client, conversation, message }: Omit<Target, "message"> & { message: ChatMessage }) {
  if (message.state !== "sent") return;
  const target = { client, conversation, message };
  const before = savedOf(client).all.get(message.id);
  if (before) {
    unsave(client, conversation, message.id).done.catch(refuse);
    const undo = () => void save(client, conversation, message, before).done.catch(refuse);
    toast(laterTexts.unsavedToast, { action: { label: laterTexts.undo, run: undo } });
    return;
  }
  save(client, conversation, message).done.catch(refuse);
  const { key } = message;
  toast(laterTexts.savedToast, {
    action: { label: laterTexts.remindMe, run: () => askReminder(target, placeOfRow(key)) },
  });
}

/** Offers times for a reminder. */
export function askReminder(target: Target, place: Parameters<typeof openTimeMenu>[1]) {
  const { client, message } = target;
  const isSet = savedOf(client).all.get(message.id)?.remind_at != null || remindersOf(client).all.has(message.id);
  openTimeMenu(
    {
      title: laterTexts.remindTitle,
      action: laterTexts.custom.remind,
      more: isSet ? [{ label: laterTexts.noReminder, icon: "close", onSelect: () => endReminder(target) }] : [],
      onChoose({ at }) {
        save(client, target.conversation, message, { remind_at: at.toISOString() }).done.catch(refuse);
        toast(laterTexts.reminderSet(whenText(at)));
      },
    },
    place,
  );
}

/** The reminder is done with. The message stays saved. */
export const endReminder = ({ client, conversation, message }: Target) =>
  void save(client, conversation, message, { remind_at: null }).done.catch(refuse);

export const setNote = ({ client, conversation, message }: Target, note: string) =>
  void save(client, conversation, message, { note: note.trim() === "" ? null : note.trim() }).done.catch(refuse);

export const removeSaved = ({ client, conversation, message }: Target) =>
  void unsave(client, conversation, message.id).done.catch(refuse);
