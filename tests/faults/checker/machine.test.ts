import { afterEach, expect, test } from "bun:test";
import { Machine } from "./machine.ts";

const STALL_MS = 1_000;

let machine = new Machine();
afterEach(() => {
  machine.stop();
  machine = new Machine();
});

const stall = () => {
  const since = performance.now();
  while (performance.now() - since < STALL_MS);
};

test("the machine's time stops while the process gets no processor", async () => {
  await Bun.sleep(100);
  const before = machine.now;
  stall();
  await Bun.sleep(100);
  expect(machine.now - before).toBeLessThan(STALL_MS / 2);
  expect(machine.longestStallMs).toBeGreaterThan(STALL_MS / 2);
});

test("the machine's time is never ahead of the clock", async () => {
  const since = performance.now();
  await Bun.sleep(300);
  expect(machine.now).toBeLessThanOrEqual(performance.now() - since + 50);
  expect(machine.speed).toBeLessThanOrEqual(1);
});

test("patience outlasts a stall and still ends", async () => {
  const waiting = machine.within(STALL_MS / 2, new Promise<string>(() => {}));
  const answered = machine.within(
    STALL_MS / 2,
    Bun.sleep(STALL_MS + 50).then(() => "answered"),
  );
  stall();
  expect(await answered).toBe("answered");
  expect(await waiting).toBeUndefined();
});

test("a slow commit makes the machine's time slower", async () => {
  machine.measured(10_000);
  const before = machine.now;
  await Bun.sleep(300);
  expect(machine.now - before).toBeLessThan(100);
});
