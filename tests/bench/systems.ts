import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "../support/cleanup.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { mainOf } from "./checkout.ts";
import type { Parts } from "./cpu.ts";
import { isBinary } from "./options.ts";
import { bareWorld, makeWorld, type Room, type World, worldMadeBy, worldOverHttp } from "./people.ts";

/** Runs a binary, or a checkout of Confab as `bun start` does. */
const programOf = (confab: string) =>
  isBinary(confab) ? [confab, "serve"] : [process.execPath, "--no-env-file", mainOf(confab)];
const bareProgram = (file: string) => [process.execPath, "--no-env-file", join(import.meta.dir, "bare", file)];
const BINARY = join(import.meta.dir, "../../dist/confab");

/** `bun run build` makes it. */
export const binary = existsSync(BINARY) ? BINARY : undefined;

/** A server under load, of one node or more. */
export interface System {
  nodes: ServerProcess[];
  world: World;
  parts: Parts;
  /** Waits until all of it has ended. */
  stop(): Promise<void>;
}

/** Settings of a server on a database of its own in which the people are, and how to remove it. */
export interface Home {
  environment: Record<string, string>;
  world: World;
  /** The program that serves it, when it is not this Confab. */
  program: string[] | undefined;
  remove(): void;
}

/** PostgreSQL and Redis as they come, one of each for all that is measured. */
export class Services {
  private postgres: PostgresServer | undefined;
  private redis: RedisServer | undefined;

  /** @param against another Confab to measure beside this one: a binary or a checkout */
  constructor(
    readonly against?: string,
    /** Whether the bare server commits each message. */
    readonly isDurable = false,
  ) {}

  /** With all that makes a commit durable; the tests do without. */
  async postgresServer(): Promise<PostgresServer> {
    this.postgres ??= await startPostgres({ fsync: "on", synchronous_commit: "on" });
    return this.postgres;
  }

  async redisServer(): Promise<RedisServer> {
    this.redis ??= await startRedis();
    return this.redis;
  }

  /** @param other the Confab that makes the database and serves it: one refuses the tables of a newer one */
  async home(mode: "embedded" | "redis", other?: string): Promise<Home> {
    const folder = mkdtempSync(join(tmpdir(), "confab-bench-"));
    const environment: Record<string, string> = { DATA_DIR: join(folder, "data"), LOG_DIR: join(folder, "logs") };
    if (mode === "redis") {
      environment["DATABASE_URL"] = await (await this.postgresServer()).createDatabase();
      environment["REDIS_URL"] = (await this.redisServer()).database();
    }
    const remove = () => rmSync(folder, { recursive: true, force: true });
    afterAllFiles(remove);
    if (other === undefined) return { environment, world: await makeWorld(environment), program: undefined, remove };
    const program = programOf(other);
    const world = await (isBinary(other) ? worldOverHttp(program, environment) : worldMadeBy(other, environment));
    return { environment, world, program, remove };
  }

  /** Confab from its source, or as another program. */
  async confab({ environment, world, program: own }: Home, nodes = 1, program = own): Promise<System> {
    const start = () => spawnServer(environment, program ? { program } : {});
    const started: ServerProcess[] = [];
    for (let n = 0; n < nodes; n++) started.push(await start());
    return this.system(started, world);
  }

  /** The bare server, or the one of them that commits each message. */
  async bare(): Promise<System> {
    const [environment, program] = this.isDurable
      ? [{ DATABASE_URL: await (await this.postgresServer()).createDatabase() }, bareProgram("durable.ts")]
      : [{ REDIS_URL: (await this.redisServer()).database() }, bareProgram("main.ts")];
    return this.system([await spawnServer(environment, { program })], bareWorld());
  }

  private system(nodes: ServerProcess[], world: World): System {
    const stop = async () => {
      for (const node of nodes) node.kill("SIGTERM");
      // A node that stands still while another system is measured would not end.
      for (const node of nodes) node.kill("SIGCONT");
      await Promise.all(nodes.map((node) => node.exited));
    };
    afterAllFiles(stop);
    return {
      nodes,
      world,
      stop,
      parts: {
        server: nodes.map(({ pid }) => pid),
        ...(this.redis ? { redis: this.redis.pid() } : {}),
        ...(this.postgres ? { postgres: this.postgres.pid() } : {}),
      },
    };
  }
}

/** The first node's address of a room's socket, and its page of history. */
export const socketOf = (node: ServerProcess, room: Room) => `${node.url}/ws/chat/${room.id}/`;
export const pageOf = (node: ServerProcess, room: Room) =>
  `${node.url}/api/chat/conversations/${room.id}/messages/?limit=50`;
