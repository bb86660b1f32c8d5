import { describe, expect, test } from "bun:test";
import { fold, isFound } from "../../src/text/fold.ts";
import { ALIKE, APART } from "../support/alike.ts";

describe("the page finds a name as the server does", () => {
  test.each(ALIKE)("%s by %s and its other spellings", (...texts) => {
    for (const search of texts) expect(isFound(texts[0] ?? "", search)).toBe(true);
  });

  test.each(APART)("%s is not found by %s", (text, search) => {
    expect(isFound(text, search)).toBe(false);
  });

  test.each([
    ["Ann Example", "an", true],
    ["Ann Example", "nn", false],
    ["Ann Example", "mple", true],
    ["Ann Example", "ann  example", true],
    ["Ann\u200b Example", "ann example", true],
  ])("%s by “%s”: %p", (text, search, expected) => {
    expect(isFound(text, search)).toBe(expected);
  });

  test("letters that no search changes stay", () => {
    expect(fold("Ann, 12: [x] 山田 🎉")).toBe("ann, 12: [x] 山田 🎉");
  });
});
