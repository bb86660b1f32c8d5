import type { Conversation } from "../../../../sdk/index.ts";

type Tools = typeof import("./typed.ts");

let loaded: Tools | undefined;

/** Loads the tools when somebody types an `@`, so that the page does not wait for them. */
export async function loadMentioning(): Promise<Tools> {
  loaded ??= await import("./typed.ts");
  return loaded;
}

/** The tools, once they are loaded. */
export const mentioning = () => loaded;

/**
 * Passes on a text with the numbers of the people whom it names. Asks before many people are notified, and then passes
 * nothing on when the answer is no.
 */
export function withMentions(conversation: Conversation, text: string, send: (text: string) => void) {
  if (!text.includes("@")) return send(text);
  if (loaded) return loaded.sendMentioning(conversation, text, send);
  // Without its tools, the page sends the text as it was typed.
  void loadMentioning().then(
    (tools) => tools.sendMentioning(conversation, text, send),
    () => send(text),
  );
}
