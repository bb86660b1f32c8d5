import { parse as parseRocketChat } from "@rocket.chat/message-parser";
import { parse as parseDiscord } from "discord-markdown-parser";
import MarkdownIt from "markdown-it";
import { marked } from "marked";
import { parse } from "../../src/text/parse.ts";
import { link, notation } from "./notation.ts";

/** Texts that people send. The parsers differ in them. */
const TEXTS = [
  "a **b** *c* _d_ ~~e~~ `f` ||g||",
  "「https://example.com」を参照",
  "https://example.com/foo。次",
  "“https://example.com/foo”",
  "https://[2001:db8::1]:8000/x",
  "WWW.EXAMPLE.COM",
  "[a](https://example.com/)",
  "[https://bank.example](https://evil.example/)",
  "+",
  "¯\\_(ツ)_/¯",
  "\\\\nas\\share\\_new",
  "\\d+\\.\\d+",
  ">_<",
  "> a\nb",
  "- a\n- b\nc",
  "10. a\n5. b",
  "1) a",
  "5*3*2 = 30",
  "__init__.py",
  '"*" or "*"',
  "**重要：**本文",
  "def f():\n    return 1",
  "$a*b*c$",
  "```js\na\n```",
  "```\na\nb```",
  "|a|b|\n|-|-|\n|1|2|3|",
  "<@12> **hi** `<@12>`",
  "<!all> a<@12>b",
];

/** Each parser with the options of a chat, in the notation of docs/text.md. */
const parsers: Record<string, (text: string) => string> = {
  Confab: (text) => notation(parse(text)),
  marked: (text) => ofHtml(marked.parse(text, { async: false, gfm: true, breaks: true })),
  "markdown-it": (text) => ofHtml(markdownIt.render(text)),
  "Rocket.Chat": (text) => ofRocketChat(parseRocketChat(text, { emoticons: false, colors: false })).trim(),
  Discord: (text) => ofDiscord(parseDiscord(text)),
};

const markdownIt = new MarkdownIt({ linkify: true, breaks: true });

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" };
const RENAMED: Readonly<Record<string, string>> = { s: "del", blockquote: "quote", ul: "list", ol: "list" };

/** Only what the page of rules shows: the inputs have no nested lists. */
function ofHtml(html: string): string {
  return html
    .replace(/<ol(?: start="(\d+)")?>([\s\S]*?)<\/ol>/g, (_, start = "1", items: string) => {
      let number = Number(start);
      return `<list>${items.replace(/<li>/g, () => `${number++}. `)}</list>`;
    })
    .replace(
      /<pre><code(?: class="language-(\w+)")?>([\s\S]*?)\n?<\/code><\/pre>/g,
      (_, language = "", code) => `<pre${language && ` ${language}`}>${code}</pre>`,
    )
    .replace(/<a href="([^"]*)">([\s\S]*?)<\/a>/g, (_, href: string, text: string) => link(text, decoded(href)))
    .replace(/<br>\n?/g, "\n")
    .replace(/<li>/g, "• ")
    .replace(/<\/th>\s*<th>|<\/td>\s*<td>/g, ", ")
    .replace(/<\/?(?:p|li|thead|tbody|tr|th|td)>/g, "")
    .replace(/<(\/?)(s|blockquote|ul|ol)>/g, (_, slash, name) => `<${slash}${RENAMED[name]}>`)
    .replace(/&(\w+|#39);/g, (whole, name) => ENTITIES[name] ?? whole)
    .replace(/\n+/g, "\n")
    .replace(/(<(?:quote|list|table)>)\n/g, "$1")
    .replace(/\n(<\/(?:quote|list|table)>)/g, "$1")
    .trim()
    .replaceAll("\n", "⏎");
}

/** Where a link leads, as people read it. */
function decoded(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    return href;
  }
}

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? ""));
const isNode = (node: Json): node is { readonly [key: string]: Json } =>
  typeof node === "object" && node !== null && !Array.isArray(node);

