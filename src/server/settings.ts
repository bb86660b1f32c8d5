import type { z } from "zod";
import {
  address,
  color,
  contact,
  databaseUrl,
  duration,
  endpoint,
  filePlace,
  folder,
  hosts,
  integer,
  languages,
  oneOf,
  origins,
  privateHosts,
  proxies,
  publicUrl,
  rate,
  redisUrl,
  retention,
  scanner,
  size,
  sizeOrOff,
} from "./setting-schemas.ts";

// Every setting of the server, by topic. `--help`, `.env.example`, `docs/settings.md` and the checks at the start are made of
// these tables. After a change run `bun run env-example` and `bun run settings-doc`.

export interface Setting {
  doc: string;
  /** As you would write it in the environment. `undefined` means that the setting is not set. */
  default: string | undefined;
  schema: z.ZodType;
}

type Settings = Record<string, Setting>;

const reachingTheServer = {
  PORT: { doc: "The port to listen on.", default: "8000", schema: integer(0, 65535) },
  HOST: { doc: "The address to listen on.", default: "0.0.0.0", schema: address },
  PUBLIC_URL: {
    doc: "The address that people open, like https://chat.example.com. Links and the printed address begin with it.",
    default: undefined,
    schema: publicUrl,
  },
  ALLOWED_HOSTS: {
    doc: "The host names that requests may name, separated by commas. The host of PUBLIC_URL is always allowed. Unset: any.",
    default: undefined,
    schema: hosts,
  },
  TRUSTED_PROXIES: {
    doc: "The proxies whose X-Forwarded-* headers Confab believes: how many are in front, or their addresses (CIDRs, commas).",
    default: "0",
    schema: proxies,
  },
  CORS_ORIGINS: {
    doc: "Other origins whose pages may use the API and sign in, separated by commas. Origins of another site need HTTPS here.",
    default: "",
    schema: origins,
  },
} as const satisfies Settings;

const storingData = {
  DATA_DIR: {
    doc: "The folder of the embedded database, and of the files that people send. With DATABASE_URL and FILES it is not used.",
    default: "data",
    schema: folder,
  },
  STATE_DIR: {
    doc: "The folder where the embedded database records clean stops. It must be outside DATA_DIR. Unset: confab in XDG_STATE_HOME or ~/.local/state.",
    default: undefined,
    schema: folder.optional().describe("a folder"),
  },
  EMBEDDED_SYNC: {
    doc: "on: the embedded database acks a message once the disk has it. off: faster on slow disks, but a loss of power may take the newest messages, or all.",
    default: "on",
    schema: oneOf("on", "off"),
  },
  DATABASE_URL: {
    doc: "PostgreSQL 15 or newer, as postgres://user:password@host:5432/database. Unset: the embedded database.",
    default: undefined,
    schema: databaseUrl,
  },
  DATABASE_POOL_SIZE: {
    doc: "Connections of a node to PostgreSQL. The message log and the node's lock take up to six more.",
    default: "10",
    schema: integer(1, 1000),
  },
  AUTO_MIGRATE: {
    doc: "on: update the database's tables at the start. off: refuse to start while they are out of date (run `migrate`).",
    default: "on",
    schema: oneOf("on", "off"),
  },
  SEARCH_LANGUAGES: {
    doc: "Languages whose forms of words searches treat alike. After a change, run `confab reindex`.",
    default: "",
    schema: languages,
  },
  MESSAGE_RETENTION: {
    doc: "How long messages are kept, like 24h or 30d, or forever.",
    default: "forever",
    schema: retention,
  },
} as const satisfies Settings;

