import { afterEach, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { inEachMode, makePlace, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import type { Socket } from "../support/socket.ts";

const ROUNDS = 3;
/** Killed no earlier than after so many acks of a round, so that there is something to lose. */
const ACKS_A_ROUND = 150;
const WINDOW = 50;

inEachMode("kill -9 in the middle of sends", (mode) => {
  let place: Place;
  let server: ServerProcess | undefined;

  afterEach(async () => {
    server?.kill("SIGKILL");
    await server?.exited;
    place.remove();
  });

  test("every acked message is there, once, in order, and clients resume without hole or double", async () => {
    place = await makePlace(mode);
    const environment = { ...place.environment, PORT: String(await freePort()) };
    server = await spawnServer(environment);
    const ann = await server.visitor().signUp("Ann");
    const bob = await server.visitor().signUp("Bob");
    const { id } = await ann.conversation([bob]);

    const acked = new Map<string, number>();
    const seen: Message[] = [];
    let unanswered: string[] = [];
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const reader = await bob.chat(id, seen.at(-1)?.version ?? 0);
      const sender = await ann.chat(id);
      // A send without an answer is repeated first: it must not arrive twice.
      const sending = [...unanswered];
      for (const clientId of sending) sender.send({ content: clientId, client_id: clientId });
      const acksBefore = acked.size;
      const enough = sending.length + ACKS_A_ROUND;
      while (sender.all("ack").length < enough) {
        // A window, as a careful client has it: always some sends under way, never a flood.
        while (sending.length - sender.all("ack").length < WINDOW) {
          const clientId = `m${++sent}`;
          sending.push(clientId);
          sender.send({ content: clientId, client_id: clientId });
        }
        await Bun.sleep(1);
      }
      server.kill("SIGKILL");
      await server.exited;
      await Promise.all([reader.closed, sender.closed]);
      collect(sender, acked);
      seen.push(...reader.all("message").map((frame) => frame.message));
      expect(acked.size).toBeGreaterThan(acksBefore);
      unanswered = sending.filter((clientId) => !acked.has(clientId));
      server = await spawnServer(environment);
    }

    const reader = await bob.chat(id, seen.at(-1)?.version ?? 0);
    const last = await ann.send(id, "the end");
    await reader.next("message", (frame) => frame.message.id === last.id);
    seen.push(...reader.all("message").map((frame) => frame.message));

    // The reader's stream over all restarts is the log itself.
    expect(seen.map((message) => message.seq)).toEqual(seen.map((_, i) => i + 1));
    const log: Message[] = [];
    for (let after = 0; ; after = log.length) {
      const { body } = await ann.get(`/api/chat/conversations/${id}/messages/?after_seq=${after}&limit=100`);
      if (body.data.messages.length === 0) break;
      log.push(...body.data.messages);
    }
    expect(seen).toEqual(log);
    const seqOf = new Map(log.map((message) => [message.client_id, message.seq]));
    expect(seqOf.size).toBe(log.length);
    for (const [clientId, seq] of acked) expect(seqOf.get(clientId)).toBe(seq);
    expect(acked.size).toBeGreaterThanOrEqual(ROUNDS * ACKS_A_ROUND);
  });
});

function collect(sender: Socket, acked: Map<string, number>) {
  for (const { client_id, seq } of sender.all("ack")) {
    // A resend is acked with the place of the first.
    if (acked.has(client_id)) expect(acked.get(client_id)).toBe(seq);
    acked.set(client_id, seq);
  }
}
