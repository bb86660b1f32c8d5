import { join } from "node:path";
import { Client } from "./client.ts";
import { freePort } from "./postgres.ts";
import { NO_LIMITS } from "./server.ts";

/** As `bun start` runs it. */
export const CONFAB = [process.execPath, "--no-env-file", join(import.meta.dir, "../../src/server/main.ts")];
const PATIENCE_MS = 30_000;

/** Runs a command to its end. `stdin` is what is typed, not a terminal. */
export async function run(args: string[], environment: Record<string, string>, cwd?: string, program = CONFAB) {
  const child = Bun.spawn([...program, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

/** A server in a process of its own. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** Resolves with the exit code. */
  exited: Promise<number>;
  /** Its whole standard error, with `stderr: "pipe"`. */
  stderr: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  visitor(): Client;
}

/** Starts a server and waits until it is ready, or with `awaitReady: false` only until it listens. */
export async function spawnServer(
  environment: Record<string, string>,
  options: { awaitReady?: boolean; stdout?: number; program?: string[]; cwd?: string; stderr?: "pipe" | number } = {},
): Promise<ServerProcess> {
  const port = environment["PORT"] ?? String(await freePort());
  const child = Bun.spawn(options.program ?? CONFAB, {
    env: { PATH: process.env["PATH"], ...NO_LIMITS, HOST: "127.0.0.1", PORT: port, ...environment },
    stdin: "ignore",
    stdout: options.stdout ?? "ignore",
    stderr: options.stderr ?? "inherit",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const url = `http://127.0.0.1:${port}`;
  const path = options.awaitReady === false ? "/api/chat/health/" : "/api/chat/health/ready/";
  const until = performance.now() + PATIENCE_MS;
  while (!(await answers(url + path))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    if (performance.now() > until) throw new Error("the server does not get ready");
    await Bun.sleep(20);
  }
  return {
    url,
    pid: child.pid,
    exited: child.exited,
    stderr: typeof child.stderr === "object" && child.stderr ? new Response(child.stderr).text() : Promise.resolve(""),
    kill: (signal) => child.kill(signal),
    visitor: () => new Client(url),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
