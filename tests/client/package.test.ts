import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/client/index.ts";
import { PASSWORD } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { online, sharedServer } from "./people.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "../..");
/** Of the module that is imported, as it is downloaded, gzipped. */
const SIZE_MAX = 10 * 1024;

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

/** A project elsewhere, that has the packed client and nothing else of this one. */
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
  // Neither a browser's types nor any platform's: the client brings all that it needs.
  const bare = { compilerOptions: { ...compilerOptions, lib: ["es2022"], types: [] }, files: ["types.ts"] };
  const types = join(ROOT, "node_modules/@types");
  const node = {
    compilerOptions: { ...compilerOptions, skipLibCheck: true, typeRoots: [types], types: ["bun"] },
    files: ["chat.ts"],
  };
  writeFileSync(join(project, "bare.json"), JSON.stringify(bare));
  writeFileSync(join(project, "node.json"), JSON.stringify(node));
  writeFileSync(join(project, "chat.ts"), snippet());
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

/** The chat of the README, to the letter. */
function snippet(): string {
  const [, section = ""] = readFileSync(join(ROOT, "README.md"), "utf8").split("\n## Embed it\n");
  return /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
}

test("it is small, loads one more module of its own, and has no zod in it", () => {
  const installed = join(project, "node_modules/confab");
  const read = (name: string) => readFileSync(join(installed, name), "utf8");
  const [apart = "", ...others] = readdirSync(installed).filter((name) => /^persistence-\w+\.js$/.test(name));
  expect(others).toEqual([]);
  const [index, persistence] = [read("index.js"), read(apart)];
  expect(index.match(/\bimport\b[^;]*?\)/g)).toEqual([`import("./${apart}")`]);
  expect(persistence).not.toMatch(/\bimport\b/);
  expect(index + persistence).not.toMatch(/zod/i);
  expect(Bun.gzipSync(index, { level: 9 }).length).toBeLessThanOrEqual(SIZE_MAX);
  // docs/sdk.md says what both weigh.
  expect(said("The module that is imported")).toBe(kilobytes(index));
  expect(said("the one it loads")).toBe(kilobytes(persistence));
});

const kilobytes = (module: string) => (Bun.gzipSync(module, { level: 9 }).length / 1024).toFixed(1);
const said = (what: string) =>
  new RegExp(`${what} weighs ([\\d.]+) KB`).exec(readFileSync(join(ROOT, "docs/sdk.md"), "utf8"))?.[1];

test("its types stand alone", async () => {
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

test("the README's chat compiles, is short, and two people chat with it: one on Bun, one on Node", async () => {
  expect(snippet().trim().split("\n").length).toBeLessThanOrEqual(15);
  expect(await run(join(ROOT, "node_modules/.bin/tsc"), "--project", "node.json")).toMatchObject({
    code: 0,
    stdout: "",
  });
  const start = (...command: string[]) => {
    const child = Bun.spawn(command, { cwd: project, stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    return { child, lines: linesOf(child.stdout) };
  };
  const ann = start(process.execPath, "chat.ts", "ann", "bob", server.url);
  const watcher = connect(server.url);
  await watcher.register({ email: "eve@example.com", first_name: "Eve", last_name: "Example", password: PASSWORD });
  await watcher.signIn("eve@example.com", PASSWORD);
  await online(watcher);
  while ((await watcher.people("ann@example.com")).total === 0) await Bun.sleep(50);
  // Node 20 has its WebSocket behind a flag; it runs no TypeScript.
  const plain = new Bun.Transpiler({ loader: "ts" }).transformSync(snippet());
  writeFileSync(join(project, "chat.js"), plain);
  const node = ["node", "--experimental-websocket", "--no-warnings"];
  const bob = start(...(Bun.which("node") ? node : [process.execPath]), "chat.js", "bob", "ann", server.url);
  expect(await ann.lines.next()).toBe("bob Example: Hello, ann!");
  expect(await bob.lines.next()).toBe("bob Example: Hello, ann!");
  bob.child.stdin.write("How are you?\n");
  bob.child.stdin.flush();
  expect(await ann.lines.next()).toBe("bob Example: How are you?");
  for (const { child } of [ann, bob]) {
    child.kill();
    await child.exited;
  }
  await watcher.close();
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
