import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/sdk/index.ts";
import { PASSWORD } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "../..");
/**
 * Bytes of the module that you import, gzipped. Property names are not mangled, so that a stack trace and the devtools show
 * the names of the source. That costs 482 bytes, and names that say what they do cost 467 more. Personal settings of
 * conversations and the pages of the archive cost 810. Windows share the changes, the outbox and the pages of their
 * conversation, which costs 240. Open fields and options of messages, the events of their changes, ranges, and the places where
 * actions join cost 290. Names and quotes that follow, lines, counts of mentions, and threads cost 1,100. Messages that wait for
 * their files cost 190. A socket that opens while the server is asked who is signed in, and a page that is requested with its
 * subscription, cost 36.
 */
const SIZE_MAX = 15_490;

const folder = mkdtempSync(join(tmpdir(), "confab-foreign-"));
const project = join(folder, "project");
let server: TestServer;

const run = async (...command: string[]) => {
  const child = Bun.spawn(command, { cwd: project, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
};

/** Makes a project elsewhere that has the packed client, and nothing else of this repository. */
beforeAll(async () => {
  server = await sharedServer();
  const [built, installed] = [join(folder, "built"), join(project, "node_modules/confab")];
  mkdirSync(installed, { recursive: true });
  const must = async (...command: string[]) => expect(await run(...command)).toMatchObject({ code: 0 });
  await must(process.execPath, join(ROOT, "scripts/sdk.ts"), "--outdir", built);
  const pack = Bun.spawnSync([process.execPath, "pm", "pack", "--filename", join(folder, "confab.tgz")], {
    cwd: built,
  });
  expect(pack.exitCode).toBe(0);
  await must("tar", "-xzf", join(folder, "confab.tgz"), "--strip-components=1", "-C", installed);
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
  };
  // No types of a browser or another platform: the client brings all that it needs.
  const bare = { compilerOptions: { ...compilerOptions, lib: ["es2022"], types: [] }, files: ["types.ts"] };
  const types = join(ROOT, "node_modules/@types");
  const node = {
    compilerOptions: { ...compilerOptions, skipLibCheck: true, typeRoots: [types], types: ["bun"] },
    files: ["chat.ts", "chat-ws.ts"],
  };
  writeFileSync(join(project, "bare.json"), JSON.stringify(bare));
  writeFileSync(join(project, "node.json"), JSON.stringify(node));
  writeFileSync(join(project, "chat.ts"), snippet());
  const ws = `import WebSocket from "ws";\n${snippet().replace("connect(url)", "connect({ url, WebSocket })")}`;
  writeFileSync(join(project, "chat-ws.ts"), ws);
  const plain = new Bun.Transpiler({ loader: "ts" });
  for (const name of ["chat", "chat-ws"])
    writeFileSync(join(project, `${name}.js`), plain.transformSync(readFileSync(join(project, `${name}.ts`), "utf8")));
  for (const name of ["ws", "@types"])
    symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

/** The chat of the README, unchanged. */
function snippet(): string {
  const [, section = ""] = readFileSync(join(ROOT, "README.md"), "utf8").split("\n## Embed it\n");
  return /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
}

test("the package is small, loads four more modules of its own, and has no zod in it", () => {
  const installed = join(project, "node_modules/confab");
  const read = (name: string) => readFileSync(join(installed, name), "utf8");
  const [persistence = "", queue = "", uploads = "", window = "", ...others] = readdirSync(installed)
    .filter((name) => /-\w+\.js$/.test(name) && !existsSync(join(ROOT, "src/sdk/features", name.replace(/js$/, "ts"))))
    .sort();
  expect([persistence, queue, uploads, window].map((name) => name.split("-")[0])).toEqual([
    "persistence",
    "queue",
    "uploads",
    "window",
  ]);
  expect(others).toEqual([]);
  const [index, ...modules] = ["index.js", persistence, queue, uploads, window].map(read);
  if (index === undefined) throw new Error("there is no index.js");
  const importsOf = (module = "") => [...(module.match(/\bimport\b[^;]*?(\)|";)/g) ?? [])].sort();
  expect(importsOf(index)).toEqual([persistence, window].map((name) => `import("./${name}")`));
  // The class of errors must be one and the same everywhere, so the others take it from the first.
  const ofOthers = modules.map((module) =>
    importsOf(module.replace(/\bimport\{ConfabError as \w+\}from"\.\/index\.js";/g, "")),
  );
  expect(ofOthers).toEqual([[`import("./${queue}")`, `import("./${uploads}")`], [], [], []]);
  const all = [index, ...modules].join("\n");
  expect(all).not.toMatch(/zod/i);
  // A terminal shows one line of it with an error.
  expect(Math.max(...all.split("\n").map(({ length }) => length))).toBeLessThan(1000);
  expect(Bun.gzipSync(index, { level: 9 }).length).toBeLessThanOrEqual(SIZE_MAX);
  // docs/sdk.md says what they weigh.
  expect(said("The module that is imported")).toBe(kilobytes(index));
  expect(modules.map(kilobytes)).toEqual(
    ["the one for storage", "the one for actions", "the one for files", "the one for windows"].map(
      (what) => said(what) ?? "",
    ),
  );
});

test("a bundle has the code of a feature only if it imports the feature", async () => {
  const bundle = async (code: string) => {
    const entry = join(project, "embedder.js");
    writeFileSync(entry, code);
    const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", minify: true, splitting: true });
    const [first] = await Promise.all(outputs.filter(({ kind }) => kind === "entry-point").map((one) => one.text()));
    return first ?? "";
  };
  const start = 'import { connect } from "confab/client"; globalThis.client = connect();';
  const without = await bundle(start);
  const withReactions = await bundle(
    `import { react } from "confab/client/reactions"; ${start} globalThis.react = react;`,
  );
  expect([without, withReactions].map((code) => /type: ?"react"/.test(code))).toEqual([false, true]);
  // The queue of actions is in a chunk that loads when there are actions.
  expect(without).not.toContain("This conversation belongs to no client");
});

const kilobytes = (module: string) => (Bun.gzipSync(module, { level: 9 }).length / 1024).toFixed(1);
const said = (what: string) =>
  new RegExp(`${what} weighs ([\\d.]+) KB`).exec(readFileSync(join(ROOT, "docs/sdk.md"), "utf8"))?.[1];

test("the types need no others", async () => {
  writeFileSync(
    join(project, "types.ts"),
    `import { connect, ConfabError, memoryStorage, type ChatMessage } from "confab/client";
     const client = connect({ url: "http://localhost:8000", storage: memoryStorage() });
     client.on("message", ({ content, seq }, { unread }): [string, number, number] => [content, seq, unread]);
     const show = (m: ChatMessage): number | undefined => (m.state === "sent" ? m.seq : m.error?.errors && undefined);
     // @ts-expect-error: there is no such event
     client.on("massage", () => {});
     export { ConfabError, show };`,
  );
  expect(await run(join(ROOT, "node_modules/.bin/tsc"), "--project", "bare.json")).toMatchObject({
    code: 0,
    stdout: "",
  });
});

test("the examples in docs/sdk.md compile", async () => {
  const shown = [...readFileSync(join(ROOT, "docs/sdk.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)];
  expect(shown.length).toBeGreaterThan(2);
  const prelude =
    'declare function render(messages: readonly import("confab/client").ChatMessage[], prepended: number): void;';
  writeFileSync(join(project, "shown.ts"), [prelude, ...shown.map(([, code]) => code)].join("\n"));
  const config = JSON.parse(readFileSync(join(project, "node.json"), "utf8"));
  writeFileSync(join(project, "shown.json"), JSON.stringify({ ...config, files: ["shown.ts"] }));
  expect(await run(join(ROOT, "node_modules/.bin/tsc"), "--project", "shown.json")).toMatchObject({
    code: 0,
    stdout: "",
  });
});

test("the README's chat is short and compiles, also with the WebSocket of the package ws", async () => {
  expect(snippet().trim().split("\n").length).toBeLessThanOrEqual(15);
  const compiled = await run(join(ROOT, "node_modules/.bin/tsc"), "--project", "node.json");
  expect(compiled).toMatchObject({ code: 0, stdout: "" });
});

/** The path of Deno itself: npm's `deno` starts it, and would leave it behind. */
function deno(): string {
  const asked = ["deno", "eval", "console.log(Deno.execPath())"];
  return Bun.which("deno") ? Bun.spawnSync(asked).stdout.toString().trim() : "deno";
}

const PLATFORMS = [
  // Node 20 has its WebSocket behind a flag, and runs no TypeScript.
  {
    name: "Node",
    program: "node",
    flags: ["--experimental-websocket", "--no-warnings"],
    chat: "chat.js",
    people: ["ann", "bob"],
  },
  {
    name: "Node with the package ws",
    program: "node",
    flags: ["--no-experimental-websocket"],
    chat: "chat-ws.js",
    people: ["cleo", "dave"],
  },
  {
    name: "Deno",
    program: deno(),
    flags: ["run", "--allow-all"],
    chat: "chat.ts",
    people: ["finn", "gwen"],
  },
] as const;
const isHere = (program: string) => Bun.which(program) !== null;
for (const program of new Set(PLATFORMS.map((platform) => platform.program)))
  if (!isHere(program))
    process.stderr.write(`SKIPPED: the client on ${program}, which is not installed (npm: ${program})\n`);

const started = new Set<Bun.Subprocess>();
afterEach(() => {
  for (const child of started) child.kill();
});

function start(...command: string[]) {
  const child = Bun.spawn(command, { cwd: project, stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  started.add(child);
  return { child, lines: linesOf(child.stdout) };
}

for (const { name, program, flags, chat, people } of PLATFORMS)
  test.skipIf(!isHere(program))(`two people chat with it: one on Bun, one on ${name}`, async () => {
    const [[ann, bob], eve] = [people, `eve.${people[0]}@example.com`];
    const first = start(process.execPath, "chat.ts", ann, bob, server.url);
    const watcher = connect(server.url);
    await watcher.register({ email: eve, first_name: "Eve", last_name: "Example", password: PASSWORD });
    await watcher.signIn(eve, PASSWORD);
    await online(watcher);
    const find = async () => (await watcher.people(`${ann}@example.com`)).users[0];
    await until(find);
    // A client that is not there yet finds the greeting in the list, without an event.
    const { id = 0 } = (await find()) ?? {};
    await watcher.create([id]);
    watcher.watch([id]);
    await until(() => watcher.presence(id)?.online);
    const second = start(program, ...flags, chat, bob, ann, server.url);
    expect(await first.lines.next()).toBe(`${bob} Example: Hello, ${ann}!`);
    expect(await second.lines.next()).toBe(`${bob} Example: Hello, ${ann}!`);
    second.child.stdin.write("How are you?\n");
    second.child.stdin.flush();
    expect(await first.lines.next()).toBe(`${bob} Example: How are you?`);
    await watcher.close();
  });

test.skipIf(!isHere("node"))("a closed client keeps no process running", async () => {
  const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
  const { id } = await ann.conversation([bob, cat], "group");
  const script = `
    import { connect } from "confab/client";
    const client = connect({ url: ${JSON.stringify(server.url)}, token: ${JSON.stringify(ann.cookie)} });
    const chat = client.open(${JSON.stringify(id)});
    while (chat.state !== "live") await new Promise((resolve) => chat.on("change", resolve));
    // Start every timer that ends by itself later, and change a group that the client will read again.
    chat.typing();
    const changed = new Promise((resolve) => chat.on("members", resolve));
    await chat.rename("friends");
    await changed;
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    await client.close();
    console.log(before > 0, timers());`;
  writeFileSync(join(project, "close.js"), script);
  const closed = await run("node", "--experimental-websocket", "--no-warnings", "close.js");
  expect(closed).toEqual({ code: 0, stdout: "true 0\n", stderr: "" });
});

function linesOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async next(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended after ${JSON.stringify(text)}`);
        text += decoder.decode(value, { stream: true });
      }
      const [line = "", ...rest] = text.split("\n");
      text = rest.join("\n");
      return line;
    },
  };
}
