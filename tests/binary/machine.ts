import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "../support/cleanup.ts";
import { type Mode, makePlace } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";

/** Of somebody with no rights; root could write to a folder that is closed. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** A folder with nothing but the binary, closed to writing; only `data` and `logs` in it are open. */
export interface Machine {
  folder: string;
  run(args: string[], environment?: Record<string, string>): ReturnType<typeof run>;
  start(environment?: Record<string, string>): Promise<ServerProcess>;
  /** Starts a server on a terminal and returns what it has shown there when that is enough. */
  onTerminal(isEnough: (text: string) => boolean): Promise<string>;
  remove(): void;
}

let built: Promise<string> | undefined;

/** Makes the binary of `bun run build` once for all tests. */
function binary(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "confab-binary-"));
    afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
    const outfile = join(folder, "confab");
    const root = join(import.meta.dir, "../..");
    const build = Bun.spawn([process.execPath, "run", "build", `--outfile=${outfile}`], { cwd: root, stderr: "pipe" });
    const [code, stderr] = await Promise.all([build.exited, build.stderr.text()]);
    if (code !== 0) throw new Error(`the build failed: ${stderr}`);
    return outfile;
  })();
  return built;
}

/** @param planted files that lie beside the binary, by name */
export async function makeMachine(mode: Mode, planted: Record<string, string> = {}): Promise<Machine> {
  // Embedded, the binary makes its database itself.
  const place = mode === "embedded" ? undefined : await makePlace(mode);
  const folder = mkdtempSync(join(tmpdir(), "confab-machine-"));
  copyFileSync(await binary(), join(folder, "confab"));
  chmodSync(join(folder, "confab"), 0o555);
  for (const [name, text] of Object.entries(planted)) await Bun.write(join(folder, name), text);
  for (const name of ["data", "logs"]) {
    mkdirSync(join(folder, name));
    if (isRoot) chownSync(join(folder, name), NOBODY, NOBODY);
  }
  chmodSync(folder, 0o555);

  const base = {
    ...place?.environment,
    DATA_DIR: join(folder, "data"),
    LOG_DIR: join(folder, "logs"),
    // Where the native addon is unpacked: here is nothing else that can be written.
    BUN_TMPDIR: join(folder, "data"),
    PATH: "/nowhere",
  };
  const program = [...asNobody(), join(folder, "confab")];
  return {
    folder,
    run: (args, environment = {}) => run(args, { ...base, ...environment }, folder, program),
    start: (environment = {}) => spawnServer({ ...base, ...environment }, { program, cwd: folder }),
    async onTerminal(isEnough) {
      let text = "";
      const enough = Promise.withResolvers<void>();
      const data = (_terminal: Bun.Terminal, bytes: Uint8Array) => {
        text += new TextDecoder().decode(bytes);
        if (isEnough(text)) enough.resolve();
      };
      const child = Bun.spawn(program, { cwd: folder, env: { ...base, PORT: "0" }, terminal: { data } });
      await Promise.race([enough.promise, child.exited]);
      child.kill("SIGTERM");
      await child.exited;
      return text;
    },
    remove() {
      chmodSync(folder, 0o755);
      rmSync(folder, { recursive: true, force: true });
      place?.remove();
    },
  };
}

function asNobody(): string[] {
  if (!isRoot) return [];
  const setpriv = Bun.which("setpriv");
  if (!setpriv) throw new Error("setpriv is not installed (Debian: util-linux)");
  return [setpriv, `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--pdeathsig=KILL", "--"];
}
