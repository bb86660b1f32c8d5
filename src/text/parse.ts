import { inlinesOf } from "./inlines.ts";
import {
  beforeFence,
  type Fence,
  fenceOf,
  headingOf,
  INDENT_MAX,
  indentOf,
  isBlank,
  lateFenceOf,
  type Marker,
  markerOf,
  outdented,
  quotedOf,
  startsBlock,
  unescaped,
} from "./lines.ts";
import type { Block, Item } from "./parsed.ts";
import { cellsOf, columnsOf } from "./tables.ts";

/** Deeper quotes and lists stay as they were typed. */
const DEPTH_MAX = 6;

/**
 * Parses a text as people write it in a chat. Text without a clear mark stays as typed, so that nothing is lost.
 * docs/text.md has the rules. It takes time in proportion to the length.
 */
export const parse = (text: string): Block[] => new Lines(text.split(/\r\n?|\n/), 0, INDENT_MAX.text).blocks();

/** The lines of a text, a quote or an item. Each line is read once at every depth. */
class Lines {
  private at = 0;
  private readonly found: Block[] = [];
  /** Lines of text that are not yet a paragraph. */
  private text: string[] = [];
  /** The fences that no later line ends. */
  private readonly endless = new Set<string>();

  constructor(
    private readonly lines: readonly string[],
    private readonly depth: number,
    private readonly indentMax: number,
  ) {}

  blocks(): Block[] {
    if (this.depth >= DEPTH_MAX) return [{ kind: "paragraph", children: inlinesOf(this.lines.join("\n")) }];
    while (this.at < this.lines.length) this.readLine(this.line());
    this.endParagraph();
    return this.found;
  }

  private line(at = this.at): string {
    return this.lines[at] ?? "";
  }

  private readLine(line: string): void {
    if (isBlank(line)) {
      this.readBlank();
      return;
    }
    const start = this.at;
    const block = this.readBlock(line);
    if (block) {
      this.endParagraph();
      this.found.push(block);
    } else if (this.at === start) {
      this.text.push(unescaped(line, this.indentMax));
      this.at++;
    }
  }

  private readBlock(line: string): Block | undefined {
    const fence = fenceOf(line) ?? lateFenceOf(line);
    if (fence) return this.code(fence);
    const heading = headingOf(line);
    if (heading) {
      this.at++;
      return { kind: "heading", level: heading.level, children: inlinesOf(heading.text) };
    }
    if (quotedOf(line, false) !== undefined) return this.quote();
    const marker = markerOf(line, this.indentMax);
    return marker ? this.list(marker) : this.table();
  }

  /** One empty line separates paragraphs. Others stay: they stand before the next paragraph. */
  private readBlank(): void {
    this.endParagraph();
    this.at++;
    if (this.found.length === 0) return;
    const first = this.at;
    while (this.at < this.lines.length && isBlank(this.line())) this.at++;
    const isBetweenTexts =
      this.found.at(-1)?.kind === "paragraph" &&
      this.at < this.lines.length &&
      !startsBlock(this.line(), this.indentMax);
    if (isBetweenTexts) this.text.push(...this.lines.slice(first, this.at));
  }

  private endParagraph(): void {
    if (this.text.length > 0) this.found.push({ kind: "paragraph", children: inlinesOf(this.text.join("\n")) });
    this.text = [];
  }

  /**
   * Ends at a fence on a line of its own, or at one after the last line of code. Without an end, code goes to the end of
   * the text.
   */
  private code({ before, sign, language, code: first }: Fence): Block | undefined {
    const needsEnd = before !== "" || sign.startsWith("~");
    if (needsEnd && this.endless.has(sign)) return undefined;
    const code = first === undefined ? [] : [first];
    let last: string | undefined;
    let end = this.at + 1;
    for (; end < this.lines.length && last === undefined; end++) {
      last = beforeFence(this.line(end), sign);
      if (last !== "") code.push(last ?? this.line(end));
    }
    if (needsEnd && last === undefined) {
      this.endless.add(sign);
      return undefined;
    }
    const indent = before === "" ? indentOf(this.line()) : 0;
    // Fences around nothing are text.
    if (code.every(isBlank)) this.text.push(...this.lines.slice(this.at, end));
    else if (before !== "") this.text.push(before);
    this.at = end;
    if (code.every(isBlank)) return undefined;
    return { kind: "code", language, text: code.map((line) => outdented(line, indent)).join("\n") };
  }

  private quote(): Block {
    const lines: string[] = [];
    for (; this.at < this.lines.length; this.at++) {
      const quoted = quotedOf(this.line(), true);
      if (quoted === undefined) break;
      lines.push(quoted);
    }
    return { kind: "quote", children: this.inner(lines, INDENT_MAX.text) };
  }

  private list(first: Marker): Block {
    const items: Item[] = [];
    let marker: Marker | undefined = first;
    while (marker) {
      const { task } = marker;
      const lines = [marker.text];
      this.at++;
      this.readItem(marker, lines);
      items.push({ marker: marker.marker, task, children: this.inner(lines, INDENT_MAX.item) });
      marker = this.nextMarker(first);
    }
    return { kind: "list", ordered: first.ordered, items };
  }

  /** Takes the lines that are indented under an item. Empty lines belong to it when another such line follows. */
  private readItem({ indent, width }: Marker, lines: string[]): void {
    while (this.at < this.lines.length) {
      let next = this.at;
      while (next < this.lines.length && isBlank(this.line(next))) next++;
      if (next === this.lines.length || indentOf(this.line(next)) < indent + 2) return;
      for (; this.at <= next; this.at++) lines.push(outdented(this.line(), width));
    }
  }

  /** The next item of a list. One empty line may stand before it. */
  private nextMarker(first: Marker): Marker | undefined {
    const next = isBlank(this.line()) ? this.at + 1 : this.at;
    const marker = markerOf(this.line(next), this.indentMax);
    if (marker?.ordered !== first.ordered) return undefined;
    this.at = next;
    return marker;
  }

  private table(): Block | undefined {
    const line = this.line();
    if (!line.includes("|")) return undefined;
    const columns = columnsOf(this.line(this.at + 1));
    const head = cellsOf(line);
    if (columns?.length !== head.length || head.every((cell) => cell === "")) return undefined;
    const rows: string[][] = [];
    for (this.at += 2; this.line().includes("|") && !startsBlock(this.line(), this.indentMax); this.at++)
      rows.push(cellsOf(this.line()));
    return { kind: "table", columns, head: head.map(inlinesOf), rows: rows.map((row) => row.map(inlinesOf)) };
  }

  private inner(lines: readonly string[], indentMax: number): Block[] {
    return new Lines(lines, this.depth + 1, indentMax).blocks();
  }
}
