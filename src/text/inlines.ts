import { mailAddresses, target, webAddress } from "./addresses.ts";
import { isInWord, sidesOf } from "./borders.ts";
import { Marks } from "./marks.ts";
import { closingParentheses, Formulas, Runs } from "./pairs.ts";
import type { Inline, Mentioned } from "./parsed.ts";

/** A text without any of these has no marks. */
const MARKED = /[*_~|`[@]|<!|https?:|www\./i;
const MENTION = /<(?:@([1-9]\d{0,9})|!(here|all))>/y;
/** The largest id of a user. A larger number is text. */
const USER_ID_MAX = 2 ** 31 - 1;
const DELIMITERS: Readonly<Record<string, RegExp>> = { "*": /^\*{1,3}$/, _: /^_$/, "~": /^~~$/, "|": /^\|\|$/ };
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/** Finds the marks within one text. */
export function inlinesOf(text: string): Inline[] {
  if (text === "") return [];
  return MARKED.test(text) ? new Scanner(text).scan() : [text];
}

/** Reads a text once, from its beginning to its end. */
class Scanner {
  private readonly marks = new Marks();
  private readonly mails;
  private readonly backticks;
  private readonly parentheses;
  private readonly formulas;
  private at = 0;
  /** The beginning of the text that is not yet among the parts. */
  private from = 0;

  constructor(private readonly text: string) {
    this.mails = mailAddresses(text);
    this.backticks = new Runs(text, "`");
    this.parentheses = text.includes("](") ? closingParentheses(text) : new Map<number, number>();
    this.formulas = new Formulas(text);
  }

  scan(): Inline[] {
    while (this.at < this.text.length) this.step(this.text.charAt(this.at));
    this.flush(this.at);
    return this.marks.finished();
  }

  private step(character: string): void {
    const address = this.mails.get(this.at) ?? (/[hw]/i.test(character) ? webAddress(this.text, this.at) : undefined);
    if (address) this.addLink(address.end, address.href);
    else if (character === "`") this.readCode();
    else if (character in DELIMITERS) this.readDelimiter(character);
    else if (character === "[") this.readBracket();
    else if (character === "]" && this.marks.hasBracket) this.endBracket();
    else if (character === "<") this.readMention();
    else if (character === "$" || character === "\\") this.readFormula();
    else this.at++;
  }

  /** Adds the text up to a place. */
  private flush(until: number): void {
    if (until > this.from) this.marks.push(this.text.slice(this.from, until));
    this.from = this.at;
  }

  private isEscaped(at = this.at): boolean {
    return at > this.from && this.text.charAt(at - 1) === "\\";
  }

  /** Adds the text up to here. A backslash becomes a part of its own. */
  private flushEscaped(isEscaped: boolean): void {
    this.flush(isEscaped ? this.at - 1 : this.at);
    if (isEscaped) this.marks.push("\\");
  }

  private addLink(end: number, href: string | undefined): void {
    if (href !== undefined) {
      this.flush(this.at);
      this.marks.push({ kind: "link", href, children: [this.text.slice(this.at, end)] });
      this.from = end;
    }
    this.at = end;
  }

  private readCode(): void {
    const { text, at } = this;
    const end = this.backticks.endOfRun(at);
    const isEscaped = this.isEscaped();
    // Some keyboards type a backtick for an apostrophe.
    const isApostrophe = end - at === 1 && isInWord(text, at);
    const close = isApostrophe ? undefined : this.backticks.closing(at);
    this.at = end;
    const isPair = close !== undefined && VISIBLE.test(text.slice(end, close));
    if (isEscaped && (isPair || this.backticks.isSpent(at))) {
      if (close !== undefined) this.backticks.spend(close);
      this.marks.push(text.slice(this.from, at - 1));
      this.from = at;
    }
    if (isEscaped || close === undefined || !isPair) return;
    if (at > this.from) this.marks.push(text.slice(this.from, at));
    this.marks.push({ kind: "code", text: unpadded(text.slice(end, close)) });
    this.at = this.from = close + end - at;
  }

  private readDelimiter(character: string): void {
    const { text, at } = this;
    let end = at + 1;
    while (text.charAt(end) === character) end++;
    const mark = text.slice(at, end);
    const isEscaped = this.isEscaped();
    const { opens, closes } = sidesOf(text, at, end, isEscaped);
    if (DELIMITERS[character]?.test(mark) && (opens || closes)) {
      this.flushEscaped(isEscaped);
      this.marks.delimit(mark, isEscaped, opens, closes);
      this.from = end;
    }
    this.at = end;
  }

  private readBracket(): void {
    const isEscaped = this.isEscaped();
    this.flushEscaped(isEscaped);
    this.marks.openBracket(isEscaped);
    this.at++;
    this.from = this.at;
  }

  private endBracket(): void {
    const { text, at } = this;
    const end = text.charAt(at + 1) === "(" ? this.parentheses.get(at + 1) : undefined;
    const url = end === undefined ? undefined : target(text.slice(at + 2, end));
    this.flush(at);
    this.at++;
    if (end === undefined || !url) this.marks.dropBracket();
    else if (this.marks.link(url)) this.at = this.from = end + 1;
  }

  private readMention(): void {
    const { text, at } = this;
    MENTION.lastIndex = at;
    const found = MENTION.exec(text);
    const of = found && mentionedBy(found);
    this.at = found ? at + found[0].length : at + 1;
    if (of === null) return;
    if (this.isEscaped(at)) {
      if (at - 1 > this.from) this.marks.push(text.slice(this.from, at - 1));
      this.from = at;
      return;
    }
    if (at > this.from) this.marks.push(text.slice(this.from, at));
    this.marks.push({ kind: "mention", of });
    this.from = this.at;
  }

  private readFormula(): void {
    const isDollar = this.text.startsWith("\\$", this.at);
    this.at = this.formulas.endOf(this.at) ?? this.at + (isDollar ? 2 : 1);
  }
}

function mentionedBy([, id, scope]: RegExpExecArray): Mentioned | null {
  if (scope === "here" || scope === "all") return scope;
  const number = Number(id);
  return number <= USER_ID_MAX ? number : null;
}

/** A space between a backtick of the code and one of the mark belongs to the mark. */
const unpadded = (code: string) => code.slice(code.startsWith(" `") ? 1 : 0, code.endsWith("` ") ? -1 : undefined);
