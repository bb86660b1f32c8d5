import { describe, expect, test } from "bun:test";
import { keywordIn } from "../../src/notify/keywords.ts";

describe("a keyword", () => {
  const cases: [string, string, string, boolean][] = [
    ["is found as a word", "deploy", "the deploy failed", true],
    ["is found in any case and with accents", "résumé", "My RESUME!", true],
    ["is found beside punctuation", "deploy", "(deploy)? deploy.", true],
    ["is not found in a longer word", "deploy", "we deployed it, redeploy", false],
    ["is found after a longer word", "art", "party art", true],
    ["is found as a phrase over any blanks", "release plan", "the release\n  plan", true],
    ["is found at the end of a snake_case word", "plan", "release_plan", true],
    ["is found in a text without blanks", "会議", "明日の会議です", true],
    ["is found before a Korean particle", "서버", "서버가 멈췄다", true],
    ["is found as a number", "42", "answer 42", true],
    ["is not found in a number", "42", "1423", false],
    ["is found with signs at its ends", "c++", "I like C++ a lot", true],
    ["is found as an emoji", "🚀", "go 🚀", true],
    ["is not found in a quote", "deploy", "> the deploy failed\nok", false],
    ["is found below a quote", "deploy", "> ok\nthe deploy", true],
    ["is found in Turkish", "istanbul", "İSTANBUL", true],
    ["is found in Arabic without marks", "محمد", "قال مُحَمَّد", true],
    ["is found within marks", "deploy", "**deploy**", true],
  ];
  for (const [name, keyword, text, isFound] of cases)
    test(name, () => expect(keywordIn(text, [keyword])).toBe(isFound ? keyword : undefined));
});
