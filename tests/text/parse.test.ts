import { describe, expect, test } from "bun:test";
import { parse } from "../../src/text/parse.ts";
import type { Block, Inline, Item } from "../../src/text/parsed.ts";
import { inlinesIn, shown } from "./shown.ts";

const paragraph = (...children: Inline[]): Block => ({ kind: "paragraph", children });
const item = (text: string, marker = "-", task?: Item["task"]): Item => ({ marker, task, children: [paragraph(text)] });
const list = (ordered: boolean, ...items: Item[]): Block => ({ kind: "list", ordered, items });
const marked = (kind: "strong" | "em" | "del" | "spoiler", ...children: Inline[]): Inline => ({ kind, children });
const code = (text: string): Inline => ({ kind: "code", text });

describe("marked text", () => {
  const cases: [string, ...Block[]][] = [
    ["a **b** c", paragraph("a ", marked("strong", "b"), " c")],
    ["*a* _b_", paragraph(marked("em", "a"), " ", marked("em", "b"))],
    ["***a***", paragraph(marked("strong", marked("em", "a")))],
    ["***a** b*", paragraph(marked("em", marked("strong", "a"), " b"))],
    ["***a* b**", paragraph(marked("strong", marked("em", "a"), " b"))],
    ["**a *b* c**", paragraph(marked("strong", "a ", marked("em", "b"), " c"))],
    ["**a *b***", paragraph(marked("strong", "a ", marked("em", "b")))],
    ["_see *this*_", paragraph(marked("em", "see ", marked("em", "this")))],
    ["~~a~~ ~b~", paragraph(marked("del", "a"), " ~b~")],
    ["||a **b**||", paragraph(marked("spoiler", "a ", marked("strong", "b")))],
    ["(*a*), “**b**”!", paragraph("(", marked("em", "a"), "), “", marked("strong", "b"), "”!")],
    ["l'*amour*", paragraph("l'", marked("em", "amour"))],
    ["**重要：**本文", paragraph(marked("strong", "重要："), "本文")],
    ["これは**「強調」**です。", paragraph("これは", marked("strong", "「強調」"), "です。")],
    ["**서울**에서", paragraph(marked("strong", "서울"), "에서")],
    ["ภาษา*ไทย*ครับ", paragraph("ภาษา", marked("em", "ไทย"), "ครับ")],
    ["**`=>`**", paragraph(marked("strong", code("=>")))],
    ["**two\nlines**", paragraph(marked("strong", "two\nlines"))],
    ["`<b> &amp;`", paragraph(code("<b> &amp;"))],
    ["`` a`b ``", paragraph(code(" a`b "))],
    ["`` `a` ``", paragraph(code("`a`"))],
    ["`C:\\` and `D:\\`", paragraph(code("C:\\"), " and ", code("D:\\"))],
    ["使用`code`命令", paragraph("使用", code("code"), "命令")],
    ["one\ntwo", paragraph("one\ntwo")],
    ["one\n\ntwo", paragraph("one"), paragraph("two")],
    ["one\n\n\n\ntwo", paragraph("one"), paragraph("\n\ntwo")],
    ["# a *b*\nc", { kind: "heading", level: 1, children: ["a ", marked("em", "b")] }, paragraph("c")],
    ["```js\nlet a;\n```", { kind: "code", language: "js", text: "let a;" }],
    ["```js\n  let a;", { kind: "code", language: "js", text: "  let a;" }],
    ["```\na\nb```\nc", { kind: "code", language: "", text: "a\nb" }, paragraph("c")],
    ["```npm i\nnpm t\n```", { kind: "code", language: "", text: "npm i\nnpm t" }],
    ["look: ```c++\na;\n```\nok", paragraph("look:"), { kind: "code", language: "c++", text: "a;" }, paragraph("ok")],
    ["~~~\na\n```\n~~~", { kind: "code", language: "", text: "a\n```" }],
    ["~~~\na: ```\nb\n```", paragraph("~~~\na:"), { kind: "code", language: "", text: "b" }],
    ["````\n```\na\n```\n````", { kind: "code", language: "", text: "```\na\n```" }],
    ["> a\n> b\nc", { kind: "quote", children: [paragraph("a\nb")] }, paragraph("c")],
    ["> a\n>\n> > b", { kind: "quote", children: [paragraph("a"), { kind: "quote", children: [paragraph("b")] }] }],
    ["> - a\n> - b", { kind: "quote", children: [list(false, item("a"), item("b"))] }],
    ["- a\n* b\n+ c", list(false, item("a"), item("b", "*"), item("c", "+"))],
    ["Buy:\n- a\n- b\nthanks", paragraph("Buy:"), list(false, item("a"), item("b")), paragraph("thanks")],
    ["10. a\n5. b", list(true, item("a", "10."), item("b", "5."))],
    ["1) a\n2) b", list(true, item("a", "1)"), item("b", "2)"))],
    ["007. Bond", list(true, item("Bond", "007."))],
    ["- [ ] a\n- [x] b", list(false, item("a", "-", "open"), item("b", "-", "done"))],
    ["- a\n\n- b", list(false, item("a"), item("b"))],
    ["- a\n  b", list(false, item("a\nb"))],
    ["- a\n  - b", list(false, { ...item("a"), children: [paragraph("a"), list(false, item("b"))] })],
    [
      "1. a\n   ```\n   x\n   ```",
      list(true, { ...item("a", "1."), children: [paragraph("a"), { kind: "code", language: "", text: "x" }] }),
    ],
    [
      "|a|b|\n|:-:|--:|\n|1|`x`|\n|2|y|z|\nend",
      {
        kind: "table",
        columns: ["center", "end"],
        head: [["a"], ["b"]],
        rows: [
          [["1"], [code("x")]],
          [["2"], ["y"], ["z"]],
        ],
      },
      paragraph("end"),
    ],
    ["a \\| b | c\n-|-\n", { kind: "table", columns: ["start", "start"], head: [["a | b"], ["c"]], rows: [] }],
  ];
  for (const [text, ...blocks] of cases) test(JSON.stringify(text), () => expect(parse(text)).toEqual(blocks));
});

