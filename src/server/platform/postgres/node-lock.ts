import postgres from "postgres";
import type { Query } from "./database.ts";
import { NO_LIMITS, sessionPrelude } from "./session.ts";

/** The number of an advisory lock. No other program on this database may use it. */
const NODE_LOCK = 7_163_002;
const RETRY_MS = 500;

const NODE_PREFIX = "confab node ";

/** The ids of the nodes that hold the lock now: those that serve this database. */
export async function livingNodes(query: Query): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.objid = $1 AND l.granted
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [NODE_LOCK],
  );
  return rows.flatMap(({ name }) => (name.startsWith(NODE_PREFIX) ? name.slice(NODE_PREFIX.length) : []));
}

/** Another node serves this database. The text says what to do. */
class NodeLockError extends Error {}

export interface NodeLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only node of a database, or with `shared` one of several that have a bus. Without a bus, two nodes
 * would silently keep messages from each other's sockets. The lock lives as long as its connection. A lost connection is
 * opened again, and `onLost` is called when somebody else has taken the lock meanwhile.
 * @param patienceMs how long to wait for a node that is shutting down, so that a restart passes
 */
export async function lockNode(
  { url, nodeId, shared, patienceMs }: { url: string; nodeId: string; shared: boolean; patienceMs: number },
  onLost: (error: Error) => void,
): Promise<NodeLock> {
  const name = NODE_PREFIX + nodeId;
  let released = false;
  let lost: (() => void) | undefined;
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    idle_timeout: 0,
    backoff: () => RETRY_MS / 1000,
    max_lifetime: null,
    // The driver would ask for types at a connection's start, and a failure of that would go unnoticed.
    fetch_types: false,
    onnotice: () => {},
    onclose: () => lost?.(),
    connection: { application_name: name },
    prelude: sessionPrelude("pg_catalog", {
      // `livingNodes` finds this node by the name.
      application_name: name,
      ...NO_LIMITS,
      // These times are in seconds. A machine that dies without closing the connection loses its lock after about 15 s.
      tcp_keepalives_idle: "5",
      tcp_keepalives_interval: "3",
      tcp_keepalives_count: "3",
    }),
  });
  const acquire = async (until: number) => {
    for (;;) {
      const [row] = shared
        ? await client`SELECT pg_try_advisory_lock_shared(${NODE_LOCK}) AS locked`
        : await client`SELECT pg_try_advisory_lock(${NODE_LOCK}) AS locked`;
      if (row?.["locked"]) return;
      if (Date.now() >= until)
        throw new NodeLockError(
          shared
            ? "A Confab node without REDIS_URL is running on this database. Give all nodes the same REDIS_URL, or stop it first."
            : "Another Confab node is running on this database. Without Redis one node serves a database; stop the other one first, or give both a REDIS_URL.",
        );
      await Bun.sleep(RETRY_MS);
    }
  };
  // Each failed try closes a connection and calls this again, so one loop is enough.
  let reacquiring = false;
  const reacquire = async () => {
    if (reacquiring) return;
    reacquiring = true;
    while (!released) {
      try {
        await acquire(Date.now() + patienceMs);
        break;
      } catch (error) {
        if (error instanceof NodeLockError) {
          onLost(error);
          break;
        }
        await Bun.sleep(RETRY_MS);
      }
    }
    reacquiring = false;
  };
  try {
    await acquire(Date.now() + patienceMs);
  } catch (error) {
    await client.end({ timeout: 1 });
    throw error;
  }
  lost = () => {
    if (!released) void reacquire();
  };
  return {
    async release() {
      released = true;
      await client.end({ timeout: 2 });
    },
  };
}
