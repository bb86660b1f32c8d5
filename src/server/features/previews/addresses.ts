import { PREVIEW_URL_MAX, PREVIEWS_MAX } from "../../../protocol/previews.ts";
import { parse } from "../../../text/parse.ts";
import type { Block, Inline } from "../../../text/parsed.ts";

/** Whether a text may have an address. Most have none, and need not be parsed. */
export const mayHaveAddress = (text: string) => /https?:\/\/|www\./i.test(text);

/**
 * The first addresses of a message's text. Those in code stand for themselves, and those in a spoiler must not be told.
 * @param ownHost the host of this server, whose pages need a login
 */
export function addressesIn(text: string, ownHost: string | undefined): string[] {
  if (!mayHaveAddress(text)) return [];
  const found = new Set<string>();
  for (const href of hrefsIn(parse(text))) {
    if (found.size === PREVIEWS_MAX) break;
    if (href.length <= PREVIEW_URL_MAX && /^https?:/.test(href) && URL.parse(href)?.host !== ownHost) found.add(href);
  }
  return [...found];
}

function* hrefsIn(blocks: readonly Block[]): Generator<string> {
  for (const block of blocks) {
    if (block.kind === "paragraph" || block.kind === "heading") yield* hrefsOf(block.children);
    else if (block.kind === "quote") yield* hrefsIn(block.children);
    else if (block.kind === "list") for (const item of block.items) yield* hrefsIn(item.children);
    else if (block.kind === "table") for (const cell of [block.head, ...block.rows].flat()) yield* hrefsOf(cell);
  }
}

function* hrefsOf(parts: readonly Inline[]): Generator<string> {
  for (const part of parts) {
    if (typeof part === "string" || !("children" in part) || part.kind === "spoiler") continue;
    if (part.kind === "link") yield part.href;
    else yield* hrefsOf(part.children);
  }
}
