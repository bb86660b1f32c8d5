import { afterEach, describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { Tokenizer } from "marked";
import { type Block, type Inline, parseMarkdown, plainText } from "../../src/web/chat/messages/markdown.ts";
import { isOnlyEmoji } from "../../src/web/chat/messages/only-emoji.ts";

const paragraph = (...children: Inline[]): Block => ({ kind: "paragraph", children });
const parseOne = (text: string) => {
  const [block, ...others] = parseMarkdown(text);
  expect(others).toEqual([]);
  return block;
};

describe("marked text", () => {
  const cases: [string, Block][] = [
    ["a **b** c", paragraph("a ", { kind: "strong", children: ["b"] }, " c")],
    ["*a* _b_", paragraph({ kind: "em", children: ["a"] }, " ", { kind: "em", children: ["b"] })],
    ["~~a~~ ~b~", paragraph({ kind: "del", children: ["a"] }, " ~b~")],
    ["`<b> &amp;`", paragraph({ kind: "code", text: "<b> &amp;" })],
    ["one\ntwo", paragraph("one", { kind: "break" }, "two")],
    ["snake_case_name 2*3*4", paragraph("snake_case_name 2", { kind: "em", children: ["3"] }, "4")],
    ["```js\nlet a;\n```", { kind: "code", language: "js", text: "let a;" }],
    ["> a\n> b", { kind: "quote", children: [paragraph("a", { kind: "break" }, "b")] }],
    ["- a\n- b", { kind: "list", start: undefined, items: [[paragraph("a")], [paragraph("b")]] }],
    ["7. a\n8. b", { kind: "list", start: 7, items: [[paragraph("a")], [paragraph("b")]] }],
    ["- [x] a", { kind: "list", start: undefined, items: [[paragraph("☑ a")]] }],
  ];
  for (const [text, block] of cases) test(JSON.stringify(text), () => expect(parseOne(text)).toEqual(block));
});

describe("text that is no mark", () => {
  const texts = [
    "# heading",
    "a\n---\nb",
    "<script>alert(1)</script>",
    "<b>x</b> &lt; &amp;",
    "[a]: https://example.com",
    "|a|b|\n|-|-|\n|1|2|",
    "    indented",
    "<!-- a -->",
    "***",
  ];
  for (const text of texts) test(JSON.stringify(text), () => expect(plainText(parseMarkdown(text))).toBe(text));
});

describe("links", () => {
  const link = (href: string, text = href) => ({ kind: "link" as const, href, children: [text] });
  const cases: [string, Inline[]][] = [
    ["see https://a.example/b_c_d?e=1&f=2.", ["see ", link("https://a.example/b_c_d?e=1&f=2"), "."]],
    ["[text](https://a.example/)", [link("https://a.example/", "text")]],
    ["www.a.example", [link("http://www.a.example/", "www.a.example")]],
    ["ann@a.example", [link("mailto:ann@a.example", "ann@a.example")]],
    ["[x](javascript:alert(1))", ["[x](javascript:alert(1))"]],
    ["[x](JaVaScRiPt:alert)", ["[x](JaVaScRiPt:alert)"]],
    ["[x](\tdata:text/html,x)", ["[x](\tdata:text/html,x)"]],
    ["[x](/settings)", ["[x](/settings)"]],
    ["[https://a.example](https://a.example/b)", [link("https://a.example/b", "https://a.example")]],
    ["[readme.md](https://a.example/)", [link("https://a.example/", "readme.md")]],
    ["[https://a.example](https://b.example)", ["[https://a.example](https://b.example)"]],
    ["[www.a.example/x](https://b.example)", ["[www.a.example/x](https://b.example)"]],
    ["https://a.example@b.example", ["https://a.example@b.example"]],
    ["[](https://a.example)", ["[](", link("https://a.example/", "https://a.example"), ")"]],
  ];
  for (const [text, children] of cases)
    test(text, () => {
      const block = parseOne(text);
      // Text that is no link may or may not be searched for bare addresses. Both show it.
      if (text.startsWith("[](")) expect(plainText(block ? [block] : [])).toBe(text);
      else expect(block).toEqual(paragraph(...children));
    });
});

describe("a link that reads as another address than it leads to shows where it leads", () => {
  const to = "https://evil.example/";
  const deceiving = [
    "[**https://a.example**](TO)",
    "[*https://*a.example](TO)",
    "[`https://a.example`](TO)",
    "[~~www.a.example~~](TO)",
    "[https://a.\u200bexample](TO)",
    "[ht\u00adtps://a.example](TO)",
    "[\u2060https://a.example](TO)",
    "[\ufeffwww.a.example](TO)",
    "[(https://a.example)](TO)",
    "[\\[https://a.example\\]](TO)",
    "[<https://a.example>](TO)",
    "[“https://a.example”](TO)",
    "[see https://a.example now](TO)",
    "[HTTPS://A.EXAMPLE](TO)",
    "[ｈｔｔｐｓ：／／ａ.example](TO)",
    "[https:∕∕a.example](TO)",
    "[https\\://a.example](TO)",
    "[https://evil.example@a.example](TO)",
    "[https://a.example\\@evil.example](TO)",
    "[https://a.example/ https://evil.example/](TO)",
    "[\u202ehttps://evil.example\u202c](TO)",
    "[https://](TO)",
    "[ann@a.example](TO)",
    "[https://a.example](mailto:ann@evil.example)",
    "[ann@a.example](mailto:ann@evil.example)",
    "[**ann@a.example**](mailto:eve@evil.example)",
    "[mailto:ann@a.example](mailto:eve@evil.example)",
    "[a](https://a.example@evil.example/)",
  ].map((text) => text.replace("TO", to));
  for (const text of deceiving)
    test(JSON.stringify(text), () => {
      const blocks = parseMarkdown(text);
      expect([...inlines(blocks)].filter((inline) => typeof inline !== "string" && inline.kind === "link")).toEqual([]);
      expect(plainText(blocks)).toContain("evil.example");
    });

  const honest: [string, string][] = [
    ["[**https://a.example**](https://a.example/b)", "https://a.example/b"],
    ["[(https://A.example)](https://a.example/b)", "https://a.example/b"],
    ["[see https://a.example/x.](http://a.example/b)", "http://a.example/b"],
    ["[https://bücher.example](https://xn--bcher-kva.example/)", "https://xn--bcher-kva.example/"],
    ["[write to ann@a.example](mailto:Ann@a.example)", "mailto:Ann@a.example"],
    ["[@ann@a.example](https://a.example/@ann)", "https://a.example/@ann"],
    ["[the notes of 1:1, v2.0 (draft)](https://a.example/)", "https://a.example/"],
    ["ann@www.a.example", "mailto:ann@www.a.example"],
    ["www.a.example./#b", "http://www.a.example./#b"],
    ["[awww.cute](https://a.example/)", "https://a.example/"],
    ["https://a.example/?u=https://b.example/ann@b.example", "https://a.example/?u=https://b.example/ann@b.example"],
    ["[👩‍👩‍👧](https://a.example/)", "https://a.example/"],
  ];
  for (const [text, href] of honest)
    test(JSON.stringify(text), () => expect(links(parseMarkdown(text))).toEqual([href]));

  test("an unseen text is none", () => expect(links(parseMarkdown("[\u200b\u3164](https://a.example/)"))).toEqual([]));
});

describe("any text", () => {
  const piece = fc.constantFrom(
    ..."[]()*_`~<>!#-+|\\&:/.@ab \n\t\"'=1😀א".split(/(?:)/u),
    "http://",
    "- ",
    "> ",
    "```",
    "1. ",
    "www.",
  );
  const hostile = fc.array(piece, { maxLength: 400 }).map((pieces) => pieces.join(""));
  const anything = fc.oneof(hostile, fc.string({ unit: "grapheme", maxLength: 400 }));

  test("no letter or digit gets lost", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const blocks = parseMarkdown(text);
        // Where a link leads may hide behind its text.
        fc.pre(!text.includes("]("));
        expect(matter(plainText(blocks))).toBe(matter(text));
      }),
      { numRuns: 1000 },
    );
  });

  test("links lead to the web or to a mailbox, and nothing nests deep", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const blocks = parseMarkdown(text);
        for (const href of links(blocks)) expect(href).toMatch(/^(https?|mailto):/);
        expect(depth(blocks)).toBeLessThan(20);
      }),
      { numRuns: 1000 },
    );
  });

  test("text that would take long to parse is shown anyway", () => {
    const units = [
      "[",
      "*",
      "_",
      "`",
      "~",
      "<",
      ">",
      "> ",
      "- ",
      "1. ",
      "*a_",
      "_a*",
      "__a**",
      "![",
      "[a](",
      "a@",
      "- > ",
      "(",
    ];
    for (const unit of units) {
      const text = unit.repeat(5000).slice(0, 5000);
      expect(plainText(parseMarkdown(text)).length).toBeGreaterThan(0);
    }
  });
});

