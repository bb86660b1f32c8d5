import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { afterAllFiles } from "./cleanup.ts";
import { isOfAnotherRelease } from "./documents.ts";
import { run, type ServerProcess, spawnServer } from "./process.ts";

/** The commit of the last release: its nodes serve beside those of this tree while a rolling restart lasts. */
const COMMIT = "15e54fee01f91c6127a4d0bacce4a5444d54f85f";
const ROOT = join(import.meta.dir, "../..");

/** False in a shallow clone or a copy without git's history; a line of the output then says so. */
export const hasLastRelease =
  Bun.spawnSync(["git", "-C", ROOT, "cat-file", "-e", `${COMMIT}^{commit}`], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;
if (!hasLastRelease)
  process.stderr.write(`SKIPPED: all tests beside the last release, whose commit ${COMMIT} is not in this clone\n`);

let made: Promise<string> | undefined;

/** Makes the tables and functions of the last release in an empty database. */
export async function migrateAsLastRelease(databaseUrl: string): Promise<void> {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  made ??= make();
  await migrate(drizzle(client), { migrationsFolder: join(await made, "drizzle") });
  await client.end();
}

/** A node of the last release. Its source comes from git, once for all tests of this process. */
export async function spawnLastRelease(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await spawnServer(environment, { program: await program() });
  isOfAnotherRelease(server.url);
  return server;
}

/** Runs a command of the last release to its end. */
export const runLastRelease = async (args: string[], environment: Record<string, string>) =>
  run(args, environment, undefined, await program());

async function program(): Promise<string[]> {
  made ??= make();
  return [process.execPath, "--no-env-file", join(await made, "src/main.ts")];
}

async function make(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "confab-last-release-"));
  afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
  const archive = Bun.spawn(["git", "-C", ROOT, "archive", COMMIT], { stdout: "pipe" });
  await finished(Bun.spawn(["tar", "-x", "-C", folder], { stdin: archive.stdout }));
  await finished(archive);
  const isSame = (file: string) => readFileSync(join(folder, file)).equals(readFileSync(join(ROOT, file)));
  // Installing takes seconds; the packages of this tree are the same ones when the lock file is.
  if (isSame("bun.lock")) symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  else
    await finished(
      Bun.spawn([process.execPath, "install", "--frozen-lockfile", "--silent"], { cwd: folder, stdout: "ignore" }),
    );
  return folder;
}

async function finished(child: { exited: Promise<number> }) {
  const code = await child.exited;
  if (code !== 0) throw new Error(`the last release could not be unpacked (${code})`);
}
