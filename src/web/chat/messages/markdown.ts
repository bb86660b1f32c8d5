import { Lexer, type Token, Tokenizer, type Tokens } from "marked";
import { isDeceiving } from "./deception.ts";

/** The parsed text of a message. No part of it ever becomes HTML. */
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
/**
 * How many characters the parser may pass in all, in searches for the end of an emphasis, or of a link or code. Quotes
 * and lists count too, because each of their lines may be parsed again. Each budget takes a few milliseconds.
 */
const WORK_MAX = { emphasis: 30_000, link: 60_000, block: 40_000 };
type Work = keyof typeof WORK_MAX;

/**
 * Parses what people use in a chat. Headings, tables, rules, HTML and definitions stay text, so no character is lost.
 */
class ChatTokenizer extends Tokenizer {
  private depth = 0;
  /** The remaining budgets. Once one is used up, its marks stay text. */
  private readonly left = { ...WORK_MAX };

  override code = nothing;
  override heading = nothing;
  override lheading = nothing;
  override table = nothing;
  override html = nothing;
  override tag = nothing;
  override def = nothing;
  override hr = nothing;
  // A reference needs a definition, and there are none.
  override reflink = nothing;

  override blockquote(src: string) {
    // The parser looks through all text up to an empty line, also if the quote ends sooner.
    const end = src.search(/\n[ \t]*\n/);
    return this.block(end < 0 ? src.length : end, () => super.blockquote(src));
  }

  override list(src: string) {
    return this.block(0, () => super.list(src));
  }

  override emStrong(src: string, maskedSrc: string, prevChar: string) {
    if (!/^(?:\*+[^\s*]|_+[^\s_])/.test(src) || isInWord(src, prevChar)) return undefined;
    return this.metered("emphasis", src, () => this.nested(() => super.emStrong(src, maskedSrc, prevChar)));
  }

  override del(src: string, maskedSrc: string, prevChar: string) {
    if (!src.startsWith("~~")) return undefined;
    return this.metered("emphasis", src, () => this.nested(() => super.del(src, maskedSrc, prevChar)));
  }

  override link(src: string) {
    if (!/^!?\[/.test(src) || !src.includes("](")) return undefined;
    return this.metered("link", src, () => this.nested(() => super.link(src)));
  }

  override codespan(src: string) {
    return src.startsWith("`") ? this.metered("link", src, () => super.codespan(src)) : undefined;
  }

  /** @throws TooMuchWork because a lexer that has begun a quote or a list can't go on without one */
  private block<T extends { raw: string }>(passed: number, find: () => T | undefined): T | undefined {
    if (this.left.block < 0) throw new TooMuchWork();
    const found = this.nested(find);
    if (found) this.left.block -= Math.max(found.raw.length, passed);
    return found;
  }

  /** Charges the text that was found, or all text to the end. */
  private metered<T extends { raw: string }>(work: Work, src: string, find: () => T | undefined): T | undefined {
    if (this.left[work] < 0) return undefined;
    const found = find();
    this.left[work] -= (found?.raw ?? src).length;
    return found;
  }

  /** Limits the depth. The inside of a token is parsed while the token is made. */
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

/** An underscore within a word, as in names of programs. */
const isInWord = (src: string, before: string) => src.startsWith("_") && /[\p{L}\p{N}]/u.test(before);

class TooMuchWork extends Error {}

/**
 * A paragraph ends at an empty line, a quote, a fence or a list. The lexer's own rule also stops at syntax that is
 * plain text here.
 */
const PARAGRAPH =
  /^([^\n]+(?:\n(?! {0,3}(?:>|`{3,}(?=[^`\n]*(?:\n|$))|~{3}|(?:[*+-]|1[.)])[ \t]+[^ \t\n])|[ \t]+\n)[^\n]+)*)/;
const NEVER = /(?!)/g;

function lexed(text: string): Token[] {
  const tokenizer = new ChatTokenizer();
  const lexer = new Lexer({ gfm: true, breaks: true, tokenizer });
  const { block, inline, other } = tokenizer.rules;
  tokenizer.rules = {
    block: { ...block, paragraph: PARAGRAPH },
    inline: { ...inline, reflinkSearch: NEVER },
    other,
  };
  return lexer.lex(text);
}

/** Parses any text within some milliseconds. */
export function parseMarkdown(text: string): Block[] {
  const asTyped: Block[] = [{ kind: "paragraph", children: [text] }];
  try {
    const blocks = blocksOf(lexed(text));
    // A text of marks alone is shown as typed.
    return plainText(blocks).trim() === "" ? asTyped : blocks;
  } catch (error) {
    if (error instanceof TooMuchWork) return asTyped;
    throw error;
  }
}

const CACHED_MAX = 2000;
const cache = new Map<string, Block[]>();

/** Like `parseMarkdown`, with a cache of recent texts. */
export function parsed(text: string): Block[] {
  const known = cache.get(text);
  if (known) return known;
  const blocks = parseMarkdown(text);
  if (cache.size >= CACHED_MAX) for (const oldest of cache.keys()) if (cache.delete(oldest)) break;
  cache.set(text, blocks);
  return blocks;
}

/** The readable text without marks. Line ends separate blocks and lines. */
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

/** The box of a task stands in the same line as its text. */
function joinTask(task: boolean, [box, text, ...others]: Block[]): Block[] {
  const both = [box, text].filter((block) => block !== undefined);
  if (task && box?.kind === "paragraph" && text?.kind === "paragraph")
    return [{ kind: "paragraph", children: joined([...box.children, ...text.children]) }, ...others];
  return [...both, ...others];
}

const inlinesOf = (tokens: readonly Token[]) => joined(tokens.map(inlineOf));

/** Joins adjacent texts. */
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
 * Returns the raw text for a link that leads to neither the web nor a mailbox, has no visible text, or looks as if it
 * led elsewhere.
 */
function linkOf(token: Tokens.Link): Inline {
  const url = URL.canParse(token.href) ? new URL(token.href) : undefined;
  if (!url || !SCHEMES.has(url.protocol)) return token.raw;
  const children = inlinesOf(token.tokens);
  const text = inlineText(children);
  if (!/[^\s\p{Default_Ignorable_Code_Point}]/u.test(text) || isDeceiving(url, text)) return token.raw;
  return { kind: "link", href: url.href, children };
}
