import { describe, expect, test } from "bun:test";
import { Glob } from "bun";

// Calls every text that takes a number with 0, 1, 2 and 1000, and looks for a number beside the wrong form of its noun.

const COUNTS = [0, 1, 2, 1000];
/** Words that are no plurals, though they end in an s. */
const VERBS = /^(?:is|was|has|of|as|does|wants|joins|owns|sends|ms)$/;
/** Nouns whose plural has another form than an s. */
const IRREGULAR: Record<string, string> = { people: "person", others: "other", entries: "entry" };

/** The faults of a text: `1 people`, `2 person`, `1,000 message`. */
function faultsOf(text: string): string[] {
  const faults: string[] = [];
  for (const [found, number = "", word = ""] of text.matchAll(
    /(?<![\w.,:–-])([\d,]+) (?:more |new |unread |other )?([a-z]+)/g,
  )) {
    if (VERBS.test(word)) continue;
    const isPlural = word in IRREGULAR || /[^s]s$/.test(word);
    const isSingular = /^(?:person|message|member|group|session|time|day|hour|minute|second|character|other)$/.test(
      word,
    );
    if (number === "1" ? isPlural : isSingular) faults.push(found);
  }
  for (const [found] of text.matchAll(
    /(?<!and )\b1 [a-z ]+\b(?:are|have|were)\b|\b(?:0|2|1,000) [a-z ]+\b(?:is|has|was)\b/g,
  ))
    faults.push(found);
  return faults;
}

type Given = number | string | string[] | Date;

/** The arguments that a text may want in one place, with this number among them. */
const given = (count: number): Given[] => [
  count,
  "Ann",
  "2026-03-14T15:00:00Z",
  Array.from({ length: Math.min(count, 3) }, (_, n) => `Ann ${String.fromCharCode(65 + n)}`),
  new Date("2026-03-14T15:00:00Z"),
];

/** All lists of as many arguments as the text takes. */
function* argumentsOf(length: number, count: number): Generator<Given[]> {
  if (length === 0) return yield [];
  for (const first of given(count)) for (const rest of argumentsOf(length - 1, count)) yield [first, ...rest];
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (value !== null && typeof value === "object") for (const part of Object.values(value)) yield* stringsIn(part);
}

/** Every text that a module exports, with the path to it: functions, and strings. */
function* textsIn(value: unknown, path: string): Generator<[string, unknown]> {
  if (typeof value === "function" || typeof value === "string") yield [path, value];
  else if (value !== null && typeof value === "object" && value.constructor === Object)
    for (const [key, part] of Object.entries(value)) yield* textsIn(part, `${path}.${key}`);
}

function faultsIn(text: unknown): string[] {
  if (typeof text === "string") return faultsOf(text);
  if (typeof text !== "function" || text.length > 4) return [];
  const faults = new Set<string>();
  for (const count of COUNTS)
    for (const values of argumentsOf(text.length, count)) {
      let made: unknown;
      try {
        made = Reflect.apply(text, undefined, values);
      } catch {
        continue;
      }
      // An argument of the wrong type makes such a text.
      for (const one of stringsIn(made))
        if (!/NaN|undefined|\[object|Invalid/.test(one)) for (const fault of faultsOf(one)) faults.add(fault);
    }
  return [...faults];
}

const files = [...new Glob("src/web/texts/**/*.ts").scanSync(".")].filter(
  (path) => !/\/(format|texts|en)\.ts$/.test(path),
);

test.each(files.sort())("%s has the right form of a noun beside each number", async (path) => {
  const module: object = await import(`../../${path}`);
  const found = Object.entries(module).flatMap(([name, value]) => [...textsIn(value, name)]);
  expect(found.length).toBeGreaterThan(0);
  expect(found.map(([name, text]) => [name, faultsIn(text)]).filter(([, faults]) => faults?.length)).toEqual([]);
});

describe("a planted fault is found:", () => {
  test.each([
    [(people: number) => `${people} people`, ["1 people"]],
    [(people: number) => `${people} person`, ["0 person", "2 person", "1000 person"]],
    [(name: string, messages: number) => `${name} has ${messages} new messages`, ["1 new messages"]],
    [(names: string[]) => `${names.length} others are gone`, ["1 others", "1 others are"]],
    ["1 days", ["1 days"]],
    [(people: number) => ({ title: `For ${people} people` }), ["1 people"]],
  ])("%#", (text, faults) => {
    expect(faultsIn(text)).toEqual(faults);
  });
});
