import ipaddr from "ipaddr.js";
import { z } from "zod";

// Each schema reads the text of one setting. Its description completes the sentence "The setting takes …" in docs/settings.md.

const UNITS: Record<string, number> = { s: 1, second: 1, m: 60, minute: 60, h: 3600, hour: 3600, d: 86400, day: 86400 };
const unitPattern = Object.keys(UNITS).join("|");

/** A number of events in a time of at most one day: `20/minute`, `50/10s` or `off`. */
export const rate = z
  .string()
  .transform((text, context) => {
    if (text === "off") return "off" as const;
    const [, limit, count, unit] = new RegExp(`^(\\d{1,9})/(\\d{0,6})(${unitPattern})$`).exec(text) ?? [];
    const windowMs = Number(count || 1) * (UNITS[unit ?? ""] ?? 0) * 1000;
    if (limit === undefined || Number(limit) === 0 || windowMs === 0 || windowMs > 86_400_000) {
      context.addIssue("must be a rate like 20/minute or 50/10s, a day at most, or off");
      return z.NEVER;
    }
    return { limit: Number(limit), windowMs };
  })
  .describe("a rate like `20/minute` or `50/10s`, or `off`");

const msOf = (text: string) => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN) * 1000;
  return ms > 0 ? ms : undefined;
};

/** A time, read as milliseconds. */
export const duration = z
  .string()
  .transform((text, context) => {
    const ms = msOf(text);
    if (ms === undefined) context.addIssue("must be a time like 24h or 30d");
    return ms ?? z.NEVER;
  })
  .describe("a time like `24h` or `30d`");

/** A time, read as milliseconds, or `forever`. */
export const retention = z
  .string()
  .transform((text, context) => {
    if (text === "forever") return "forever" as const;
    const ms = msOf(text);
    if (ms === undefined) context.addIssue("must be a time like 24h or 30d, or forever");
    return ms ?? z.NEVER;
  })
  .describe("a time like `24h` or `30d`, or `forever`");

export const integer = (min: number, max: number) => {
  const range = `a whole number from ${min} to ${max}`;
  const error = `must be ${range}`;
  return z
    .string()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }))
    .describe(range);
};

export const oneOf = <const T extends string>(...values: [T, ...T[]]) =>
  z
    .enum(values, { error: `must be ${values.join(" or ")}` })
    .describe(values.map((value) => `\`${value}\``).join(" or "));

export const folder = z.string().describe("a folder");
export const address = z.string().describe("an address");

/** Origins, separated by commas. */
export const origins = z
  .string()
  .transform((text, context) => {
    const list = text === "" ? [] : text.split(",").map((origin) => origin.trim());
    for (const origin of list)
      if (!isOrigin(origin))
        context.addIssue(`"${origin}" must be an origin like https://chat.example.com, without a path`);
    return list;
  })
  .describe("origins like `https://www.example.com`, separated by commas");

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** A number of proxies, or address ranges separated by commas. */
export const proxies = z
  .string()
  .transform((text, context) => {
    if (/^\d{1,2}$/.test(text)) return Number(text);
    return text.split(",").map((range) => {
      const trimmed = range.trim();
      try {
        if (trimmed.includes("/")) return ipaddr.parseCIDR(trimmed);
        if (!trimmed.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(trimmed)) throw new Error("no address");
        const parsed = ipaddr.process(trimmed);
        return [parsed, parsed.kind() === "ipv4" ? 32 : 128] satisfies [ipaddr.IPv4 | ipaddr.IPv6, number];
      } catch {
        context.addIssue(`"${trimmed}" must be a number of proxies, or addresses like 10.0.0.0/8, 2001:db8::/32`);
        return z.NEVER;
      }
    });
  })
  .describe("a number, or addresses like `10.0.0.0/8`, separated by commas");

export const publicUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && isOrigin(text), {
    error: "must be an origin like https://chat.example.com, without a path",
  })
  .optional()
  .describe("an origin like `https://chat.example.com`");

/** Host names, with or without a port, separated by commas. */
export const hosts = z
  .string()
  .transform((text, context) => {
    const list = text.split(",").map((host) => host.trim().toLowerCase());
    for (const host of list)
      if (!/^[\w.-]+(:\d{1,5})?$|^\[[\da-f:]+\](:\d{1,5})?$/.test(host))
        context.addIssue(`"${host}" must be a host name like chat.example.com`);
    return list;
  })
  .optional()
  .describe("host names like `chat.example.com`, separated by commas");

export const contact = z
  .string()
  .refine((text) => /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(text), {
    error: "must be like mailto:security@example.com or https://example.com/security",
  })
  .optional()
  .describe("`mailto:…` or `https://…`");

export const databaseUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
    error: "must be a URL like postgres://user:password@host:5432/database",
  })
  .optional()
  .describe("a URL like `postgres://user:password@host:5432/database`");

export const redisUrl = z
  .string()
  .refine((text) => /^(rediss?|redis\+sentinel):\/\/[^/]+/.test(text), {
    error: "must be a URL like redis://host:6379, rediss://… or redis+sentinel://host:26379,host:26379/name",
  })
  .optional()
  .describe("`redis://host:6379`, `rediss://…` (TLS) or `redis+sentinel://host,host/name`");
