import { describe, expect, test } from "bun:test";
import { KNOWN_LANGUAGES } from "../../src/web/chat/messages/known-languages.ts";
import { isOnlyEmoji } from "../../src/web/chat/messages/only-emoji.ts";
import { preview } from "../../src/web/chat/messages/preview.ts";
import { initials } from "../../src/web/design/initials.ts";

test("a message of a few emoji is recognised", () => {
  for (const text of ["👍", "👍🏽 ❤️", "👨‍👩‍👧‍👦🇮🇪", "😀 😀 😀"]) expect(isOnlyEmoji(text)).toBe(true);
  for (const text of ["", "a", "1", "👍 ok", "😀".repeat(7), "#"]) expect(isOnlyEmoji(text)).toBe(false);
});

describe("a preview", () => {
  const cases: [string, string][] = [
    ["**Hi** _you_,\n\n- `a`\n- [b](https://a.example/)", "Hi you, • a • b"],
    ["||secret|| ok", "[spoiler] ok"],
    [`||${"long ".repeat(100)}end|| ok`, "[spoiler] ok"],
    ["\u200b", "Empty message"],
    ["5*3*2 and **", "5*3*2 and **"],
  ];
  for (const [text, line] of cases) test(JSON.stringify(text.slice(0, 40)), () => expect(preview(text)).toBe(line));
});

describe("initials", () => {
  const cases: [string, string][] = [
    ["Ann Lee", "AL"],
    ["Ann", "A"],
    ["李 明", "李明"],
    ["👩‍🚀 x", "👩‍🚀X"],
    ["né\u0301 x", "NX"],
    [`Z${"\u0301".repeat(88)} A`, "Z\u0301\u0301\u0301A"],
    [`Z${"\u0301\u0316".repeat(44)}`, "Z\u0301\u0316\u0301"],
  ];
  for (const [name, short] of cases) test(JSON.stringify(name.slice(0, 12)), () => expect(initials(name)).toBe(short));
});

/** Not a literal: the types of highlight.js would add those of browsers to all tests and to the server. */
const LANGUAGES: string = "../../src/web/chat/messages/languages.ts";
interface Languages {
  lowlight: { registered(name: string): boolean; listLanguages(): string[] };
}

test("each language that loads the colours has colours", async () => {
  const { lowlight }: Languages = await import(LANGUAGES);
  expect([...KNOWN_LANGUAGES].filter((name) => !lowlight.registered(name))).toEqual([]);
  // And none of those that have colours is forgotten.
  expect(lowlight.listLanguages().filter((name) => !KNOWN_LANGUAGES.has(name))).toEqual([]);
});
