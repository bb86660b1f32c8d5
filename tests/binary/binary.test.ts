import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { inEachMode, modes } from "../support/modes.ts";
import type { ServerProcess } from "../support/process.ts";
import { type Machine, makeMachine } from "./machine.ts";

const machines: Machine[] = [];
const servers: ServerProcess[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill("SIGKILL");
    await server.exited;
  }
  for (const machine of machines.splice(0)) machine.remove();
});

async function machine(...args: Parameters<typeof makeMachine>) {
  const made = await makeMachine(...args);
  machines.push(made);
  return made;
}

async function start(on: Machine) {
  const server = await on.start();
  servers.push(server);
  return server;
}

inEachMode("the binary alone in a folder that can't be written", (mode) => {
  test("chats, keeps every acked message over kill -9, and stops by SIGTERM", async () => {
    const place = await machine(mode);
    expect(readdirSync(place.folder).sort()).toEqual(["confab", "data", "logs"]);
    const first = await start(place);
    const [ann, bob] = [await first.visitor().signUp("Ann"), await first.visitor().signUp("Bob")];
    const { id } = await ann.conversation([bob]);
    const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
    sender.send({ content: "by socket", client_id: "1" });
    await sender.next("ack");
    expect((await reader.next("message")).message).toMatchObject({ content: "by socket", seq: 1 });
    await bob.send(id, "by HTTP");
    expect((await sender.next("message", (frame) => frame.message.seq === 2)).message.content).toBe("by HTTP");
    const page = await first.visitor().get("/");
    const [, asset = ""] = /src="(\/assets\/[^"]+)"/.exec(page.text) ?? [];
    expect((await first.visitor().get(asset)).headers.get("content-type")).toStartWith("text/javascript");
    const docs = await first.visitor().get("/api/docs/");
    const [, script = ""] = /src="(\/assets\/[^"]+)"/.exec(docs.text) ?? [];
    expect((await first.visitor().get(script)).text).toContain("/api/asyncapi.json");
    expect((await first.visitor().get("/api/openapi.json")).body.info.version).toBe(version);
    // The list of common passwords is a file of its own.
    const weak = { email: "cid@example.com", first_name: "Cid", last_name: "Tester" };
    const refused = { ...weak, password: "password", password_confirm: "password" };
    expect((await first.visitor().post("/api/users/register/", refused)).body.errors).toEqual({
      password: ["This password is too common."],
    });
    first.kill("SIGKILL");
    await first.exited;

    const second = await start(place);
    for (const person of [ann, bob]) person.url = second.url;
    const { body } = await bob.get(`/api/chat/conversations/${id}/messages/`);
    expect(body.data.messages.map((message: { content: string }) => message.content)).toEqual(["by socket", "by HTTP"]);
    expect((await ann.send(id, "and on")).seq).toBe(3);
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);

    expect(readdirSync(place.folder).sort()).toEqual(["confab", "data", "logs"]);
    const log = readFileSync(join(place.folder, "logs/app.log"), "utf8").trim().split("\n");
    const said = log.map((line) => JSON.parse(line).msg);
    expect(said).toContain("ready");
    expect(said.at(-1)).toBe("stopped");
  });

  test("has every command: migrate, createsuperuser, backup and restore beside a server, healthcheck", async () => {
    const place = await machine(mode);
    expect(await place.run(["migrate"])).toEqual({ code: 0, stdout: "The database is up to date.\n", stderr: "" });
    const server = await start(place);
    const who = ["--email", "root@example.com", "--first-name", "Rosa", "--last-name", "Root"];
    const made = await place.run(["createsuperuser", ...who], { SUPERUSER_PASSWORD: "SecurePass123" });
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
    expect((await server.visitor().logIn("root@example.com")).user).toMatchObject({ full_name: "Rosa Root" });
    const { port } = new URL(server.url);
    expect((await place.run(["healthcheck"], { PORT: port })).code).toBe(0);
    const file = join(place.folder, "data", "one.zst");
    expect((await place.run(["backup", file])).stdout).toContain("Read back and verified.");
    expect((await place.run(["restore", "--replace", file])).stdout).toContain("1 user,");
    expect((await server.visitor().logIn("root@example.com")).user).toMatchObject({ full_name: "Rosa Root" });
    server.kill("SIGINT");
    expect(await server.exited).toBe(0);
    expect((await place.run(["healthcheck"], { PORT: port })).code).toBe(1);
  });
});

