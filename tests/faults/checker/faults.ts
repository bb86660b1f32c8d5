import postgres from "postgres";
import { isCommitted, type Link } from "../../support/proxy.ts";
import type { Cluster, Node, Place } from "./cluster.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

/** One way in which a part fails. */
interface FaultKind {
  /** The part that it breaks. Two faults of one part at once would only hide each other. */
  part(node: Node): string;
  /** How long it lasts, in ms; 0 for what happens in a moment. */
  lasts: [from: number, to: number];
  /** Begins it; the returned function heals it. */
  begin(cluster: Cluster, node: Node, random: Random, flood: Flood): Promise<Heal> | Heal;
}
type Heal = (() => Promise<void> | void) | undefined;

/** Has somebody fill a small conversation with more than can wait for a reader; tells one of its readers' connections. */
export type Flood = (random: Random) => (link: Link) => boolean;

const isSubscriber = ({ said }: { said: string }) => /subscribe/i.test(said);
const line = (name: "front" | "postgres" | "redis") => (node: Node) => `${name} of node ${node.index}`;

/** Redis answers a test's own command at once, or is away anyway. */
const ask = (cluster: Cluster, ...command: [string, ...string[]]) =>
  Promise.race([cluster.redis.redis.call(...command).catch(() => {}), Bun.sleep(1_000)]).then(() => {});

const kinds = {
  "redis killed, back empty": {
    part: () => "redis",
    lasts: [500, 4_000],
    async begin({ redis }) {
      await redis.kill();
      return () => redis.resume();
    },
  },
  "redis emptied": {
    part: () => "redis",
    lasts: [0, 0],
    begin: (cluster) => ask(cluster, "FLUSHALL").then(() => undefined),
  },
  "redis frozen": {
    part: () => "redis",
    lasts: [500, 10_000],
    begin({ redis }) {
      process.kill(redis.pid(), "SIGSTOP");
      return () => void process.kill(redis.pid(), "SIGCONT");
    },
  },
  "redis out of memory": {
    part: () => "redis",
    lasts: [1_000, 4_000],
    async begin(cluster) {
      await ask(cluster, "CONFIG", "SET", "maxmemory", "1");
      return () => ask(cluster, "CONFIG", "SET", "maxmemory", "0");
    },
  },
  "redis a read-only replica": {
    part: () => "redis",
    lasts: [1_000, 4_000],
    async begin(cluster) {
      await ask(cluster, "REPLICAOF", "127.0.0.1", "1");
      return () => ask(cluster, "REPLICAOF", "NO", "ONE");
    },
  },
  "redis commands cut": {
    part: line("redis"),
    lasts: [0, 0],
    begin: (_, { redis }) => void redis.cut((link) => !isSubscriber(link)),
  },
  "redis subscriptions cut": {
    part: line("redis"),
    lasts: [0, 0],
    begin: (_, { redis }) => void redis.cut(isSubscriber),
  },
  "redis subscriptions deaf": {
    part: line("redis"),
    lasts: [1_000, 8_000],
    begin(_, { redis }) {
      redis.deaf = isSubscriber;
      return () => {
        redis.deaf = undefined;
        // A connection that missed the middle of an answer can't be read any further.
        redis.cut(isSubscriber);
      };
    },
  },
  "redis answers lost": {
    part: line("redis"),
    lasts: [500, 2_000],
    begin(_, { redis }, random) {
      redis.loseAnswers = { left: random.int(1, 10), match: (asked) => asked.length > 0 };
      return () => {
        redis.loseAnswers = undefined;
      };
    },
  },
  "redis slow": slow("redis", [10, 150]),
  "redis out of a node's reach": unreachable("redis"),

  "postgres stopped": postgresDown("fast"),
  "postgres crashed": postgresDown("immediate"),
  "postgres slow": slow("postgres", [20, 200]),
  "postgres out of a node's reach": unreachable("postgres"),
  "postgres silent to a node": {
    part: line("postgres"),
    lasts: [1_000, 6_000],
    begin(_, { postgres }) {
      postgres.state = "freeze";
      return () => {
        postgres.state = "pass";
        postgres.cut();
      };
    },
  },
  "postgres connections cut": {
    part: line("postgres"),
    lasts: [0, 0],
    begin: (_, node) => void node.postgres.cut(),
  },
  "postgres connections ended by the server": {
    part: () => "postgres",
    lasts: [0, 0],
    async begin(cluster) {
      await asDatabase(cluster, async (sql) => {
        await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      });
      return undefined;
    },
  },
  "commit's answer lost": {
    part: line("postgres"),
    lasts: [500, 3_000],
    begin(_, { postgres }, random) {
      const match = (asked: string, answer: string) =>
        /confab_(append|amend)|INSERT INTO messages/.test(asked) || isCommitted(answer) || random.chance(0.3);
      postgres.loseAnswers = { left: random.int(1, 6), match };
      return () => {
        postgres.loseAnswers = undefined;
      };
    },
  },
  "a long lock on a conversation": {
    part: () => "locks",
    lasts: [1_000, 5_000],
    begin: (cluster, _, random) => lock(cluster, random, 1),
  },
  "locks in a circle": {
    part: () => "locks",
    lasts: [500, 2_000],
    begin: (cluster, _, random) => lock(cluster, random, 3),
  },

  "node killed": {
    part: (node) => `node ${node.index}`,
    lasts: [100, 3_000],
    async begin(_, node) {
      await node.stop("SIGKILL");
      return () => node.start();
    },
  },
  "node restarted": {
    part: (node) => `node ${node.index}`,
    lasts: [100, 1_000],
    begin(_, node) {
      const stopped = node.stop("SIGTERM");
      return async () => {
        await stopped;
        node.start();
      };
    },
  },
  "node frozen": {
    part: (node) => `node ${node.index}`,
    lasts: [500, 4_000],
    begin(_, node) {
      const { pid } = node;
      if (pid === undefined) return undefined;
      process.kill(pid, "SIGSTOP");
      return () => {
        if (node.pid === pid) process.kill(pid, "SIGCONT");
      };
    },
  },

  "clients cut": {
    part: line("front"),
    lasts: [0, 0],
    begin: (_, { front }, random) => void front.cut(() => random.chance(0.4)),
  },
  "clients' network frozen": {
    part: line("front"),
    lasts: [500, 3_000],
    begin(_, { front }) {
      front.state = "freeze";
      return () => {
        front.state = "pass";
      };
    },
  },
  "a reader that stops reading": {
    part: () => "flood",
    lasts: [1_500, 3_000],
    begin({ nodes }, _, random, flood) {
      const isReader = flood(random);
      const links = nodes.flatMap(({ front }) => front.links.filter(isReader));
      for (const link of links) link.pause();
      return () => {
        for (const link of links) link.resume();
      };
    },
  },
} satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof kinds;
const faultNames: Record<Place, FaultName[]> = {
  cluster: Object.keys(kinds) as FaultName[],
  embedded: [
    "node killed",
    "node restarted",
    "node frozen",
    "clients cut",
    "clients' network frozen",
    "a reader that stops reading",
  ],
};

