import { describe, expect, test } from "bun:test";
import { applied, type FieldChange, type FieldText } from "../../src/web/chat/messages/format/change.ts";
import { changes } from "../../src/web/chat/messages/format/changes.ts";
import { continuesMarks, isInCode } from "../../src/web/chat/messages/format/code.ts";
import { newLine } from "../../src/web/chat/messages/format/lines.ts";
import { quoteChange } from "../../src/web/chat/messages/format/quote.ts";

/** Reads a text in which `‹` and `›` stand around the selection, or `|` at the caret. */
function field(text: string): FieldText {
  const value = text.replace(/[‹›¦]/g, "");
  const caret = text.indexOf("¦");
  return caret >= 0
    ? { value, start: caret, end: caret }
    : { value, start: text.indexOf("‹"), end: text.indexOf("›") - 1 };
}

function shown(before: FieldText, change: FieldChange): string {
  const text = applied(before.value, change);
  const { start, end } = change;
  return start === end
    ? `${text.slice(0, start)}¦${text.slice(start)}`
    : `${text.slice(0, start)}‹${text.slice(start, end)}›${text.slice(end)}`;
}
const after = (text: string, change: (field: FieldText) => FieldChange) => shown(field(text), change(field(text)));

describe("marks around words", () => {
  const table: [keyof typeof changes, string, string][] = [
    ["bold", "a ‹b› c", "a **‹b›** c"],
    ["italics", "a ‹b› c", "a _‹b›_ c"],
    ["strike", "a ‹b› c", "a ~~‹b›~~ c"],
    ["spoiler", "a ‹b› c", "a ||‹b›|| c"],
    ["code", "a ‹b› c", "a `‹b›` c"],
    ["bold", "a ‹b ›c", "a **‹b** ›c"],
    ["bold", "¦", "**¦**"],
    ["bold", "**¦**", "¦"],
    ["bold", "a **b¦**", "a **b**¦"],
    ["bold", "wo¦rd", "**wo¦rd**"],
    ["bold", "**wo¦rd**", "wo¦rd"],
    ["bold", "**two wo¦rds**", "two wo¦rds"],
    ["bold", "word¦", "word**¦**"],
    ["bold", "‹**b**›", "‹b›"],
    ["bold", "_‹b›_", "_**‹b›**_"],
    ["bold", "***‹b›***", "*‹b›*"],
    ["italics", "***‹b›***", "**‹b›**"],
    ["italics", "**‹b›**", "**_‹b›_**"],
    ["italics", "*‹b›*", "‹b›"],
    ["italics", "wo‹rd›", "wo*‹rd›*"],
    ["bold", "‹one\ntwo›", "**‹one**\n**two›**"],
    ["bold", "**‹one**\n**two›**", "‹one\ntwo›"],
    ["bold", "‹one\n\n  two›", "**‹one**\n\n  **two›**"],
    ["bold", "‹- one\n- [ ] two\n> 1. three›", "‹- **one**\n- [ ] **two**\n> 1. **three›**"],
    ["code", "‹a`b›", "``‹a`b›``"],
    ["code", "‹`b›", "`` ‹`b›``"],
    ["code", "‹a\nb›", "```\n‹a\nb›\n```"],
    ["bold", "‹👍🏽›", "**‹👍🏽›**"],
    ["bold", "‹  ›", "  **¦**"],
  ];
  for (const [format, before, expected] of table)
    test(`${format}: ${before}`, () => expect(after(before, changes[format])).toBe(expected));
});

describe("quotes, lists and blocks", () => {
  const table: [keyof typeof changes, string, string][] = [
    ["quote", "¦", "> ¦"],
    ["quote", "> ¦", "¦"],
    ["quote", "a\n‹b\nc›\nd", "a\n> ‹b\n> c›\nd"],
    ["quote", "‹> b\n> c›", "‹b\nc›"],
    ["quote", "‹> b\nc›", "> ‹> b\n> c›"],
    ["quote", "‹a\n›b", "> ‹a\n›b"],
    ["bullets", "¦", "- ¦"],
    ["bullets", "- ¦", "¦"],
    ["bullets", "‹a\n\nb›", "- ‹a\n\n- b›"],
    ["bullets", "‹- a\n* b›", "‹a\nb›"],
    ["bullets", "‹1. a\n2) b›", "- ‹a\n- b›"],
    ["bullets", "> ‹a›", "> - ‹a›"],
    ["numbers", "‹a\nb\nc›", "1. ‹a\n2. b\n3. c›"],
    ["numbers", "‹- a\nb›", "1. ‹a\n2. b›"],
    ["numbers", "‹1. a\n2. b›", "‹a\nb›"],
    ["block", "¦", "```\n¦\n```"],
    ["block", "a\n‹b\nc›", "a\n```\n‹b\nc›\n```"],
    ["block", "```\n‹b\nc›\n```", "‹b\nc›"],
    ["block", "```js\nb¦", "b¦"],
    ["block", "‹```\na\n```›", "‹a›"],
    ["block", "text ```` ¦", "`````\ntext ```` ¦\n`````"],
  ];
  for (const [format, before, expected] of table)
    test(`${format}: ${JSON.stringify(before)}`, () => expect(after(before, changes[format])).toBe(expected));
});

