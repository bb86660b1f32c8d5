import { Lexer, type Token, Tokenizer, type Tokens } from "marked";

/** A message's text, taken apart: nothing in it is ever HTML. */
export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; start: number | undefined; items: Block[][] }
  | { kind: "code"; language: string; text: string };

export type Inline =
  | string
  | { kind: "strong" | "em" | "del"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "break" };

/** Deeper quotes, lists and emphases stay as they were typed. */
const DEPTH_MAX = 6;
/** Characters that all looks for the end of an emphasis may pass together: as many as take some ten milliseconds. */
const EMPHASIS_WORK_MAX = 300_000;

/** What people mean in a chat. Headings, tables, rules, HTML and definitions are text, so that no character is lost. */
class ChatTokenizer extends Tokenizer {
  private depth = 0;
  private emphasisWork = 0;

  override code = nothing;
  override heading = nothing;
  override lheading = nothing;
  override table = nothing;
  override html = nothing;
  override tag = nothing;
  override def = nothing;
  override hr = nothing;

  override blockquote(src: string) {
    return this.nested(() => super.blockquote(src));
  }

  override list(src: string) {
    return this.nested(() => super.list(src));
  }

  override emStrong(src: string, maskedSrc: string, prevChar: string) {
    if (this.emphasisWork > EMPHASIS_WORK_MAX) return undefined;
    const found = this.nested(() => super.emStrong(src, maskedSrc, prevChar));
    this.emphasisWork += found ? found.raw.length : src.length;
    return found;
  }

  override del(src: string, maskedSrc: string, prevChar: string) {
    if (!src.startsWith("~~")) return undefined;
    return this.nested(() => super.del(src, maskedSrc, prevChar));
  }

  override link(src: string) {
    return this.nested(() => super.link(src));
  }

  /** What is inside of a token is taken apart while it is made. */
  private nested<T>(make: () => T): T | undefined {
    if (this.depth >= DEPTH_MAX) return undefined;
    this.depth++;
    try {
      return make();
    } finally {
      this.depth--;
    }
  }
}

function nothing(): undefined {}

/** Takes a text apart, whatever it is, in some milliseconds. */
export function parseMarkdown(text: string): Block[] {
  const lexer = new Lexer({ gfm: true, breaks: true, tokenizer: new ChatTokenizer() });
  const blocks = blocksOf(lexer.lex(text));
  // Marks alone are shown as they are.
  return plainText(blocks).trim() === "" ? [{ kind: "paragraph", children: [text] }] : blocks;
}

const CACHED_MAX = 2000;
const cache = new Map<string, Block[]>();

/** As `parseMarkdown`; texts seen lately are not taken apart again. */
export function parsed(text: string): Block[] {
  const known = cache.get(text);
  if (known) return known;
  const blocks = parseMarkdown(text);
  if (cache.size >= CACHED_MAX) for (const oldest of cache.keys()) if (cache.delete(oldest)) break;
  cache.set(text, blocks);
  return blocks;
}

/** What of it can be read, without the marks; blocks and lines are parted by line ends. */
export const plainText = (blocks: readonly Block[]): string => blocks.map(blockText).join("\n");

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return inlineText(block.children);
    case "quote":
      return plainText(block.children);
    case "list":
      return block.items.map((item, i) => `${markerOf(block.start, i)} ${plainText(item)}`).join("\n");
    case "code":
      return block.language === "" ? block.text : `${block.language}\n${block.text}`;
  }
}

const markerOf = (start: number | undefined, index: number) => (start === undefined ? "•" : `${start + index}.`);

function inlineText(children: readonly Inline[]): string {
  let text = "";
  for (const child of children) {
    if (typeof child === "string") text += child;
    else if (child.kind === "break") text += "\n";
    else text += child.kind === "code" ? child.text : inlineText(child.children);
  }
  return text;
}

function blocksOf(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    const block = blockOf(token);
    if (block) blocks.push(block);
  }
  return blocks;
}

function blockOf(token: Token): Block | undefined {
  switch (token.type) {
    case "space":
    case "checkbox":
      return undefined;
    case "code":
      return { kind: "code", language: (token as Tokens.Code).lang ?? "", text: (token as Tokens.Code).text };
    case "blockquote":
      return { kind: "quote", children: blocksOf((token as Tokens.Blockquote).tokens) };
    case "list":
      return listOf(token as Tokens.List);
    default:
      return { kind: "paragraph", children: "tokens" in token && token.tokens ? inlinesOf(token.tokens) : [token.raw] };
  }
}

function listOf(list: Tokens.List): Block {
  const items = list.items.map((item) => {
    const blocks = blocksOf(item.tokens);
    if (item.task) blocks.unshift({ kind: "paragraph", children: [item.checked ? "☑ " : "☐ "] });
    return joinTask(item.task, blocks);
  });
  return { kind: "list", start: list.ordered ? Number(list.start) : undefined, items };
}

/** The box of a task stands in the line of its text. */
function joinTask(task: boolean, [box, text, ...others]: Block[]): Block[] {
  const both = [box, text].filter((block) => block !== undefined);
  if (task && box?.kind === "paragraph" && text?.kind === "paragraph")
    return [{ kind: "paragraph", children: joined([...box.children, ...text.children]) }, ...others];
  return [...both, ...others];
}

const inlinesOf = (tokens: readonly Token[]) => joined(tokens.map(inlineOf));

/** Texts that stand side by side become one. */
function joined(parts: readonly Inline[]): Inline[] {
  const inlines: Inline[] = [];
  for (const part of parts) {
    const last = inlines.length - 1;
    const before = inlines[last];
    if (typeof part === "string" && typeof before === "string") inlines[last] = before + part;
    else inlines.push(part);
  }
  return inlines;
}

function inlineOf(token: Token): Inline {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return { kind: token.type, children: inlinesOf(token.tokens ?? []) };
    case "codespan":
      return { kind: "code", text: (token as Tokens.Codespan).text };
    case "br":
      return { kind: "break" };
    case "escape":
      return (token as Tokens.Escape).text;
    case "link":
      return linkOf(token as Tokens.Link);
    default:
      return token.raw;
  }
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/**
 * A link elsewhere than to the web or to a mailbox, one without a text to click on, and one that looks as if it led
 * elsewhere than it does, stay as they were typed.
 */
function linkOf(token: Tokens.Link): Inline {
  const url = URL.canParse(token.href) ? new URL(token.href) : undefined;
  if (!url || !SCHEMES.has(url.protocol) || token.text.trim() === "" || isDeceiving(url, token.text)) return token.raw;
  return { kind: "link", href: url.href, children: inlinesOf(token.tokens) };
}

/** What a reader takes for an address. A bare `name.ext` is none: it is a file's name as often. */
const ADDRESS = /^\s*(?:https?:\/\/|(?=www\.))([^\s/?#]+)/iu;

/** Whether the text names another host than the link leads to, or the address hides its host behind a user's name. */
function isDeceiving(url: URL, text: string): boolean {
  if (url.protocol === "mailto:") return false;
  if (url.username !== "" || url.password !== "") return true;
  const [, named] = ADDRESS.exec(text) ?? [];
  if (named === undefined) return false;
  const shown = `http://${named}`;
  return !URL.canParse(shown) || new URL(shown).hostname !== url.hostname;
}
