import { useState } from "preact/hooks";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { isDeleted } from "./preview.ts";

interface Edit {
  key: string;
  /** `undefined` if nothing was changed yet. */
  text: string | undefined;
}

/** The edit in progress of each conversation. It survives a look into another conversation. */
const begun = new WeakMap<Conversation, Edit>();

export interface Editing {
  /** The message that you edit, if any. */
  message: ChatMessage | undefined;
  /** The new text. */
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
