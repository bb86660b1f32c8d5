import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
/** These use both modules of the package. */
const FILES = ["chat", "storage"].map((name) => `./tests/sdk/${name}.test.ts`);

// The minifier must not change what the client does, and the package must find its second module.
test("the package passes the tests of its source", async () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-built-"));
  const run = async (command: string[], environment: Record<string, string> = {}) => {
    const env = { ...process.env, ...environment };
    const child = Bun.spawn(command, { cwd: ROOT, env, stdout: "pipe", stderr: "pipe" });
    const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, said: (await said).join("\n") };
  };
  try {
    const built = await run([process.execPath, "scripts/sdk.ts", "--outdir", folder]);
    expect(built.code, built.said).toBe(0);
    const preload = ["--preload", "./tests/sdk/in-place-of-source.ts"];
    const tests = await run([process.execPath, "test", "--timeout", "60000", ...preload, ...FILES], {
      CONFAB_BUILT_CLIENT: join(folder, "index.js"),
    });
    expect(tests.code, tests.said).toBe(0);
    expect(tests.said).toMatch(/ 0 fail/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
