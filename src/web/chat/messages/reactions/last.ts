import type { Conversation } from "../../../../sdk/index.ts";
import { isDeleted } from "../preview.ts";

/** A text such as `+👍` or `+:tada:`, which may be a reaction. */
const MAY_REACT = /^\+\s?(?::[\w+-]+:|[^\s\w:]{1,24})$/u;

/** Reacts to the newest message if the text says so, as `+👍` does, or sends it. */
export function reactOrSend(conversation: Conversation, text: string, send: () => void) {
  const newest = conversation.messages.findLast((message) => !isDeleted(message));
  if (!newest || !MAY_REACT.test(text)) return send();
  import("./by-text.ts").then(
    ({ reactByText }) => {
      if (!reactByText(conversation, newest, text)) send();
    },
    () => send(),
  );
}
