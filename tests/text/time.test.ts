import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "../../src/text/parse.ts";

const LENGTH = 5000;
/** The promise is 5 ms of one core for any message. */
const PROMISED_MS = 5;

/** Each of these took other parsers quadratic time, or could take it here: long runs, and beginnings without an end. */
const UNITS = [
  ..."[ * _ ` ~ < > | \\ $ @ # - + ( http:// www. ]( \\[ \\` \\* `a ``a` *a_ _a* __a** *a **a a* ![ [a]( a@ a.b@ || ||a ~~a".split(
    " ",
  ),
  ..."https://a.b, https://a@ https://[:: http://a:1@ http://a.b/(( [a](http://a) [a](http: ](http://a:99999/ [[a](b) http://a:99999/? http://a/) <@1> <@ <! \\<@1> [<@1>](http://a.b) <!all> *<@1>".split(
    " ",
  ),
  ..."[ﷺ](http://a.b) [https://b.c](https://x.co) [a@](http://a.b) *. *! ***a **a* *a** x.y. [x.y. @a.b a@b.c: 漢 **漢 ﷺ 😀 \u0301 \u200b".split(
    " ",
  ),
  ..."> |- |1. |- > |> - |> > |- - |1. - |- [ ] |# |  |\t|*a |a* || a |$a |***a** b* |`` ` |[a |a.com |[a.com ".split(
    "|",
  ),
  ..."a |- a|> a|```|```a|a ```b|a ```|~~~|~~~a||a||-||a|a|b|- | - a|\\#a|\\# a|-  a|\r"
    .split("|")
    .map((line) => `${line}\n`),
  "|a|\n|-|\n",
  "a|b\n-|-\n",
  "-\n\n  ",
  "- a\n\n\n  b\n",
].filter((unit) => unit !== "");
const filled = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const halves = (a: string, b: string) => (length: number) =>
  filled(a, Math.floor(length / 2)) + filled(b, Math.ceil(length / 2));
const nested = (width: number) => (length: number) =>
  Array.from({ length }, (_, i) => `${" ".repeat((i % width) * 2)}- a\n`)
    .join("")
    .slice(0, length);

/** Texts that are no repeated unit. */
const SHAPES: [string, (length: number) => string][] = [
  ...[2, 4, 7, 20].map((width): [string, (length: number) => string] => [`${width} levels`, nested(width)]),
  ["blanks after a fence", (length) => `~~~${" ".repeat(length - 4)}!`],
];

/** The least processor time of several runs. Other programs of a busy machine hardly add to it. */
function msOf(text: string, runs = 5): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    parse(text);
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** How much slower this machine is than the one of the promise: 20 parses of plain sentences took 3 ms there. */
function slowness(): number {
  const sentences = filled("Some *words* of a message, as people write them. ", LENGTH);
  for (let run = 0; run < 20; run++) parse(sentences);
  return Math.max(1, (20 * msOf(sentences, 20)) / 3);
}

describe("the time of parsing", () => {
  const cases: [string, (length: number) => string][] = [
    ...UNITS.map((unit): [string, (length: number) => string] => [unit, (length) => filled(unit, length)]),
    ...SHAPES,
    ...UNITS.flatMap((a, i) =>
      // Every ninth pair: all of them take a minute.
      UNITS.filter((_, j) => (i + j) % 9 === 0).map((b): [string, (length: number) => string] => [a + b, halves(a, b)]),
    ),
  ];

  test("is at most 5 ms for 5,000 characters made to be slow, three times that on a busy machine", () => {
    const limit = 3 * PROMISED_MS * slowness();
    const slow = cases
      .filter(([, make]) => msOf(make(LENGTH), 2) > limit && msOf(make(LENGTH)) > limit)
      .map(([name]) => name);
    expect(slow).toEqual([]);
  }, 60_000);

  test("grows with the length, and not with its square", () => {
    const ratioOf = (make: (length: number) => string) =>
      msOf(make(8 * LENGTH), 4) / Math.max(msOf(make(2 * LENGTH), 4), 0.5);
    // Four times the length takes four times as long, and 16 times in quadratic time. A busy machine distorts some measurements.
    const grown = cases
      .slice(0, UNITS.length + SHAPES.length)
      .filter(([, make]) => [1, 2, 3, 4].every(() => ratioOf(make) > 10))
      .map(([name]) => name);
    expect(grown).toEqual([]);
  }, 60_000);

  test("is as short for texts that are made of random marks", () => {
    const limit = 3 * PROMISED_MS * slowness();
    const piece = fc.constantFrom(...UNITS, " ", "\n", "a");
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        expect(msOf(filled(pieces.join(""), LENGTH), 3)).toBeLessThan(limit);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
