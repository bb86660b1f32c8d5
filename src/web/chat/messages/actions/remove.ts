import { confirm } from "../../../design/confirm.ts";
import { messageActionTexts as own } from "../../../texts/message-actions.ts";
import { focusComposer, placeOf, touches } from "../focus.ts";
import type { ActionAt } from "../message-action.ts";

type At = Pick<ActionAt, "message" | "conversation">;

/** An action may remove the button that started it, so the message gets the focus first. */
const focusRow = ({ message, conversation }: At) =>
  placeOf(conversation.id)
    ?.querySelector<HTMLElement>(`[data-key="${CSS.escape(message.key)}"]`)
    ?.focus({ preventScroll: true });

export async function remove(at: At) {
  focusRow(at);
  const { message, conversation } = at;
  const question = { title: own.deleteTitle, text: own.deleteText, action: own.deleteAction };
  if (await confirm({ ...question, danger: true })) conversation.delete(message.key).done.catch(() => {});
}

export async function discard(at: At) {
  focusRow(at);
  const { message, conversation } = at;
  const question = { title: own.discardTitle, text: own.discardText, action: own.discardAction };
  if (message.state !== "sent" && !(await confirm({ ...question, danger: true }))) return;
  conversation.discard(message.key);
  // The row is gone.
  if (message.state !== "sent" && !touches.matches) focusComposer(placeOf(conversation.id));
}

export function retry(at: At) {
  focusRow(at);
  const { message, conversation } = at;
  conversation.retry(message.key);
}