const storingFiles = {
  FILES: {
    doc: "The place of the files that people send: a folder, or s3://BUCKET/PREFIX. All nodes need the same place. Unset: the folder files in DATA_DIR.",
    default: undefined,
    schema: filePlace,
  },
  MAX_FILE: { doc: "The largest file that a person can send.", default: "100MB", schema: size },
  FILES_PER_USER: { doc: "The space of all files of a user.", default: "5GB", schema: sizeOrOff },
  FILES_TOTAL: { doc: "The space of all files of the server.", default: "off", schema: sizeOrOff },
  FILES_ORIGIN: {
    doc: "A second origin of this server, like https://files.example.com, that answers only signed addresses of files. Unset: PUBLIC_URL does.",
    default: undefined,
    schema: publicUrl,
  },
  S3_ENDPOINT: {
    doc: "The S3 server of FILES, like https://s3.example.com. Unset: Amazon's, in S3_REGION.",
    default: undefined,
    schema: endpoint,
  },
  S3_REGION: { doc: "The region of the bucket.", default: "us-east-1", schema: address.describe("a region") },
  S3_ACCESS_KEY_ID: { doc: "The id of the key to the bucket.", default: "", schema: address.describe("an id") },
  S3_SECRET_ACCESS_KEY: { doc: "The secret of that key.", default: "", schema: address.describe("a secret") },
} as const satisfies Settings;

const runningManyNodes = {
  REDIS_URL: {
    doc: "Redis 7 or newer, for many nodes on one DATABASE_URL: redis://host:6379, rediss:// (TLS), or redis+sentinel://host,host/name.",
    default: undefined,
    schema: redisUrl,
  },
  REDIS_TLS_CHECK: {
    doc: "off: believe any certificate with rediss://, as Heroku's Redis requires. The connection is still encrypted.",
    default: "on",
    schema: oneOf("on", "off"),
  },
  MESSAGE_WINDOW_TTL: {
    doc: "How long Redis keeps the newest messages of a conversation in which nobody writes.",
    default: "24h",
    schema: duration,
  },
} as const satisfies Settings;

const lettingPeopleIn = {
  FIRST_USER: {
    doc: "superuser: on a fresh server the printed set-up code, or the page on the same machine, makes a superuser. member: only createsuperuser does.",
    default: "superuser",
    schema: oneOf("superuser", "member"),
  },
  REGISTRATION: {
    doc: "The people who may register: anybody, only people with an invite link, or nobody. Unset: the choice of an admin, else open.",
    default: undefined,
    schema: oneOf("open", "invite", "closed").optional().describe("`open`, `invite` or `closed`"),
  },
  COLOR: {
    doc: "The colour of the pages, like #0f766e. They choose its brightness, so text is easy to read. Unset: the choice of an admin, else teal.",
    default: undefined,
    schema: color,
  },
  NAMES: {
    doc: "letters: first and last names consist of letters. any: any visible characters, and people may have one name only.",
    default: "letters",
    schema: oneOf("letters", "any"),
  },
  DIRECTORY: {
    doc: "The people that the user list shows: all, or only those who share a conversation with the reader.",
    default: "all",
    schema: oneOf("all", "shared"),
  },
  COOKIE_SECURE: {
    doc: "auto: the session cookie is Secure when the request came by HTTPS. always: it is Secure with every request.",
    default: "auto",
    schema: oneOf("auto", "always"),
  },
  COOKIE_PREFIX: {
    doc: "host: the session cookie is named __Host-sessionid. It needs HTTPS, and no other host can set it.",
    default: "none",
    schema: oneOf("none", "host"),
  },
  MAX_SESSIONS_PER_USER: {
    doc: "Sessions of a user. One more login ends the session that was used longest ago.",
    default: "50",
    schema: integer(1, 10_000),
  },
  SECURITY_CONTACT: {
    doc: "The contact for security faults, as mailto:… or https://…. /.well-known/security.txt shows it.",
    default: undefined,
    schema: contact,
  },
} as const satisfies Settings;

const callingOthers = {
  LINK_PREVIEWS: {
    doc: "on: messages show the titles of the pages that they link to. Confab fetches the pages, so their servers learn its address.",
    default: "off",
    schema: oneOf("on", "off"),
  },
  SCAN: {
    doc: "The scanner that looks into files before anybody can read them: ClamAV as clamd://host:3310 or clamd:///path, or your own as https://…",
    default: undefined,
    schema: scanner,
  },
  ALLOW_PRIVATE: {
    doc: "Hosts and addresses inside your network that Confab may call when people name them: names, addresses, CIDRs, commas.",
    default: "",
    schema: privateHosts,
  },
} as const satisfies Settings;