/** Shown exactly as typed, in one paragraph without marks. */
describe("text that is no clear mark stays as typed", () => {
  const texts = [
    ..."+ - * _ ` ~ | # > >_< >:( >>> -- *** ___ ** ~~ || $ \\ [] [x] ()".split(" "),
    ..."#channel #1 >a 1. 12) -5 +1 1.5 - [ ] -a *a".split(" "),
    "5*3*2 = 30",
    "2 * 3 * 4",
    "2**3**4",
    "a*b*c",
    "__init__.py, __main__ and snake_case_name",
    "_private and _other",
    "*.ts and *.js, *.*",
    '"*" or "*"',
    "f(*args, **kwargs)",
    "0 */2 * * *",
    "/*comment*/ /**doc**/",
    "src/_private_/a.ts",
    "¯\\_(ツ)_/¯ and ¯_(ツ)_/¯",
    "\\\\nas\\share\\_new",
    "C:\\_new_\\x",
    "\\d+\\.\\d+",
    "\\*args",
    "5 \\* 3",
    "**!** *?*",
    "** a ** and * b *",
    "a || b || c, a||b||c",
    "don`t and won`t",
    "` `",
    "def f():\n    return 1\n\treturn 2",
    "    indented",
    "    - four\n    - blanks",
    "a\n---\nb",
    "a\n===\nb",
    ">>> import os",
    ">> a",
    "a | b",
    "|a|b|\n|-|",
    "| | |\n|-|-|",
    "```",
    "```\n```",
    "~~~ hello ~~~\nyou",
    "<script>alert(1)</script>",
    "<b>x</b> &lt; &amp; <!-- a -->",
    "[a]: b",
    "[a][b]",
    "$a_b$ costs $5*3$ and $10*2",
    "$$x*y*z$$",
    "$$\n*a*\n$$",
    "\\(*a*\\) \\[_b_\\]",
    "trailing blanks  \nstay",
    "- ",
    "1) ",
  ];
  for (const text of texts) test(JSON.stringify(text), () => expect(parse(text)).toEqual([paragraph(text)]));
});

describe("a backslash that prevents a mark is hidden, and every other one is shown", () => {
  const cases: [string, string][] = [
    ["\\*a*", "*a*"],
    ["\\*a\\*", "*a*"],
    ["\\**a**", "**a**"],
    ["\\*\\*a\\*\\*", "**a**"],
    ["\\_a_ b", "_a_ b"],
    ["\\`a`", "`a`"],
    ["\\`a\\`", "`a`"],
    ["\\||a||", "||a||"],
    ["\\~~a\\~~", "~~a~~"],
    ["\\# a", "# a"],
    ["\\- a", "- a"],
    ["1\\. a", "1. a"],
    ["\\> a", "> a"],
    ["\\[a](https://a.example/)", "[a](https://a.example/)"],
    ["\\#a \\-a", "\\#a \\-a"],
    ["\\*a", "\\*a"],
    ["a\\*", "a\\*"],
    ["\\\\*a*", "\\\\*a*"],
    ["\\$5 and \\$6", "\\$5 and \\$6"],
  ];
  for (const [text, visible] of cases)
    test(JSON.stringify(text), () => {
      const blocks = parse(text);
      expect(shown(blocks)).toBe(visible);
      expect([...inlinesIn(blocks)].every((inline) => typeof inline === "string" || inline.kind === "link")).toBe(true);
    });

  test("it does not touch the marks around it", () => {
    expect(parse("*a\\* b*")).toEqual([paragraph(marked("em", "a* b"))]);
    expect(parse("*\\*a*")).toEqual([paragraph(marked("em", "*a"))]);
  });
});

describe("depth", () => {
  test("quotes and lists nest six deep, and deeper marks stay as typed", () => {
    const text = `${"> ".repeat(8)}a`;
    expect(shown(parse(text))).toBe("> > a");
    expect(shown(parse(`${"- ".repeat(8)}a`))).toBe("- - a");
  });

  test("a list of 150 lists is found whole", () => {
    const [first] = parse("- a\n  - b\n    - c\n      - d\n".repeat(150));
    expect(first?.kind === "list" && first.items.length).toBe(150);
  });
});