const ROCKET_CHAT: Readonly<Record<string, string>> = {
  BOLD: "strong",
  ITALIC: "em",
  STRIKE: "del",
  SPOILER: "spoiler",
  INLINE_CODE: "code",
};

function ofRocketChat(root: unknown): string {
  const all = (node: Json, between = ""): string =>
    Array.isArray(node) ? node.map((one) => of(one)).join(between) : of(node);
  const of = (node: Json): string => {
    if (Array.isArray(node)) return all(node, "⏎");
    if (!isNode(node)) return String(node ?? "");
    const { type, value } = node;
    const tag = ROCKET_CHAT[String(type)];
    if (tag) return `<${tag}>${all(value)}</${tag}>`;
    switch (type) {
      case "LINK":
        return isNode(value) ? link(all(value["label"]), of(value["src"])) : "";
      case "QUOTE":
        return `<quote>${all(value, "⏎")}</quote>`;
      case "HEADING":
        return `<h${node["level"]}>${all(value)}</h${node["level"]}>`;
      case "CODE":
        return `<pre${node["language"] && node["language"] !== "none" ? ` ${node["language"]}` : ""}>${all(value, "⏎")}</pre>`;
      case "UNORDERED_LIST":
      case "ORDERED_LIST":
      case "TASKS":
        return `<list>${all(value, "⏎")}</list>`;
      case "LIST_ITEM":
        return `${node["number"] === undefined ? "•" : `${node["number"]}.`} ${all(value)}`;
      case "TASK":
        return `${node["status"] ? "☑" : "☐"} ${all(value)}`;
      case "TABLE":
        return isNode(value) ? `<table>${all(value["header"], ", ")}⏎${all(value["rows"], "⏎")}</table>` : "";
      case "TABLE_ROW":
        return all(value, ", ");
      case "LINE_BREAK":
        return "⏎";
      case "INLINE_KATEX":
      case "KATEX":
        return `<formula>${all(value)}</formula>`;
      default:
        return all(value);
    }
  };
  return of(plain(root));
}

const DISCORD: Readonly<Record<string, string>> = {
  strong: "strong",
  em: "em",
  strikethrough: "del",
  spoiler: "spoiler",
  inlineCode: "code",
  underline: "u",
  blockQuote: "quote",
};

function ofDiscord(root: unknown): string {
  const of = (node: Json): string => {
    if (Array.isArray(node)) return node.map(of).join("");
    if (!isNode(node)) return String(node ?? "").replaceAll("\n", "⏎");
    const content = of(node["content"]);
    const tag = DISCORD[String(node["type"])];
    if (tag) return `<${tag}>${content}</${tag}>`;
    switch (node["type"]) {
      case "br":
        return "⏎";
      case "user":
        return `<mention ${node["id"]}>`;
      case "url":
      case "autolink":
      case "link":
        return link(content, String(node["target"]));
      case "codeBlock":
        return `<pre${node["lang"] ? ` ${node["lang"]}` : ""}>${content}</pre>`;
      case "heading":
        return `<h${node["level"]}>${content}</h${node["level"]}>`;
      default:
        return content;
    }
  };
  return of(plain(root));
}

/** The rows of the table in docs/text.md. A peer that agrees has an equals sign. */
export const peerRows = () =>
  TEXTS.map((text) => {
    const [own = "", ...others] = Object.values(parsers).map((parser) => parser(text));
    const cells = [text.replaceAll("\n", "⏎"), own, ...others.map((other) => (other === own ? "=" : other))];
    return `| ${cells.map(cell).join(" | ")} |`;
  });

function cell(text: string): string {
  if (text === "=") return "=";
  const sign = text.includes("```") ? "````" : text.includes("`") ? "``" : "`";
  const pad = /^`|`$|^ .*\S.* $/.test(text) ? " " : "";
  return `${sign}${pad}${text.replaceAll("|", "\\|")}${pad}${sign}`;
}

// `bun tests/text/peers.ts` prints the rows.
if (import.meta.main) process.stdout.write(`${peerRows().join("\n")}\n`);
