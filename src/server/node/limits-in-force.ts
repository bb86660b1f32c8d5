import type { LimitInForce } from "../../protocol/admin.ts";
import { CONTENT_MAX } from "../../protocol/content.ts";
import { BODY_BYTES_MAX } from "../../protocol/envelope.ts";
import { FRAME_BYTES_MAX } from "../../protocol/frames.ts";
import { USER_WATCHED_MAX, WATCHED_MAX } from "../../protocol/presence.ts";
import type { Registration } from "../../protocol/server.ts";
import type { Config } from "../config.ts";
import { PASSWORDS_WAITING_MAX } from "../features/accounts/passwords.ts";
import { PROVED_MS, SESSION_IDLE_MS, SESSION_LIFETIME_MS } from "../features/accounts/session-times.ts";

import { QUIET_ABOVE } from "../features/messages/service.ts";
import { SENDS_WAITING_MAX } from "../log/group-commit.ts";
import { settings } from "../settings.ts";
import { ABUSE, FLOOD, INBOX_BYTES, INBOX_FRAMES } from "../ws/socket.ts";
import { socketLimits, TOO_SLOW_BYTES } from "../ws/sockets.ts";
import { RANGE_REPLAY_MAX, REPLAY_MAX } from "../ws/subscription.ts";
import { PICTURES } from "./limiters.ts";

const RATES = [
  "RATE_LIMIT_ANON",
  "RATE_LIMIT_USER",
  "RATE_LIMIT_MESSAGES",
  "RATE_LIMIT_LOGIN",
  "RATE_LIMIT_REGISTER",
  "RATE_LIMIT_LOGIN_NETWORK",
  "RATE_LIMIT_LOGIN_ACCOUNT",
  "RATE_LIMIT_SENDS",
  "RATE_LIMIT_FRAMES",
  "RATE_LIMIT_REACTIONS",
  "RATE_LIMIT_FILES",
  "RATE_LIMIT_UPLOADS",
  "RATE_LIMIT_SEARCHES",
] as const;

const SOCKET_IDLE_MS = socketLimits.idleTimeout * 1_000;

/** The limits of this node, for its admins: first the settings, then the fixed ones. */
export function limitsInForce(config: Config, registration: Registration): LimitInForce[] {
  const retention = config.MESSAGE_RETENTION;
  return [
    ...RATES.map((setting): LimitInForce => {
      const rate = config[setting];
      if (rate === "off") return { ...named(setting), value: null, unit: "hits" };
      return { ...named(setting), value: rate.limit, unit: "hits", window_ms: rate.windowMs };
    }),
    { ...named("MAX_SOCKETS_PER_USER"), value: config.MAX_SOCKETS_PER_USER, unit: "count" },
    { ...named("MAX_SESSIONS_PER_USER"), value: config.MAX_SESSIONS_PER_USER, unit: "count" },
    { ...named("MAX_PARTICIPANTS"), value: config.MAX_PARTICIPANTS, unit: "count" },
    { ...named("MAX_FILE"), value: config.MAX_FILE, unit: "bytes" },
    { ...named("FILES_PER_USER"), value: offAsNull(config.FILES_PER_USER), unit: "bytes" },
    { ...named("FILES_TOTAL"), value: offAsNull(config.FILES_TOTAL), unit: "bytes" },
    { ...named("MESSAGE_RETENTION"), value: retention === "forever" ? null : retention, unit: "ms" },
    { ...named("MESSAGE_WINDOW_TTL"), value: config.MESSAGE_WINDOW_TTL, unit: "ms" },
    { ...named("REGISTRATION"), value: registration, unit: "choice" },
    { ...named("DIRECTORY"), value: config.DIRECTORY, unit: "choice" },
    { ...named("ALLOWED_HOSTS"), value: config.ALLOWED_HOSTS?.join(", ") ?? null, unit: "count" },
    ...FIXED,
  ];
}

const offAsNull = (value: number | "off") => (value === "off" ? null : value);

const named = (setting: keyof Config) => ({ setting, description: settings[setting].doc });

const fixed = (description: string, value: number, unit: LimitInForce["unit"]): LimitInForce => ({
  setting: null,
  description,
  value,
  unit,
});

const fixedRate = (description: string, { frames, withinMs }: { frames: number; withinMs: number }): LimitInForce => ({
  ...fixed(description, frames, "hits"),
  window_ms: withinMs,
});

const FIXED = [
  fixed("A message.", CONTENT_MAX, "characters"),
  fixedRate("Pictures that a person sets, of themselves and of groups.", {
    frames: PICTURES.limit,
    withinMs: PICTURES.windowMs,
  }),
  fixed("The body of a request.", BODY_BYTES_MAX, "bytes"),
  fixed("A WebSocket frame; a larger one closes the socket.", FRAME_BYTES_MAX, "bytes"),
  fixed("Frames of a socket that wait for their turn; more close it.", INBOX_FRAMES, "count"),
  fixed("The same in bytes.", INBOX_BYTES, "bytes"),
  fixedRate("Frames of a socket that came too fast and were refused; so many close it.", FLOOD),
  fixedRate("Frames of a socket that can't be understood; so many close it.", ABUSE),
  fixed("What a socket has been sent and not read; more closes it.", TOO_SLOW_BYTES, "bytes"),
  fixed("A socket closes when nothing comes for so long, not even the answer to a ping.", SOCKET_IDLE_MS, "ms"),
  fixed("Changes that a socket may have missed when it comes back; after more it fetches anew.", REPLAY_MAX, "count"),
  fixed("The same on a socket that accepts ranges, in single changes.", RANGE_REPLAY_MAX, "count"),
  fixed("People whose presence a socket watches.", WATCHED_MAX, "count"),
  fixed("The same of all sockets that a user has on one node.", USER_WATCHED_MAX, "count"),
  fixed("People in a conversation; in larger ones it is not told who types or has read.", QUIET_ABOVE, "count"),
  fixed("A session ends when it is not used for so long.", SESSION_IDLE_MS, "ms"),
  fixed("Any session ends after so long.", SESSION_LIFETIME_MS, "ms"),
  fixed("Acts of admins that can't be undone ask for a confirmation again after so long.", PROVED_MS, "ms"),
  fixed("Messages on one node that wait to be stored; more are refused for the moment.", SENDS_WAITING_MAX, "count"),
  fixed(
    "Passwords on one node that wait to be checked; more are refused for the moment.",
    PASSWORDS_WAITING_MAX,
    "count",
  ),
];
