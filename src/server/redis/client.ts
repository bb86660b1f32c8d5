import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../base/logger.ts";

/** A command waits at most this long for a Redis that does not answer. */
const COMMAND_TIMEOUT_MS = 300;
/** After a command without an answer, Redis is left alone for this long. */
const REST_MS = 1_000;
/** After this many rests in a row the connection is replaced. */
const RESTS_MOST = 2;
/** A connection that is given up has this long to close before it is cut. */
const DISCONNECT_TIMEOUT_MS = 500;
const RECONNECT_MS = { first: 50, most: 1_000 };

/** The options of ioredis, except the one that maps replies, which nobody sets. */
type Options = Omit<RedisOptions, "replyMapping">;

/**
 * The address of Redis. Its certificate, if it has one, must be signed by a known authority unless `checkCertificate`
 * is false.
 */
export interface RedisAddress {
  url: string;
  checkCertificate?: boolean;
}

/**
 * Redis did not carry out a command, as far as this node knows. Nothing depends on Redis: the caller goes on without
 * it.
 */
export class RedisAway extends Error {}

/**
 * The connection for commands. It never queues while it is down and never sends a command twice. A command without an
 * answer fails with RedisAway; while Redis is known to be away, it fails at once.
 */
export class RedisClient {
  readonly redis: Redis;
  private restUntil = 0;
  private rests = 0;

  constructor(address: RedisAddress, logger: Logger) {
    this.redis = openRedis(address, "commands", logger, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      commandTimeout: COMMAND_TIMEOUT_MS,
      enableAutoPipelining: true,
    });
  }

  get isUp(): boolean {
    return this.redis.status === "ready" && performance.now() >= this.restUntil;
  }

  /** Resolves when Redis is up, or this much later without it. */
  async untilUp(withinMs: number): Promise<void> {
    if (this.isUp) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.redis.once("ready", resolve);
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }

  /** @throws RedisAway */
  async run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.isUp) throw new RedisAway("Redis is away");
    try {
      const reply = await command(this.redis);
      this.rests = 0;
      return reply;
    } catch (error) {
      // A refusal (a script that is not loaded, no memory, a replica) is an answer. Silence is not.
      if (!isReply(error)) this.rest();
      throw isReply(error) ? error : new RedisAway("Redis did not answer", { cause: error });
    }
  }

  private rest() {
    const now = performance.now();
    // Many commands may go unanswered together: they lead to one rest.
    if (now < this.restUntil) return;
    this.restUntil = now + REST_MS;
    // A connection that stays silent may be half open, so it is replaced.
    if (++this.rests % RESTS_MOST === 0 && this.redis.status === "ready") this.redis.disconnect(true);
  }

  close(): void {
    this.redis.disconnect();
  }
}

/** Whether Redis itself has sent the error. */
const isReply = (error: unknown) => error instanceof Error && error.name === "ReplyError";

/**
 * Opens a connection that reconnects for ever. URLs: redis://, rediss:// (TLS), or
 * redis+sentinel://[user:password@]host:26379,host:26379/name[/db].
 */
export function openRedis(
  { url, checkCertificate = true }: RedisAddress,
  purpose: string,
  logger: Logger,
  options: Options,
): Redis {
  const all: Options = {
    ...parseRedisUrl(url, checkCertificate),
    ...options,
    connectionName: `confab-${purpose}`,
    connectTimeout: 2_000,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(RECONNECT_MS.first * 2 ** times, RECONNECT_MS.most),
    // A replica that was the master a moment ago. The next connection finds the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
  const redis = new Redis(all);
  let said = false;
  redis.on("error", (error: unknown) => {
    if (!said) logger.warn({ err: error, purpose }, "Redis is away");
    said = true;
  });
  redis.on("ready", () => {
    if (said) logger.info({ purpose }, "Redis is back");
    said = false;
  });
  return redis;
}

/** @throws an error whose text says what a URL must look like */
export function parseRedisUrl(url: string, checkCertificate = true): Options {
  const sentinel = /^redis\+sentinel:\/\/(?:([^:@/]*):([^@/]*)@)?([^/]+)\/([^/]+)(?:\/(\d+))?$/.exec(url);
  if (sentinel) {
    const [, username, password, hosts = "", name = "", db] = sentinel;
    return {
      sentinels: hosts.split(",").map((host) => {
        const [, address = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
        return { host: address, port: Number(port ?? 26_379) };
      }),
      name,
      db: Number(db ?? 0),
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    };
  }
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === "rediss:" ? { tls: { rejectUnauthorized: checkCertificate } } : {}),
  };
}
