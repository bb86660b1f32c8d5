import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode, makePlace, modes, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { CONFAB, run, type ServerProcess, spawnServer } from "../support/process.ts";
import { NO_LIMITS } from "../support/server.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

const places: Place[] = [];
const servers: ServerProcess[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill("SIGKILL");
    await server.exited;
  }
  for (const place of places.splice(0)) place.remove();
});

async function place(mode: Parameters<typeof makePlace>[0]) {
  const made = await makePlace(mode);
  places.push(made);
  return made.environment;
}

async function spawn(...args: Parameters<typeof spawnServer>) {
  const server = await spawnServer(...args);
  servers.push(server);
  return server;
}

async function chatting(server: ServerProcess): Promise<{ ann: Client; bob: Client; id: string }> {
  const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
  return { ann, bob, id: (await ann.conversation([bob])).id };
}

inEachMode("a stop by signal", (mode) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    test(`${signal}: commits under way are acked, sockets are sent away to come back, exit 0`, async () => {
      const environment = await place(mode);
      const server = await spawn(environment);
      const { ann, bob, id } = await chatting(server);
      const [sender, reader, hub] = [await ann.chat(id), await bob.chat(id), await bob.hub()];
      for (let i = 0; i < 100; i++) sender.send({ content: `${i}`, client_id: `${i}` });
      await sender.next("ack");
      const started = performance.now();
      server.kill(signal);
      for (const socket of [sender, reader, hub]) {
        const { code, reason } = await socket.closed;
        expect(code).toBe(1012);
        expect(JSON.parse(reason).reconnect_after_ms).toBeGreaterThan(0);
      }
      expect(await server.exited).toBe(0);
      expect(performance.now() - started).toBeLessThan(10_000);

      const again = await spawn({ ...environment, PORT: String(new URL(server.url).port) });
      const { body } = await ann.get(`/api/chat/conversations/${id}/messages/?limit=100`);
      const log = body.data.messages.map((message: { content: string }) => message.content);
      const acked = sender.all("ack").map((frame) => frame.client_id);
      expect(log).toEqual(acked);
      again.kill("SIGTERM");
      expect(await again.exited).toBe(0);
    });
});

test("a server that is starting answers health, and says that it is not ready", async () => {
  // Nobody listens there: the database never comes.
  const DATABASE_URL = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const server = await spawn({ DATABASE_URL, LOG_DIR: "off" }, { awaitReady: false });
  const visitor = server.visitor();
  expect(await visitor.get("/api/chat/health/")).toMatchObject({
    status: 200,
    body: { status: "success", message: "API is running" },
  });
  const ready = await visitor.get("/api/chat/health/ready/");
  expect(ready.status).toBe(503);
  expect(ready.body).toMatchObject({ status: "error", code: "starting" });
  expect(ready.headers.get("retry-after")).toBe("1");
  // A browser that wants a page gets one that asks again.
  const page = await visitor.get("/c/some", { Accept: "text/html,*/*" });
  expect(page.status).toBe(503);
  expect(page.headers.get("refresh")).toBe("2");
  expect(page.text).toContain("<h1>The server is starting</h1>");
  expect((await visitor.get("/api/users/profile/", { Accept: "text/html" })).body).toMatchObject({ code: "starting" });
  expect((await run(["healthcheck"], { PORT: new URL(server.url).port })).code).toBe(1);
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
});

test("healthcheck is 0 for a server that is ready", async () => {
  const server = await spawn(await place("embedded"));
  const { code, stdout } = await run(["healthcheck"], { PORT: new URL(server.url).port });
  expect(code).toBe(0);
  expect(stdout).toStartWith("200 ");
});

test("a second process on the same DATA_DIR is refused with a clear text, and the first goes on", async () => {
  const environment = await place("embedded");
  const server = await spawn(environment);
  const { ann, id } = await chatting(server);
  const second = await run(["serve"], { ...environment, PORT: "0" });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("Another Confab process is using");
  expect((await run(["migrate"], environment)).code).toBe(1);
  await ann.send(id, "still here");
});

