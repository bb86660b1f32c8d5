import { isDeceiving } from "./deception.ts";
import { type Inline, textOf } from "./parsed.ts";

interface Opener {
  mark: string;
  /** The place of its sign among the parts. Its backslash stands before it. */
  part: number;
  /** How much text stood before it. */
  solid: number;
  isEscaped: boolean;
  /** The opener of the same mark before it, or -1. */
  previous: number;
}

const KINDS: Readonly<Record<string, "strong" | "em" | "del" | "spoiler">> = {
  "**": "strong",
  "*": "em",
  _: "em",
  "~~": "del",
  "||": "spoiler",
};
/** Only these make a text worth marking. `*.*` and `**` stay as typed. */
const SOLID = /[\p{L}\p{N}\p{So}]/u;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;
/** A link with a longer text stays as typed. */
const LABEL_MAX = 500;

/**
 * Pairs the marks of one text. Each step takes constant time in the long run: a part is wrapped once for each kind of
 * mark at most, because a kind never nests within itself.
 */
export class Marks {
  private readonly parts: Inline[] = [];
  private readonly openers: Opener[] = [];
  /** The latest opener of each mark. */
  private readonly latest = new Map<string, number>();
  private solid = 0;

  push(part: Inline): void {
    if (typeof part !== "string" || SOLID.test(part)) this.solid++;
    this.parts.push(part);
  }

  /** Adds a sign that can open or close. A backslash before it is the last part. */
  delimit(mark: string, isEscaped: boolean, opens: boolean, closes: boolean): void {
    const left = closes ? this.close(mark, isEscaped) : mark;
    if (left === "") return;
    this.parts.push(left);
    if (opens && left === mark) this.open(mark, isEscaped);
  }

  openBracket(isEscaped: boolean): void {
    this.parts.push("[");
    this.open("[", isEscaped);
  }

  get hasBracket(): boolean {
    return this.latest.has("[");
  }

  /** A bracket closes without a link. */
  dropBracket(): void {
    const bracket = this.openers[this.latest.get("[") ?? -1];
    if (bracket) this.setLatest("[", bracket.previous);
  }

  /** Makes a link of all parts after the bracket. Returns whether it did. */
  link(url: URL): boolean {
    const at = this.latest.get("[") ?? -1;
    const bracket = this.openers[at];
    if (!bracket) return false;
    // Links do not nest, and no text is checked twice.
    this.latest.delete("[");
    if (bracket.isEscaped) {
      this.parts[bracket.part - 1] = "";
      return false;
    }
    const label = textOf(this.parts, bracket.part + 1, LABEL_MAX);
    if (label.length > LABEL_MAX || !VISIBLE.test(label) || isDeceiving(url, label)) return false;
    // A name could deceive as well, and it is not known here.
    if (hasMention(this.parts.slice(bracket.part + 1))) return false;
    const children = unlinked(this.parts.splice(bracket.part + 1));
    this.dropFrom(at);
    this.parts.pop();
    this.push({ kind: "link", href: url.href, children: joined(children) });
    return true;
  }

  finished(): Inline[] {
    return joined(this.parts);
  }

  private open(mark: string, isEscaped: boolean, part = this.parts.length - 1, solid = this.solid): void {
    const previous = this.latest.get(mark) ?? -1;
    this.latest.set(mark, this.openers.push({ mark, part, solid, isEscaped, previous }) - 1);
  }

  /** Returns what is left of the mark once it has closed all that it can. */
  private close(mark: string, isEscaped: boolean): string {
    let left = mark;
    while (left !== "") {
      const at = Math.max(...partners(left).map((partner) => this.latest.get(partner) ?? -1));
      const opener = this.openers[at];
      if (!opener || opener.solid === this.solid) return left;
      if (opener.isEscaped) {
        this.parts[opener.part - 1] = "";
        this.dropFrom(at);
      }
      if (isEscaped) {
        this.parts[this.parts.length - 1] = "";
        this.parts.push(mark);
        return "";
      }
      if (opener.isEscaped) continue;
      const used = opener.mark.length < left.length ? opener.mark : left;
      this.wrap(at, opener, used);
      left = left.slice(used.length);
    }
    return "";
  }

  private wrap(at: number, opener: Opener, used: string): void {
    const children = this.parts.splice(opener.part + 1);
    this.dropFrom(at);
    // Earlier openers of this kind would nest it within itself.
    for (const mark of used === "***" ? ["*", "**", "***"] : partners(used)) this.latest.delete(mark);
    const rest = opener.mark.slice(used.length);
    this.parts.pop();
    if (rest !== "") {
      this.parts.push(rest);
      this.open(rest, false, opener.part, opener.solid);
    }
    this.parts.push(nodeOf(used, joined(children)));
  }

  private dropFrom(at: number): void {
    while (this.openers.length > at) {
      const opener = this.openers.pop();
      if (opener && this.latest.get(opener.mark) === this.openers.length) this.setLatest(opener.mark, opener.previous);
    }
  }

  private setLatest(mark: string, at: number): void {
    if (at < 0) this.latest.delete(mark);
    else this.latest.set(mark, at);
  }
}

/** The marks that a mark can close. Three stars are both kinds at once. */
function partners(mark: string): string[] {
  if (mark === "***") return ["*", "**", "***"];
  return mark.startsWith("*") ? [mark, "***"] : [mark];
}

function nodeOf(mark: string, children: Inline[]): Inline {
  if (mark === "***") return { kind: "strong", children: [{ kind: "em", children }] };
  return { kind: KINDS[mark] ?? "em", children };
}

/** Joins adjacent texts. */
function joined(parts: readonly Inline[]): Inline[] {
  const inlines: Inline[] = [];
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    if (text !== "") inlines.push(text);
    text = "";
    inlines.push(part);
  }
  if (text !== "") inlines.push(text);
  return inlines;
}

const hasMention = (parts: readonly Inline[]): boolean =>
  parts.some(
    (part) =>
      typeof part !== "string" && (part.kind === "mention" || (part.kind !== "code" && hasMention(part.children))),
  );

/** The parts without the links among them. */
const unlinked = (parts: readonly Inline[]): Inline[] =>
  parts.flatMap((part) => {
    if (typeof part === "string" || part.kind === "code" || part.kind === "mention") return part;
    const children = unlinked(part.children);
    return part.kind === "link" ? children : { ...part, children: joined(children) };
  });
