import { before, isInWord } from "./borders.ts";

/** A run of text from a place to `end`: a link, or text without marks when it has no `href`. */
interface Address {
  end: number;
  href: string | undefined;
}

const LABEL = "[\\p{L}\\p{N}\\p{M}_](?:[\\p{L}\\p{N}\\p{M}_-]{0,62})";
/** Bounded, so that many beginnings of addresses in a row take linear time. */
const HOST = `${LABEL}(?:\\.${LABEL}){0,20}\\.?`;
const WEB = new RegExp(`https?://(${HOST}|\\[[\\da-f:.]{2,45}\\])(:\\d{1,5}(?!\\d))?`, "iuy");
const WWW = new RegExp(`www\\.(${LABEL}(?:\\.${LABEL}){1,20}\\.?)(:\\d{1,5}(?!\\d))?`, "iuy");
/** A name before a host can hide the host: `https://bank.example@evil.example`. */
const HAS_NAME = /(?::[^\s/?#@]{0,255})?@/uy;
const HOST_GOES_ON = /^\.?[\p{L}\p{N}\p{M}_-]/u;
/**
 * The characters of the rest of an address, up to the next bracket. Spaces, quotes, brackets and punctuation of other
 * scripts end it.
 */
const REST = /(?:[\p{L}\p{N}\p{M}]|[!#$%&'*+,\-./:;=?@_~])*/uy;
/** A name of ASCII letters ends where letters of another script follow: `https://example.comを参照`. */
const OTHER_SCRIPT = /^([a-z]{2,})[^\0-\x7f]/i;
const TRAILING = /[.,!?;:'*_~([]/;

/** The address of the web at a place. */
export function webAddress(text: string, at: number): Address | undefined {
  const isWww = /w/i.test(text.charAt(at));
  if (isInWord(text, at) || (isWww && /[@./-]/.test(before(text, at)))) return undefined;
  const found = sticky(isWww ? WWW : WEB, text, at);
  if (!found) return undefined;
  const [whole, host = "", port = ""] = found;
  const cut = cutHost(host);
  if (cut < host.length) {
    const end = at + whole.length - port.length - host.length + cut;
    return linked(text, at, end, isWww);
  }
  const end = at + whole.length;
  // A host that goes on is longer than any. Its beginning would lead elsewhere.
  if (sticky(HAS_NAME, text, end) || (port === "" && HOST_GOES_ON.test(text.slice(end, end + 3))))
    return { end: runEnd(text, end), href: undefined };
  const last = trimmedEnd(text, at, /[/?#]/.test(text.charAt(end)) ? restEnd(text, end) : end);
  // Its rest is passed too. Otherwise many addresses in a row, all of them wrong, would take quadratic time.
  return linked(text, at, last, isWww) ?? { end: Math.max(last, end), href: undefined };
}

/** A host up to letters of another script in its last name. */
export const withoutOtherScript = (host: string) => host.slice(0, cutHost(host));

function cutHost(host: string): number {
  const start = host.lastIndexOf(".") + 1;
  const ascii = OTHER_SCRIPT.exec(host.slice(start))?.[1];
  return start > 0 && ascii !== undefined ? start + ascii.length : host.length;
}

function linked(text: string, at: number, end: number, isWww: boolean): Address | undefined {
  const shown = text.slice(at, end);
  const url = urlOf(isWww ? `http://${shown}` : shown);
  return url ? { end, href: url.href } : undefined;
}

/** Where the rest of an address ends: before a closing bracket that was not opened in it, at the latest. */
function restEnd(text: string, from: number): number {
  let end = from;
  const open = { ")": 0, "]": 0 };
  for (; ; end++) {
    end += sticky(REST, text, end)?.[0].length ?? 0;
    const character = text.charAt(end);
    if (character === "(") open[")"]++;
    else if (character === "[") open["]"]++;
    else if ((character !== ")" && character !== "]") || --open[character] < 0) return end;
  }
}

/** The end of an address without the punctuation and the opening brackets of the sentence around it. */
function trimmedEnd(text: string, start: number, limit: number): number {
  let end = limit;
  while (end > start && TRAILING.test(text.charAt(end - 1))) end--;
  return end;
}

function runEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && !/\s/.test(text.charAt(end))) end++;
  return end;
}

const LOCAL = /[\p{L}\p{N}\p{M}._%+-]/u;
const LOCAL_MAX = 64;
const MAIL_HOST = new RegExp(
  `@((?:${LABEL.replaceAll("_", "")}\\.){1,20}\\p{L}[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])`,
  "uy",
);

/** The mailboxes of a text, by the place where each begins. */
export function mailAddresses(text: string): ReadonlyMap<number, Address> {
  const found = new Map<number, Address>();
  for (let sign = text.indexOf("@"); sign >= 0; sign = text.indexOf("@", sign + 1)) {
    const start = localStart(text, sign);
    const host = sticky(MAIL_HOST, text, sign)?.[1] ?? "";
    const end = sign + 1 + cutHost(host);
    // Text after a colon belongs to it, as in `git@example.com:path`. A sign before it is no part of a mailbox.
    if (start === sign || host === "" || /^[:/@]\S/.test(text.slice(end, end + 2)) || /[@/]/.test(before(text, start)))
      continue;
    const url = urlOf(`mailto:${text.slice(start, end)}`);
    if (url) found.set(start, { end, href: url.href });
  }
  return found;
}

function localStart(text: string, sign: number): number {
  let start = sign;
  while (sign - start < LOCAL_MAX) {
    const previous = before(text, start);
    if (previous === "" || !LOCAL.test(previous)) break;
    start -= previous.length;
  }
  while (start < sign && /[._%+-]/.test(text.charAt(start))) start++;
  return isInWord(text, start) ? sign : start;
}

/** Longer targets are no links. */
const TARGET_MAX = 2000;

/** The target of `[text](target)`, when it leads to the web or to a mailbox. */
export function target(text: string): URL | undefined {
  if (text.length > TARGET_MAX || !/^(?:https?:\/\/[^\s/?#]|mailto:[^\s])/i.test(text) || /[\s<>]/.test(text))
    return undefined;
  return urlOf(text);
}

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
