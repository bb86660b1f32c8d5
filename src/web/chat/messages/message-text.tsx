import type { ComponentChildren } from "preact";
import { type Block, type Inline, parsed } from "./markdown.ts";
import { isOnlyEmoji } from "./only-emoji.ts";

/** The content of a message. Each element is created from parsed text, so no text can become an element. */
export function MessageText({ text }: { text: string }) {
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
    case "paragraph": {
      const children = block.children.map(renderInline);
      return dir === undefined ? <div class="inner">{children}</div> : <p dir={dir}>{children}</p>;
    }
    case "quote":
      return <blockquote dir={dir}>{block.children.map(renderInner)}</blockquote>;
    case "code":
      return <CodeBlock {...block} />;
    case "list": {
      const items = block.items.map((item) => <li>{item.map(renderInner)}</li>);
      return block.start === undefined ? (
        <ul dir={dir}>{items}</ul>
      ) : (
        <ol dir={dir} start={block.start}>
          {items}
        </ol>
      );
    }
  }
}

function CodeBlock({ language, text }: { language: string; text: string }) {
  return (
    // Code runs from left to right, and the keyboard can scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach it to scroll
    <pre dir="ltr" tabIndex={0}>
      {language === "" ? null : <span class="code-language">{language}</span>}
      <code>{text}</code>
    </pre>
  );
}

function renderInline(inline: Inline): ComponentChildren {
  if (typeof inline === "string") return inline;
  switch (inline.kind) {
    case "strong":
      return <strong>{inline.children.map(renderInline)}</strong>;
    case "em":
      return <em>{inline.children.map(renderInline)}</em>;
    case "del":
      return <del>{inline.children.map(renderInline)}</del>;
    case "code":
      return <code dir="ltr">{inline.text}</code>;
    case "break":
      return <br />;
    case "link":
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow" title={inline.href}>
          {inline.children.map(renderInline)}
        </a>
      );
  }
}
