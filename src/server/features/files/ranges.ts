import { Failure } from "../../base/failure.ts";
import type { ByteRange } from "../../platform/blobs/blobs.ts";

/**
 * The part of a file that a request wants; `undefined` for the whole. Several parts at once count as the whole, as RFC
 * 9110 §14.2 allows: they could ask for the same bytes many times.
 * @throws Failure `range_not_satisfiable`
 */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  // Other units are ignored.
  if (header === undefined || !/^bytes\s*=/i.test(header)) return undefined;
  const parts = header.slice(header.indexOf("=") + 1).split(",");
  const ranges = parts.map((part) => oneRange(part.trim(), bytes)).filter((range) => range !== undefined);
  const [first] = ranges;
  if (!first) throw new Failure("range_not_satisfiable");
  return parts.length === 1 ? first : undefined;
}

function oneRange(text: string, bytes: number): ByteRange | undefined {
  const [, from = "", to = ""] = /^(\d{0,16})-(\d{0,16})$/.exec(text) ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes : Math.min(bytes, Number(to) + 1);
  return start < end ? { start, end } : undefined;
}

/** Whether a list of tags in a request names this one. Proxies make tags weak, and a weak tag names the same bytes. */
export const namesTag = (header: string | undefined, tag: string) =>
  header?.split(/\s*,\s*/).some((name) => name === "*" || name.replace(/^W\//, "") === tag) ?? false;
