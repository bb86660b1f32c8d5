import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "../../src/text/parse.ts";
import { excerpt, plain } from "../../src/text/plain.ts";
import { inlinesIn, linksIn, shown } from "./shown.ts";

const SIGNS = "[]()*_`~<>!#-+|\\&:/.,;@$ab1 \n\t\"'=😀א漢é\u0301\u200b。「」".split(/(?:)/u);
const WORDS = [
  "http://",
  "https://a.b/",
  "- ",
  "> ",
  "```",
  "~~~",
  "1. ",
  "10) ",
  "www.",
  "[ ] ",
  "](",
  "||",
  "**",
  "\n\n",
  "  ",
  "|-|-|\n",
  "# ",
  "\n```js\n",
  "\n```\n",
  "\na|b\n-|-\n1|2|3\n",
  "\n- [ ] ",
  "<@12>",
  "<!all>",
  "<!here>",
  "\\<@1>",
];
const hostile = fc.array(fc.constantFrom(...SIGNS, ...WORDS), { maxLength: 400 }).map((pieces) => pieces.join(""));
const anything = fc.oneof(hostile, fc.string({ unit: "grapheme", maxLength: 400 }), fc.string({ unit: "binary" }));

/** Marks as docs/text.md lists them: the signs, the bars and boxes of lists and tables, and all blanks. */
const MARK = /[*_~`|\\>#+\-:=\s[\]()xX]/;

/** The characters of `text` that `part` leaves out; `undefined` when `part` has others, or has them in another order. */
function leftOut(text: string, part: string): string[] | undefined {
  const rest = [...text];
  const left: string[] = [];
  for (const character of part) {
    while (rest.length > 0 && rest[0] !== character) left.push(rest.shift() ?? "");
    if (rest.shift() === undefined) return undefined;
  }
  return [...left, ...rest];
}
const withoutSpace = (text: string) => text.replace(/\s/g, "");

describe("any text", () => {
  test("is shown with every character that is no mark, in its order", () => {
    fc.assert(
      fc.property(anything, (text) => {
        // The target of a link is behind its text.
        fc.pre(!text.includes("]("));
        const left = leftOut(withoutSpace(text), withoutSpace(shown(parse(text))));
        expect(left?.filter((character) => !MARK.test(character))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test("loses no letter and no digit but those of targets and boxes", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const blocks = parse(text);
        const targets = [...inlinesIn(blocks)].some(
          (inline) =>
            typeof inline !== "string" &&
            inline.kind === "link" &&
            inline.href !== shown([{ kind: "paragraph", children: [inline] }]),
        );
        fc.pre(!targets && !/\[x\]/i.test(text));
        const letters = (some: string) => some.replace(/[^\p{L}\p{N}]/gu, "");
        expect(letters(shown(blocks))).toBe(letters(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("keeps its line ends and its indentation where it has no marks", () => {
    const unmarked = fc.array(fc.constantFrom("a", " ", "\n", "\t", "é", "漢", ".", ","), { maxLength: 60 });
    fc.assert(
      fc.property(unmarked, (pieces) => {
        const text = `x${pieces.join("")}x`;
        fc.pre(!/\n\s*\n/.test(text));
        expect(parse(text)).toEqual([{ kind: "paragraph", children: [text] }]);
      }),
    );
  });

  test("has links that lead to the web or to a mailbox, and nests only a few deep", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const blocks = parse(text);
        for (const href of linksIn(blocks)) expect(href).toMatch(/^(https?|mailto):/);
        expect(depth(blocks)).toBeLessThan(50);
      }),
      { numRuns: 2000 },
    );
  });

  test("has an excerpt in one line of at most so many characters, which names no hidden text", () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 100 }), (text, max) => {
        const line = excerpt(text, max);
        expect(line.length).toBeLessThanOrEqual(max);
        expect(line).not.toMatch(/[\r\n]/);
        expect(line.isWellFormed()).toBe(text.isWellFormed() || line.isWellFormed());
        expect(plain(`||${"hidden"}|| ${text.replaceAll("|", "")}`)).toStartWith("▒▒▒");
      }),
      { numRuns: 500 },
    );
  });
});

function depth(node: unknown): number {
  if (Array.isArray(node)) return Math.max(0, ...node.map(depth));
  if (typeof node !== "object" || node === null) return 0;
  return 1 + Math.max(0, ...Object.values(node).map(depth));
}
