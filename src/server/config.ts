import { homedir } from "node:os";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** `20/minute`, `50/10s` or `off`. */
const UNITS: Record<string, number> = { s: 1, second: 1, m: 60, minute: 60, h: 3600, hour: 3600, d: 86400, day: 86400 };
const unitPattern = Object.keys(UNITS).join("|");

const rate = z.string().transform((text, context) => {
  if (text === "off") return "off" as const;
  const [, limit, count, unit] = new RegExp(`^(\\d{1,9})/(\\d{0,6})(${unitPattern})$`).exec(text) ?? [];
  const windowMs = Number(count || 1) * (UNITS[unit ?? ""] ?? 0) * 1000;
  if (limit === undefined || Number(limit) === 0 || windowMs === 0 || windowMs > 86_400_000) {
    context.addIssue("must be a rate like 20/minute or 50/10s, a day at most, or off");
    return z.NEVER;
  }
  return { limit: Number(limit), windowMs };
});

const msOf = (text: string) => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN) * 1000;
  return ms > 0 ? ms : undefined;
};

const duration = z.string().transform((text, context) => {
  const ms = msOf(text);
  if (ms === undefined) context.addIssue("must be a time like 24h or 30d");
  return ms ?? z.NEVER;
});

const retention = z.string().transform((text, context) => {
  if (text === "forever") return "forever" as const;
  const ms = msOf(text);
  if (ms === undefined) context.addIssue("must be a time like 24h or 30d, or forever");
  return ms ?? z.NEVER;
});

const integer = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
};

const oneOf = <const T extends string>(...values: [T, ...T[]]) =>
  z.enum(values, { error: `must be ${values.join(" or ")}` });

const origins = z.string().transform((text, context) => {
  const list = text === "" ? [] : text.split(",").map((origin) => origin.trim());
  for (const origin of list)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      context.addIssue(`"${origin}" must be an origin like https://chat.example.com, without a path`);
  return list;
});

const proxies = z.string().transform((text, context) => {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  return text.split(",").map((range) => {
    const trimmed = range.trim();
    try {
      if (trimmed.includes("/")) return ipaddr.parseCIDR(trimmed);
      if (!trimmed.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(trimmed)) throw new Error("no address");
      const address = ipaddr.process(trimmed);
      return [address, address.kind() === "ipv4" ? 32 : 128] satisfies [ipaddr.IPv4 | ipaddr.IPv6, number];
    } catch {
      context.addIssue(`"${trimmed}" must be a number of proxies, or addresses like 10.0.0.0/8, 2001:db8::/32`);
      return z.NEVER;
    }
  });
});

const publicUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text, {
    error: "must be an origin like https://chat.example.com, without a path",
  })
  .optional();

const hosts = z
  .string()
  .transform((text, context) => {
    const list = text.split(",").map((host) => host.trim().toLowerCase());
    for (const host of list)
      if (!/^[\w.-]+(:\d{1,5})?$|^\[[\da-f:]+\](:\d{1,5})?$/.test(host))
        context.addIssue(`"${host}" must be a host name like chat.example.com`);
    return list;
  })
  .optional();

const contact = z
  .string()
  .refine((text) => /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(text), {
    error: "must be like mailto:security@example.com or https://example.com/security",
  })
  .optional();

const databaseUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
    error: "must be a URL like postgres://user:password@host:5432/database",
  })
  .optional();

const redisUrl = z
  .string()
  .refine((text) => /^(rediss?|redis\+sentinel):\/\/[^/]+/.test(text), {
    error: "must be a URL like redis://host:6379, rediss://… or redis+sentinel://host:26379,host:26379/name",
  })
  .optional();

interface Setting {
  doc: string;
  /** In the form in which it would stand in the environment; `undefined`: not set. */
  default: string | undefined;
  schema: z.ZodType;
}

