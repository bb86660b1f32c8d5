import { chmodSync, chownSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAllFiles } from "./cleanup.ts";

/** Where Debian and other systems keep the server's programs, beside the PATH. */
const FOLDERS = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"];

/** A server where tests get databases of their own. */
export interface Databases {
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
}

/** A PostgreSQL server of the tests' own, in a temporary folder; it ends with this process, however that ends. */
export interface PostgresServer extends Databases {
  url(database: string): string;
  pid(): number;
  /** Stops it so that `resume` can start it again: cleanly, or as a crash would. */
  halt(how: "fast" | "immediate"): Promise<void>;
  resume(): Promise<void>;
  /** Copies its files while it is halted: they are those of a database, or of a replica that waits to be promoted. */
  copy(kind: "files" | "replica"): string;
  /** The files that it has from the next `resume` on. */
  use(copy: string): void;
  /** A path for other files, which go with this server. */
  newFolder(): string;
  /** Runs one of PostgreSQL's programs to its end, as the server's user. */
  run(program: string, ...args: string[]): Promise<void>;
  /** Another server beside this one, on files of its own: a standby, for instance. */
  beside(files: string): Promise<PostgresServer>;
  stop(): Promise<void>;
}

/** The folder of `initdb` and `postgres`, or undefined where they are not installed. */
export function postgresPrograms(): string | undefined {
  const onPath = Bun.which("initdb");
  // A link may stand alone there, without the programs beside it.
  if (onPath && Bun.which("postgres")) return join(realpathSync(onPath), "..");
  for (const folder of FOLDERS) {
    const versions = safeList(folder).sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
    for (const version of versions) {
      const bin = join(folder, version, "bin");
      if (Bun.which("initdb", { PATH: bin })) return bin;
    }
  }
  return undefined;
}

/** Where scripts/test.ts tells the processes that it starts of its server. */
export const SHARED_POSTGRES = "TEST_POSTGRES_URL";

let shared: Promise<Databases> | undefined;

/** One server for all tests of this process, started when first asked for; or the one that all processes share. */
export function sharedPostgres(): Promise<Databases> {
  const url = process.env[SHARED_POSTGRES];
  shared ??= url ? Promise.resolve({ createDatabase: () => createDatabase(new URL(url)) }) : startPostgres();
  return shared;
}

export async function startPostgres(
  settings: Record<string, string> = {},
  environment: Record<string, string> = {},
): Promise<PostgresServer> {
  const bin = postgresPrograms();
  if (!bin) throw new Error("PostgreSQL's initdb is not installed (Debian: postgresql)");
  const folder = mkdtempSync(join(tmpdir(), "confab-pg-"));
  const user = serverUser();
  if (user) {
    chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o700);
  }
  const asUser = asServerUser(user);
  const data = join(folder, "data");
  const options = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    fsync: "off",
    ...settings,
  };
  const run = async (command: string[]) => {
    const { exited, stderr } = Bun.spawn([...asUser, ...command], { stdout: "ignore", stderr: "pipe" });
    const said = await new Response(stderr).text();
    if ((await exited) !== 0) throw new Error(`${command.join(" ")}: ${said}`);
  };
  await run([join(bin, "initdb"), "-D", data, ..."-U confab -A trust -E UTF8 --no-sync --locale=C".split(" ")]);
  let folders = 0;
  const newFolder = () => join(folder, `other-${++folders}`);
  const serve = async (files: string, onStopped: () => void): Promise<PostgresServer> => {
    const port = await freePort();
    const spawn = () =>
      Bun.spawn(
        [
          ...asUser,
          join(bin, "postgres"),
          ...["-D", files, "-p", String(port)],
          ...Object.entries(options).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
        ],
        { stdout: "ignore", stderr: "ignore", env: { ...process.env, ...environment } },
      );
    let server = spawn();
    const url = (database: string) => `postgres://confab@127.0.0.1:${port}/${database}`;
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      // Its folder is removed with it, so nothing needs to reach the disk.
      server.kill("SIGQUIT");
      await server.exited;
      onStopped();
    };
    afterAllFiles(stop);
    await untilReady(url("postgres"));
    return {
      url,
      pid: () => server.pid,
      createDatabase: () => createDatabase(new URL(url("postgres"))),
      async halt(how) {
        server.kill(how === "immediate" ? "SIGQUIT" : "SIGINT");
        await server.exited;
      },
      async resume() {
        server = spawn();
        await untilReady(url("postgres"));
      },
      copy(kind) {
        const to = newFolder();
        const copied = Bun.spawnSync(["cp", "-a", files, to]);
        if (!copied.success) throw new Error(`cp failed: ${copied.stderr.toString()}`);
        if (kind === "replica") writeFileSync(join(to, "standby.signal"), "");
        return to;
      },
      use(copy) {
        files = copy;
      },
      newFolder,
      run: (program, ...args) => run([join(bin, program), ...args]),
      beside: (other) => serve(other, () => {}),
      stop,
    };
  };
  return serve(data, () => rmSync(folder, { recursive: true, force: true }));
}

/** @param url of any database on the server */
async function createDatabase(url: URL): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = postgres(url.href, { max: 1, onnotice: () => {} });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  await admin.end();
  return new URL(name, url).href;
}

/** PostgreSQL refuses to run as root: then it runs as its own user, or as nobody. So does PgBouncer. */
export function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => Number(Bun.spawnSync(["id", flag, name]).stdout.toString().trim()));
    if (uid && gid) return { uid, gid };
  }
  return undefined;
}

/** The prefix that makes a program run as that user and end with this process. */
export const asServerUser = (user: ReturnType<typeof serverUser>) =>
  user ? ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--pdeathsig=KILL"] : [];

export async function untilReady(url: string, statement = "SELECT 1") {
  for (let tries = 0; ; tries++) {
    const client = postgres(url, { max: 1, connect_timeout: 1, fetch_types: false, onnotice: () => {} });
    try {
      await client.unsafe(statement);
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await Bun.sleep(100);
    } finally {
      await client.end({ timeout: 1 });
    }
  }
}

/**
 * Below the ports that the system gives to outgoing connections, so a port that is free now is still free when its
 * server starts again.
 */
const PORTS = { from: 10_000, to: 32_000 };

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer().once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