describe("a message as long as it may be is looked through a few times only", () => {
  const RULES = ["emStrong", "del", "link", "reflink", "codespan", "blockquote", "list"] as const;
  const LENGTH = 5000;
  const spies = RULES.map((rule) => spyOn(Tokenizer.prototype, rule));
  afterEach(() => {
    for (const spy of spies) spy.mockClear();
  });

  /** Characters that all looks for the end of a mark have passed, in lengths of the message. */
  const looks = () => {
    const passed = spies.flatMap(({ mock: { calls, results } }) =>
      calls.map(([src], i) => (/^(?:[*_`[~]|!\[)/.test(src) ? rawOf(results[i]?.value, src).length : 0)),
    );
    return passed.reduce((sum, length) => sum + length, 0) / LENGTH;
  };

  const units = [
    "'~~a",
    "_~~a",
    "_a_",
    "*a _b",
    "__a**",
    "\\[",
    "[a](b",
    "[[a](b)",
    "`a",
    "``a`",
    "a[b",
    "\n>  *\na@b.c",
  ];
  for (const unit of units)
    test(JSON.stringify(unit), () => {
      parseMarkdown(unit.repeat(LENGTH).slice(0, LENGTH));
      expect(looks()).toBeLessThan(60);
    });

  test("marks that are closed are all found", () => {
    const text = "*a* [b](https://a.example/) `c` ~~d~~ snake_case 2 * 3 ".repeat(90);
    expect([...inlines(parseMarkdown(text))].filter((inline) => typeof inline !== "string")).toHaveLength(4 * 90);
  });

  test("lists within lists are all found", () => {
    const text = "- a\n  - b\n    - c\n      - d\n".repeat(150);
    const [list] = parseMarkdown(text);
    expect(list?.kind === "list" && list.items.length).toBe(150);
  });
});

test("a message of a few emoji is recognised", () => {
  for (const text of ["👍", "👍🏽 ❤️", "👨‍👩‍👧‍👦🇮🇪", "😀 😀 😀"]) expect(isOnlyEmoji(text)).toBe(true);
  for (const text of ["", "a", "1", "👍 ok", "😀".repeat(7), "#"]) expect(isOnlyEmoji(text)).toBe(false);
});

const rawOf = (token: unknown, otherwise: string) =>
  typeof token === "object" && token && "raw" in token && typeof token.raw === "string" ? token.raw : otherwise;

/** Letters, each as often as it is there; digits number lists and may be renumbered. */
const matter = (text: string) =>
  [...text.matchAll(/\p{L}/gu)]
    .map(([letter]) => letter)
    .sort()
    .join("");
function* inlines(blocks: readonly Block[]): Generator<Inline> {
  for (const block of blocks) {
    if (block.kind === "paragraph") yield* deep(block.children);
    else if (block.kind === "quote") yield* inlines(block.children);
    else if (block.kind === "list") for (const item of block.items) yield* inlines(item);
  }
}

function* deep(children: readonly Inline[]): Generator<Inline> {
  for (const child of children) {
    yield child;
    if (typeof child !== "string" && "children" in child) yield* deep(child.children);
  }
}

const links = (blocks: readonly Block[]) =>
  [...inlines(blocks)].flatMap((inline) => (typeof inline !== "string" && inline.kind === "link" ? inline.href : []));

function depth(node: unknown): number {
  if (Array.isArray(node)) return Math.max(0, ...node.map(depth));
  if (typeof node !== "object" || node === null) return 0;
  return 1 + Math.max(0, ...Object.values(node).map(depth));
}
