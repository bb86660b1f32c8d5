import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { giveBackZeroPages } from "../../src/server/platform/pglite/zero-pages.ts";

const MIB = 1024 * 1024;
const residentMib = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;

if (process.platform !== "linux")
  process.stderr.write("SKIPPED: pages of zeros that are given back, which Linux alone can do\n");

test.skipIf(process.platform !== "linux")(
  "a memory of WebAssembly keeps its content when its pages of zeros are given back",
  async () => {
    const memory = new Uint8Array(new WebAssembly.Memory({ initial: 512 }).buffer);
    memory.fill(1);
    memory.fill(0, 1, 31 * MIB);
    memory[8 * MIB + 5] = 2;
    const before = residentMib();
    await giveBackZeroPages(memory, () => false);
    expect(before - residentMib()).toBeGreaterThan(20);
    expect([memory[0], memory[8 * MIB + 5], memory[31 * MIB]]).toEqual([1, 2, 1]);
    expect(memory.reduce((sum, byte) => sum + byte, 0)).toBe(1 + 2 + MIB);
    memory[4 * MIB] = 3;
    expect(memory[4 * MIB]).toBe(3);
  },
);
