import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { $ } from "bun";
import { textsOf } from "./support/prose.ts";

// Holds the rules of CONTRIBUTING.md for comments, test names, texts and documents: how sentences begin, and that each
// reference leads somewhere. `bun test tests/english.test.ts` prints each fault as path:line.

const ROOT = join(import.meta.dir, "..");
const OPENING =
  /^(?:What|Whatever|Who|Whoever|Whom|Whose|Whichever|Which|So many|So much|Of those|Of these|Those who)\b(?!.*\?$)/;
const WORDS =
  /(?<!\b(?:this|that|no|each|every|another|(?:the|an?) \w+) )\bone['’]s\b|\boneself\b|\bnobody\b[^.]{0,80}\bany more\b/i;
const UNKNOWN_DOCUMENT = /\b(?:DESIGN|CONTRACT)\b|\b(?:FEATURES|FAULTS|KNOWN)(?:\.md| §)/;
const FOLDERS = "src|tests|scripts|docs|deploy|drizzle|patches|findings|\\.ci|\\.github";
const PATH = new RegExp(
  `(?<![\\w./<@-])(?:\\.\\./)*((?:${FOLDERS})/[\\w./@-]*[\\w/]|[\\w-]+(?:\\.[\\w-]+)*\\.(?:tsx?|sql|lua|md))(?![\\w*{<…]|/)`,
  "g",
);
const ELSEWHERE = /^(?:chat\.ts|index\.d\.ts|dist\/.*|node_modules\/.*)$/; // made by a build, or by you as you follow a page

const listed = await $`git ls-files --cached --others --exclude-standard`.cwd(ROOT).text();
const files = listed.split("\n").filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile());
const known = new Set(files.flatMap((path) => path.split("/").map((_, n, parts) => parts.slice(0, n + 1).join("/"))));
const names = new Set(files.map((path) => path.slice(path.lastIndexOf("/") + 1)));
const read = (path: string) => Bun.file(join(ROOT, path)).text();
const sections = new Set([...(await read("docs/contract.md")).matchAll(/^## (\d+)\./gm)].map(([, number]) => number));

/** The anchors of the headings, as GitHub makes them. */
const anchorsOf = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
    const text = heading.replace(/\[(.*?)\]\(.*?\)/g, "$1").toLowerCase();
    return text.replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
  });

/** Every fault of a file, as `path:line: the sentence or the reference`. */
async function faultsOf(path: string, source: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { line, text } of textsOf(path, source)) {
    const fault = (what: string) => faults.push(`${path}:${line}: ${what}`);
    for (const sentence of text.split(/(?<=[.!?:])\s+/).map((part) => part.trim().replace(/^[\s*#>"'`(_[]+/, "")))
      if (OPENING.test(sentence) || WORDS.test(sentence.replace(/`.*?`/g, ""))) fault(sentence.slice(0, 150));
    if (UNKNOWN_DOCUMENT.test(text)) fault(`cites a document that is not here: ${text.slice(0, 100)}`);
    for (const [, number = ""] of text.matchAll(/docs\/contract\.md §(\d+)/g))
      if (!sections.has(number)) fault(`docs/contract.md has no §${number}`);
    for (const [, named = ""] of text.replace(/\]\([^)]*\)/g, "]").matchAll(PATH)) {
      const target = named.replace(/\/$/, "");
      if (!(target.includes("/") ? known : names).has(target) && !ELSEWHERE.test(target))
        fault(`${named} does not exist`);
    }
    if (!path.endsWith(".md")) continue;
    // An example in code is no link.
    const prose = text.replace(/(`+).*?\1/g, "");
    for (const [, target = "", hash = ""] of prose.matchAll(/\]\((?!https?:|mailto:|\/)([^)#\s]*)(?:#([^)\s]*))?\)/g)) {
      const linked = target === "" ? path : normalize(join(dirname(path), target)).replace(/\/$/, "");
      if (!known.has(linked)) fault(`${target} does not exist`);
      else if (hash && !anchorsOf(linked === path ? source : await read(linked)).includes(hash))
        fault(`${target}#${hash} does not exist`);
    }
  }
  return faults;
}

test("every comment, test name, text and document keeps to plain English, and refers to what exists", async () => {
  const faults = await Promise.all(
    files.filter((path) => path !== "tests/english.test.ts").map(async (path) => faultsOf(path, await read(path))),
  );
  expect(faults.flat()).toEqual([]);
}, 60_000);

describe("a planted fault is found:", () => {
  test.each([
    ["src/a.ts", "// What is read here is cached.", "What is read here"],
    ["src/a.ts", "/** Reads it.\n * Whoever waits is told. */", "Whoever waits"],
    ["src/a.ts", "/** Reads it.\n * @param id Whose it is */", "Whose it is"],
    ["src/a.tsx", "const a = 1; // nobody reads it any more", "nobody reads it"],
    ["tests/a.test.ts", 'test("who leaves is told", () => {});', "Who leaves is told"],
    ["tests/a.test.ts", '  ])("so many as %s are told", () => {});', "So many"],
    ["src/web/texts/a.ts", 'a: "What you wrote is kept.",', "What you wrote"],
    ["a.sql", "SELECT 1; -- Of those it keeps one", "Of those"],
    ["a.yml", "# So many nodes may run", "So many nodes"],
    ["a.md", "It is there.\nWho asks gets it.", "Who asks gets it."],
    ["a.md", "| a | What counts |", "What counts"],
    ["a.md", "See [it](docs/nowhere.md).", "docs/nowhere.md does not exist"],
    ["a.md", "See [it](README.md#nowhere).", "README.md#nowhere does not exist"],
    ["a.md", "Type `[a](nowhere)` or [it](gone).", "gone does not exist"],
    ["src/a.ts", "// See src/nowhere/file.ts.", "src/nowhere/file.ts does not exist"],
    ["src/a.ts", "// nowhere.ts does it.", "nowhere.ts does not exist"],
    ["src/a.ts", "// See docs/contract.md §99.", "no §99"],
    ["src/a.ts", "// DESIGN §1: the sweep closes it.", "not here"],
    ["a.md", "Who is it? README.md tells. `one` is a word.", ""],
  ])("%s: %s", async (path, source, fault) => {
    const faults = await faultsOf(path, source);
    expect(faults.join()).toContain(fault);
    expect(faults).toHaveLength(fault === "" ? 0 : 1);
  });
});
