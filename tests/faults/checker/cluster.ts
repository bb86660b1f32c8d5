import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "../../support/cleanup.ts";
import { Client } from "../../support/client.ts";
import { freePort, type PostgresServer, startPostgres } from "../../support/postgres.ts";
import { startProxy, type TcpProxy } from "../../support/proxy.ts";
import { type RedisServer, startRedis } from "../../support/redis.ts";
import { NO_LIMITS } from "../../support/server.ts";

const RESPAWN_AFTER_MS = 500;
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 50;

/** One node, behind a network of its own on every side. */
export interface Node {
  readonly index: number;
  /** Where clients reach it. */
  readonly url: string;
  readonly front: TcpProxy;
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  readonly pid: number | undefined;
  /** Ends the process and keeps it down until `start`. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  start(): void;
  isReady(): Promise<boolean>;
}

/** PostgreSQL, Redis and nodes of one run's own, with a proxy on every line between them. */
export interface Cluster {
  postgres: PostgresServer;
  databaseUrl: string;
  redis: RedisServer;
  nodes: Node[];
  /** How often a node ended though nobody had asked it to; it was started again, as a service manager does. */
  readonly endings: { node: number; code: number; log: string }[];
  /** What the nodes logged as faults of their own. */
  readonly faults: string[];
  untilReady(): Promise<void>;
  stop(): Promise<void>;
}

/** @param main the program of the nodes: `src/main.ts`, or that of a copy with a planted bug */
export async function startCluster(nodeCount: number, main: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "confab-faults-"));
  const postgres = await startPostgres();
  const redis = await startRedis();
  const databaseUrl = await postgres.createDatabase();
  const endings: Cluster["endings"] = [];
  const faults: string[] = [];
  const nodes: NodeProcess[] = [];
  for (let index = 0; index < nodeCount; index++) {
    const port = await freePort();
    const [front, postgresProxy, redisProxy] = await Promise.all(
      [port, portOf(postgres.url("x")), portOf(redis.url)].map((target) => startProxy(target)),
    );
    if (!front || !postgresProxy || !redisProxy) throw new Error("a proxy is missing");
    const environment = {
      ...NO_LIMITS,
      HOST: "127.0.0.1",
      PORT: String(port),
      DATA_DIR: join(folder, `data-${index}`),
      LOG_DIR: join(folder, `logs-${index}`),
      DATABASE_URL: withPort(databaseUrl, postgresProxy.port),
      REDIS_URL: withPort(`${redis.url}/0`, redisProxy.port),
    };
    const proxies = { front, postgres: postgresProxy, redis: redisProxy };
    nodes.push(
      new NodeProcess(index, proxies, main, environment, {
        ended: (code, log) => void endings.push({ node: index, code, log }),
        fault: (line) => void faults.push(line),
      }),
    );
  }
  const untilReady = async () => {
    const until = performance.now() + READY_WITHIN_MS;
    for (const node of nodes)
      while (!(await node.isReady())) {
        if (performance.now() > until) throw new Error(`node ${node.index} does not get ready\n${node.log}`);
        await Bun.sleep(ASK_EVERY_MS);
      }
  };
  const cluster: Cluster = {
    postgres,
    databaseUrl,
    redis,
    nodes,
    endings,
    faults,
    untilReady,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
      await Promise.all(nodes.flatMap(({ front, postgres, redis }) => [front.stop(), postgres.stop(), redis.stop()]));
      await Promise.all([postgres.stop(), redis.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  afterAllFiles(() => cluster.stop());
  return cluster;
}

/** Kept of what a node writes: enough to see why it ended. */
const LOG_KEPT = 20_000;
/** A line of level error or worse: a fault of the node's own. What fails around it is worth a warning. */
const IS_FAULT = /"level":[56]0/;

class NodeProcess implements Node {
  log = "";
  readonly front: TcpProxy;
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  private child: Bun.Subprocess<"ignore", "pipe", "pipe"> | undefined;
  private wanted = false;

  constructor(
    readonly index: number,
    proxies: Pick<Node, "front" | "postgres" | "redis">,
    private readonly main: string,
    private readonly environment: Record<string, string>,
    private readonly on: { ended(code: number, log: string): void; fault(line: string): void },
  ) {
    ({ front: this.front, postgres: this.postgres, redis: this.redis } = proxies);
    this.start();
  }

  get url() {
    return `http://127.0.0.1:${this.front.port}`;
  }

  get pid() {
    return this.child?.pid;
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
