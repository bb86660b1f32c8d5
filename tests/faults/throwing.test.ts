import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import postgres from "postgres";
import { BUS_ID, channelsOf } from "../../src/server/redis/keys.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;
/** Lines are gathered for 20 ms before they are written. */
const LOGGED_MS = 100;

if (modes.includes("redis"))
  describe("an unexpected error", () => {
    let place: Place;
    let admin: postgres.Sql;
    let redis: Redis;
    let node: ServerProcess;
    let other: ServerProcess;
    let ann: Client;
    let bob: Client;

    beforeAll(async () => {
      place = await makePlace("redis");
      const { LOG_DIR, DATABASE_URL, REDIS_URL } = place.environment;
      admin = postgres(DATABASE_URL ?? "", { max: 1, onnotice: () => {} });
      redis = new Redis(REDIS_URL ?? "");
      [node, other] = [
        await spawnServer(place.environment),
        await spawnServer({ ...place.environment, LOG_DIR: `${LOG_DIR}-other` }),
      ];
      ann = await node.visitor().signUp("Ann");
      bob = (await node.visitor().signUp("Bob")).at(other.url);
    });
    afterAll(async () => {
      for (const each of [node, other]) {
        each.kill("SIGTERM");
        expect(await each.exited).toBe(0);
      }
      redis.disconnect();
      await admin.end();
      place.remove();
    });

    /** Renames a table while `during` runs, which no code expects. */
    async function without(table: string, during: () => Promise<void>) {
      await admin.unsafe(`ALTER TABLE ${table} RENAME TO taken_away`);
      try {
        await during();
      } finally {
        await admin.unsafe(`ALTER TABLE taken_away RENAME TO ${table}`);
      }
    }
    const logged = (folder = place.environment["LOG_DIR"] ?? "") => readFileSync(join(folder, "app.log"), "utf8");

    test("in an HTTP handler: 500 with the request_id that the log has and no internals, and the server goes on", async () => {
      const { id } = await ann.conversation([bob]);
      const path = `/api/chat/conversations/${id}/messages/`;
      await ann.send(id, "before");
      await without("messages", async () => {
        for (const answer of [await ann.get(`${path}?after_seq=0`), await ann.post(path, { content: "during" })]) {
          expect(answer.status).toBe(500);
          const request_id = answer.headers.get("x-request-id");
          expect(answer.body).toEqual({
            status: "error",
            message: "Internal server error",
            code: "internal_error",
            request_id,
          });
          await Bun.sleep(LOGGED_MS);
          expect(logged()).toContain(`"request_id":"${request_id}"`);
        }
        // Without its log the node can't serve anybody.
        expect((await ann.get("/api/chat/health/ready/")).status).toBe(503);
      });
      expect((await ann.send(id, "after")).seq).toBe(2);
      expect((await ann.get(`${path}?after_seq=0`)).body.data.messages).toMatchObject([
        { content: "before" },
        { content: "after" },
      ]);
    });

    test("in a frame's handler: an error frame each, the socket goes on, and a resend is one message", async () => {
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      a.send({ content: "before", ref: "before" });
      const { id: message_id, seq } = await a.next("ack");
      const frames = [
        { content: "one", client_id: "1" },
        { content: "two", client_id: "2" },
        { type: "edit", message_id, content: "edited", ref: "edit" },
        { type: "delete", message_id, ref: "delete" },
        { type: "history", before_seq: 1, limit: 1, ref: "history" },
      ];
      await without("messages", async () => {
        for (const frame of frames) a.send(frame);
        await a.until(() => a.all("error").length === frames.length);
        await a.settled();
      });
      const errors = new Map(a.all("error").map((error) => [error.client_id ?? error.ref, error]));
      expect([...errors.keys()].sort()).toEqual(["1", "2", "delete", "edit", "history"]);
      for (const { type, message, code, conversation_id } of errors.values())
        expect({ type, message, code, conversation_id }).toEqual({
          type: "error",
          message: "Internal server error",
          code: "internal_error",
          conversation_id: id,
        });
      for (const frame of frames.slice(0, 3)) a.send(frame);
      await a.until(() => a.all("ack").length === 4);
      for (const socket of [a, b]) {
        await socket.next("message", ({ message }) => message.client_id === "2");
        expect(socket.all("message").map(({ message }) => [message.seq - seq, message.content])).toEqual([
          [0, "before"],
          [1, "one"],
          [2, "two"],
        ]);
      }
      await b.next("message_changed");
      for (const socket of [a, b]) socket.close();
    });

    test("while a socket opens: it closes with 1011, and the next attempt succeeds", async () => {
      await without("participants", async () => {
        const refused = await ann.hub().then(
          () => undefined,
          (error: unknown) => String(error),
        );
        expect(refused).toContain("1011");
      });
      const hub = await ann.hub();
      await hub.settled();
      hub.close();
    });

    test("in an event from the bus: it is logged, and the events with it and after it are delivered", async () => {
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      const channels = channelsOf((await redis.get(BUS_ID)) ?? "");
      const strange = ["", "{", "null", "{}", '{"from":"x","event":{"kind":"sessions_ended"}}'];
      for (let round = 1; round <= 5; round++) {
        const pipeline = redis.pipeline();
        for (let i = 0; i < 20; i++)
          for (const text of strange) {
            pipeline.publish(channels.conversation(id), text);
            pipeline.publish(channels.everyone, text);
          }
        const published = pipeline.exec();
        for (let i = 0; i < 20; i++) a.send({ content: `${round} ${i}`, ref: "r" });
        expect((await published)?.every(([error, heard]) => error === null && Number(heard) >= 1)).toBe(true);
        for (const socket of [a, b]) await socket.until(() => socket.all("message").length === round * 20, CATCH_UP_MS);
      }
      await a.until(() => a.all("ack").length === 100);
      expect(b.all("message").map(({ message }) => message.seq)).toEqual(a.all("ack").map(({ seq }) => seq));
      await Bun.sleep(LOGGED_MS);
      expect(logged(`${place.environment["LOG_DIR"]}-other`)).toContain('"level":50');
      for (const socket of [a, b]) socket.close();
    });
  });
