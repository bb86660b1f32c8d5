import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePlace, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";

/** The end comes within 6 s whatever hangs, mostly within 3; two-fold slack. */
const ENDED_WITHIN_MS = 12_000;
const MAIN = join(import.meta.dir, "../../src/server/main.ts");
const PLANTED = join(import.meta.dir, "../support/planted-errors.ts");
const PROGRAM = [process.execPath, "--no-env-file", "--preload", PLANTED, MAIN];

const places: Place[] = [];
const servers: ServerProcess[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill("SIGKILL");
    await server.exited;
  }
  for (const place of places.splice(0)) place.remove();
});

async function start(environment: Record<string, string>, stderr: "pipe" | number = "pipe") {
  const server = await spawnServer({ ...environment, LOG_FORMAT: "json" }, { program: PROGRAM, stderr });
  servers.push(server);
  return server;
}

async function place() {
  const made = await makePlace("embedded");
  places.push(made);
  return made.environment;
}

const plant = (server: ServerProcess, kind: string) =>
  fetch(`${server.url}/plant/${encodeURIComponent(kind)}`).then(
    (answer) => answer.text(),
    () => undefined,
  );

/** The exit code, or "runs on". */
const end = (server: ServerProcess) =>
  Promise.race([server.exited, Bun.sleep(ENDED_WITHIN_MS).then(() => "runs on" as const)]);

describe("an uncaught error", () => {
  test.each([
    ["timer", "uncaught exception: Error: planted in a timer."],
    ["microtask", "uncaught exception: Error: planted in a microtask."],
    ["promise", "unhandled rejection: Error: planted in a late promise."],
    ["nothing", "unhandled rejection: undefined."],
  ])(
    "of a %s ends the node with 1 and a text, sends its sockets away, and keeps what was acked",
    async (kind, text) => {
      const environment = await place();
      const server = await start(environment);
      const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
      const { id } = await ann.conversation([bob]);
      const [sender, hub] = [await ann.chat(id), await bob.hub()];
      for (let i = 0; i < 20; i++) sender.send({ content: `${i}`, client_id: `${i}` });
      await sender.until(() => sender.all("ack").length === 20);
      await plant(server, kind);
      // Nobody is kept waiting for an answer meanwhile.
      const health = fetch(`${server.url}/api/chat/health/`, { signal: AbortSignal.timeout(ENDED_WITHIN_MS) });
      expect(
        await health.then(
          () => "answered",
          (error: unknown) => (error as Error).name,
        ),
      ).not.toBe("TimeoutError");
      expect(await end(server)).toBe(1);
      for (const socket of [sender, hub]) expect((await socket.closed).code).toBe(1012);
      const said = await server.stderr;
      expect(said).toStartWith(`confab: Fatal: ${text} The process ends`);
      expect(said).not.toContain("second line");
      const log = readFileSync(join(environment["LOG_DIR"] ?? "", "app.log"), "utf8")
        .trim()
        .split("\n");
      expect(log.map((line) => JSON.parse(line)).at(-1)).toMatchObject({
        level: 60,
        msg: expect.stringContaining(text),
      });

      const next = await start(environment);
      const { body } = await ann.at(next.url).get(`/api/chat/conversations/${id}/messages/`);
      expect(body.data.messages.map(({ content }: { content: string }) => Number(content))).toEqual(
        Array.from({ length: 20 }, (_, i) => i),
      );
    },
  );

  test.each(["hung loop", "hung stop", "broken logger"])(
    "ends the node with another code than 0 also with a %s",
    async (kind) => {
      const server = await start(await place());
      await plant(server, kind);
      const code = await end(server);
      expect(code).toBeNumber();
      expect(code).not.toBe(0);
    },
  );

  test("ends the node also when nobody reads the full pipe of its standard error", async () => {
    const folder = mkdtempSync(join(tmpdir(), "confab-pipe-"));
    try {
      const pipe = join(folder, "pipe");
      expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
      const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
      expect(() => {
        for (;;) writeSync(reader, Buffer.alloc(4096));
      }).toThrow("EAGAIN");
      const writer = openSync(pipe, constants.O_WRONLY);
      const server = await start(await place(), writer);
      await plant(server, "timer");
      const code = await end(server);
      expect(code).toBeNumber();
      expect(code).not.toBe(0);
      for (const fd of [reader, writer]) closeSync(fd);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each(["timer", "promise"])("of a %s ends a command with 1 and a text", async (PLANT) => {
    const { code, stderr } = await run(["migrate"], { ...(await place()), PLANT }, undefined, PROGRAM);
    expect(code).toBe(1);
    expect(stderr).toContain("confab: Fatal: ");
  });
});

test("a command that has nothing left to wait for, and is not done, ends with 1", async () => {
  const never = join(import.meta.dir, "../support/never-answered.ts");
  const program = [process.execPath, "--no-env-file", "--preload", never, MAIN];
  const { code, stderr } = await run(["healthcheck"], { PORT: String(await freePort()) }, undefined, program);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "confab: ended before it was done\n" });
});

test("a command ends without an error when the reader of its standard output leaves at once", async () => {
  const shell = (command: string) =>
    Bun.spawnSync(["bash", "-c", `set -o pipefail; ${command}`], {
      env: { PATH: process.env["PATH"], BUN: process.execPath, MAIN },
    });
  const { exitCode, stderr } = shell(`"$BUN" --no-env-file "$MAIN" --help | true`);
  expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
});
