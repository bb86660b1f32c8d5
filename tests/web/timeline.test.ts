import { describe, expect, test } from "bun:test";
import type { ChatMessage } from "../../src/sdk/index.ts";
import { findEmoji, isPlainName, nameBefore } from "../../src/web/chat/messages/emoji/find.ts";
import { preview, previewOf } from "../../src/web/chat/messages/preview.ts";
import { placeOf } from "../../src/web/chat/messages/timeline.ts";
import { dayLabel, daysBetween } from "../../src/web/chat/messages/times.ts";

/** In the zone of who runs this. */
const at = (text: string) => new Date(`2026-03-${text}`).toISOString();
const message = (seq: number, sender_id: number, time: string, more: Partial<ChatMessage> = {}) =>
  ({ state: "sent", key: `${seq}`, seq, sender_id, content: "text", created_at: at(time), ...more }) as ChatMessage;

describe("the layout of messages", () => {
  const messages = [
    message(1, 1, "10T10:00:00"),
    message(2, 1, "10T10:04:59"),
    message(3, 2, "10T10:05:00"),
    message(4, 2, "10T10:10:00"),
    message(5, 2, "10T23:59:00"),
    message(6, 2, "11T00:01:00"),
  ];
  const places = (readSeq?: number) => messages.map((_, index) => placeOf(messages, index, readSeq));
  const where = (name: "startsDay" | "startsGroup" | "startsUnread", readSeq?: number) =>
    places(readSeq).flatMap((place, index) => (place[name] ? index + 1 : []));

  test("days begin where the calendar says", () => expect(where("startsDay")).toEqual([1, 6]));
  test("messages of one sender within five minutes of a day form a group", () => {
    expect(where("startsGroup")).toEqual([1, 3, 4, 5, 6]);
  });
  test("the line is above the first unread message, and splits a group", () => {
    expect(where("startsUnread", 1)).toEqual([2]);
    expect(where("startsGroup", 1)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const read of [undefined, 6, 99]) expect(where("startsUnread", read)).toEqual([]);
    // The last message read is not loaded, so the line stands at the first place that is certain.
    expect(where("startsUnread", 0)).toEqual([1]);
  });
});

test("days are counted by midnights, also where an hour is missing", () => {
  expect(daysBetween(new Date(at("10T23:59:59")), new Date(at("11T00:00:00")))).toBe(1);
  expect(daysBetween(new Date("2026-03-28T12:00:00"), new Date("2026-03-30T01:00:00"))).toBe(2);
  expect(dayLabel(at("10T00:00:01"), new Date(at("10T23:00:00")))).toBe("Today");
  expect(dayLabel(at("09T23:59:00"), new Date(at("10T00:01:00")))).toBe("Yesterday");
});

test("a message in one line has no marks and no line ends", () => {
  expect(preview("**Hi** _you_\n\n- `a`\n- [b](https://example.com)")).toBe("Hi you • a • b");
  expect(preview("<b>x</b>")).toBe("<b>x</b>");
  expect(preview("x".repeat(5000)).length).toBeLessThanOrEqual(300);
  expect(preview(`${"x".repeat(299)}😀`)).toBe(`${"x".repeat(299)}…`);
  expect(
    previewOf(message(1, 1, "10T10:00:00", { content: "", deleted_at: at("10T10:01:00") } as Partial<ChatMessage>)),
  ).toBe("Message deleted");
});

describe("emoji by name", () => {
  const emoji = (c: string, n: string[], t: string[] = []) => ({ c, n, t, g: "" });
  const all = [
    emoji("😄", ["smile"]),
    emoji("😸", ["smile_cat"]),
    emoji("😁", ["grin"], ["smile"]),
    emoji("😅", ["sweat_smile"]),
  ];

  test("a search finds the whole name first, then beginnings, other words, and names that contain it", () => {
    expect(findEmoji(all, "smile", 9).map(({ c }) => c)).toEqual(["😄", "😸", "😁", "😅"]);
    expect(findEmoji(all, "smile cat", 9).map(({ c }) => c)).toEqual(["😸"]);
    expect(findEmoji(all, "x", 9)).toEqual([]);
  });

  test("a name is typed after a colon that begins a word", () => {
    expect(nameBefore("so :smi", 7)).toEqual({ name: "smi", from: 3, isClosed: false });
    expect(nameBefore("(:sm", 4)).toEqual({ name: "sm", from: 1, isClosed: false });
    expect(nameBefore(":+1:", 4)).toEqual({ name: "+1", from: 0, isClosed: true });
    expect(nameBefore("a\n:100:", 7)).toEqual({ name: "100", from: 2, isClosed: true });
  });

  test("no name is typed by an emoticon, a time, an address or code", () => {
    const others = [
      "a :-P",
      ":)",
      ":s",
      ":3",
      ":+1",
      "score :10",
      "at 10:30",
      "::1",
      "std::vector",
      "a:smile",
      ": smile",
    ];
    const addresses = ["http://x", "mailto:bob", "localhost:8000", "key: value", "C:\\temp"];
    const code = ["`:smile", "```\n:smile", "~~~\n\n:smile", "`` a ` :smile", "`:smile:"];
    for (const text of [...others, ...addresses, ...code])
      expect([text, nameBefore(text, text.length)]).toEqual([text, undefined]);
  });

  test("Enter takes an emoji unasked only for its whole name or three letters of it", () => {
    const open = emoji("📂", ["open_file_folder"]);
    const ok = emoji("🆗", ["ok"], ["yes"]);
    for (const [name, one] of [
      ["ope", open],
      ["open_file_folder", open],
      ["ok", ok],
    ] as const)
      expect([name, isPlainName(name, one)]).toEqual([name, true]);
    for (const [name, one] of [
      ["op", open],
      ["OPE", open],
      ["file", open],
      ["PP", ok],
      ["yes", ok],
      ["OK", ok],
    ] as const)
      expect([name, isPlainName(name, one)]).toEqual([name, false]);
  });
});
