import { expect, test } from "bun:test";
import { isOnlyEmoji } from "../../src/web/chat/messages/only-emoji.ts";

const EMOJI = /^\p{RGI_Emoji}$/v;
/** Nothing, a look, a keycap, and a tone of skin. */
const ENDS = ["", "\uFE0F", "\uFE0F\u20E3", "\u{1F3FB}"];

test("a text is only emoji whatever emoji it begins with", () => {
  const missed: string[] = [];
  let count = 0;
  const look = (text: string) => {
    if (!EMOJI.test(text)) return;
    count++;
    if (!isOnlyEmoji(text)) missed.push(text);
  };
  for (let point = 0; point <= 0x10ffff; point++)
    if (point < 0xd800 || point > 0xdfff) for (const end of ENDS) look(String.fromCodePoint(point) + end);
  for (let one = 0x1f1e6; one <= 0x1f1ff; one++)
    for (let other = 0x1f1e6; other <= 0x1f1ff; other++) look(String.fromCodePoint(one, other));
  expect(missed).toEqual([]);
  expect(count).toBeGreaterThan(1_500);
});

test.each(["1", "#1", "12 eggs", "plums", "🎉 plums", ""])("%p is not only emoji", (text) => {
  expect(isOnlyEmoji(text)).toBe(false);
});
