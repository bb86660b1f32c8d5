import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { SAMPLE_EVERY_MS } from "../../src/domain/metrics.ts";
import { makePlace, modes } from "../support/modes.ts";
import { CONFAB, spawnServer } from "../support/process.ts";

setDefaultTimeout(120_000);

/** Files and connections that the node may have open; it has some 130 by itself. */
const FILES_MOST = 256;
const HOLDING = 400;
/** Two samples, and what starts them. */
const HELD_FOR_MS = 2 * SAMPLE_EVERY_MS + 1_000;

const removals: (() => void)[] = [];
afterAll(() => {
  for (const remove of removals) remove();
});

test.each(modes)("clients that hold all files that a node may open do not end it (%s)", async (mode) => {
  const place = await makePlace(mode);
  removals.push(place.remove);
  const server = await spawnServer(place.environment, {
    stderr: "pipe",
    program: ["sh", "-c", 'ulimit -n "$0"; exec "$@"', String(FILES_MOST), ...CONFAB],
  });
  const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length;
  try {
    const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
    const { id } = await ann.conversation([bob]);
    const chat = await ann.chat(id);
    const port = Number(new URL(server.url).port);
    const held = Array.from({ length: HOLDING }, () => {
      const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n"));
      socket.on("error", () => {});
      return socket;
    });
    const until = performance.now() + HELD_FOR_MS;
    let most = 0;
    while (performance.now() < until) {
      chat.send({ content: "said meanwhile", ref: "r" });
      most = Math.max(most, openFiles());
      await Bun.sleep(100);
    }
    expect(most).toBeGreaterThan(FILES_MOST - 5);
    for (const socket of held) socket.destroy();
    while (openFiles() > FILES_MOST - 50) await Bun.sleep(10);
    // The embedded database, which could open no file either, takes no more sends until the node starts anew.
    if (mode !== "embedded") {
      chat.send({ content: "said afterwards", ref: "afterwards" });
      await chat.next("ack", ({ ref }) => ref === "afterwards");
    }
    expect((await ann.get("/api/users/profile/")).status).toBe(200);
  } finally {
    server.kill("SIGTERM");
    await server.exited;
  }
  expect(await server.exited).toBe(0);
  expect(await server.stderr).not.toContain("Fatal");
});
