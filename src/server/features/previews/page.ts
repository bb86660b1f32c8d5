import { TextDecoder } from "node:util";
import { decodeHTML } from "entities/decode";
import type { Preview } from "../../../protocol/previews.ts";
import type { OutsideAnswer } from "../../platform/outbound/answer.ts";
import { OutsideError } from "../../platform/outbound/error.ts";

const HTML = /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i;
/** The longest texts of a preview, in bytes of UTF-8. With three previews they fit into the fields of a message. */
const BYTES_MAX = { title: 300, description: 600, site: 100 };
/** The most UTF-16 units of a text that are looked at. */
const RAW_MOST = 5_000;
/** After each piece of a page, everything else in the node has its turn. */
const PIECE_BYTES = 16 * 1024;
/** Among these are the signs that turn the direction of everything after them. */
const UNWANTED = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Reads what a page says about itself. `undefined`: it is no page, or has no title. */
export async function pageOf(answer: OutsideAnswer): Promise<Omit<Preview, "url"> | undefined> {
  const type = answer.headers["content-type"] ?? "";
  if (answer.status !== 200 || !HTML.test(type)) {
    answer.close();
    return undefined;
  }
  const bytes = await headOf(answer.body);
  const facts = await factsOf(textOf(bytes, type));
  const title = shown(facts.get("og:title") ?? facts.get("twitter:title") ?? facts.get("title"), BYTES_MAX.title);
  if (title === "") return undefined;
  const description = shown(
    facts.get("og:description") ?? facts.get("twitter:description") ?? facts.get("description"),
    BYTES_MAX.description,
  );
  const site = shown(facts.get("og:site_name"), BYTES_MAX.site);
  return { title, ...(description && { description }), ...(site && { site }) };
}

/** The bytes up to the page's body, or up to the limit of the answer. */
async function headOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let last = "";
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      last = last.slice(-8) + Buffer.from(chunk).toString("latin1");
      if (/<body[\s>]/i.test(last)) break;
    }
  } catch (error) {
    if (!(error instanceof OutsideError && error.fault === "too_large")) throw error;
  }
  return Buffer.concat(chunks);
}

function textOf(bytes: Uint8Array, type: string): string {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  const declared =
    /;\s*charset\s*=\s*["']?([^\s"';]+)/i.exec(type) ?? /<meta[^>]*\bcharset\s*=\s*["']?([\w.:-]+)/i.exec(start);
  const isUtf16 = start.startsWith("\xff\xfe") ? "utf-16le" : start.startsWith("\xfe\xff") ? "utf-16be" : undefined;
  for (const name of [isUtf16, start.startsWith("\xef\xbb\xbf") ? "utf-8" : undefined, declared?.[1]])
    if (name !== undefined)
      try {
        return new TextDecoder(name).decode(bytes);
      } catch {
        // No such encoding.
      }
  return new TextDecoder().decode(bytes);
}

/** The texts of the page's title and of its `meta` elements, as written: the first one of each name. */
async function factsOf(html: string): Promise<Map<string, string>> {
  const facts = new Map<string, string>();
  let title = "";
  let titles = 0;
  const rewriter = new HTMLRewriter()
    .on("meta", {
      element(meta) {
        const name = (meta.getAttribute("property") ?? meta.getAttribute("name"))?.toLowerCase();
        const content = meta.getAttribute("content");
        if (name && content?.trim() && facts.size < 100 && !facts.has(name)) facts.set(name, content);
      },
    })
    .on("title", {
      element() {
        titles++;
      },
      text({ text }) {
        if (titles === 1 && title.length < RAW_MOST) title += text;
      },
    });
  const bytes = new TextEncoder().encode(html);
  let at = 0;
  const source = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise(setImmediate);
      controller.enqueue(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      if (at >= bytes.length) controller.close();
    },
  });
  await rewriter.transform(new Response(source)).arrayBuffer();
  if (title.trim()) facts.set("title", title);
  return facts;
}

/** The text as a card shows it: in one line, without signs that nobody sees, cut to a number of bytes. */
function shown(raw: string | undefined, max: number): string {
  const text = decodeHTML((raw ?? "").slice(0, RAW_MOST)).toWellFormed();
  const clean = text
    .replace(/[\p{Cc}\s]+/gu, " ")
    .replace(UNWANTED, "")
    .trim();
  if (Buffer.byteLength(clean) <= max) return clean;
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(clean.slice(0, max))) {
    if (Buffer.byteLength(cut + segment) > max - 3) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}