const limitingUse = {
  RATE_LIMIT_ANON: { doc: "Requests without a login, per address.", default: "20/minute", schema: rate },
  RATE_LIMIT_USER: { doc: "Requests of a user.", default: "100/minute", schema: rate },
  RATE_LIMIT_MESSAGES: {
    doc: "Requests of a user to the message endpoints. They count for RATE_LIMIT_USER too.",
    default: "10/minute",
    schema: rate,
  },
  RATE_LIMIT_LOGIN: { doc: "Logins per account and address.", default: "10/minute", schema: rate },
  RATE_LIMIT_LOGIN_NETWORK: {
    doc: "Failed logins per network, over all accounts. A wide network (/24, or /48 of IPv6) may have five times as many.",
    default: "20/minute",
    schema: rate,
  },
  RATE_LIMIT_LOGIN_ACCOUNT: {
    doc: "Failed logins per account, over all networks. Networks from which the person signed in before stay open.",
    default: "60/hour",
    schema: rate,
  },
  RATE_LIMIT_REGISTER: {
    doc: "Registrations per network. A wide network (/24, or /48 of IPv6) may have five times as many.",
    default: "20/minute",
    schema: rate,
  },
  RATE_LIMIT_SENDS: { doc: "WebSocket messages of a user, over all sockets.", default: "50/10s", schema: rate },
  RATE_LIMIT_REACTIONS: { doc: "Reactions that a user sets or takes back.", default: "200/minute", schema: rate },
  RATE_LIMIT_FILES: {
    doc: "Requests of a user for files and pictures, the parts of uploads too. They do not count for RATE_LIMIT_USER.",
    default: "1000/minute",
    schema: rate,
  },
  RATE_LIMIT_UPLOADS: { doc: "Files that a user uploads.", default: "100/minute", schema: rate },
  RATE_LIMIT_SEARCHES: { doc: "Searches of a user for messages.", default: "100/minute", schema: rate },
  RATE_LIMIT_FRAMES: { doc: "Other WebSocket frames of a user, over all sockets.", default: "200/10s", schema: rate },
  MAX_SOCKETS_PER_USER: { doc: "Open sockets of a user, over all nodes.", default: "100", schema: integer(1, 100_000) },
  MAX_PARTICIPANTS: { doc: "Members of one conversation.", default: "1000", schema: integer(2, 100_000) },
} as const satisfies Settings;

const writingLogs = {
  LOG_LEVEL: {
    doc: "The least severe level that is logged.",
    default: "info",
    schema: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  },
  LOG_DIR: {
    doc: "The folder of app.log, api.log and security.log. Each keeps six files of 10 MB. off: standard output only.",
    default: "logs",
    schema: folder.describe("a folder, or `off`"),
  },
  LOG_FORMAT: {
    doc: "The format of standard output. pretty is for people. auto: pretty on a terminal, otherwise json.",
    default: "auto",
    schema: oneOf("auto", "json", "pretty"),
  },
} as const satisfies Settings;

/** The settings by topic, in the order of the documents. */
export const topics: Record<string, Settings> = {
  "Reach the server": reachingTheServer,
  "Store data": storingData,
  "Store files": storingFiles,
  "Run many nodes": runningManyNodes,
  "Let people in": lettingPeopleIn,
  "Call other servers": callingOthers,
  "Limit use": limitingUse,
  "Write logs": writingLogs,
};

export const settings = {
  ...reachingTheServer,
  ...storingData,
  ...storingFiles,
  ...runningManyNodes,
  ...lettingPeopleIn,
  ...callingOthers,
  ...limitingUse,
  ...writingLogs,
} as const;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as SettingName[];

/** All settings with their defaults, one a line, for `--help`. */
export function describeSettings(): string {
  const width = Math.max(...settingNames.map((name) => name.length));
  return settingNames
    .map((name) => {
      const { doc, default: fallback } = settings[name];
      return `  ${name.padEnd(width)}  ${doc}${fallback ? ` (${fallback})` : ""}`;
    })
    .join("\n");
}
