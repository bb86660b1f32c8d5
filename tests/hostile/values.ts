import fc from "fast-check";

/** JSON as text, not as a value: `1e400`, `-0`, a key that comes twice and half a document exist in text only. */
export type Json = string;
/** Valid values for each field of a client's body. */
export type Fields = Record<string, fc.Arbitrary<Json>>;

const NUL = "\0";
const LONE = ["\ud800", "\udfff", "\udc00\ud800"];

export const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "toJSON",
  "length",
  "",
  "0",
];

const TEXTS = [
  "",
  " ",
  "\u3000\u00a0",
  NUL,
  `a${NUL}b`,
  ...LONE,
  `a${LONE[0]}b`,
  ...KEYS,
  "null",
  "1",
  "-0",
  "1e400",
  "'; DROP TABLE users; --",
  "%_\\",
  "\\",
  '"',
  "$1",
  `\${7*7}{{7*7}}`,
  "../../etc/passwd",
  "<script>alert(1)</script>",
  "\r\nSet-Cookie: sessionid=planted",
  "\u202e\u200b\ufeff",
  "<@1> <@2147483647> <@2147483648> <@-1> <!all> <!here> <!everyone>",
  "<@1>".repeat(1_250),
  "<!all><@".repeat(600),
  "\u2800",
  "\u3164\u{e0041}",
  "\u0301\ufe0f",
  "\u200b.\u200b",
  "a\u0301".repeat(50),
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "İıſK",
  "00000000-0000-0000-0000-000000000000",
  "x".repeat(5_000),
  "x".repeat(5_001),
  "\u{1f600}".repeat(5_000),
  "x".repeat(5_120),
];

