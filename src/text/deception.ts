import { withoutOtherScript } from "./addresses.ts";

/** Characters that look like those of an address. NFKC folds wide and small forms. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "∕": "/",
  "⁄": "/",
  "⧸": "/",
  "꞉": ":",
  "∶": ":",
  "։": ":",
  "。": ".",
};
/** These characters reverse the order of letters, so a reader sees other text. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/u;
/** Among these are the lines that combine with letters: under the line of a link nobody sees them. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}|\p{Cf}|\u0332|\u0333|\u0347/gu;

/**
 * An address with its host. A bare `name.end` may be the name of a file, so it counts only with an end that
 * no file has.
 */
const ADDRESS =
  /(?:https?:\s*\/+|(?<![a-z])[a-z]{2,9}:\/\/|(?<![\p{L}\p{N}@])(?=www\.)|(?<![\p{L}\p{N}@._-])(?=(?:[\p{L}\p{N}_-]+\.)+(?:com|org|edu|gov|mil|bank)(?![._-]*[\p{sc=Latin}\p{N}])))([^\s/?#]*)\S*/gu;
/** Begins at a border only. Otherwise a long word would take quadratic time. */
const MAILBOX = /(?<![^\s@<>()[\]"',;:])([^\s@<>()[\]"',;:]+)@([^\s@<>()[\]"',;:]+\.[^\s@<>()[\]"',;:]+)/gu;
const CLOSING = /[\p{Pe}\p{Pf}"'>.,;:!…]/u;

/**
 * Whether the text of a link makes its reader expect another target. It names another host or mailbox, or the address
 * hides its host behind a user name.
 * @param text the visible text of the link, without Markdown marks
 */
export function isDeceiving(url: URL, text: string): boolean {
  if (url.username !== "" || url.password !== "" || TURNING.test(text)) return true;
  const read = folded(text);
  for (const [, host = ""] of read.matchAll(ADDRESS)) if (!isHost(host, url)) return true;
  for (const [, name = "", host = ""] of read.replace(ADDRESS, " ").matchAll(MAILBOX))
    if (!isMailbox(name, trimmed(host), url)) return true;
  return false;
}

/** Returns the text as people read it. */
const folded = (text: string) =>
  text
    .normalize("NFKC")
    .replace(UNSEEN, "")
    .replace(/[∕⁄⧸꞉∶։。]/gu, (sign) => LOOKALIKES[sign] ?? sign)
    // A reader overlooks a backslash, or reads it as a slash.
    .replace(/\\(?=\p{P})/gu, "")
    .replaceAll("\\", "/")
    .toLowerCase();

function isHost(host: string, url: URL): boolean {
  const shown = `http://${withoutOtherScript(trimmed(host))}`;
  return !host.includes("@") && URL.canParse(shown) && bare(new URL(shown).hostname) === bare(url.hostname);
}

function trimmed(host: string): string {
  let end = host.length;
  while (end > 0 && CLOSING.test(host.charAt(end - 1))) end--;
  return host.slice(0, end);
}

const bare = (host: string) => host.replace(/\.$/, "");

/** A mailbox may also name a page of its host: `@ann@social.example`. */
const isMailbox = (name: string, host: string, url: URL) =>
  url.protocol === "mailto:" ? decoded(url.pathname) === `${name}@${host}` : isHost(host, url);

function decoded(path: string): string {
  try {
    return folded(decodeURIComponent(path));
  } catch {
    return path;
  }
}
