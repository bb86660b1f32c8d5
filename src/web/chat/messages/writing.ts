import { matchesKeys } from "../../design/keys.ts";
import { composerNear, placeOf } from "./focus.ts";
import { FORMATS, type Format } from "./format/keys.ts";

type Tools = typeof import("./writing-tools.ts");

let loaded: Tools | undefined;

/** The tools for writing, once they are loaded. */
export const writingTools = () => loaded;

/** Loads the tools when the text field gets the focus, so that the page does not wait for them. */
export async function loadWritingTools(): Promise<Tools> {
  loaded ??= await import("./writing-tools.ts");
  return loaded;
}

/** Applies a format to the selection of now, also if it changes until the tools are loaded. */
export function format(field: HTMLTextAreaElement | null, format: Format) {
  if (!field) return;
  const { value, selectionStart: start, selectionEnd: end } = field;
  void loadWritingTools().then(({ applyFormat }) => applyFormat(field, format, { value, start, end }));
}

/** Quotes a text in the text field, below what is written there. The draft stays, and Ctrl+Z removes the quote. */
export function addQuote(text: string, conversationId: string) {
  const field = composerNear(placeOf(conversationId));
  // Before the tools are loaded: a phone opens its keyboard only while it handles a press.
  field?.focus();
  void loadWritingTools().then(({ applyQuote }) => field?.isConnected && applyQuote(field, text));
}

/** Returns whether the keys are those of a format. */
export function formatByKeys(field: HTMLTextAreaElement | null, event: KeyboardEvent): boolean {
  const [found] = FORMATS.find(([, keys]) => keys && matchesKeys(event, keys)) ?? [];
  if (found) format(field, found);
  return found !== undefined;
}

/** Whether the caret is in a code block. */
export const isInBlock = ({ value, selectionEnd }: HTMLTextAreaElement) =>
  /```|~~~/.test(value) && loaded?.fenceAround(value, selectionEnd) !== "";