/** Strings that a careless program stumbles over. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.string({ maxLength: 20 }), fc.constantFrom(NUL, ...LONE), fc.string({ maxLength: 20 }))
      .map((parts) => parts.join("")),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("x", " ", "\u{1f600}", "\u0301", NUL, "\ud800"), fc.nat({ max: 5_200 }))
      .map(([unit, times]) => unit.repeat(times)),
  },
);

export const text = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<Json> => arbitrary.map((s) => JSON.stringify(s));

const hostileNumber: fc.Arbitrary<Json> = fc.constantFrom(
  ..."1e400 -1e400 1e-400 5e-324 9007199254740991 9007199254740992 9007199254740993 -9007199254740993".split(" "),
  ..."-0 0 0.0 -1 1.5 1e2 2147483647 2147483648 -2147483649 4294967296".split(" "),
  ..."9223372036854775807 9223372036854775808 18446744073709551616 123456789012345678901234567890".split(" "),
);

const deep: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: 1, max: 32_000 }).map((n) => "[".repeat(n) + "]".repeat(n)),
  fc.integer({ min: 1, max: 10_000 }).map((n) => `${'{"a":'.repeat(n)}1${"}".repeat(n)}`),
);

const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: text(hostileText) },
  { weight: 4, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom("null", "true", "false", "[]", "{}") },
);

const key = fc.oneof(
  fc.constantFrom(...KEYS, "id", "user_id", "sender_id", "is_superuser", "is_staff", "password_hash", "owner_id"),
  hostileText.filter((s) => s.length < 100),
);
const member = fc.tuple(key, scalar).map(([name, value]) => `${JSON.stringify(name)}:${value}`);

/** Any piece of JSON, mostly of the wrong type. */
export const hostileJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 12, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 6 }).map((items) => `[${items.join(",")}]`) },
  { weight: 2, arbitrary: fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(",")}}`) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
);

const named = (name: string, value: fc.Arbitrary<Json>) => value.map((json) => [`${JSON.stringify(name)}:${json}`]);
const membersOf = (fields: Fields) => Object.entries(fields).map(([name, value]) => named(name, value));
const extra = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(member) });
const joined = (members: fc.Arbitrary<string[]>[]) =>
  fc.tuple(fc.tuple(...members), extra).map(([known, unknown]) => `{${[...known.flat(), ...unknown].join(",")}}`);

/** An object of these fields: each as it should be, hostile, missing, or there twice; and fields nobody asked for. */
function objectOf(fields: Fields): fc.Arbitrary<Json> {
  // However many fields there are, a good part of the objects is right in all of them.
  const weight = 4 * Object.keys(fields).length;
  return joined(
    Object.entries(fields).map(([name, valid]) =>
      fc.oneof(
        { weight, arbitrary: named(name, valid) },
        { weight: 5, arbitrary: named(name, hostileJson) },
        { weight: 1, arbitrary: fc.constant<string[]>([]) },
        { weight: 1, arbitrary: fc.tuple(named(name, valid), named(name, hostileJson)).map((both) => both.flat()) },
      ),
    ),
  );
}

/** As it should be, but for one field: what is wrong with that is not hidden by another fault. */
function almostOf(fields: Fields): fc.Arbitrary<Json> {
  const names = Object.keys(fields);
  const faulty = names.map((name) => joined(membersOf({ ...fields, [name]: hostileJson })));
  return faulty.length === 0 ? fc.constant("{}") : fc.oneof(...faulty);
}

const garbage = fc.constantFrom(
  "",
  " ",
  "{",
  "}",
  "{}{}",
  "{'a':1}",
  "{a:1}",
  '{"a":01}',
  '{"a":1,}',
  "[1,]",
  "NaN",
  "Infinity",
  "undefined",
  '"',
  '"\u0001"',
  '{"a":"\\u00"}',
  '{"a":"\\x00"}',
  "\ufeff{}",
  "\0",
  "nul",
  "//\n{}",
);

/** A whole document: an object, something else, or no JSON at all. */
export function documentOf(fields: Fields): fc.Arbitrary<string> {
  const object = objectOf(fields);
  return fc.oneof(
    { weight: 10, arbitrary: almostOf(fields) },
    { weight: 10, arbitrary: object },
    { weight: 2, arbitrary: hostileJson },
    { weight: 1, arbitrary: garbage },
    { weight: 1, arbitrary: fc.tuple(object, fc.nat()).map(([json, cut]) => json.slice(0, cut % (json.length + 1))) },
    { weight: 1, arbitrary: fc.tuple(object, garbage).map(([json, end]) => json + end) },
  );
}

/** White space as Python's `str.strip()` knows it, which the contract trims contents with. */
const SPACES = new Set(
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

const SEEN = /[\p{L}\p{N}\p{P}\p{S}\p{Mc}\p{Cf}\p{Co}\p{Cn}]/u;
const UNSEEN = /[\p{DI}\u2800\ufff9-\ufffb\u{1d159}]/u;
const isSeen = (character: string) => SEEN.test(character) && !UNSEEN.test(character);

/** The text that must be stored for a content, or undefined when it must be refused. */
export function keptContent(content: unknown): string | undefined {
  if (typeof content !== "string") return undefined;
  let [start, end] = [0, content.length];
  while (start < end && SPACES.has(content.charAt(start))) start++;
  while (end > start && SPACES.has(content.charAt(end - 1))) end--;
  const kept = content.slice(start, end);
  const length = [...kept].length;
  if (![...kept].some(isSeen)) return undefined;
  return length >= 1 && length <= 5_000 && !kept.includes(NUL) && kept.isWellFormed() ? kept : undefined;
}

/** Positions of a poll's options, right and wrong ones. */
export const positions: fc.Arbitrary<Json> = fc
  .array(fc.constantFrom("0", "1", "2", "9", "-1", "1.5", '"0"', "null", "32768", "9007199254740993"), {
    maxLength: 12,
  })
  .map((items) => `[${items.join(",")}]`);

/** Polls of all forms, some of them right. */
export const poll: fc.Arbitrary<Json> = fc.oneof(
  fc.constant('{"question":"Lunch?","options":["a","b"],"multiple":true,"anonymous":true}'),
  fc
    .tuple(
      text(hostileText),
      fc.array(text(hostileText), { maxLength: 12 }),
      fc.constantFrom("true", "false", "1", "null"),
    )
    .map(
      ([question, options, flag]) =>
        `{"question":${question},"options":[${options}],"multiple":${flag},"closes_at":${flag}}`,
    ),
);
