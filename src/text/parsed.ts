/** A parsed text. No part of it ever becomes HTML. Line ends within a string are line ends on the screen. */
export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; ordered: boolean; items: Item[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "table"; columns: Column[]; head: Cell[]; rows: Cell[][] };

export interface Item {
  /** The number or the sign, as typed: `10.`, `1)` or `-`. */
  marker: string;
  /** The box of a task. */
  task: "open" | "done" | undefined;
  children: Block[];
}

export type Cell = Inline[];
/** Where the text of a column stands. */
export type Column = "start" | "center" | "end";

export type Inline =
  | string
  | { kind: "strong" | "em" | "del" | "spoiler"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "mention"; of: Mentioned };

/** A user's id, or everybody who is online, or everybody. */
export type Mentioned = number | "here" | "all";

/** A mention as people and programs write it into a text. */
export const mentionMark = (of: Mentioned): string => (typeof of === "number" ? `<@${of}>` : `<!${of}>`);

/** The visible text of parts. Ends soon after `max` characters. */
export function textOf(parts: readonly Inline[], from = 0, max = Number.POSITIVE_INFINITY): string {
  let text = "";
  for (let i = from; i < parts.length && text.length <= max; i++) {
    const part = parts[i];
    if (part === undefined) break;
    if (typeof part === "string") text += part;
    else if (part.kind === "mention") text += mentionMark(part.of);
    else text += part.kind === "code" ? part.text : textOf(part.children, 0, max);
  }
  return text;
}
