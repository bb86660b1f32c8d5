import { tintStyle } from "../../../web/colour.ts";
import tokens from "../../../web/design/tokens.css" with { type: "text" };
import mark from "../../../web/static/icons/icon.svg" with { type: "text" };
import { escaped, hashOf } from "../html.ts";
import layout from "./page.css" with { type: "text" };

/** A small page that needs no other file, for people who can't get the web client. */
export interface BarePage {
  title: string;
  text: string;
  /** The first one is the main one. */
  links?: readonly { to: string; text: string }[];
  /** The id to name in a report. */
  reportId?: string | undefined;
  /** The page loads itself anew after so many seconds. */
  reloadAfter?: number | undefined;
}

/** The server's name and colour (`#0f766e`), as admins chose them. */
export interface Look {
  name: string | null;
  color: string | null;
}

const compact = (css: string) =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1");
const STYLE = compact(tokens + layout);
/** Its colours come from the style. Its title would be a tooltip. */
const MARK = mark.replace(/<title>.*<\/title>/, "").replace("<svg ", '<svg class="mark" aria-hidden="true" ');

/** The page and the headers that belong to it. */
export function barePage({ title, text, links = [], reportId, reloadAfter }: BarePage, { name, color }: Look) {
  const style = STYLE + tintStyle(color);
  const actions = links.map(({ to, text }) => `<a href="${escaped(to)}">${escaped(text)}</a>`).join("\n        ");
  const html = `<!doctype html>
<html lang="en" dir="ltr">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <link rel="icon" href="data:,">
    <title>${escaped(title)}</title>
    <style>${style}</style>
  </head>
  <body>
    <main>
      <p class="brand">${MARK}<bdi>${escaped(name ?? "Confab")}</bdi></p>
      <h1>${escaped(title)}</h1>
      <p class="text">${escaped(text)}</p>${
        reportId === undefined ? "" : `\n      <p class="text">ID: <code>${escaped(reportId)}</code></p>`
      }${actions === "" ? "" : `\n      <p class="actions">\n        ${actions}\n      </p>`}
    </main>
  </body>
</html>
`;
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    // For HEAD, whose answer has no body to count.
    "Content-Length": String(Buffer.byteLength(html)),
    "Content-Language": "en",
    "Content-Security-Policy": [
      "default-src 'none'",
      `style-src ${hashOf(style)}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    ...(reloadAfter === undefined ? {} : { Refresh: String(reloadAfter) }),
  };
  return { html, headers };
}
