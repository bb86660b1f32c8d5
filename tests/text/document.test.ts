import { describe, expect, test } from "bun:test";
import { parse } from "../../src/text/parse.ts";
import { excerpt } from "../../src/text/plain.ts";
import { notation, rowsUnder } from "./notation.ts";

const page = await Bun.file("docs/text.md").text();
const typed = (text = "") => text.replaceAll("⏎", "\n");

describe("the page about text shows the parser's own answers", () => {
  for (const heading of [
    "Marks within a line",
    "Marks at the beginning of a line",
    "Mentions",
    "Addresses",
    "The backslash",
  ])
    for (const [text = "", seen = ""] of rowsUnder(page, heading))
      test(text, () => expect(notation(parse(typed(text)))).toBe(seen));

  for (const [text = ""] of rowsUnder(page, "Text that stays as typed"))
    test(`${text} stays`, () => expect(parse(typed(text))).toEqual([{ kind: "paragraph", children: [typed(text)] }]));

  for (const [text = "", short = ""] of rowsUnder(page, "Short forms"))
    test(`${text} in short`, () => expect(excerpt(typed(text), 100)).toBe(short));

  test("it has examples of every kind of mark", () => {
    const rows = ["Marks within a line", "Marks at the beginning of a line"].flatMap((heading) =>
      rowsUnder(page, heading),
    );
    const kinds = "strong em del spoiler code a h1 quote list pre table".split(" ");
    expect(kinds.filter((kind) => !rows.some(([, seen = ""]) => seen.includes(`<${kind}`)))).toEqual([]);
    expect(rowsUnder(page, "Text that stays as typed").length).toBeGreaterThan(15);
  });
});
