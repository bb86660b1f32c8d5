/** Signs that look like those of an address, and what they look like. Wide and small forms are folded by NFKC. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "∕": "/",
  "⁄": "/",
  "⧸": "/",
  "꞉": ":",
  "∶": ":",
  "։": ":",
  "。": ".",
};
/** They turn letters round, so that others are read than stand there. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/u;
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

/** An address with its host. A bare `name.ext` is none: it is a file's name as often. */
const ADDRESS = /(?:https?:\s*\/\/|(?<![\p{L}\p{N}@])(?=www\.))([^\s/?#\\]*)\S*/gu;
const MAILBOX = /([^\s@<>()[\]"',;:]+)@([^\s@<>()[\]"',;:]+\.[^\s@<>()[\]"',;:]+)/gu;
const CLOSING = /[\p{Pe}\p{Pf}"'>.,;:!…]+$/u;

/**
 * Whether somebody who reads the text of a link takes it to lead elsewhere than it does: it names another host or
 * mailbox, or the address hides its host behind a user's name.
 * @param text what of the link can be read, without its marks
 */
export function isDeceiving(url: URL, text: string): boolean {
  if (url.username !== "" || url.password !== "" || TURNING.test(text)) return true;
  const read = folded(text);
  for (const [, host = ""] of read.matchAll(ADDRESS)) if (!isHost(host, url)) return true;
  for (const [, name = "", host = ""] of read.replace(ADDRESS, " ").matchAll(MAILBOX))
    if (!isMailbox(name, host.replace(CLOSING, ""), url)) return true;
  return false;
}

/** As eyes see it. */
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

/** A mailbox may also stand for a page of its own host: `@ann@social.example`. */
const isMailbox = (name: string, host: string, url: URL) =>
  url.protocol === "mailto:" ? decoded(url.pathname) === `${name}@${host}` : isHost(host, url);

function decoded(path: string): string {
  try {
    return folded(decodeURIComponent(path));
  } catch {
    return path;
  }
}
