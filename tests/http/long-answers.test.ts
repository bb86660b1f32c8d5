import { beforeAll, describe, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { withServer } from "../support/server.ts";
import { dataOf, times } from "./expectations.ts";

/** Far more than a connection holds: about two megabytes. */
const LONG = "👩é".repeat(2_400);

describe("a long answer", () => {
  const server = withServer("embedded");
  let ann: Client;
  let path: string;
  let sent: Message[];

  beforeAll(async () => {
    ann = await server.person("Ann");
    const { id } = await ann.conversation([await server.person("Bob")]);
    path = `/api/chat/conversations/${id}/messages/?limit=100`;
    sent = await Promise.all(times(100, (i) => ann.send(id, `${i} ${LONG}`)));
  });

  test("has its length, and everything in it", async () => {
    const answer = await ann.get(path);
    expect(Number(answer.headers.get("content-length"))).toBe(Buffer.byteLength(answer.text));
    expect(answer.headers.get("transfer-encoding")).toBeNull();
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.text.length).toBeGreaterThan(500_000);
    expect(dataOf(answer).messages).toEqual(sent);
  });

  test("is compressed for a page of this server alone, and has the same content", async () => {
    const few = path.replace("limit=100", "limit=5");
    const plain = await ann.get(few);
    const own = { "Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip" };
    for (let n = 0; n < 2; n++) {
      const packed = await ann.get(few, own);
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      expect(packed.text).toBe(plain.text);
    }
    for (const other of [{}, { ...own, "Sec-Fetch-Site": "same-site" }, { ...own, "Accept-Encoding": "identity" }])
      expect((await ann.get(few, other)).headers.get("content-encoding")).toBeNull();
  });

  test("comes whole to a slow reader, and so does the next one on the same connection", async () => {
    const { text } = await ann.get(path);
    const reader = await open(path);
    for (let i = 1; i <= 3; i++) {
      reader.pause();
      reader.ask();
      await Bun.sleep(100);
      reader.resume();
      await reader.until((all) => all.endsWith(text) && all.split("HTTP/1.1 200 OK").length === i + 1);
    }
    reader.end();
  });

  test("an answer that nobody waits for does no harm", async () => {
    for (let i = 0; i < 50; i++) {
      const reader = await open(path);
      reader.ask();
      await Bun.sleep(i % 5);
      reader.end();
    }
    expect(dataOf(await ann.get(path)).messages).toEqual(sent);
    expect(server.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  /** A connection that reads when it is told to. */
  async function open(asked: string) {
    let text = "";
    const decoder = new TextDecoder();
    const { hostname, port } = new URL(server.url);
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data(_, chunk) {
          text += decoder.decode(chunk, { stream: true });
        },
      },
    });
    const head = [`GET ${asked} HTTP/1.1`, `Host: ${hostname}:${port}`, `Cookie: sessionid=${ann.cookie}`];
    return {
      ask: () => socket.write(`${head.join("\r\n")}\r\n\r\n`),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      async until(holds: (text: string) => boolean) {
        const deadline = performance.now() + 10_000;
        while (!holds(text)) {
          if (performance.now() > deadline) throw new Error(`only ${text.length} characters came`);
          await Bun.sleep(20);
        }
      },
      end: () => socket.terminate(),
    };
  }
});
