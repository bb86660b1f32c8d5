import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "./cleanup.ts";
import { asServerUser, freePort, serverUser, untilReady } from "./postgres.ts";

export type PoolMode = "session" | "transaction" | "statement";

export const pgbouncerProgram = () => Bun.which("pgbouncer", { PATH: `${process.env["PATH"]}:/usr/sbin` }) ?? undefined;

if (!pgbouncerProgram())
  process.stderr.write("SKIPPED: all tests behind PgBouncer, which is not installed (Debian: pgbouncer)\n");

/** PgBouncer in front of a database; it ends with this process, however that ends. */
export async function startPgbouncer(databaseUrl: string, settings: { pool_mode: PoolMode } & Record<string, string>) {
  const program = pgbouncerProgram();
  if (!program) throw new Error("pgbouncer is not installed (Debian: pgbouncer)");
  const { hostname, port, pathname, username } = new URL(databaseUrl);
  const folder = mkdtempSync(join(tmpdir(), "confab-pgbouncer-"));
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const own = await freePort();
  const options = {
    listen_addr: "127.0.0.1",
    listen_port: own,
    unix_socket_dir: "",
    auth_type: "trust",
    auth_file: join(folder, "users.txt"),
    admin_users: username,
    logfile: join(folder, "log"),
    default_pool_size: 40,
    ...settings,
  };
  const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(file, `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join("\n")}\n`, {
    mode: 0o644,
  });
  writeFileSync(options.auth_file, `"${username}" ""\n`, { mode: 0o644 });
  const child = Bun.spawn([...asServerUser(user), program, file], { stdout: "ignore", stderr: "ignore" });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    child.kill("SIGKILL");
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  afterAllFiles(stop);
  const url = `postgres://${username}@127.0.0.1:${own}${pathname}`;
  await untilReady(url.replace(pathname, "/pgbouncer"), "SHOW VERSION");
  return { url, stop };
}
