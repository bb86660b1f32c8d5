import { effect } from "@preact/signals";
import type { Conversation, Quote } from "../../../../sdk/index.ts";
import { draftKey } from "../drafts.ts";
import { sendOptions, setSendOption } from "../send-options.ts";

/** The message that the next one answers, as it is stored beside the draft. A draft of another device has its id alone. */
export interface Answered extends Omit<Quote, "seq"> {
  seq?: number | undefined;
}

const chosen = new WeakMap<Conversation, Answered>();

/** The message that the text in the field will answer. */
export function answeredIn(conversation: Conversation): Answered | undefined {
  const id = sendOptions(conversation).value["reply_to"];
  const answered = chosen.get(conversation);
  if (typeof id !== "string") return undefined;
  return answered?.id === id ? answered : { id };
}

export function answer(conversation: Conversation, answered: Answered | undefined) {
  if (answered) chosen.set(conversation, answered);
  setSendOption(conversation, "reply_to", answered?.id);
}

/** Restores the answered message of a stored draft, and stores it when it changes. Ends with the returned function. */
export function keepAnswered(userId: number | undefined, conversation: Conversation): () => void {
  if (userId === undefined) return () => {};
  const key = `${draftKey(userId, conversation.id)}.reply`;
  const stored = read(key);
  if (stored && !answeredIn(conversation)) answer(conversation, stored);
  return effect(() => write(key, answeredIn(conversation)));
}

function read(key: string): Answered | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return isAnswered(value) ? value : undefined;
  } catch {
    // The storage is forbidden, or somebody else has written there.
    return undefined;
  }
}

const isAnswered = (value: unknown): value is Answered =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string";

function write(key: string, answered: Answered | undefined) {
  try {
    if (answered) localStorage.setItem(key, JSON.stringify(answered));
    else localStorage.removeItem(key);
  } catch {
    // The storage is full or forbidden. The answer lasts as long as the page.
  }
}