if (modes.includes("redis"))
  test("two nodes of it on one PostgreSQL and one Redis are one chat", async () => {
    const place = await machine("redis");
    const [one, two] = [await start(place), await start(place)];
    const [ann, bob] = [await one.visitor().signUp("Ann"), await two.visitor().signUp("Bob")];
    const { id } = await ann.conversation([bob]);
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    a.send({ content: "from one" });
    await b.next("message");
    b.send({ content: "from the other" });
    expect((await a.next("message", (frame) => frame.message.seq === 2)).message.content).toBe("from the other");
  });

test("the binary can write nowhere but in data and logs in these tests", async () => {
  const place = await machine("embedded");
  const { code, stderr } = await place.run(["migrate"], { DATA_DIR: join(place.folder, "elsewhere") });
  expect(code).toBe(1);
  expect(stderr).toContain("EACCES");
});

test("the binary prints its version and its help, and refuses unknown commands and options", async () => {
  const place = await machine("embedded");
  expect(await place.run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect((await place.run(["--help"])).stdout).toContain("Usage: confab");
  expect((await place.run(["--no-such-option"])).code).toBe(2);
});

test("the binary reads nothing in its working directory except the file that --env-file names", async () => {
  const planted = {
    ".env": "PORT=none\nDATA_DIR=/planted\n",
    "bunfig.toml": 'preload = ["./planted.ts"]\n',
    "package.json": '{ "name": "planted", "type": "commonjs" }',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["./planted.ts"] } } }',
    "planted.ts": 'process.stdout.write("planted\\n");\n',
  };
  const place = await machine("embedded", planted);
  // These files change a program that reads them.
  const reads = Bun.spawnSync([process.execPath, "-p", "process.env.PORT"], { cwd: place.folder, env: {} });
  expect(reads.stdout.toString()).toBe("planted\nnone\n");

  expect(await place.run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect(await place.run(["migrate"])).toMatchObject({ code: 0, stdout: "The database is up to date.\n" });
  const told = await place.run(["--env-file", ".env"]);
  expect(told.code).toBe(2);
  expect(told.stderr).toContain("PORT");
});

test("the binary ends on a signal that it does not handle", async () => {
  const server = await start(await machine("embedded"));
  server.kill("SIGHUP");
  expect(await server.exited).toBe(128 + 1);
});

test("the binary writes a readable log on a terminal", async () => {
  const place = await machine("embedded");
  const shown = await place.onTerminal((text) => text.includes("ready"));
  expect(shown).toMatch(/^\[\d\d:\d\d:\d\d\] .*INFO.*listening/);
  expect(shown).not.toContain('"msg"');
});

test("the binary ends with 1 and a text when an error is not caught", async () => {
  const place = await machine("embedded");
  const server = await place.start({
    BUN_OPTIONS: `--preload=${join(import.meta.dir, "../support/planted-errors.ts")}`,
  });
  servers.push(server);
  const ann = await server.visitor().signUp("Ann");
  const hub = await ann.hub();
  await fetch(`${server.url}/plant/timer`);
  expect(await server.exited).toBe(1);
  expect((await hub.closed).code).toBe(1012);
  const log = readFileSync(join(place.folder, "logs/app.log"), "utf8");
  expect(log).toContain("uncaught exception: Error: planted in a timer.");
});

test("the binary ends with another code than 0 when it hangs after an error that is not caught", async () => {
  const place = await machine("embedded");
  const server = await place.start({
    BUN_OPTIONS: `--preload=${join(import.meta.dir, "../support/planted-errors.ts")}`,
  });
  servers.push(server);
  await fetch(`${server.url}/plant/hung%20loop`).catch(() => {});
  expect(await server.exited).not.toBe(0);
});
