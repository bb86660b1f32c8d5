import { graphemes } from "./graphemes.ts";
import { parse } from "./parse.ts";
import type { Block, Inline, Item, Mentioned } from "./parsed.ts";

/** How a readable text shows the parts that have no text of their own. */
export interface Wording {
  /** Stands for each hidden text. Its length does not depend on that of the text. */
  spoiler: string;
  /** The name of a mentioned person or scope, without the `@`. */
  nameOf(mentioned: Mentioned): string;
}

const WORDING: Wording = { spoiler: "▒▒▒", nameOf: String };

/**
 * The readable text without its marks. Quotes, lists and tables keep simple signs.
 * @param wording Without it a mention shows the number of its person.
 */
export const plain = (text: string, wording?: Partial<Wording>): string => plainOf(parse(text), worded(wording));

const worded = (wording: Partial<Wording> | undefined): Wording => ({ ...WORDING, ...wording });

/** Like `plain`, of a parsed text. */
export const plainOf = (blocks: readonly Block[], wording: Wording = WORDING): string =>
  blocks.map((block) => ofBlock(block, wording)).join("\n");

/**
 * A text in one line of at most `max` characters, for lists and notifications. An ellipsis stands for the rest. The
 * whole text is parsed, because the end of a hidden text may come late.
 */
export const excerpt = (text: string, max: number, wording?: Partial<Wording>): string =>
  excerptOf(parse(text), max, wording);

/** Like `excerpt`, of a parsed text. */
export function excerptOf(blocks: readonly Block[], max: number, wording?: Partial<Wording>): string {
  // A single space stays as it is: replacing each of them would copy most texts.
  const line = plainOf(blocks, worded(wording))
    .replace(/[^\S ]\s*| \s+/g, " ")
    .trim();
  if (line.length <= max) return line;
  // A character can have many code units. It is not cut.
  const cut = graphemes.segment(line.slice(0, max + 1)).containing(max - 1)?.index;
  return `${line.slice(0, cut ?? 0).trimEnd()}…`;
}

function ofBlock(block: Block, wording: Wording): string {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      return ofInlines(block.children, wording);
    case "quote":
      return indented(plainOf(block.children, wording), "> ");
    case "list":
      return block.items.map((item) => ofItem(item, block.ordered, wording)).join("\n");
    case "code":
      return block.text;
    case "table":
      return [block.head, ...block.rows]
        .map((row) => row.map((cell) => ofInlines(cell, wording)).join(" | "))
        .join("\n");
  }
}

function ofItem(item: Item, ordered: boolean, wording: Wording): string {
  const sign = item.task === undefined ? "•" : item.task === "done" ? "☑" : "☐";
  const start = ordered && item.task !== undefined ? `${item.marker} ${sign} ` : `${ordered ? item.marker : sign} `;
  return start + indented(plainOf(item.children, wording), "  ").slice(2);
}

const indented = (text: string, by: string) => text.replace(/^/gm, by);

function ofInlines(inlines: readonly Inline[], wording: Wording): string {
  let text = "";
  for (const inline of inlines) {
    if (typeof inline === "string") text += inline;
    else if (inline.kind === "spoiler") text += wording.spoiler;
    else if (inline.kind === "mention") text += `@${wording.nameOf(inline.of)}`;
    else text += inline.kind === "code" ? inline.text : ofInlines(inline.children, wording);
  }
  return text;
}