describe("links", () => {
  const table: [string, string][] = [
    ["see ‹this› now", "see [this](¦) now"],
    ["¦", "[¦]()"],
    ["‹https://a.example/x_(y)›", "[¦](https://a.example/x_%28y%29)"],
    ["see [th¦is](https://a.example)", "see ‹this›"],
    ["‹a [b] c›", "a [b] c[¦]()"],
  ];
  for (const [before, expected] of table) test(before, () => expect(after(before, changes.link)).toBe(expected));
});

describe("a new line", () => {
  const table: [string, string][] = [
    ["- a¦", "- a\n- ¦"],
    ["- a\n- ¦", "- a\n¦"],
    ["9. a¦", "9. a\n10. ¦"],
    ["1) a¦ b", "1) a\n2) ¦ b"],
    ["  * a¦", "  * a\n  * ¦"],
    ["- [x] a¦", "- [x] a\n- [ ] ¦"],
    ["> a¦", "> a\n> ¦"],
    ["> a\n> ¦", "> a\n¦"],
    ["> - ¦", "> ¦"],
    ["a¦", "a\n¦"],
    ["- ‹a›", "- \n- ¦"],
  ];
  for (const [before, expected] of table)
    test(JSON.stringify(before), () => expect(after(before, newLine)).toBe(expected));

  test("continues marks only where it stands after them, outside of code", () => {
    const continues = (text: string) => continuesMarks(field(text).value, field(text).start);
    for (const text of ["- a¦", "> a¦", "3. a¦", "- ¦"]) expect(continues(text)).toBe(true);
    for (const text of ["¦- a", "-a¦", "-¦", "5*3¦", "```\n- a¦", "`x\n¦", "1.5¦"]) expect(continues(text)).toBe(false);
  });
});

describe("a quoted message", () => {
  const table: [string, string, string][] = [
    ["¦", "one\n\ntwo", "> one\n>\n> two\n\n¦"],
    ["my answer¦", "one", "my answer\n\n> one\n\n¦"],
    ["my ans¦wer", "one", "my answer\n\n> one\n\n¦"],
    ["a\n¦\nb", "one", "a\n\n> one\n\n¦\n\nb"],
    ["‹my answer›", "one", "my answer\n\n> one\n\n¦"],
  ];
  for (const [before, quoted, expected] of table)
    test(`stands below the draft: ${JSON.stringify(before)}`, () =>
      expect(after(before, (text) => quoteChange(text, quoted))).toBe(expected));
});

test("a second time, each format gives the first text back", () => {
  const parts = ["word", "two words", "- item", "> quote", "1. one", "", "x_y", "`c`", "😀", "שלום"];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const value = Array.from({ length: 1 + random(4) }, () => parts[random(parts.length)]).join("\n");
    const [a, b] = [random(value.length + 1), random(value.length + 1)];
    const before = { value, start: Math.min(a, b), end: Math.max(a, b) };
    for (const format of ["bold", "strike", "spoiler"] as const) {
      const change = changes[format](before);
      const once = applied(value, change);
      // Marks are all that it adds.
      const mark = { bold: "*", strike: "~", spoiler: "|" }[format];
      expect(once.replaceAll(mark, "")).toBe(value.replaceAll(mark, ""));
      const twice = changes[format]({ value: once, start: change.start, end: change.end });
      expect({ before, once, twice: applied(once, twice) }).toEqual({ before, once, twice: value });
    }
  }
});

test("code is known: a fence, and a backtick that nothing closes", () => {
  const isCode = (text: string) => isInCode(field(text).value, field(text).start);
  for (const text of ["```\na¦", "```¦", "~~~\n¦\n~~~", "a `b¦", "``a ` b¦", "````\n```\n¦"])
    expect(isCode(text)).toBe(true);
  for (const text of ["```\na\n```¦", "`a` ¦", "a `b\n¦", "``` a`b\n¦"]) expect(isCode(text)).toBe(false);
});
