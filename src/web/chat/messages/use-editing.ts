import { flushSync } from "preact/compat";
import { useState } from "preact/hooks";
import type { ChatMessage, Conversation, MessageView } from "../../../sdk/index.ts";
import { typedText } from "./mentions/names.ts";
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

export function useEditing(conversation: Conversation, view: MessageView): Editing {
  const findIn = ({ messages }: MessageView, { key, text }: Edit) =>
    messages.findLast((message) => message.key === key && !(isDeleted(message) && !text));
  const find = (edit: Edit | undefined) => edit && (findIn(view, edit) ?? findIn(conversation, edit));
  const [edit, setEdit] = useState(() => {
    const kept = begun.get(conversation);
    return find(kept) && kept;
  });
  const set = (next: Edit | undefined) => {
    if (next) begun.set(conversation, next);
    else begun.delete(conversation);
    // Phones open their keyboard only for a text field that gets the focus while the press is handled.
    flushSync(() => setEdit(next));
  };
  const message = find(edit);
  return {
    message,
    text: edit?.text ?? (message ? typedText(message) : ""),
    begin: (begins) => set(begins && { key: begins.key, text: undefined }),
    change: (text) => edit && set({ ...edit, text }),
    end: () => set(undefined),
  };
}
