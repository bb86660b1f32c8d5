import { describe, expect, test } from "bun:test";
import { mentionsOf } from "../../src/text/mentions.ts";
import { excerpt } from "../../src/text/plain.ts";

const none = { userIds: [], scope: undefined };

describe("the mentions of a text", () => {
  const cases: [string, string, { userIds: number[]; scope: "here" | "all" | undefined }][] = [
    ["people", "<@2> and <@3>, <@2>", { userIds: [2, 3], scope: undefined }],
    ["a scope", "<!here> lunch", { userIds: [], scope: "here" }],
    ["all before here", "<!here> <!all>", { userIds: [], scope: "all" }],
    [
      "people within marks, lists, headings and tables",
      "# <@1>\n- **<@2>**\n- ||<@3>||\n\n|a|\n|-|\n|<@4>|",
      { userIds: [1, 2, 3, 4], scope: undefined },
    ],
    ["the answer below a quote", "> <@1> said\n<@2>", { userIds: [2], scope: undefined }],
    ["nobody in a quote", "> <@1>\n> > <!all>", none],
    ["nobody in code", "`<@1>` ```\n<!all>\n```\n", none],
    ["nobody behind a backslash", "\\<@1> \\<!all>", none],
    ["nobody in a formula", "$<@1>$", none],
    ["nobody with a number that is no id", "<@0> <@01> <@2147483648> <@99999999999> <@-1> <@1.5>", none],
    ["nobody in other letters", "<@１２> <!ALL> <!everyone> <@ 1>", none],
  ];
  for (const [name, text, expected] of cases) test(`has ${name}`, () => expect(mentionsOf(text)).toEqual(expected));
});

test("a short form shows the names of mentioned people", () => {
  const nameOf = (of: number | string) => (of === 12 ? "Ann Example" : String(of));
  expect(excerpt("**<@12>** and <!all>: `<@12>`", 100, { nameOf })).toBe("@Ann Example and @all: <@12>");
});
