import { expect, test } from "bun:test";
import { joined, rowOf, vectorLiteral } from "../../src/server/features/search/rows.ts";
import { lettersOf, tokensOf } from "../../src/text/lexemes.ts";
import { excerptOf, hasTerms, matches, rangesIn } from "../../src/text/search-match.ts";
import { isEmptyQuery, parseQuery, timeOf } from "../../src/text/search-query.ts";

const lexemes = (text: string) => tokensOf(text).map(({ lexeme }) => lexeme);

test("a text is split at signs, digits and humps, and keeps the whole of a split word", () => {
  expect(lexemes("Use qwen3.6, please")).toEqual(["use", "qwen", "3", "qwen3", "6", "please"]);
  expect(lexemes("getUserName")).toEqual(["get", "user", "name", "getusername"]);
  expect(lexemes("an HTTPServer")).toEqual(["an", "http", "server", "httpserver"]);
  expect(lexemes("JIRA-77")).toEqual(["jira", "77"]);
  expect(lexemes("3f2a9c1d")).toEqual(["3f2a9c1d"]);
});

test("letters are folded, and invisible characters do not end a word", () => {
  expect(lexemes("Café Łódź STRASSE straße")).toEqual(["cafe", "lodz", "strasse", "strasse"]);
  expect(lexemes("ca\u00adfe\u200b x")).toEqual(["cafe", "x"]);
  expect(lexemes("ｆｕｌｌ")).toEqual(["full"]);
});

test("scripts without spaces give every two letters, and the last one", () => {
  expect(lexemes("東京都")).toEqual(["東京", "京都", "都"]);
  expect(lexemes("都 a")).toEqual(["都", "a"]);
});

test("a mention is no word, and a long word is cut", () => {
  expect(lexemes("hi <@12> <!all> you")).toEqual(["hi", "you"]);
  expect(lexemes("x".repeat(500))).toEqual(["x".repeat(64)]);
});

test("every lexeme of ASCII letters and digits is among the letters of its text", () => {
  const around = [..."éßİŉĿ½ǅⅷ①ﾞ가ㅏ漢👍’.-_\u0301\u200d\u00ad\ufe0f\u3164ﬁ℡㎏"];
  const texts = around.map((one) => `ab${one}cd ef${one} ${one}gh aB${one}Cd1${one}2 ${one}${one}`);
  for (const text of [...texts, around.join("a1"), "Straße getUserName JIRA-77", "plain text"]) {
    const plain = lexemes(text).filter((lexeme) => /^[a-z0-9]+$/.test(lexeme));
    expect(plain.length).toBeGreaterThan(0);
    for (const lexeme of plain) expect(lettersOf(text)).toContain(lexeme);
  }
});

test("a word that comes again has the same lexemes each time", () => {
  const text = "Größe 가각 getÜserName 👍👍 Größe 가각 getÜserName 👍👍";
  const half = lexemes(text).length / 2;
  expect(lexemes(text).slice(half)).toEqual(lexemes(text).slice(0, half));
  expect(lexemes("👍👍 🇩🇪")).toEqual(["👍", "👍", "🇩🇪"]);
});

test("the range of each lexeme is that of its word", () => {
  const text = "  Ça, getUser 東京";
  for (const { start, end, lexeme } of tokensOf(text)) expect(lexemes(text.slice(start, end))).toContain(lexeme);
});

test("a query has words, phrases, excluded words and operators", () => {
  const query = parseQuery('red "big door" -blue from:ann in:room before:2026-02 after:2025 has:image');
  expect(query.terms.map(({ isPhrase, pieces }) => [isPhrase, pieces.length])).toEqual([
    [false, 1],
    [true, 2],
  ]);
  expect(query.without).toHaveLength(1);
  expect([query.from, query.in, query.has]).toEqual([["ann"], ["room"], ["image"]]);
  expect([query.after, query.before]).toEqual([Date.UTC(2025, 0), Date.UTC(2026, 1)]);
});

test("anything that is no operator is words", () => {
  expect(parseQuery("color:red").operators).toEqual([]);
  expect(parseQuery("before:soon").before).toBeUndefined();
  expect(parseQuery("has:nothing").has).toEqual([]);
  expect(isEmptyQuery(parseQuery(" - , !"))).toBe(true);
});

