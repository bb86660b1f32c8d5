import ipaddr from "ipaddr.js";
import { z } from "zod";
import { SEARCH_LANGUAGES } from "../protocol/search.ts";

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

const SIZES: Record<string, number> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A number of bytes. */
export const size = z
  .string()
  .transform((text, context) => {
    const [, count, unit] = /^(\d{1,6})([kMGT]B|[KMGT]iB)$/.exec(text) ?? [];
    const bytes = Number(count) * (SIZES[unit ?? ""] ?? Number.NaN);
    if (bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
    context.addIssue("must be a size like 100MB or 5GB");
    return z.NEVER;
  })
  .describe("a size like `100MB` or `5GB`");

/** A number of bytes, or `off`. */
export const sizeOrOff = z
  .string()
  .transform((text, context) => {
    if (text === "off") return "off" as const;
    const parsed = size.safeParse(text);
    if (parsed.success) return parsed.data;
    context.addIssue("must be a size like 100MB or 5GB, or off");
    return z.NEVER;
  })
  .describe("a size like `100MB` or `5GB`, or `off`");

/** A folder, or a bucket on an S3 server and what its keys begin with. */
export const filePlace = z
  .string()
  .transform((text, context): { bucket: string; prefix: string } | string => {
    if (!text.includes("://")) return text;
    const [, bucket, prefix = ""] =
      /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:[\w.-]+\/?)*))?$/.exec(text) ?? [];
    if (bucket !== undefined) return { bucket, prefix: prefix.replace(/\/?$/, prefix === "" ? "" : "/") };
    context.addIssue("must be a folder, or a bucket like s3://confab-files/chat");
    return z.NEVER;
  })
  .optional()
  .describe("a folder, or a bucket like `s3://confab-files/chat`");

export const endpoint = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).search === "", {
    error: "must be an address like https://s3.example.com",
  })
  .optional()
  .describe("an address like `https://s3.example.com`");

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

/** Reads an address or a range of addresses. `undefined` when the text is neither. */
function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    if (!text.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
    const parsed = ipaddr.process(text);
    return [parsed, parsed.kind() === "ipv4" ? 32 : 128];
  } catch {
    return undefined;
  }
}

/** A number of proxies, or address ranges separated by commas. */
export const proxies = z
  .string()
  .transform((text, context) => {
    if (/^\d{1,2}$/.test(text)) return Number(text);
    return text.split(",").map((part) => {
      const range = rangeOf(part.trim());
      if (range) return range;
      context.addIssue(`"${part.trim()}" must be a number of proxies, or addresses like 10.0.0.0/8, 2001:db8::/32`);
      return z.NEVER;
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

/** Reads a host name as URLs have it. */
function hostNameOf(text: string, context: z.RefinementCtx): string {
  const name = /[/@:?#\\[]/.test(text) ? undefined : URL.parse(`http://${text}`)?.hostname;
  if (name && !ipaddr.isValid(name)) return name;
  context.addIssue(`"${text}" must be a host name like hooks.internal, or addresses like 10.0.0.0/8`);
  return z.NEVER;
}

/** Host names, addresses and ranges of addresses, separated by commas. */
export const privateHosts = z
  .string()
  .transform((text, context) => {
    const parts = text === "" ? [] : text.split(",").map((part) => part.trim().toLowerCase());
    const ranges = parts.flatMap((part) => {
      const range = rangeOf(part);
      return range ? [range] : [];
    });
    const hosts = parts.filter((part) => !rangeOf(part)).map((part) => hostNameOf(part, context));
    return { hosts, ranges };
  })
  .describe("host names or addresses like `hooks.internal,10.1.0.0/16`, separated by commas");

/** Names of languages, separated by commas. */
export const languages = z
  .string()
  .transform((text, context) => {
    const names = text === "" ? [] : [...new Set(text.split(",").map((name) => name.trim().toLowerCase()))];
    return names.flatMap((name) => {
      const language = SEARCH_LANGUAGES.find((known) => known === name);
      if (!language) context.addIssue(`"${name}" must be one of ${SEARCH_LANGUAGES.join(", ")}`);
      return language ?? [];
    });
  })
  .describe("languages like `german,english`, separated by commas");

/** The address of a scanner, read as a URL. */
export const scanner = z
  .string()
  .transform((text, context) => {
    const url = URL.parse(text);
    const isClamd = url?.protocol === "clamd:" && (url.hostname === "" ? url.pathname.length > 1 : url.port !== "");
    if (url && !url.username && !url.password && (isClamd || /^https?:$/.test(url.protocol))) return url;
    context.addIssue("must be like clamd://host:3310, clamd:///run/clamav/clamd.ctl or https://scan.example.com/");
    return z.NEVER;
  })
  .optional()
  .describe("`clamd://host:port`, `clamd:///path` or `https://…`");

export const color = z
  .string()
  .regex(/^#[\da-f]{6}$/i, { error: "must be a colour like #0f766e: # and six digits from 0 to f" })
  .toLowerCase()
  .optional()
  .describe("a colour like `#0f766e`");

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