/** Every setting. `--help`, `.env.example` and the start's checks are made of this table. */
export const settings = {
  PORT: { doc: "Port to listen on.", default: "8000", schema: integer(0, 65535) },
  HOST: { doc: "Address to listen on.", default: "0.0.0.0", schema: z.string() },
  PUBLIC_URL: {
    doc: "Where people open this server, like https://chat.example.com: links and the printed address use it.",
    default: undefined,
    schema: publicUrl,
  },
  ALLOWED_HOSTS: {
    doc: "Host names that requests may ask for, separated by commas; that of PUBLIC_URL always may be. Unset: any.",
    default: undefined,
    schema: hosts,
  },
  DATA_DIR: {
    doc: "Folder of the embedded database. Not used with DATABASE_URL.",
    default: "data",
    schema: z.string(),
  },
  STATE_DIR: {
    doc: "Where the embedded database notes its clean stops, outside DATA_DIR. Unset: confab in XDG_STATE_HOME or ~/.local/state.",
    default: undefined,
    schema: z.string().optional(),
  },
  DATABASE_URL: {
    doc: "PostgreSQL 15 or newer, as postgres://user:password@host:5432/database. Unset: the embedded database.",
    default: undefined,
    schema: databaseUrl,
  },
  REDIS_URL: {
    doc: "Redis 7 or newer, for many nodes on one DATABASE_URL: redis://host:6379, rediss:// (TLS), or redis+sentinel://host,host/name.",
    default: undefined,
    schema: redisUrl,
  },
  REDIS_TLS_CHECK: {
    doc: "off: with rediss://, believe any certificate, as Heroku's Redis needs it. The connection is encrypted all the same.",
    default: "on",
    schema: oneOf("on", "off"),
  },
  MESSAGE_WINDOW_TTL: {
    doc: "How long Redis keeps the newest messages of a conversation that is silent.",
    default: "24h",
    schema: duration,
  },
  DATABASE_POOL_SIZE: {
    doc: "Connections to PostgreSQL, beside up to six for the message log and the node's lock.",
    default: "10",
    schema: integer(1, 1000),
  },
  AUTO_MIGRATE: {
    doc: "on: bring the database's tables up to date at start. off: refuse to start when they are not (run `migrate`).",
    default: "on",
    schema: oneOf("on", "off"),
  },
  EMBEDDED_SYNC: {
    doc: "on: the embedded database acks a message once the disk has it. off: faster on slow disks, but a loss of power may take the newest messages, or all.",
    default: "on",
    schema: oneOf("on", "off"),
  },
  LOG_LEVEL: {
    doc: "Least level that is logged.",
    default: "info",
    schema: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  },
  LOG_DIR: {
    doc: "Folder of app.log, api.log and security.log, each kept six times 10 MB. off: standard output only.",
    default: "logs",
    schema: z.string(),
  },
  LOG_FORMAT: {
    doc: "Standard output as JSON or for reading; auto: for reading on a terminal.",
    default: "auto",
    schema: oneOf("auto", "json", "pretty"),
  },
  FIRST_USER: {
    doc: "superuser: on a fresh server the printed set-up code, or the page on this machine, makes a superuser. member: only createsuperuser does.",
    default: "superuser",
    schema: oneOf("superuser", "member"),
  },
  REGISTRATION: {
    doc: "Who may register: anybody, only people with an invite link, or nobody. Unset: what an admin chose in the page, else open.",
    default: undefined,
    schema: oneOf("open", "invite", "closed").optional(),
  },
  NAMES: {
    doc: "letters: first and last names of letters. any: any visible characters, and people may have one name only.",
    default: "letters",
    schema: oneOf("letters", "any"),
  },
  DIRECTORY: {
    doc: "Whom the user list shows: all, or only people one shares a conversation with.",
    default: "all",
    schema: oneOf("all", "shared"),
  },
  COOKIE_SECURE: {
    doc: "auto: the session cookie is Secure when the request came by HTTPS. always: whatever it came by.",
    default: "auto",
    schema: oneOf("auto", "always"),
  },
  COOKIE_PREFIX: {
    doc: "host: the session cookie is __Host-sessionid, which needs HTTPS and which no other host can set.",
    default: "none",
    schema: oneOf("none", "host"),
  },
  CORS_ORIGINS: {
    doc: "Other origins whose pages may use the API and log in, separated by commas. Those of another site need HTTPS here.",
    default: "",
    schema: origins,
  },
  TRUSTED_PROXIES: {
    doc: "Proxies whose X-Forwarded-* headers are believed: how many are in front, or their addresses (CIDRs, commas).",
    default: "0",
    schema: proxies,
  },
  RATE_LIMIT_ANON: { doc: "Requests without login, per address.", default: "20/minute", schema: rate },
  RATE_LIMIT_USER: { doc: "Requests of a user.", default: "100/minute", schema: rate },
  RATE_LIMIT_MESSAGES: {
    doc: "Requests of a user to the message endpoints, on top.",
    default: "10/minute",
    schema: rate,
  },
  RATE_LIMIT_LOGIN: { doc: "Logins per account and address.", default: "10/minute", schema: rate },
  RATE_LIMIT_REGISTER: {
    doc: "Registrations per network; five times as many per wide network (/24, or /48 of IPv6).",
    default: "20/minute",
    schema: rate,
  },
  RATE_LIMIT_LOGIN_NETWORK: {
    doc: "Failed logins per network, over all accounts; five times as many per wide network (/24, or /48 of IPv6).",
    default: "20/minute",
    schema: rate,
  },
  RATE_LIMIT_LOGIN_ACCOUNT: {
    doc: "Failed logins per account, over all networks. Networks where the person signed in before stay open.",
    default: "60/hour",
    schema: rate,
  },
  RATE_LIMIT_SENDS: { doc: "WebSocket messages of a user, over all sockets.", default: "50/10s", schema: rate },
  RATE_LIMIT_FRAMES: { doc: "Other WebSocket frames of a user, over all sockets.", default: "200/10s", schema: rate },
  MAX_SOCKETS_PER_USER: { doc: "Open sockets of a user.", default: "100", schema: integer(1, 100_000) },
  MAX_SESSIONS_PER_USER: {
    doc: "Sessions of a user; a login beyond ends the one that was used longest ago.",
    default: "50",
    schema: integer(1, 10_000),
  },
  MAX_PARTICIPANTS: { doc: "People in one conversation.", default: "1000", schema: integer(2, 100_000) },
  SECURITY_CONTACT: {
    doc: "Whom to tell of a security fault, as mailto:… or https://…, for /.well-known/security.txt.",
    default: undefined,
    schema: contact,
  },
  MESSAGE_RETENTION: {
    doc: "How long messages are kept, like 24h or 30d, or forever.",
    default: "forever",
    schema: retention,
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;
type Values = { readonly [N in SettingName]: z.output<(typeof settings)[N]["schema"]> };
export type Config = Values & { readonly STATE_DIR: string };

/** The settings are wrong. `faults` has one line for each, naming the setting. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(`The settings are not right:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  }
}

/**
 * Reads the settings. An empty value counts as not set.
 * @param environment the process's environment, or a test's
 * @throws ConfigError naming every fault at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  const { XDG_STATE_HOME, HOME } = environment;
  for (const name of settingNames) {
    const setting: Setting = settings[name];
    const result = setting.schema.safeParse(environment[name] || setting.default);
    if (result.success) values[name] = result.data;
    else for (const issue of result.error.issues) faults.push(`${name} ${issue.message}`);
  }
  if (values.REDIS_URL !== undefined && values.DATABASE_URL === undefined)
    faults.push(
      "REDIS_URL needs DATABASE_URL: many nodes share one PostgreSQL, and the embedded database is one node's own",
    );
  if (values.COOKIE_PREFIX === "host" && /^http:/.test(String(values.PUBLIC_URL)))
    faults.push(
      "COOKIE_PREFIX host needs HTTPS: browsers refuse such a cookie from a PUBLIC_URL that begins with http://",
    );
  values.STATE_DIR ??= join(XDG_STATE_HOME || join(HOME || homedir(), ".local", "state"), "confab");
  if (faults.length > 0) throw new ConfigError(faults);
  return values as Config;
}

const settingNames = Object.keys(settings) as SettingName[];

/** The table for people, one setting after the other. */
export function describeSettings(): string {
  const width = Math.max(...settingNames.map((name) => name.length));
  return settingNames
    .map((name) => {
      const { doc, default: fallback } = settings[name];
      return `  ${name.padEnd(width)}  ${doc}${fallback ? ` (${fallback})` : ""}`;
    })
    .join("\n");
}

/** `.env.example`: every setting with its default, commented out. */
export function envExample(): string {
  const lines = settingNames.map((name) => `# ${settings[name].doc}\n#${name}=${settings[name].default ?? ""}\n`);
  return `# Settings of Confab. Made from src/server/config.ts by \`bun run env-example\`.\n# Nothing reads this file by itself: pass it with --env-file, or to your service manager.\n\n${lines.join("\n")}`;
}
