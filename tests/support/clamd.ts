import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./postgres.ts";
import { until } from "./until.ts";

const PROGRAM = Bun.which("clamd") ?? ["/usr/sbin/clamd"].find((path) => existsSync(path));
export const hasClamd = PROGRAM !== undefined;
if (!hasClamd)
  process.stderr.write("SKIPPED: tests with a virus scanner, as clamd is not installed (Debian: clamav-daemon)\n");

/** A harmless text that the tests' scanner takes for a virus named `Confab.Test.UNOFFICIAL`. */
export const VIRUS = "confab-test-virus";
/** The most bytes that it scans. */
export const STREAM_BYTES_MAX = 1_000_000;

export interface TestClamd {
  /** The values of SCAN by which it is reached. */
  tcp: string;
  unix: string;
  /** Stops it as if its machine had died. */
  kill(): Promise<void>;
  /** Starts it again, at the same places. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A real clamd that knows one signature, so it starts at once and needs no download. */
export async function startClamd(): Promise<TestClamd> {
  if (!PROGRAM) throw new Error("clamd is not installed");
  const folder = mkdtempSync(join(tmpdir(), "confab-clamd-"));
  const database = join(folder, "database");
  mkdirSync(database);
  writeFileSync(join(database, "test.ndb"), `Confab.Test:0:*:${Buffer.from(VIRUS).toString("hex")}\n`);
  const port = await freePort();
  const socket = join(folder, "clamd.sock");
  const settings = {
    DatabaseDirectory: database,
    TemporaryDirectory: folder,
    TCPSocket: port,
    TCPAddr: "127.0.0.1",
    LocalSocket: socket,
    Foreground: "yes",
    StreamMaxLength: STREAM_BYTES_MAX,
  };
  const config = join(folder, "clamd.conf");
  writeFileSync(
    config,
    Object.entries(settings)
      .map((line) => `${line.join(" ")}\n`)
      .join(""),
  );
  const spawn = () => Bun.spawn([PROGRAM, "-c", config], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  let child = spawn();
  const clamd: TestClamd = {
    tcp: `clamd://127.0.0.1:${port}`,
    unix: `clamd://${socket}`,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async start() {
      rmSync(socket, { force: true });
      child = spawn();
      await until(() => existsSync(socket) && answers(port));
    },
    async stop() {
      await clamd.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await until(() => existsSync(socket) && answers(port));
  return clamd;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
