import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "../../src/server/platform/logs/file.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

const MIB = 1024 * 1024;
const line = `${"x".repeat(1023)}\n`;

let folder: string;
let faults: unknown[];
let file: LogFile | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "confab-logs-"));
  faults = [];
});
afterEach(async () => {
  await file?.close();
  file = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const open = (name = "app.log") => {
  file = new LogFile(folder, name, (error) => faults.push(error));
  return file;
};

async function writeMib(count: number) {
  for (let i = 0; i < count; i++) {
    for (let n = 0; n < MIB; n += line.length) file?.write(line);
    // The disk's turn: what it can't take is dropped.
    await Bun.sleep(20);
  }
}

test("a file is rotated at 10 MB and five full ones are kept", async () => {
  open();
  const expected = ["app.log", ...[1, 2, 3, 4, 5].map((n) => `app.log.${n}`)];
  const listing = () => readdirSync(folder).sort();
  // A slow disk takes part of it only: written is until it has taken enough.
  const end = performance.now() + 40_000;
  while (!existsSync(join(folder, "app.log.5")) && performance.now() < end) await writeMib(2);
  await writeMib(25);
  await file?.close();
  // The last rotation may be under way.
  for (let tries = 0; tries < 100 && !Bun.deepEquals(listing(), expected); tries++) await Bun.sleep(50);
  expect(listing()).toEqual(expected);
  for (const name of readdirSync(folder)) {
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(10 * MIB + 64 * 1024 + line.length);
    // Whole lines only; the newest file may have none yet.
    expect(readFileSync(join(folder, name)).at(-1) ?? 10).toBe(10);
  }
  expect(faults).toEqual([]);
});

test("an existing file is written on", async () => {
  open().write("one\n");
  await file?.close();
  open().write("two\n");
  await file?.close();
  expect(readFileSync(join(folder, "app.log"), "utf8")).toBe("one\ntwo\n");
});

test("a full disk is reported and costs lines only, and writing goes on when it has space, whatever the clock says", async () => {
  const disk = mountSmallDisk(folder, 256);
  if (!disk) return;
  const { now } = Date;
  try {
    const filler = join(folder, "filler");
    writeFileSync(filler, "x".repeat(200 * 1024));
    open();
    for (let tries = 0; tries < 100 && faults.length === 0; tries++) {
      file?.write(line.repeat(10));
      await Bun.sleep(20);
    }
    expect(faults[0]).toMatchObject({ code: "ENOSPC" });
    Date.now = () => now() - 3_600_000;
    for (let i = 0; i < 1000; i++) file?.write("lost\n");
    unlinkSync(filler);
    const text = () => readFileSync(join(folder, "app.log"), "utf8");
    for (let tries = 0; tries < 150 && !text().endsWith("back\n"); tries++) {
      file?.write("back\n");
      await Bun.sleep(100);
    }
    expect(text()).toEndWith("back\n");
  } finally {
    Date.now = now;
    await file?.close();
    disk.unmount();
  }
});

test("a folder that can't be made is reported, and nothing else happens", () => {
  folder = join(folder, "file");
  symlinkSync("/dev/null", folder);
  open().write("nowhere\n");
  expect(faults).toHaveLength(1);
});
