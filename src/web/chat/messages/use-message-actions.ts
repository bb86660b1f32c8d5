import { useMemo, useRef } from "preact/hooks";
import type { ChatMessage, ConfabClient, Conversation } from "../../../sdk/index.ts";
import { confirm } from "../../design/confirm.tsx";
import { copyText } from "../../design/copy-text.ts";
import type { MenuItem } from "../../design/menu.tsx";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { focusComposer, touches } from "./focus.ts";
import { isDeleted } from "./preview.ts";

export interface MessageActions {
  /** The actions that are possible on this message now. */
  of(message: ChatMessage): MenuItem[];
  copy(message: ChatMessage): void;
  edit(message: ChatMessage): void;
  retry(message: ChatMessage): void;
  discard(message: ChatMessage): void;
  /** Runs the action of a key. Returns `false` if the key has none. */
  byKey(key: string, message: ChatMessage): boolean;
}

export function useMessageActions(conversation: Conversation, onEdit: (message: ChatMessage) => void): MessageActions {
  const { client } = useSession();
  const edit = useRef(onEdit);
  edit.current = onEdit;
  return useMemo(() => actionsOn(client, conversation, (message) => edit.current(message)), [conversation]);
}

function actionsOn(
  client: ConfabClient,
  conversation: Conversation,
  edit: (message: ChatMessage) => void,
): MessageActions {
  const { actions } = texts.messages;
  const copy = async (message: ChatMessage) => {
    await copyText(message.content);
    toast(actions.copied);
  };
  const remove = async (message: ChatMessage) => {
    focusRow(message);
    const question = { title: actions.deleteTitle, text: actions.deleteText, action: actions.deleteAction };
    if (await confirm({ ...question, danger: true })) conversation.delete(message.key).done.catch(() => {});
  };
  const discard = async (message: ChatMessage) => {
    focusRow(message);
    const question = { title: actions.discardTitle, text: actions.discardText, action: actions.discardAction };
    if (message.state !== "sent" && !(await confirm({ ...question, danger: true }))) return;
    conversation.discard(message.key);
    // The row is gone.
    if (message.state !== "sent" && !touches.matches) focusComposer();
  };
  const retry = (message: ChatMessage) => {
    focusRow(message);
    conversation.retry(message.key);
  };

  const of = (message: ChatMessage): (MenuItem & { shortcut: string })[] => {
    if (isDeleted(message)) return [];
    const items: (MenuItem & { shortcut: string })[] = [
      { label: actions.copy, icon: "copy", keys: "C", shortcut: "c", onSelect: () => void copy(message) },
    ];
    if (message.state === "sent" && message.sender_id === client.me?.id)
      items.push(
        { label: actions.edit, icon: "edit", keys: "E", shortcut: "e", onSelect: () => edit(message) },
        {
          label: actions.delete,
          icon: "trash",
          keys: "Delete",
          shortcut: "Delete",
          danger: true,
          onSelect: () => void remove(message),
        },
      );
    if (hasFailed(message))
      items.push({
        label: texts.design.tryAgain,
        icon: "retry",
        keys: "R",
        shortcut: "r",
        onSelect: () => retry(message),
      });
    if (message.state !== "sent")
      items.push({
        label: actions.discard,
        icon: "trash",
        keys: "Delete",
        shortcut: "Delete",
        danger: true,
        onSelect: () => void discard(message),
      });
    return items;
  };

  return {
    of,
    copy: (message) => void copy(message),
    edit,
    retry,
    discard: (message) => void discard(message),
    byKey(key, message) {
      const item = of(message).find(({ shortcut }) => shortcut.toLowerCase() === key.toLowerCase());
      item?.onSelect();
      return item !== undefined;
    },
  };
}

/** An action may remove the button that started it, so the message gets the focus first. */
const focusRow = ({ key }: ChatMessage) =>
  document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });

/** Whether sending or changing it was refused. */
export const hasFailed = (message: ChatMessage) =>
  message.state === "failed" || (message.state === "sent" && message.change?.state === "failed");
