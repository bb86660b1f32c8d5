import { type Block, type Inline, mentionMark } from "../../src/text/parsed.ts";

/** All text that the page shows of a message, hidden text included. Written apart from `plain`, to check on it. */
export function shown(blocks: readonly Block[]): string {
  return blocks.map(shownBlock).join("\n");
}

function shownBlock(block: Block): string {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      return shownInlines(block.children);
    case "quote":
      return shown(block.children);
    case "list":
      return block.items
        .map(({ marker, children }) => `${block.ordered ? `${marker} ` : ""}${shown(children)}`)
        .join("\n");
    case "code":
      return `${block.language}\n${block.text}`;
    case "table":
      return [block.head, ...block.rows].map((row) => row.map(shownInlines).join("\t")).join("\n");
  }
}

const shownInlines = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) =>
      typeof inline === "string"
        ? inline
        : inline.kind === "code"
          ? inline.text
          : inline.kind === "mention"
            ? mentionMark(inline.of)
            : shownInlines(inline.children),
    )
    .join("");

/** All inline parts, at any depth. */
export function* inlinesIn(blocks: readonly Block[]): Generator<Inline> {
  for (const block of blocks) {
    if (block.kind === "paragraph" || block.kind === "heading") yield* deep(block.children);
    else if (block.kind === "quote") yield* inlinesIn(block.children);
    else if (block.kind === "list") for (const item of block.items) yield* inlinesIn(item.children);
    else if (block.kind === "table")
      for (const row of [block.head, ...block.rows]) for (const cell of row) yield* deep(cell);
  }
}

function* deep(children: readonly Inline[]): Generator<Inline> {
  for (const child of children) {
    yield child;
    if (typeof child !== "string" && "children" in child) yield* deep(child.children);
  }
}

export const linksIn = (blocks: readonly Block[]) =>
  [...inlinesIn(blocks)].flatMap((inline) => (typeof inline !== "string" && inline.kind === "link" ? inline.href : []));
