import { parse } from "./parse.ts";
import type { Block, Inline, Mentioned } from "./parsed.ts";

/** The people and the scope that a text mentions. */
export interface Mentions {
  /** Each id once, in the order of the text. */
  userIds: number[];
  /** `all` includes `here`. */
  scope: "here" | "all" | undefined;
}

/** Whether a text can have a mention. Most texts can't, and are not parsed. */
export const mayMention = (text: string): boolean => text.includes("<@") || text.includes("<!");

/** The mentions of a text that notify. Code has none, and people who quote a mention do not mention anybody. */
export function mentionsOf(text: string): Mentions {
  const found = new Set<Mentioned>();
  if (mayMention(text)) for (const block of parse(text)) addBlock(block, found);
  const userIds = [...found].filter((of) => typeof of === "number");
  return { userIds, scope: found.has("all") ? "all" : found.has("here") ? "here" : undefined };
}

function addBlock(block: Block, found: Set<Mentioned>): void {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      addInlines(block.children, found);
      break;
    case "list":
      for (const item of block.items) for (const child of item.children) addBlock(child, found);
      break;
    case "table":
      for (const row of [block.head, ...block.rows]) for (const cell of row) addInlines(cell, found);
      break;
    case "quote":
    case "code":
  }
}

function addInlines(inlines: readonly Inline[], found: Set<Mentioned>): void {
  for (const inline of inlines) {
    if (typeof inline === "string") continue;
    if (inline.kind === "mention") found.add(inline.of);
    else if (inline.kind !== "code") addInlines(inline.children, found);
  }
}