/** Lets parts fail one over the other until it is stopped; all kinds before any comes again. */
export class Faults {
  private readonly busy = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private readonly healNow: (() => void)[] = [];
  private stopped = false;
  private paused = false;
  private deck: FaultName[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly random: Random,
    private readonly history: History,
    private readonly flood: Flood,
    private readonly machine: Machine,
    place: Place,
    private readonly names: readonly FaultName[] = faultNames[place],
  ) {}

  /** @param pauseMs the mean time between the beginnings of two faults */
  async run(pauseMs: number): Promise<void> {
    while (!this.stopped) {
      await this.sleep(this.machine.onTheWall(this.random.exponential(pauseMs)));
      if (this.stopped) return;
      if (this.paused) continue;
      const kind = this.draw();
      const fault: FaultKind = kinds[kind];
      const node = this.random.pick(this.cluster.nodes);
      const part = fault.part(node);
      // Its turn comes in the next round of the deck.
      if (this.busy.has(part)) continue;
      const one = this.carryOut(kind, fault, node, part).finally(() => this.running.delete(one));
      this.running.add(one);
    }
  }

  /** Heals all that is broken. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.healAll();
  }

  /** Heals all that is broken, and breaks nothing until `goOn`. */
  async pause(): Promise<void> {
    this.paused = true;
    await this.healAll();
  }

  goOn(): void {
    this.paused = false;
  }

  private async healAll() {
    for (const heal of this.healNow.splice(0)) heal();
    await Promise.all(this.running);
  }

  private draw(): FaultName {
    if (this.deck.length === 0) this.deck = this.random.shuffle(this.names);
    const kind = this.deck.pop();
    if (!kind) throw new Error("there is no fault to choose");
    return kind;
  }

  private async carryOut(kind: string, fault: FaultKind, node: Node, part: string) {
    const random = this.random.fork(`${kind} ${this.history.faults.length}`);
    this.busy.add(part);
    const window = { kind, from: performance.now(), until: Number.POSITIVE_INFINITY };
    this.history.faults.push(window);
    const heal = await fault.begin(this.cluster, node, random, this.flood);
    if (!this.paused) await this.sleep(random.int(...fault.lasts));
    await heal?.();
    window.until = performance.now();
    this.busy.delete(part);
  }

  /** Ends early when all is to be healed. */
  private async sleep(ms: number) {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.healNow.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function slow(name: "postgres" | "redis", delayMs: [from: number, to: number]): FaultKind {
  return {
    part: line(name),
    lasts: [1_000, 4_000],
    begin(_, node, random) {
      node[name].delayMs = random.int(...delayMs);
      return () => {
        node[name].delayMs = 0;
      };
    },
  };
}

function unreachable(name: "postgres" | "redis"): FaultKind {
  return {
    part: line(name),
    lasts: [500, 4_000],
    begin(_, node) {
      node[name].state = "refuse";
      node[name].cut();
      return () => {
        node[name].state = "pass";
      };
    },
  };
}

function postgresDown(how: "fast" | "immediate"): FaultKind {
  return {
    part: () => "postgres",
    lasts: [200, 3_000],
    async begin({ postgres }) {
      await postgres.halt(how);
      return () => postgres.resume();
    },
  };
}

/** Holds rows of conversations, taken against the order in which the nodes take them, until it is healed or a deadlock is found. */
async function lock(cluster: Cluster, random: Random, count: number): Promise<Heal> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holding = asDatabase(cluster, async (sql) => {
    const rows = await sql<{ id: string }[]>`SELECT id FROM conversations ORDER BY id DESC`;
    const chosen = random
      .shuffle(rows)
      .slice(0, count)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    await sql.begin(async (tx) => {
      for (const { id } of chosen) {
        await tx`SELECT id FROM conversations WHERE id = ${id} FOR UPDATE`;
        if (count > 1) await Bun.sleep(50);
      }
      await released;
    });
  });
  return async () => {
    release();
    await holding;
  };
}

/** A session of the test's own; that the server is away is a fault among others. */
async function asDatabase(cluster: Cluster, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(cluster.databaseUrl, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    await work(sql);
  } catch {
    // The fault met another one.
  } finally {
    await sql.end({ timeout: 1 });
  }
}
