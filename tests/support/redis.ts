import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAllFiles } from "./cleanup.ts";
import { freePort } from "./postgres.ts";

/** A Redis server of the tests' own, in a temporary folder. */
export interface RedisServer {
  url: string;
  /** A connection for the test itself. */
  redis: Redis;
  pid(): number;
  /** A database of its own on the same server, so that one test does not see the keys of another. */
  database(): string;
  kill(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export const redisProgram = () => Bun.which("redis-server") ?? undefined;

let shared: Promise<RedisServer> | undefined;

/** One server for all tests of this process, started when first asked for. */
export function sharedRedis(): Promise<RedisServer> {
  shared ??= startRedis();
  return shared;
}

export async function startRedis(): Promise<RedisServer> {
  const program = redisProgram();
  if (!program) throw new Error("redis-server is not installed (Debian: redis-server)");
  const folder = mkdtempSync(join(tmpdir(), "confab-redis-"));
  const port = await freePort();
  // Any number of databases: each test server gets one.
  const options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "1000"];
  const spawn = () =>
    Bun.spawn([program, "--port", String(port), "--dir", folder, ...options], { stdout: "ignore", stderr: "ignore" });
  let server = spawn();
  const redis = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  await redis.ping();
  const kill = async () => {
    server.kill("SIGKILL");
    await server.exited;
  };
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    redis.disconnect();
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  afterAllFiles(stop);
  let databases = 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    redis,
    pid: () => server.pid,
    database: () => `redis://127.0.0.1:${port}/${databases++}`,
    kill,
    async resume() {
      server = spawn();
      await redis.ping();
    },
    stop,
  };
}
