import { useState } from "preact/hooks";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { isDeleted } from "./preview.ts";

interface Edit {
  key: string;
  /** Undefined: nothing was changed yet. */
  text: string | undefined;
}

/** What is edited in each conversation: who has looked into another one goes on where they were. */
const begun = new WeakMap<Conversation, Edit>();

export interface Editing {
  /** One's own message that is edited, if one is. */
  message: ChatMessage | undefined;
  /** Its text as it is to be. */
  text: string;
  begin(message: ChatMessage | undefined): void;
  change(text: string): void;
  end(): void;
}

export function useEditing(conversation: Conversation): Editing {
  const find = (edit: Edit | undefined) =>
    edit &&
    conversation.messages.findLast((message) => message.key === edit.key && !(isDeleted(message) && !edit.text));
  const [edit, setEdit] = useState(() => {
    const kept = begun.get(conversation);
    return find(kept) && kept;
  });
  const set = (next: Edit | undefined) => {
    if (next) begun.set(conversation, next);
    else begun.delete(conversation);
    setEdit(next);
  };
  const message = find(edit);
  return {
    message,
    text: edit?.text ?? message?.content ?? "",
    begin: (begins) => set(begins && { key: begins.key, text: undefined }),
    change: (text) => edit && set({ ...edit, text }),
    end: () => set(undefined),
  };
}
