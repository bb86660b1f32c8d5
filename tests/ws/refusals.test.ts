import { beforeAll, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { RawSocket, type Refusal } from "../support/raw-socket.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { Socket } from "../support/socket.ts";

const LISTED = "https://chat.example.com";

inEachMode("an upgrade is refused with an HTTP status and the envelope", (mode) => {
  const server = withServer(mode, { CORS_ORIGINS: LISTED });
  let ann: Client;
  let eve: Client;
  let path: string;

  beforeAll(async () => {
    ann = await server.person("Ann");
    eve = await server.person("Eve");
    path = `/ws/chat/${(await ann.conversation([await server.person("Bob")])).id}/`;
  });

  const knock = async (client: Client, path: string, headers?: Record<string, string>, method?: string) => {
    const { socket, answer } = await RawSocket.knock(client, path, headers, method);
    socket.terminate();
    return answer;
  };
  const expectRefusal = ({ status, headers, body }: Refusal, expected: { status: number; code: string }) => {
    expect({ status, code: body?.code }).toEqual(expected);
    expect(body.status).toBe("error");
    expect(body.message).toMatch(/\w/);
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(headers.get("x-request-id")).toBeString();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  };

  test("401 without a login, on both kinds of socket", async () => {
    for (const asked of [path, "/ws/", `/ws/chat/${crypto.randomUUID()}/`, "/ws/chat/no-id/"]) {
      const answer = await knock(server.visitor(), asked);
      expectRefusal(answer, { status: 401, code: "authentication_required" });
      expect(answer.body.message).toBe("Authentication required");
    }
  });

  test("401 without a login before the query is looked at", async () => {
    const answer = await knock(server.visitor(), `${path}?after_version=x`);
    expectRefusal(answer, { status: 401, code: "authentication_required" });
  });

  test("401 with a cookie that is no session", async () => {
    const stranger = server.visitor();
    for (const cookie of ["x", "A".repeat(43), "A".repeat(4000)]) {
      stranger.cookie = cookie;
      expectRefusal(await knock(stranger, path), { status: 401, code: "authentication_required" });
    }
  });

  test("403 for others than participants", async () => {
    const answer = await knock(eve, path);
    expectRefusal(answer, { status: 403, code: "not_a_participant" });
    expect(answer.body.message).toBe("You are not a participant in this conversation");
  });

  test("404 for a conversation that does not exist, and for an invalid id", async () => {
    for (const id of [crypto.randomUUID(), "1", "not-an-id", "%00", "x".repeat(2000)]) {
      const answer = await knock(ann, `/ws/chat/${id}/`);
      expectRefusal(answer, { status: 404, code: "not_found" });
      expect(answer.body.message).toBe("Conversation not found");
    }
  });

  test("404 for a path without a socket", async () => {
    for (const unknown of ["/ws/chat/", "/ws/nothing/", `${path}more/`])
      expectRefusal(await knock(ann, unknown), { status: 404, code: "not_found" });
  });

  test("403 for a foreign Origin, and for a request that a browser marks as cross-site", async () => {
    const { host } = new URL(server.url);
    const foreign = [
      { Origin: "https://evil.example" },
      { Origin: "null" },
      { Origin: `http://evil.${host}` },
      { Origin: `${LISTED}.evil.example` },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ];
    for (const headers of foreign)
      for (const asked of [path, "/ws/"])
        expectRefusal(await knock(ann, asked, headers), { status: 403, code: "foreign_origin" });
  });

  test("its own Origin, a listed one and none at all are let in", async () => {
    for (const headers of [{ Origin: server.url }, { Origin: LISTED }, { "Sec-Fetch-Site": "same-origin" }, {}])
      expect((await knock(ann, path, headers)).status).toBe(101);
  });

  test("400 for an after_version that is no version", async () => {
    for (const text of ["x", "-1", "1.5", "", "0x10", "1e3"]) {
      const answer = await knock(ann, `${path}?after_version=${text}`);
      expectRefusal(answer, { status: 400, code: "validation_failed" });
      expect(answer.body.errors.after_version).toEqual([expect.any(String)]);
    }
  });

  test("a plain GET on a socket path is told to upgrade, and needs a login too", async () => {
    for (const asked of [path, "/ws/"]) {
      const answer = await ann.get(asked);
      expect(answer.status).toBe(426);
      expect(answer.body).toMatchObject({ status: "error", code: "upgrade_required" });
      expect((await server.visitor().get(asked)).status).toBe(401);
    }
  });

  test("405 for another method", async () => {
    const answer = await ann.post(path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, expect.stringContaining("GET")]);
    expect(answer.body).toMatchObject({ status: "error", code: "method_not_allowed" });
  });

  test("a handshake that is no valid one makes no socket", async () => {
    for (const broken of [{ "Sec-WebSocket-Key": "" }, { Upgrade: "h2c" }]) {
      const { status, body } = await knock(ann, path, broken);
      expect(status).toBeWithin(400, 500);
      expect(body).toMatchObject({ status: "error" });
    }
  });

  test("the last slash may be left out and an id be in capitals", async () => {
    const id = path.split("/")[3] ?? "";
    for (const asked of [path.slice(0, -1), `/ws/chat/${id.toUpperCase()}/`]) {
      const socket = new Socket(server.url.replace("http", "ws") + asked, ann.cookie);
      expect((await socket.next("connection_established")).conversation_id).toBe(id);
      socket.close();
    }
    expect((await knock(ann, "/ws")).status).toBe(101);
  });
});

inEachMode("upgrades count as requests", (mode) => {
  test("429 with Retry-After when a user asks too often", async () => {
    const server = await startTestServer(mode, { RATE_LIMIT_USER: "3/minute" });
    const ann = await server.person("Ann");
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { socket, answer } = await RawSocket.knock(ann, "/ws/");
      socket.terminate();
      statuses.push(answer.status);
      if (answer.status !== 429) continue;
      expect(Number(answer.headers.get("retry-after"))).toBeWithin(1, 61);
      expect(answer.body).toMatchObject({ status: "error", code: "throttled" });
    }
    expect(statuses).toEqual([101, 101, 101, 429, 429]);
    await server.stop();
  });
});
