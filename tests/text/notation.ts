import type { Block, Inline } from "../../src/text/parsed.ts";

/** A parsed text in the notation of docs/text.md. */
export const notation = (blocks: readonly Block[]): string => blocks.map(ofBlock).join("\n").replaceAll("\n", "⏎");

function ofBlock(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return ofInlines(block.children);
    case "heading":
      return `<h${block.level}>${ofInlines(block.children)}</h${block.level}>`;
    case "quote":
      return `<quote>${notation(block.children)}</quote>`;
    case "code":
      return `<pre${block.language && ` ${block.language}`}>${block.text}</pre>`;
    case "table":
      return `<table>${[block.head, ...block.rows].map((row) => row.map(ofInlines).join(", ")).join("\n")}</table>`;
    case "list": {
      const items = block.items.map(({ marker, task, children }) => {
        const sign = task === undefined ? (block.ordered ? marker : "•") : task === "done" ? "☑" : "☐";
        return `${sign} ${notation(children)}`;
      });
      return `<list>${items.join("\n")}</list>`;
    }
  }
}

const ofInlines = (inlines: readonly Inline[]): string => inlines.map(ofInline).join("");

function ofInline(inline: Inline): string {
  if (typeof inline === "string") return inline;
  if (inline.kind === "code") return `<code>${inline.text}</code>`;
  if (inline.kind === "mention") return `<mention ${inline.of}>`;
  const text = ofInlines(inline.children);
  return inline.kind === "link" ? link(text, inline.href) : `<${inline.kind}>${text}</${inline.kind}>`;
}

/** A target that differs from its text only by the slash after the host is not written. */
export const link = (text: string, href: string) =>
  href === text || href === `${text}/` ? `<a>${text}</a>` : `<a ${href}>${text}</a>`;

/** The rows of all tables of a page under a heading, each cell without its backticks. */
export function rowsUnder(page: string, heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines
    .filter((line, i) => !/^\|-/.test(line) && !/^\|-/.test(lines[i + 1] ?? ""))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map(cellText),
    );
}

function cellText(cell: string): string {
  const text = cell.trim().replaceAll("\\|", "|");
  const [, , code] = /^(`+)(.*)\1$/.exec(text) ?? [];
  if (code === undefined) return text;
  return /^ .*\S.* $/.test(code) ? code.slice(1, -1) : code;
}
