import type { Config } from "../config.ts";
import { type CounterStore, Limiter, type Limits, type Rate } from "../limits/limits.ts";

/** A wide network has many networks. It may do more than one of them, but not as much as all of them together. */
const WIDE = 5;
const wideRate = (rate: Rate | "off") => (rate === "off" ? rate : { ...rate, limit: rate.limit * WIDE });

/** Each is decoded, which takes a core for a moment. Nobody tries more pictures than that by hand. */
export const PICTURES: Rate = { limit: 60, windowMs: 3_600_000 };

/** Makes the limiters of this node's settings. A rate that is off has none. */
export function openLimits(config: Config, counters: (name: string, rate: Rate) => CounterStore): Limits {
  const limiter = (name: string, rate: Rate | "off") =>
    rate === "off" ? undefined : new Limiter(rate, counters(name, rate));
  return {
    anonymous: limiter("anonymous", config.RATE_LIMIT_ANON),
    user: limiter("user", config.RATE_LIMIT_USER),
    files: limiter("files", config.RATE_LIMIT_FILES),
    uploads: limiter("uploads", config.RATE_LIMIT_UPLOADS),
    messages: limiter("messages", config.RATE_LIMIT_MESSAGES),
    login: limiter("login", config.RATE_LIMIT_LOGIN),
    register: {
      network: limiter("register", config.RATE_LIMIT_REGISTER),
      wide: limiter("register-wide", wideRate(config.RATE_LIMIT_REGISTER)),
    },
    wrong: {
      network: limiter("wrong-network", config.RATE_LIMIT_LOGIN_NETWORK),
      wide: limiter("wrong-wide", wideRate(config.RATE_LIMIT_LOGIN_NETWORK)),
      account: limiter("wrong-account", config.RATE_LIMIT_LOGIN_ACCOUNT),
    },
    sends: limiter("sends", config.RATE_LIMIT_SENDS),
    frames: limiter("frames", config.RATE_LIMIT_FRAMES),
    reactions: limiter("reactions", config.RATE_LIMIT_REACTIONS),
    pictures: new Limiter(PICTURES, counters("pictures", PICTURES)),
    searches: limiter("searches", config.RATE_LIMIT_SEARCHES),
  };
}
