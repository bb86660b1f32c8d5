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
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

/** An address with its host. A bare `name.ext` does not count, because it may be a file name. */
const ADDRESS = /(?:https?:\s*\/\/|(?<![\p{L}\p{N}@])(?=www\.))([^\s/?#\\]*)\S*/gu;
const MAILBOX = /([^\s@<>()[\]"',;:]+)@([^\s@<>()[\]"',;:]+\.[^\s@<>()[\]"',;:]+)/gu;
const CLOSING = /[\p{Pe}\p{Pf}"'>.,;:!…]+$/u;

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
    if (!isMailbox(name, host.replace(CLOSING, ""), url)) return true;
  return false;
}

/** Returns the text as people read it. */
const folded = (text: string) =>
  text
    .normalize("NFKC")
    .replace(UNSEEN, "")
    .replace(/[∕⁄⧸꞉∶։。]/gu, (sign) => LOOKALIKES[sign] ?? sign)
    .toLowerCase();

function isHost(host: string, url: URL): boolean {
  const shown = `http://${host.replace(CLOSING, "")}`;
  return !host.includes("@") && URL.canParse(shown) && bare(new URL(shown).hostname) === bare(url.hostname);
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