test("the last word is the beginning of one, unless a space follows", () => {
  const isFound = (q: string, content: string) => hasTerms(parseQuery(q), { content });
  expect(isFound("bud", "the budget")).toBe(true);
  expect(isFound("bud ", "the budget")).toBe(false);
  expect(isFound("bud budget", "the budget")).toBe(false);
});

test("a day begins in the zone that the caller gives", () => {
  expect(timeOf("2026-03-14", (year, month, day) => Date.UTC(year, month - 1, day) - 3_600_000)).toBe(
    Date.UTC(2026, 2, 14) - 3_600_000,
  );
  expect(timeOf("2026-02-30")).toBeUndefined();
  expect(timeOf("2026-03-14T10:00:00+01:00")).toBe(Date.UTC(2026, 2, 14, 9));
});

test("a phrase has its words side by side and its marks, and a word can be in any part", () => {
  const isFound = (q: string, content: string) => hasTerms(parseQuery(q), { content });
  expect(isFound('"big door"', "a big, door")).toBe(true);
  expect(isFound('"big door"', "a big red door")).toBe(false);
  expect(isFound('"big door"', "a big <@7> door")).toBe(true);
  expect(isFound('"café"', "cafe")).toBe(false);
  expect(isFound("café ", "cafe")).toBe(true);
  expect(isFound("getusername ", "getUserName()")).toBe(true);
  expect(isFound("user ", "getUserName()")).toBe(true);
  expect(isFound("big -door", "a big door")).toBe(false);
  expect(isFound("京都", "東京都")).toBe(true);
  expect(isFound("京東", "東京都")).toBe(false);
});

test("all words are in one message, in its text or in its files", () => {
  const files = [{ name: "Plan-2026.pdf", alt: "a red door", type: "application/pdf" }];
  expect(hasTerms(parseQuery("plan budget "), { content: "the budget", files })).toBe(true);
  expect(hasTerms(parseQuery('"budget plan"'), { content: "the budget", files })).toBe(false);
});

test("operators ask for the sender, the time and the conversation", () => {
  const message = {
    content: "see https://example.com",
    created_at: "2026-03-14T10:00:00Z",
    ...{ sender_id: 5, sender_name: "Ann Lee", sender_email: "ann@example.com" },
  };
  const fits = (q: string) => matches(parseQuery(q), message, { userId: 5, conversation: "The Room" });
  expect(
    ["from:me", "from:ann", "from:5", "in:room", "has:link", "after:2026-03-14", "before:2027"].filter(fits),
  ).toHaveLength(7);
  expect(["from:6", "from:bob", "in:hall", "has:file", "after:2026-03-15", "before:2026-03-14"].filter(fits)).toEqual(
    [],
  );
  expect(matches(parseQuery("see "), { ...message, deleted_at: "2026-03-15T00:00:00Z" })).toBe(false);
});

test("ranges are those of the text, and an excerpt surrounds the first of them", () => {
  expect(rangesIn(parseQuery("door "), "Door, dooR")).toEqual([
    [0, 4],
    [6, 10],
  ]);
  const { text, matches: found } = excerptOf(parseQuery("needle "), `${"hay ".repeat(200)}needle${" hay".repeat(200)}`);
  expect(text.length).toBeLessThan(210);
  expect(found.map(([start, end]) => text.slice(start, end))).toEqual(["needle"]);
});

test("a run has one row, whose positions are its messages", () => {
  const message = (seq: number, content: string) => ({ seq, senderId: 5, ms: seq * 1000, content, files: [] });
  const [row, ...others] = joined(
    [message(17, "red door"), message(19, "red"), message(20, "it's")].map((one) => rowOf(one)),
  );
  expect(others).toEqual([]);
  expect(row).toMatchObject({ seq: 17, lastSeq: 20, firstMs: 17_000, ms: 20_000 });
  expect([row?.lexemes.get("red"), row?.lexemes.get("door"), row?.lexemes.get("u:5")]).toEqual([
    [1, 3],
    [1],
    [1, 3, 4],
  ]);
  expect(vectorLiteral(rowOf(message(1, "a'b")).lexemes)).toContain("'a':1 'b':1");
  const long = Array.from({ length: 900 }, (_, i) => `w${i}x`).join(" ");
  expect(joined([message(1, long), message(2, long.replaceAll("w", "v"))].map((one) => rowOf(one)))).toHaveLength(2);
});
