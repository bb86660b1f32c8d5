import { chownSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { startProxy } from "../../support/proxy.ts";
import { type Cluster, copyFolder, type Node, type Place } from "./cluster.ts";

/** Wall time, because it waits for PostgreSQL alone. */
const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 50;

/** An earlier state of the database, and how to go back to it. */
interface Prepared {
  /** Ends the database of the moment. Nothing reaches it any more. */
  die(): Promise<void>;
  /** Puts the earlier one in its place. No node reaches it yet. */
  revive(): Promise<void>;
  /** Lets the nodes reach it. */
  open(): Promise<void>;
}

/** A way in which operators, or a disk, bring an earlier state of the database back. */
interface WayBack {
  place: Place;
  /** Has what was acked before the call in it, and nothing of what begins after it. */
  prepare(cluster: Cluster): Promise<Prepared>;
}

/** The nodes are cut off from PostgreSQL, as by those who restore it. */
const isolate = ({ nodes }: Cluster) => {
  for (const node of nodes) {
    node.postgres.state = "refuse";
    node.postgres.cut();
  }
};
const reconnect = async ({ nodes }: Cluster) => {
  for (const node of nodes) node.postgres.state = "pass";
};

/** PostgreSQL is stopped, and started on another cluster. */
function swap(cluster: Cluster, to: string, beforeStart: () => Promise<void> = async () => {}): Prepared {
  return {
    async die() {
      isolate(cluster);
      await cluster.postgres.halt("fast");
    },
    async revive() {
      await beforeStart();
      cluster.postgres.use(to);
      await cluster.postgres.resume();
      await untilWritable(cluster);
    },
    open: () => reconnect(cluster),
  };
}

async function baseBackup(cluster: Cluster, port: string, ...options: string[]): Promise<string> {
  const to = cluster.postgres.newFolder();
  const from = ["-h", "127.0.0.1", "-p", port, "-U", "confab"];
  await cluster.postgres.run("pg_basebackup", ...from, "-D", to, "-X", "stream", "-c", "fast", ...options);
  return to;
}

const portOf = (cluster: Cluster) => new URL(cluster.databaseUrl).port;

const waysBack = {
  "the cluster's folder is put back": {
    place: "cluster",
    async prepare(cluster) {
      const server = cluster.postgres;
      await server.halt("fast");
      const copy = server.copy("files");
      await server.resume();
      return swap(cluster, copy);
    },
  },
  "a base backup is put in place": {
    place: "cluster",
    prepare: async (cluster) => swap(cluster, await baseBackup(cluster, portOf(cluster))),
  },
  "a base backup is recovered on a new timeline": {
    place: "cluster",
    async prepare(cluster) {
      const to = await baseBackup(cluster, portOf(cluster));
      return swap(cluster, to, async () => {
        const { uid, gid } = statSync(to);
        const settings = [
          "restore_command = 'false'",
          "recovery_target = 'immediate'",
          "recovery_target_action = 'promote'",
        ];
        for (const [name, text] of [
          ["recovery.signal", ""],
          ["postgresql.auto.conf", `${settings.join("\n")}\n`],
        ] as const) {
          await Bun.write(join(to, name), text);
          chownSync(join(to, name), uid, gid);
        }
      });
    },
  },
  "a replica that lacks the newest commits is promoted": {
    place: "cluster",
    async prepare(cluster) {
      const line = await startProxy(Number(portOf(cluster)));
      const standby = await cluster.postgres.beside(await baseBackup(cluster, String(line.port), "-R"));
      const [row] = await cluster.ask((query) => query("SELECT pg_current_wal_flush_lsn()::text AS lsn", []));
      const lsn = String(row?.["lsn"]);
      await until(async () => {
        const [there] = await askServer(standby.url("postgres"), `SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS has`);
        return there?.["has"] === true;
      }, "the standby has what the primary had");
      line.state = "refuse";
      line.cut();
      return {
        async die() {
          isolate(cluster);
          await cluster.postgres.halt("immediate");
        },
        async revive() {
          await askServer(standby.url("postgres"), "SELECT pg_promote()");
          cluster.moveTo(standby);
          await untilWritable(cluster);
          await line.stop();
        },
        open: () => reconnect(cluster),
      };
    },
  },
  "a dump is restored into the same database": {
    place: "cluster",
    async prepare(cluster) {
      const { postgres: server, databaseUrl } = cluster;
      const dump = `${server.newFolder()}.dump`;
      await server.run("pg_dump", "-Fc", "-f", dump, databaseUrl);
      return {
        async die() {
          isolate(cluster);
          await cluster.ask((query) =>
            query(
              "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
              [],
            ),
          );
        },
        revive: () => server.run("pg_restore", "--clean", "--if-exists", "--no-owner", "-d", databaseUrl, dump),
        open: () => reconnect(cluster),
      };
    },
  },
  "a copy of the folder is put back": {
    place: "embedded",
    async prepare(cluster) {
      const node = onlyNode(cluster);
      const copy = cluster.newFolder();
      await node.stop("SIGTERM");
      copyFolder(cluster.dataFolder, copy);
      node.start();
      return putBack(cluster, copy, "SIGTERM");
    },
  },
  "the newest part is lost": {
    place: "embedded",
    async prepare(cluster) {
      const copy = cluster.newFolder();
      const { pid } = onlyNode(cluster);
      if (pid === undefined) throw new Error("the node is not there");
      // As the disk would have it, were the power to go at this moment.
      process.kill(pid, "SIGSTOP");
      copyFolder(cluster.dataFolder, copy);
      process.kill(pid, "SIGCONT");
      return putBack(cluster, copy, "SIGKILL");
    },
  },
} satisfies Record<string, WayBack>;

export type WayBackName = keyof typeof waysBack;
export const wayBack = (name: WayBackName): WayBack => waysBack[name];

function putBack(cluster: Cluster, copy: string, signal: "SIGTERM" | "SIGKILL"): Prepared {
  const node = onlyNode(cluster);
  return {
    die: () => node.stop(signal),
    async revive() {
      rmSync(cluster.dataFolder, { recursive: true });
      copyFolder(copy, cluster.dataFolder);
    },
    async open() {
      node.start();
    },
  };
}

function onlyNode({ nodes }: Cluster): Node {
  const [node] = nodes;
  if (!node || nodes.length > 1) throw new Error("an embedded database has one node");
  return node;
}

async function untilWritable(cluster: Cluster) {
  await until(async () => {
    const [row] = await askServer(cluster.databaseUrl, "SELECT pg_is_in_recovery() AS recovers");
    return row?.["recovers"] === false;
  }, "PostgreSQL takes writes");
}

async function askServer(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    return [...(await sql.unsafe<Record<string, unknown>[]>(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function until(done: () => Promise<boolean>, what: string) {
  const end = performance.now() + READY_WITHIN_MS;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(ASK_EVERY_MS);
  }
}
