import { rangesIn } from "../../../../text/search-match.ts";
import type { SearchQuery } from "../../../../text/search-query.ts";

/** The names of the two highlights in find.css. */
const ALL = "found";
const CURRENT = "found-current";

/** Hidden texts and the names of buttons are not marked. */
const isMarked = (node: Node) => !node.parentElement?.closest(".spoiler, button:not(.mention), [aria-hidden]");

/**
 * Marks the sought words in the rows that are drawn, without a change of their elements. Follows rows that come and go,
 * until the returned function is called. Browsers without highlights show none.
 */
export function markRows(scroller: HTMLElement, query: SearchQuery, currentKey: () => string | undefined) {
  if (!("highlights" in CSS)) return { draw: () => {}, end: () => {} };
  let frame = 0;
  const draw = () => {
    frame = 0;
    const [all, current] = [new Highlight(), new Highlight()];
    current.priority = 1;
    const key = currentKey();
    for (const row of scroller.querySelectorAll<HTMLElement>("[data-key]"))
      for (const text of row.querySelectorAll(".message-text"))
        for (const range of rangesOf(text, query)) (row.dataset["key"] === key ? current : all).add(range);
    CSS.highlights.set(ALL, all);
    CSS.highlights.set(CURRENT, current);
  };
  const soon = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const rows = new MutationObserver(soon);
  rows.observe(scroller, { childList: true, subtree: true, characterData: true });
  soon();
  return {
    draw: soon,
    end() {
      rows.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(ALL);
      CSS.highlights.delete(CURRENT);
    },
  };
}

/** A word may reach over several text nodes, as in `**bo**ld`. */
function rangesOf(root: Element, query: SearchQuery): Range[] {
  const nodes: { node: Node; start: number }[] = [];
  let text = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!isMarked(node)) continue;
    const before = nodes.at(-1)?.node;
    // Blocks and cells end words.
    if (before && blockOf(before) !== blockOf(node)) text += "\n";
    nodes.push({ node, start: text.length });
    text += node.nodeValue;
  }
  const placeOf = (at: number, isEnd: boolean) => {
    const found = nodes.findLast(({ start }) => (isEnd ? start < at : start <= at));
    return found && { node: found.node, offset: Math.min(at - found.start, found.node.nodeValue?.length ?? 0) };
  };
  return rangesIn(query, text).flatMap(([start, end]) => {
    const [from, to] = [placeOf(start, false), placeOf(end, true)];
    if (!from || !to) return [];
    const range = new Range();
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset);
    return [range];
  });
}

const blockOf = (node: Node) => node.parentElement?.closest("p, div, li, td, th, blockquote, pre");
