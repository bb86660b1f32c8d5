import type { LimitInForce } from "../../../protocol/admin.ts";
import { count, numbers } from "../format.ts";
import { bytes, duration } from "./format.ts";

/** `minute` for one minute, `10 seconds` for ten. */
const each = (ms: number) => duration(ms).replace(/^1 /, "");

function limitText({ value, unit, window_ms }: LimitInForce): string {
  if (typeof value === "string") return value;
  if (value === null) return unit === "ms" ? "for ever" : "off";
  if (unit === "hits") return `${numbers.format(value)} per ${each(window_ms ?? 1000)}`;
  if (unit === "ms") return duration(value);
  if (unit === "bytes") return bytes(value);
  return unit === "characters" ? count(value, "character", "characters") : numbers.format(value);
}

/** The texts of the limits in force. */
export const limits = {
  intro: "The limits of this server. You change a limit that has a setting when you start the server.",
  what: "Limit",
  value: "Value",
  setting: "Setting",
  fixed: "fixed",
  valueOf: limitText,
};
