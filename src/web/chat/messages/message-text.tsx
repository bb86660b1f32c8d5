import type { ComponentChildren } from "preact";
import { isInvisible } from "../../../protocol/content.ts";
import type { Block, Column, Item } from "../../../text/parsed.ts";
import { texts } from "../../texts/texts.ts";
import { CodeBlock } from "./code-block.tsx";
import { renderInlines } from "./inline-text.tsx";
import { isOnlyEmoji } from "./only-emoji.ts";
import { parsed } from "./parsed.ts";

/** The content of a message. Each element is created from parsed text, so no text can become an element. */
export function MessageText({ text }: { text: string }) {
  // Only messages of earlier releases can be empty.
  if (isInvisible(text)) return <p class="tombstone">{texts.messages.text.empty}</p>;
  return (
    <div class={isOnlyEmoji(text) ? "message-text only-emoji" : "message-text"}>{parsed(text).map(renderBlock)}</div>
  );
}

const renderBlock = (block: Block) => drawn(block, "auto");

/**
 * Blocks in a quote or a list take its direction. A browser ignores blocks with a `dir` of their own when it finds that
 * direction.
 */
const renderInner = (block: Block) => drawn(block, undefined);

function drawn(block: Block, dir: "auto" | undefined): ComponentChildren {
  switch (block.kind) {
    case "paragraph":
      return textBlock(renderInlines(block.children), dir);
    case "heading":
      // No heading of the page: its outline has the parts of the page, and people must not fill it with theirs.
      return textBlock(renderInlines(block.children), dir, `text-heading text-heading-${Math.min(block.level, 3)}`);
    case "quote":
      return <blockquote dir={dir}>{block.children.map(renderInner)}</blockquote>;
    case "code":
      return <CodeBlock {...block} />;
    case "table":
      return <Table {...block} />;
    case "list":
      return block.ordered ? (
        // The numbers are text, as typed: a list of the browser counts for itself, and writes `1)` as `1.`.
        // biome-ignore lint/a11y/noRedundantRoles: without a list style, Safari takes the role away
        <ol dir={dir} role="list" style={{ "--number": `${widest(block.items) + 1.5}ch` }}>
          {block.items.map((item) => (
            <li>{itemText(item, true)}</li>
          ))}
        </ol>
      ) : (
        <ul dir={dir}>
          {block.items.map((item) => (
            <li class={item.task && "task"}>{itemText(item, false)}</li>
          ))}
        </ul>
      );
  }
}

const widest = (items: readonly Item[]) => Math.max(...items.map(({ marker }) => marker.length));

const textBlock = (children: ComponentChildren, dir: "auto" | undefined, name = "") =>
  dir === undefined ? (
    <div class={`inner ${name}`}>{children}</div>
  ) : (
    <p class={name || undefined} dir={dir}>
      {children}
    </p>
  );

/** The number stands in the line of the text, so that a selection has both in one line. */
function itemText({ marker, task, children }: Item, numbered: boolean): ComponentChildren {
  const lead = (
    <>
      {numbered && <span class="number">{marker} </span>}
      {task && <span class={`box box-${task}`} role="img" aria-label={texts.messages.text[task]} />}
    </>
  );
  const [first, ...others] = children;
  if (first?.kind !== "paragraph") return [lead, children.map(renderInner)];
  return [<div class="inner">{[lead, renderInlines(first.children)]}</div>, others.map(renderInner)];
}

function Table({ columns, head, rows }: Extract<Block, { kind: "table" }>) {
  const placeOf = (column: number): Column => columns[column] ?? "start";
  return (
    // The keyboard can scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach it to scroll
    <section class="table" tabIndex={0} aria-label={texts.messages.text.table}>
      <table dir="auto">
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th scope="col" dir="auto" class={`at-${placeOf(i)}`}>
                {renderInlines(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell, i) => (
                <td dir="auto" class={`at-${placeOf(i)}`}>
                  {renderInlines(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
