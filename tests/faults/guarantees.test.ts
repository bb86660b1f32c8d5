import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => Bun.file(join(ROOT, path)).text();

test("every test that docs/guarantees.md names is there", async () => {
  const named = [...(await read("docs/guarantees.md")).matchAll(/`(tests\/[^`]+\.test\.ts)`: (.+) \|$/gm)];
  expect(named.length).toBeGreaterThan(50);
  const missing: string[] = [];
  for (const [, file = "", name = ""] of named)
    if (!(await read(file).catch(() => "")).includes(name)) missing.push(`${file}: ${name}`);
  expect(missing).toEqual([]);
});
