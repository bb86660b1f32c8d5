import { describe, expect, test } from "bun:test";
import { parse } from "../../src/text/parse.ts";
import type { Inline } from "../../src/text/parsed.ts";
import { linksIn, shown } from "./shown.ts";

const link = (href: string, text = href): Inline => ({ kind: "link", href, children: [text] });
const isParagraphOf = (text: string, children: Inline[]) =>
  expect(parse(text)).toEqual([{ kind: "paragraph", children }]);

describe("a bare address is a link", () => {
  const cases: [string, ...Inline[]][] = [
    ["see https://a.example/b_c_d?e=1&f=2.", "see ", link("https://a.example/b_c_d?e=1&f=2"), "."],
    ["HTTPS://A.EXAMPLE/B", link("https://a.example/B", "HTTPS://A.EXAMPLE/B")],
    ["www.a.example", link("http://www.a.example/", "www.a.example")],
    ["WWW.EXAMPLE.COM", link("http://www.example.com/", "WWW.EXAMPLE.COM")],
    ["http://localhost:8000/x", link("http://localhost:8000/x")],
    ["https://[2001:db8::1]:8000/x", link("https://[2001:db8::1]:8000/x")],
    ["http://例え.jp/パス", link("http://xn--r8jz45g.jp/%E3%83%91%E3%82%B9", "http://例え.jp/パス")],
    ["ann@a.example", link("mailto:ann@a.example", "ann@a.example")],
    ["mailto:ann@a.example", "mailto:", link("mailto:ann@a.example", "ann@a.example")],
    ["**https://a.example**", { kind: "strong", children: [link("https://a.example/", "https://a.example")] }],
    ["_https://a.example/b_c_", { kind: "em", children: [link("https://a.example/b_c")] }],
    ["||https://a.example||", { kind: "spoiler", children: [link("https://a.example/", "https://a.example")] }],
    ["-https://a.example/", "-", link("https://a.example/")],
    ["https://a.example/?u=https://b.example/c@d", link("https://a.example/?u=https://b.example/c@d")],
  ];
  for (const [text, ...children] of cases) test(text, () => isParagraphOf(text, children));
});

describe("an address ends at the border of a sentence in any script", () => {
  const cases: [string, string, string, string][] = [
    ["「", "https://example.com", "」を参照", "https://example.com/"],
    ["“", "https://example.com/foo", "”", "https://example.com/foo"],
    ["«", "https://example.com/foo", "»", "https://example.com/foo"],
    ["„", "https://example.com/foo", "“", "https://example.com/foo"],
    ["", "https://example.com/foo", "。次", "https://example.com/foo"],
    ["", "https://example.com/foo", "、次", "https://example.com/foo"],
    ["", "https://example.com/foo", "！", "https://example.com/foo"],
    ["（", "https://example.com/x", "）です", "https://example.com/x"],
    ["【", "https://example.com/x", "】", "https://example.com/x"],
    ["参照", "https://example.com/x", "\u3000次", "https://example.com/x"],
    ["", "https://example.com", "を参照", "https://example.com/"],
    ["", "https://example.com/x", "؟", "https://example.com/x"],
    ["", "https://example.com/x", "، ثم", "https://example.com/x"],
    ["", "https://example.com/x", "।", "https://example.com/x"],
    ["", "https://example.com/x", "…", "https://example.com/x"],
    ["", "https://example.com/x", "–y", "https://example.com/x"],
    ["", "https://example.com/x", "👍", "https://example.com/x"],
    ["", "https://example.com/x", "?!", "https://example.com/x"],
    ["<", "https://example.com/x", ">", "https://example.com/x"],
    ['"', "https://example.com/x", '", ok', "https://example.com/x"],
    ["'", "https://example.com/x", "'.", "https://example.com/x"],
    ["(", "https://example.com/x", ").", "https://example.com/x"],
    ["(", "https://example.com/x", "),(y)", "https://example.com/x"],
    ["[", "https://example.com/x", "]", "https://example.com/x"],
    ["", "https://en.wikipedia.org/wiki/A_(b)", "", "https://en.wikipedia.org/wiki/A_(b)"],
    ["(", "https://en.wikipedia.org/wiki/A_(b)", ")", "https://en.wikipedia.org/wiki/A_(b)"],
    ["", "https://example.com", ":see", "https://example.com/"],
    ["メール：", "ann@example.com", "まで", "mailto:ann@example.com"],
    ["<", "ann.b+c@example.co.uk", ">", "mailto:ann.b+c@example.co.uk"],
    ["", "ann@example.com", ".", "mailto:ann@example.com"],
  ];
  for (const [before, address, after, href] of cases)
    test(before + address + after, () =>
      isParagraphOf(
        before + address + after,
        [before, link(href, address), after].filter((part) => part !== ""),
      ),
    );
});