test("a first start that is killed at any moment leaves a folder that the next start opens", async () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-first-"));
  const environment = { DATA_DIR: join(folder, "data"), LOG_DIR: "off" };
  try {
    for (const afterMs of [0, 100, 250, 500, 750, 1000]) {
      const server = await spawn(environment, { awaitReady: false });
      await Bun.sleep(afterMs);
      server.kill("SIGKILL");
      await server.exited;
    }
    const { ann, id } = await chatting(await spawn(environment));
    expect((await ann.send(id, "all is well")).seq).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

if (modes.includes("postgres")) {
  test("a second node on the same database waits for the first to go, and is refused with a clear text", async () => {
    const environment = await place("postgres");
    const server = await spawn(environment);
    const { ann, id } = await chatting(server);
    const refused = await run(["serve"], { ...environment, PORT: "0" });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Another Confab node is running on this database");
    await ann.send(id, "still here");

    const successor = spawn(environment);
    server.kill("SIGTERM");
    ann.url = (await successor).url;
    await ann.send(id, "on the next one");
  });

  test("AUTO_MIGRATE=off refuses a database that is not up to date, until migrate has run", async () => {
    const environment = await place("postgres");
    const refused = await run(["serve"], { ...environment, AUTO_MIGRATE: "off", PORT: "0" });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Run: confab migrate");
    expect(await run(["migrate"], { ...environment, AUTO_MIGRATE: "off" })).toMatchObject({
      code: 0,
      stdout: "The database is up to date.\n",
    });
    await spawn({ ...environment, AUTO_MIGRATE: "off" });
  });

  test("nodes that start together migrate an empty database once", async () => {
    const environment = await place("postgres");
    const ends = await Promise.all([1, 2, 3, 4].map(() => run(["migrate"], environment)));
    for (const { code, stderr } of ends) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
}

test("a fresh server prints one address to open and its set-up code, and no code once it has an admin", async () => {
  const environment: Record<string, string> = { ...(await place("embedded")), HOST: "0.0.0.0", LOG_FORMAT: "json" };
  const port = String(await freePort());
  /** Standard output and the log, once the server has written everything. */
  const said = async (more: Record<string, string>, last: string) => {
    const child = Bun.spawn([...CONFAB, "--port", port], {
      env: { PATH: process.env["PATH"], ...NO_LIMITS, ...environment, ...more },
      stdout: "pipe",
      stderr: "inherit",
    });
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes(last)) break;
    }
    child.kill("SIGTERM");
    await child.exited;
    return text;
  };
  const fresh = await said({}, "Set-up code:");
  expect(fresh).toMatch(new RegExp(`Open http://[\\w.]+:${port}/`));
  expect(fresh.match(/Open http/g)).toHaveLength(1);
  expect(fresh).not.toContain("0.0.0.0:");
  const [, code] = /Set-up code: ([0-9A-Z]{5}-[0-9A-Z]{5}) /.exec(fresh) ?? [];
  expect(readFileSync(join(environment["LOG_DIR"] ?? "", "app.log"), "utf8")).toContain(`Set-up code: ${code}`);
  // The same at each start, and also where nothing is logged.
  const quiet = await said({ LOG_LEVEL: "silent", PUBLIC_URL: "https://chat.example.com" }, "Set-up code:");
  expect(quiet).toStartWith(`Open https://chat.example.com/\nSet-up code: ${code} `);
  const root = ["createsuperuser", "--email", "root@example.com", "--first-name", "Rosa", "--last-name", "Root"];
  expect((await run(root, { ...environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
  const claimed = await said({ PUBLIC_URL: "https://chat.example.com" }, "Open https://chat.example.com/");
  expect(claimed).not.toContain("Set-up code");
});

test("a port that is taken is named in an error", async () => {
  const environment = await place("embedded");
  const server = await spawn(environment);
  const other = await run(["serve"], { ...(await place("embedded")), PORT: new URL(server.url).port });
  expect(other.code).toBe(1);
  expect(other.stderr).toContain(`PORT ${new URL(server.url).port}: `);
  expect(other.stderr).toContain("in use");
});

test("an address that can't be listened on and a folder that can't be used are named by their settings", async () => {
  const nowhere = await run(["serve"], { ...(await place("embedded")), PORT: "0", HOST: "999.1.1.1" });
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("HOST 999.1.1.1") });
  const folder = mkdtempSync(join(tmpdir(), "confab-file-"));
  try {
    const file = join(folder, "file");
    writeFileSync(file, "no folder");
    const unusable = await run(["serve"], { ...(await place("embedded")), PORT: "0", DATA_DIR: file });
    expect(unusable).toMatchObject({ code: 1, stderr: expect.stringContaining(`DATA_DIR ${file} can't be used`) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("api.log has two lines for each request, and app.log has JSON", async () => {
  const environment = await place("embedded");
  const server = await spawn(environment);
  const { ann } = await chatting(server);
  await ann.get("/api/users/profile/?secret=1");
  server.kill("SIGTERM");
  await server.exited;
  const api = readFileSync(join(environment["LOG_DIR"] ?? "", "api.log"), "utf8");
  expect(api).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO API Request: POST \/api\/users\/login\/ - User: anonymous - IP: 127\.0\.0\.1$/m,
  );
  expect(api).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO API Response: POST \/api\/users\/login\/ - Status: 200 - Duration: \d+\.\d{3}s$/m,
  );
  expect(api).toContain(`API Request: GET /api/users/profile/ - User: ${ann.id} - IP: 127.0.0.1\n`);
  expect(api).not.toContain("secret");
  const app = readFileSync(join(environment["LOG_DIR"] ?? "", "app.log"), "utf8")
    .trim()
    .split("\n");
  expect(app.map((line) => JSON.parse(line).msg)).toContain("ready");
});

test("a full disk under the logs and a standard output that nobody reads don't stop the server", async () => {
  const environment = await place("embedded");
  const folder = environment["LOG_DIR"] ?? "";
  mkdirSync(folder, { recursive: true });
  const disk = mountSmallDisk(folder, 256);
  if (!disk) return;
  writeFileSync(join(folder, "filler"), Buffer.alloc(255 * 1024));
  const port = await freePort();
  const child = Bun.spawn([process.execPath, "--no-env-file", join(import.meta.dir, "../../src/server/main.ts")], {
    env: { PATH: process.env["PATH"], ...environment, PORT: String(port), LOG_LEVEL: "trace", LOG_FORMAT: "json" },
    stdout: "pipe",
    stderr: "ignore",
  });
  // The reader closes the pipe after the first lines.
  const stdout = child.stdout.getReader();
  await stdout.read();
  await stdout.cancel();
  try {
    const server = await spawn({ ...(await place("embedded")), LOG_DIR: folder, LOG_LEVEL: "trace" });
    await chatting(server);
    const until = performance.now() + 20_000;
    let health: Response | undefined;
    while (!health?.ok && performance.now() < until) {
      health = await fetch(`http://127.0.0.1:${port}/api/chat/health/ready/`).catch(() => undefined);
      await Bun.sleep(50);
    }
    for (let i = 0; i < 20; i++) {
      health = await fetch(`http://127.0.0.1:${port}/api/chat/health/`);
      expect(health.status).toBe(200);
    }
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    disk.unmount();
  }
});
