import { expect, test } from "bun:test";
import { quoteOf } from "../../src/web/chat/messages/format/quote.ts";

test("a quote has its mark before each line, also before empty ones", () => {
  expect(quoteOf("one\n\ntwo")).toBe("> one\n>\n> two");
});

test("a quote leaves out the quotes in the text, unless it has nothing else", () => {
  expect(quoteOf("> before\n\nanswer")).toBe("> answer");
  expect(quoteOf("> before")).toBe("> > before");
});

test("a long text is quoted by its beginning", () => {
  const lines = quoteOf(Array.from({ length: 50 }, (_, n) => `line ${n}`).join("\n")).split("\n");
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toBe("> line 5 …");
  expect(quoteOf("x".repeat(5000)).length).toBeLessThan(450);
  expect(quoteOf(`${"x".repeat(399)}😀`)).toBe(`> ${"x".repeat(399)} …`);
});
