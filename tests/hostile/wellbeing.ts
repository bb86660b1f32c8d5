import { expect } from "bun:test";
import type { Client } from "../support/client.ts";
import { databases, type Mode } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** docs/contract.md §8: how long any answer may take, with room for a machine that does other things. */
export const PATIENCE_MS = 5_000;

/** The edge is the same on each database, so they share the tries at it. Stored data is tried in full on each. */
export const triesAMode = (tries: number) => Math.ceil(tries / databases.length);

/** No answer may reveal these: code, files, SQL, the programs behind the server. */
const INTERNALS =
  /node_modules|\.[tj]s\b|\bat \S+ \(|\bSELECT\b|\bINSERT\b|\bUPDATE\b|\$\d|syntax error|sqlstate|postgres|pglite|drizzle|argon2|\bzod\b|hono\b|\bundefined\b|\[object|\bError:|\bInvalid input\b|password_hash|0x00/i;

/** The failures that say where their client can go on. */
const WITH_DATA = ["newer", "file_too_large", "user_files_full", "server_files_full", "offset_conflict"];
const WITH_REQUEST_ID = ["user_files_full", "server_files_full", "storage_full", "unavailable"];

/** An error's body, as docs/contract.md §1 has it; `about` is what a failure prints. */
export function expectErrorBody(body: unknown, about: string): void {
  expect(body, about).toBeObject();
  const { status, message, code, errors, data, request_id, ...rest } = body as Record<string, unknown>;
  expect(rest, about).toEqual({});
  if (data !== undefined) expect(WITH_DATA, about).toContain(String(code));
  // An admin finds faults of the server, as a full disk, by this id.
  if (request_id !== undefined) expect(WITH_REQUEST_ID, about).toContain(String(code));
  expect(status, about).toBe("error");
  expect(message, about).toBeString();
  expect(String(message), about).not.toBe("");
  expect(String(code), about).toMatch(/^[a-z][a-z_]+$/);
  expect(code, about).not.toBe("internal_error");
  if (errors !== undefined) {
    for (const texts of Object.values(errors as Record<string, unknown>)) {
      expect(texts, about).toBeArray();
      for (const line of texts as unknown[]) expect(line, about).toBeString();
      expect((texts as unknown[]).length, about).toBeGreaterThan(0);
    }
  }
  expect(JSON.stringify(body).match(INTERNALS)?.[0], about).toBeUndefined();
}

/** A server under attack, with two people on it whom the attack must not touch. */
export interface Target {
  server: TestServer;
  /** Not the attacker's: a conversation of two others, whose id the attacker knows. */
  foreign: { conversationId: string; messageId: string; userId: number };
  /** Drops the log lines of earlier tests. */
  forgetLog(): void;
  /** The health call answers, people still chat, nobody's data has changed, and no error has been logged. */
  expectWell(): Promise<void>;
}

export async function startTarget(mode: Mode, settings: Record<string, string> = {}): Promise<Target> {
  const server = await startTestServer(mode, settings);
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const chatting = (await ann.conversation([bob])).id;
  const kept = (await ann.conversation([bob, await server.person("Cem")], "Kept")).id;
  const message = await ann.send(kept, "do not touch");
  const before = await snapshot(ann, kept);
  let logged = 0;
  let sent = 0;

  return {
    server,
    foreign: { conversationId: kept, messageId: message.id, userId: ann.id },
    forgetLog: () => {
      logged = server.log.length;
    },
    async expectWell() {
      const health = await server.visitor().get("/api/chat/health/");
      expect(health.status).toBe(200);
      expect(health.body).toEqual({ status: "success", message: "API is running" });

      const [a, b] = [await ann.chat(chatting), await bob.chat(chatting)];
      const content = `still here ${++sent}`;
      a.send({ type: "message", content, ref: "well" });
      await a.next("ack", (frame) => frame.ref === "well");
      const seen = await b.next("message");
      expect(seen.message).toMatchObject({ content, seq: sent, sender_id: ann.id });
      a.close();
      b.close();

      expect(await snapshot(ann, kept)).toEqual(before);
      for (const polluted in {}) throw new Error(`Object.prototype has got ${polluted}`);
      const lines = server.log.slice(logged).map((line) => JSON.parse(line));
      const faults = lines.filter(({ level }) => level >= 50).map(({ msg, err }) => `${msg}: ${err?.message}`);
      expect([...new Set(faults)]).toEqual([]);
    },
  };
}

async function snapshot(person: Client, conversationId: string) {
  const path = `/api/chat/conversations/${conversationId}`;
  const parts = ["/", "/participants/", "/messages/?mark_read=false"].map((part) => person.get(path + part));
  const profile = person.get("/api/users/profile/");
  // Somebody who is here is seen now and then.
  return (await Promise.all([...parts, profile])).map(({ text }) => text.replaceAll(/"last_seen":"[^"]+"/g, ""));
}