describe("text that looks like an address is none", () => {
  const texts = [
    "https://a.example@b.example/c",
    "https://ann:secret@b.example/c",
    "https://",
    "https:// a.example",
    "xhttps://a.example",
    "https://a.example:99999/b",
    "www.example",
    "www..com",
    "readme.md and example.com",
    "@ann@social.example",
    "git@example.com:ann/b.git",
    "ann@example",
    "a @ b",
    "`https://a.example`",
    `https://${"a".repeat(66)}.example/b`,
    `https://${"a.".repeat(25)}example/b`,
  ];
  for (const text of texts)
    test(text, () => {
      expect(linksIn(parse(text))).toEqual([]);
      expect(shown(parse(text))).toBe(text.replaceAll("`", ""));
    });
});

describe("a text with a target", () => {
  const cases: [string, ...Inline[]][] = [
    ["[text](https://a.example/)", link("https://a.example/", "text")],
    ["[t](https://a.example/b_(c))!", link("https://a.example/b_(c)", "t"), "!"],
    ["[write](mailto:ann@a.example)", link("mailto:ann@a.example", "write")],
    ["[https://a.example](https://a.example/b)", link("https://a.example/b", "https://a.example")],
    ["[https://a.example/c](https://a.example/b)", link("https://a.example/b", "https://a.example/c")],
    ["[readme.md](https://a.example/)", link("https://a.example/", "readme.md")],
    ["*[a](https://a.example/)*", { kind: "em", children: [link("https://a.example/", "a")] }],
    [
      "[**a** `b`](https://a.example/)",
      {
        kind: "link",
        href: "https://a.example/",
        children: [{ kind: "strong", children: ["a"] }, " ", { kind: "code", text: "b" }],
      },
    ],
    ["[x](javascript:alert(1))", "[x](javascript:alert(1))"],
    ["[x](JaVaScRiPt:alert)", "[x](JaVaScRiPt:alert)"],
    ["[x](\tdata:text/html,x)", "[x](\tdata:text/html,x)"],
    ["[x](/settings)", "[x](/settings)"],
    ["[x](https:evil.example)", "[x](https:evil.example)"],
    ["[x] (https:b)", "[x] (https:b)"],
    ["[x](y", "[x](y"],
  ];
  for (const [text, ...children] of cases) test(text, () => isParagraphOf(text, children));

  test("links do not nest", () => {
    expect(linksIn(parse("[a [b](https://b.example/) c](https://a.example/)"))).toEqual([
      "https://b.example/",
      "https://a.example/",
    ]);
  });
});

describe("a link that reads as another address than it leads to is shown as typed", () => {
  const to = "https://evil.example/";
  const deceiving = [
    "[https://a.example](TO)",
    "[www.a.example/x](TO)",
    "[bank.com](TO)",
    "[log in at my.bank.com/login now](TO)",
    "[Your bank is bank.com.](TO)",
    "[bank.com… log in](TO)",
    "[bank.com_](TO)",
    "[bank.comにログイン](TO)",
    "[ftp://a.example](TO)",
    "[b\u0332ank.co\u0332m](TO)",
    "[h\u0332ttps://a.example](TO)",
    "[**https://a.example**](TO)",
    "[*https://*a.example](TO)",
    "[`https://a.example`](TO)",
    "[||https://a.example||](TO)",
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
    "[https:\\\\a.example](TO)",
    "[https:/a.example](TO)",
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
    "[\u200b\u3164](TO)",
    "[](TO)",
  ].map((text) => text.replace("TO", to));
  for (const text of deceiving)
    test(JSON.stringify(text), () => {
      // An address within it may be a link of its own: it leads where it says.
      const blocks = parse(text);
      expect(shown(blocks).replace(/\u00ad/g, "")).toContain("](");
      for (const href of linksIn(blocks))
        expect(shown(blocks).toLowerCase()).toContain(href.replace(/\/$|^mailto:|^http:\/\/(?=www)/g, ""));
    });

  const honest: [string, string][] = [
    ["[**https://a.example**](https://a.example/b)", "https://a.example/b"],
    ["[(https://A.example)](https://a.example/b)", "https://a.example/b"],
    ["[see https://a.example/x.](http://a.example/b)", "http://a.example/b"],
    ["[https://bücher.example](https://xn--bcher-kva.example/)", "https://xn--bcher-kva.example/"],
    ["[write to ann@a.example](mailto:Ann@a.example)", "mailto:Ann@a.example"],
    ["[@ann@a.example](https://a.example/@ann)", "https://a.example/@ann"],
    ["[bank.com](https://bank.com/)", "https://bank.com/"],
    ["[Our bank is bank.com.](https://bank.com/)", "https://bank.com/"],
    ["[bank.comにログイン](https://bank.com/)", "https://bank.com/"],
    ["[https://bank.exampleへ](https://bank.example/)", "https://bank.example/"],
    ["[the file a.com.bak](https://a.example/)", "https://a.example/"],
    ["[the notes of 1:1, v2.0 (draft)](https://a.example/)", "https://a.example/"],
    ["[awww.cute](https://a.example/)", "https://a.example/"],
    ["[👩‍👩‍👧](https://a.example/)", "https://a.example/"],
    ["ann@www.a.example", "mailto:ann@www.a.example"],
    ["www.a.example./#b", "http://www.a.example./#b"],
  ];
  for (const [text, href] of honest) test(JSON.stringify(text), () => expect(linksIn(parse(text))).toEqual([href]));
});
