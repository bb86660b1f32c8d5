import { cpSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import postgres from "postgres";
import { readConfig } from "../../../src/server/config.ts";
import { openDriver } from "../../../src/server/node/drivers.ts";
import { afterAllFiles } from "../../support/cleanup.ts";
import { Client } from "../../support/client.ts";
import { embeddedTemplate } from "../../support/modes.ts";
import { freePort, type PostgresServer, startPostgres } from "../../support/postgres.ts";
import { startProxy, type TcpProxy } from "../../support/proxy.ts";
import { type RedisServer, startRedis } from "../../support/redis.ts";
import { NO_LIMITS } from "../../support/server.ts";
import type { Machine } from "./machine.ts";

const RESPAWN_AFTER_MS = 500;
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 50;

/** One node, behind a network of its own on every side. */
export interface Node {
  readonly index: number;
  /** Where clients reach it. */
  readonly url: string;
  readonly front: TcpProxy;
  /** @throws where a node has none: with a database of its own */
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  readonly pid: number | undefined;
  /** Ends the process and keeps it down until `start`. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  start(): void;
  isReady(): Promise<boolean>;
}

/** The nodes of one run, with what is theirs alone: PostgreSQL and Redis, or a database in a folder. */
export interface Cluster {
  /** @throws where nodes have none: with a database of their own */
  readonly postgres: PostgresServer;
  readonly databaseUrl: string;
  readonly redis: RedisServer;
  readonly nodes: Node[];
  /** The folder of a node's own database. */
  readonly dataFolder: string;
  /** A path for a copy of it. */
  newFolder(): string;
  /** From now on the nodes' connections lead to this server. */
  moveTo(postgres: PostgresServer): void;
  /** Asks the database for rows, whatever the nodes do. Of a database in a folder it asks a copy, as it is now. */
  ask<T>(work: (query: Ask) => Promise<T>): Promise<T>;
  /** How often a node ended though nobody had asked it to; it was started again, as a service manager does. */
  readonly endings: { node: number; code: number; log: string }[];
  /** Errors that the nodes logged about themselves. */
  readonly faults: string[];
  /** @throws when a node is not ready in time, in the machine's */
  untilReady(machine: Machine): Promise<void>;
  stop(): Promise<void>;
}

export type Row = Record<string, unknown>;
export type Ask = (text: string, parameters: string[]) => Promise<Row[]>;

/** Where a run takes place: 2 or 3 nodes on PostgreSQL and Redis, or one with a database of its own. */
export type Place = "cluster" | "embedded";

/** @param main the program of the nodes: `src/server/main.ts`, or that of a copy with a planted bug */
export async function startCluster(place: Place, nodeCount: number, main: string): Promise<Cluster> {
  const cluster = place === "cluster" ? await ServiceCluster.start(nodeCount, main) : await EmbeddedNode.start(main);
  afterAllFiles(() => cluster.stop());
  return cluster;
}

abstract class BaseCluster implements Cluster {
  readonly endings: Cluster["endings"] = [];
  readonly faults: string[] = [];
  readonly nodes: NodeProcess[] = [];
  protected readonly folder = mkdtempSync(join(tmpdir(), "confab-faults-"));
  private folders = 0;

  constructor(private readonly main: string) {}

  abstract readonly postgres: PostgresServer;
  abstract readonly redis: RedisServer;
  abstract readonly databaseUrl: string;
  abstract moveTo(postgres: PostgresServer): void;
  abstract ask<T>(work: (query: Ask) => Promise<T>): Promise<T>;
  protected abstract stopServices(): Promise<void>;

  get dataFolder() {
    return join(this.folder, "data-0");
  }

  newFolder() {
    return join(this.folder, `copy-${++this.folders}`);
  }

  protected async addNode(lines: { postgres?: TcpProxy; redis?: TcpProxy }, settings: Record<string, string>) {
    const index = this.nodes.length;
    const port = await freePort();
    const front = await startProxy(port);
    const environment = {
      ...NO_LIMITS,
      HOST: "127.0.0.1",
      PORT: String(port),
      DATA_DIR: join(this.folder, `data-${index}`),
      STATE_DIR: join(this.folder, `state-${index}`),
      LOG_DIR: join(this.folder, `logs-${index}`),
      RATE_LIMIT_SEARCHES: "off",
      ...settings,
    };
    const on = {
      ended: (code: number, log: string) => void this.endings.push({ node: index, code, log }),
      fault: (line: string) => void this.faults.push(line),
    };
    this.nodes.push(new NodeProcess(index, { front, ...lines }, this.main, environment, on));
  }

  async untilReady(machine: Machine) {
    const until = machine.now + READY_WITHIN_MS;
    for (const node of this.nodes)
      while (!(await node.isReady())) {
        if (machine.now > until) throw new Error(`node ${node.index} does not get ready\n${node.log}`);
        await Bun.sleep(ASK_EVERY_MS);
      }
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop("SIGKILL")));
    await Promise.all(this.nodes.map((node) => node.stopLines()));
    await this.stopServices();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL, Redis and nodes, with a proxy on every line between them. */
class ServiceCluster extends BaseCluster {
  private readonly servers = new Set<PostgresServer>();

  private constructor(
    main: string,
    public postgres: PostgresServer,
    readonly redis: RedisServer,
    public databaseUrl: string,
  ) {
    super(main);
    this.servers.add(postgres);
  }

  static async start(nodeCount: number, main: string): Promise<ServiceCluster> {
    const postgres = await startPostgres();
    const redis = await startRedis();
    const cluster = new ServiceCluster(main, postgres, redis, await postgres.createDatabase());
    for (let index = 0; index < nodeCount; index++) {
      const toPostgres = await startProxy(portOf(cluster.databaseUrl));
      const toRedis = await startProxy(portOf(redis.url));
      await cluster.addNode(
        { postgres: toPostgres, redis: toRedis },
        {
          DATABASE_URL: withPort(cluster.databaseUrl, toPostgres.port),
          REDIS_URL: withPort(`${redis.url}/0`, toRedis.port),
          FILES: join(cluster.folder, "files"),
        },
      );
    }
    return cluster;
  }

  moveTo(postgres: PostgresServer) {
    this.servers.add(postgres);
    this.postgres = postgres;
    this.databaseUrl = withPort(this.databaseUrl, portOf(postgres.url("x")));
    for (const node of this.nodes) node.postgres.target = portOf(this.databaseUrl);
  }

  async ask<T>(work: (query: Ask) => Promise<T>): Promise<T> {
    const sql = postgres(this.databaseUrl, { max: 1, onnotice: () => {} });
    try {
      return await work(async (text, parameters) => [...(await sql.unsafe<Row[]>(text, parameters))]);
    } finally {
      await sql.end();
    }
  }

  protected async stopServices() {
    await Promise.all([...this.servers, this.redis].map((server) => server.stop()));
  }
}

/** One node that keeps its data in a folder. */
class EmbeddedNode extends BaseCluster {
  static async start(main: string): Promise<EmbeddedNode> {
    const cluster = new EmbeddedNode(main);
    cpSync(await embeddedTemplate(), cluster.dataFolder, { recursive: true });
    await cluster.addNode({}, {});
    return cluster;
  }

  get postgres(): never {
    throw new Error("an embedded node has no PostgreSQL");
  }

  get redis(): never {
    throw new Error("an embedded node has no Redis");
  }

  get databaseUrl(): never {
    throw new Error("an embedded node has no PostgreSQL");
  }

  moveTo(): never {
    throw new Error("an embedded node has no PostgreSQL");
  }

  async ask<T>(work: (query: Ask) => Promise<T>): Promise<T> {
    const copy = this.newFolder();
    this.freeze(() => copyFolder(this.dataFolder, copy));
    const driver = await openDriver(
      readConfig({ DATA_DIR: copy, STATE_DIR: `${copy}-state` }),
      pino({ level: "silent" }),
    );
    try {
      return await work((text, parameters) => driver.query<Row>(text, parameters));
    } finally {
      await driver.close();
      for (const folder of [copy, `${copy}-state`]) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Does something while the node can't. */
  private freeze(work: () => void) {
    const { pid } = this.nodes[0] ?? {};
    if (pid !== undefined) process.kill(pid, "SIGSTOP");
    try {
      work();
    } finally {
      if (pid !== undefined) process.kill(pid, "SIGCONT");
    }
  }

  protected async stopServices() {}
}

/** Copies a folder without the sockets in it, which are their makers' alone. */
export function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !lstatSync(path).isSocket() });
}

/** Kept of what a node writes: enough to see why it ended. */
const LOG_KEPT = 20_000;
/** A line of level error or worse: a fault of the node's own. A failure around the node is only a warning. */
const IS_FAULT = /"level":[56]0/;

class NodeProcess implements Node {
  log = "";
  private child: Bun.Subprocess<"ignore", "pipe", "pipe"> | undefined;
  private wanted = false;

  constructor(
    readonly index: number,
    private readonly lines: { front: TcpProxy; postgres?: TcpProxy; redis?: TcpProxy },
    private readonly main: string,
    private readonly environment: Record<string, string>,
    private readonly on: { ended(code: number, log: string): void; fault(line: string): void },
  ) {
    this.start();
  }

  get front() {
    return this.lines.front;
  }

  get postgres() {
    if (!this.lines.postgres) throw new Error("an embedded node has no line to PostgreSQL");
    return this.lines.postgres;
  }

  get redis() {
    if (!this.lines.redis) throw new Error("an embedded node has no line to Redis");
    return this.lines.redis;
  }

  async stopLines(): Promise<void> {
    await Promise.all(Object.values(this.lines).map((line) => line.stop()));
  }

  get url() {
    return `http://127.0.0.1:${this.front.port}`;
  }

  get pid() {
    const { child } = this;
    return child && child.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  start(): void {
    this.wanted = true;
    this.log = "";
    const child = Bun.spawn([process.execPath, "--no-env-file", this.main], {
      env: { PATH: process.env["PATH"], ...this.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.child = child;
    void this.follow(child.stdout);
    void this.follow(child.stderr);
    void child.exited.then(async (code) => {
      if (this.child !== child || !this.wanted) return;
      this.on.ended(code, this.log);
      await Bun.sleep(RESPAWN_AFTER_MS);
      if (this.child === child && this.wanted) this.start();
    });
  }

  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.wanted = false;
    // A frozen one would not hear.
    this.child?.kill("SIGCONT");
    this.child?.kill(signal);
    await this.child?.exited;
  }

  async isReady(): Promise<boolean> {
    const visitor = new Client(`http://127.0.0.1:${this.environment["PORT"]}`);
    const answer = await visitor.get("/api/chat/health/ready/").catch(() => undefined);
    return answer?.status === 200;
  }

  private async follow(stream: ReadableStream<Uint8Array>) {
    const decoder = new TextDecoder();
    let line = "";
    for await (const chunk of stream) {
      const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
      line += first;
      for (const next of others) {
        this.log = `${this.log}${line}\n`.slice(-LOG_KEPT);
        if (IS_FAULT.test(line)) this.on.fault(`node ${this.index} logged ${line}`);
        line = next;
      }
    }
  }
}

const portOf = (url: string) => Number(new URL(url).port);

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
