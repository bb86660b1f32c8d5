import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { clientFrames } from "../../src/protocol/frames.ts";
import type { Client } from "../support/client.ts";
import { inEachDatabase } from "../support/modes.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { documentOf, type Fields, hostileText, keptContent, poll, positions, text } from "./values.ts";
import { expectErrorBody, PATIENCE_MS, startTarget, type Target, triesAMode } from "./wellbeing.ts";

const FRAME_BYTES_MAX = 64 * 1024;
const ABUSE_AFTER = 10;

/** The attacker knows these ids. The first of each kind is their own. Filled in before each test. */
const known = { conversations: [""], messages: [""], users: [0] };

const oneOf = (list: () => readonly string[]) => fc.nat().map((n) => list()[n % list().length] ?? "");
const ref = text(fc.string({ maxLength: 64 }));
const number = fc.nat({ max: 20 }).map(String);
const content = text(fc.string({ minLength: 1 }));
const message_id = text(oneOf(() => known.messages));
const user_ids = fc
  .array(fc.nat(), { minLength: 1, maxLength: 20 })
  .map((ns) => JSON.stringify(ns.map((n) => known.users[n % known.users.length])));

interface FrameKind {
  fields: Fields;
  /** The types that may answer it, beside `error`. */
  answers: string[];
  /** Nothing may come back when it was done: others are told, or there was nothing to do. */
  silent?: true;
  userSocketOnly?: true;
}

/** Every frame that a client may send. */
const KINDS: Record<string, FrameKind> = {
  message: {
    fields: { content, client_id: text(fc.constantFrom("a", "b", "c d", "~".repeat(64))), reply_to: message_id, poll },
    answers: ["message", "ack"],
  },
  typing: { fields: { is_typing: fc.constantFrom("true", "false") }, answers: [], silent: true },
  read: { fields: { seq: number, version: number }, answers: [], silent: true },
  edit: { fields: { message_id, content }, answers: ["message_changed", "ack"], silent: true },
  delete: { fields: { message_id }, answers: ["message_changed", "ack"], silent: true },
  pin: {
    fields: { message_id, on: fc.constantFrom("true", "false") },
    answers: ["message_changed", "ack"],
    silent: true,
  },
  vote: { fields: { message_id, options: positions }, answers: ["message_changed", "ack"], silent: true },
  react: {
    fields: {
      message_id,
      emoji: text(fc.constantFrom("👍", "❤", ":tada:", "👍🏽")),
      on: fc.constantFrom("true", "false"),
    },
    answers: ["message_changed", "ack"],
    silent: true,
  },
  history: {
    fields: { before_seq: number, after_seq: number, around_seq: number, limit: number },
    answers: ["history"],
  },
  ping: { fields: {}, answers: ["pong"] },
  subscribe: { fields: { after_version: number }, answers: ["subscribed"], userSocketOnly: true },
  unsubscribe: { fields: {}, answers: ["unsubscribed"], userSocketOnly: true },
  watch: { fields: { user_ids }, answers: ["presence"], userSocketOnly: true },
  unwatch: { fields: { user_ids }, answers: [], silent: true, userSocketOnly: true },
};

/** They are about no conversation. */
const GENERAL = ["ping", "watch", "unwatch"];

const SOCKETS = ["/ws/chat/{id}/", "/ws/"] as const;
type SocketKind = (typeof SOCKETS)[number];

/** Frames that look as if they were meant to be of this type. */
const framesOf = (type: string): fc.Arbitrary<string> =>
  documentOf({
    type: fc.constant(JSON.stringify(type)),
    ...KINDS[type]?.fields,
    conversation_id: text(oneOf(() => known.conversations)),
    ref,
  }).map((frame) => frame.slice(0, FRAME_BYTES_MAX / 4));

/** How docs/contract.md §7 reads a frame: its type, or the code of a refusal that counts as abuse. */
function readFrame(frame: string, on: SocketKind): { type: string; frame: Frame } | { abuse: string } {
  let parsed: Frame;
  try {
    parsed = JSON.parse(frame);
  } catch {
    return { abuse: "invalid_format" };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return { abuse: "invalid_format" };
  const type = Object.hasOwn(parsed, "type") ? parsed.type : "message";
  const isKnown = typeof type === "string" && Object.hasOwn(KINDS, type);
  if (!isKnown || (KINDS[type]?.userSocketOnly && on !== "/ws/")) return { abuse: "unknown_type" };
  return { type, frame: parsed };
}

inEachDatabase("hostile frames", (mode) => {
  let target: Target;
  let eve: Client;
  let bob: Client;
  let others: Client[];
  let conversationId: string;
  /** A well-behaved participant, who sees what the others are sent. */
  let watcher: Socket;

  beforeAll(async () => {
    target = await startTarget(mode);
    [eve, bob] = [await target.server.person("Eve"), await target.server.person("Bob")];
    others = [bob, await target.server.person()];
  });
  beforeEach(async () => {
    target.forgetLog();
    const { foreign } = target;
    const { id } = await eve.conversation(others, "Under attack");
    conversationId = id;
    known.conversations = [id, id, id, id.toUpperCase(), foreign.conversationId, crypto.randomUUID()];
    const mine = [await eve.send(id, "mine"), await eve.send(id, "mine too")].map((message) => message.id);
    known.messages = [...mine, ...mine, (await bob.send(id, "bob's")).id, foreign.messageId, crypto.randomUUID()];
    known.users = [eve.id, bob.id, target.foreign.userId, 2 ** 31 - 1];
    watcher = await bob.chat(id, 0);
  });
  afterAll(() => target.server.stop());

  async function connect(kind: SocketKind): Promise<Attack> {
    const socket = kind === "/ws/" ? await eve.hub() : await eve.chat(conversationId);
    if (kind === "/ws/") {
      socket.send({ type: "subscribe", conversation_id: conversationId });
      await socket.next("subscribed");
    }
    return { kind, socket, abuses: 0 };
  }

  /** Sends one frame; resolves when its answer and that of a ping sent behind it are there, or the socket is closed. */
  async function exchange({ socket }: Attack, frame: string, awaited: ((frame: Frame) => boolean) | undefined) {
    const before = socket.frames.length;
    socket.send(frame);
    const answered = async () => {
      if (awaited) await socket.until((frames) => frames.slice(before).some(awaited), PATIENCE_MS);
      await socket.settled();
    };
    const closed = await Promise.race([answered(), socket.closed]);
    const frames = socket.frames.slice(before);
    return { closed, frames: closed ? frames : frames.slice(0, -1) };
  }

  /** One frame, and everything docs/contract.md §7 says of what comes back. */
  async function throwFrame(attack: Attack, frame: string): Promise<void> {
    const read = readFrame(frame, attack.kind);
    const kind = "type" in read ? KINDS[read.type] : undefined;
    const isAnswer = ({ type }: Frame) => type === "error" || (kind?.answers.includes(type) ?? false);
    const { closed, frames } = await exchange(attack, frame, kind?.silent ? undefined : isAnswer).catch((error) => {
      throw new Error(`${error.message}, after ${frame.slice(0, 200)}`);
    });
    const errors = frames.filter(({ type }) => type === "error");
    for (const error of errors) expectErrorFrame(error);

    if ("abuse" in read) {
      expect(errors.map(({ code }) => code)).toEqual([read.abuse]);
      attack.abuses++;
    } else {
      expect(errors.length).toBeLessThanOrEqual(1);
      for (const { code } of errors) expect(["invalid_format", "unknown_type"]).not.toContain(code);
      const { ref } = read.frame;
      const direct = frames.filter(({ type }) =>
        ["error", "ack", "history", "pong", "subscribed", "presence"].includes(type),
      );
      if (typeof ref === "string" && ref.length <= 64) for (const answer of direct) expect(answer.ref).toBe(ref);
      if (read.type === "message" && keptContent(read.frame.content) === undefined) expect(errors.length).toBe(1);
    }

    expect(closed !== undefined).toBe(attack.abuses === ABUSE_AFTER);
    if (!closed) return;
    expect(closed.code).toBe(1008);
    Object.assign(attack, await connect(attack.kind));
  }

  function expectErrorFrame(frame: Frame) {
    const { type, client_id, ref, retry_after, conversation_id, ...rest } = frame;
    expectErrorBody({ status: type, ...rest }, JSON.stringify(rest).slice(0, 500));
    expect(retry_after).toBeUndefined();
  }

  /** The watcher's frames are dense, in order, and equal to what the server has stored. */
  async function expectLogWhole() {
    await watcher.settled();
    const kept = new Map<number, Frame>();
    let version = 0;
    let seq = 0;
    for (const frame of watcher.frames.filter(({ type }) => type === "message" || type === "message_changed")) {
      const { message } = frame;
      expect(frame.type === "message" ? message.version : frame.version).toBe(++version);
      if (frame.type === "message") expect(message.seq).toBe(++seq);
      if (message.deleted_at) expect(message.content).toBe("");
      else expect(message.content).toBe(keptContent(message.content));
      kept.set(message.seq, message);
    }
    const path = `/api/chat/conversations/${conversationId}/messages/?mark_read=false&limit=100`;
    for (let after = 0; after < seq; after += 100) {
      const { messages, total } = (await bob.get(`${path}&after_seq=${after}`)).body.data;
      expect(total).toBe(seq);
      for (const message of messages) expect(message).toEqual(kept.get(message.seq));
    }
    watcher.close();
  }

  test("the table has every frame that the server takes", () => {
    expect(Object.keys(KINDS).sort()).toEqual(Object.keys(clientFrames).sort());
    expect(Object.keys(KINDS).length).toBe(14);
  });

  for (const kind of SOCKETS)
    for (const type of Object.keys(KINDS))
      test(`${type} on ${kind} is answered whatever it holds`, async () => {
        const attack = await connect(kind);
        const examples = ["{}", '{"type":null}', `{"type":"${type}","ref":"\\ud800"}`].map((frame): [string] => [
          frame,
        ]);
        await fc.assert(
          fc.asyncProperty(framesOf(type), (frame) => throwFrame(attack, frame)),
          { numRuns: triesAMode(300), examples },
        );
        attack.socket.close();
        await expectLogWhole();
        await target.expectWell();
      });

  for (const kind of SOCKETS) {
    test(`any type on ${kind}`, async () => {
      const attack = await connect(kind);
      const anything = documentOf({ type: text(hostileText), content, conversation_id: text(hostileText) });
      await fc.assert(
        fc.asyncProperty(anything, (frame) => throwFrame(attack, frame.slice(0, FRAME_BYTES_MAX / 4))),
        { numRuns: triesAMode(300) },
      );
      attack.socket.close();
      await expectLogWhole();
      await target.expectWell();
    });

    test(`a content that comes over ${kind} is kept exactly, or refused and not kept`, async () => {
      const attack = await connect(kind);
      await fc.assert(
        fc.asyncProperty(hostileText, async (content) => {
          const frame = JSON.stringify({ content, conversation_id: conversationId });
          const isAnswer = ({ type }: Frame) => type === "message" || type === "error";
          const { frames } = await exchange(attack, frame, isAnswer);
          const kept = keptContent(content);
          if (kept !== undefined) return expect(frames.map((answer) => answer.message?.content)).toEqual([kept]);
          expect(frames).toMatchObject([{ type: "error", code: "validation_failed" }]);
          expect(frames[0].message).toMatch(
            /^Message content (cannot be empty|cannot exceed 5000 characters|contains invalid characters)$/,
          );
        }),
        { numRuns: 300 },
      );
      attack.socket.close();
      await expectLogWhole();
      await target.expectWell();
    });

    test(`frames of 64 KiB on ${kind} are worked on, larger ones close 1009`, async () => {
      const attack = await connect(kind);
      const padded = (frame: string) => frame.padEnd(FRAME_BYTES_MAX);
      const addressed = `"conversation_id":"${conversationId}"`;
      const levels = (FRAME_BYTES_MAX - 200) / 2;
      for (const frame of [
        `{"content":"fits",${addressed}}`,
        `{"type":"ping","x":${"[".repeat(levels)}${"]".repeat(levels)}}`,
        `{"type":"typing","is_typing":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)},${addressed}}`,
        `{"type":"read","seq":${"[".repeat(levels)}${"]".repeat(levels)},${addressed}}`,
        `{"type":"history","limit":${"9".repeat(60_000)},${addressed}}`,
        `{"type":"edit","message_id":"${"0".repeat(60_000)}",${addressed}}`,
        `{"type":"delete","message_id":"${known.messages[0]}${" ".repeat(60_000)}",${addressed}}`,
        `{"type":"ping","ref":"${"x".repeat(60_000)}"}`,
        `{"type":"watch","user_ids":[${"1,".repeat(30_000)}1]}`,
        `{"type":"watch","user_ids":[${'"x",'.repeat(15_000)}1]}`,
        `{"type":"watch","user_ids":${"[".repeat(levels - 20)}${"]".repeat(levels - 20)}}`,
        "[".repeat(FRAME_BYTES_MAX),
      ])
        await throwFrame(attack, padded(frame));
      attack.socket.send(padded(`{"content":"too large",${addressed}}`).padEnd(FRAME_BYTES_MAX + 1));
      expect((await attack.socket.closed).code).toBe(1009);
      await expectLogWhole();
      await target.expectWell();
    });
  }

  test("no frame of 64 KiB holds up the server", async () => {
    const attack = await connect("/ws/chat/{id}/");
    const slow: string[] = [];
    for (const long of [
      " ".repeat(60_000),
      "\u3000".repeat(20_000),
      "\t a".repeat(15_000),
      "\ud83d\ude00".repeat(15_000),
    ])
      for (const field of ["content", "client_id", "ref", "conversation_id", "message_id", "reply_to"])
        for (const type of ["message", "edit"]) {
          const started = performance.now();
          await throwFrame(attack, JSON.stringify({ type, content: "x", [field]: `a${long}b` }));
          const took = Math.round(performance.now() - started);
          if (took > 1_000) slow.push(`${type} ${field} ${JSON.stringify(long.slice(0, 2))} took ${took} ms`);
        }
    expect(slow).toEqual([]);
    await target.expectWell();
  });

  test("a ref of 64 characters comes back, one of 65 is refused", async () => {
    const { socket } = await connect("/ws/chat/{id}/");
    // docs/contract.md §1: lengths are code points.
    for (const character of ["x", "\u00e9", "\u{1f600}"]) {
      socket.send({ type: "ping", ref: character.repeat(64) });
      socket.send({ type: "ping", ref: character.repeat(65) });
      await socket.settled();
      expect(socket.frames.slice(-3, -1)).toMatchObject([
        { type: "pong", ref: character.repeat(64) },
        { type: "error", code: "validation_failed" },
      ]);
    }
    socket.close();
    await target.expectWell();
  });

  test("a frame about a conversation of others says that nothing was done", async () => {
    const { socket } = await connect("/ws/");
    const { conversationId: conversation_id, messageId: message_id } = target.foreign;
    const ref = "foreign";
    const answers: Record<string, string> = {};
    for (const type of Object.keys(KINDS).filter((type) => !GENERAL.includes(type))) {
      const before = socket.frames.length;
      socket.send({ type, conversation_id, message_id, ref, content: "x", seq: 1, is_typing: true });
      if (type === "message") await socket.until((frames) => frames.length > before);
      await socket.settled();
      answers[type] = socket.frames
        .slice(before, -1)
        .map((frame) => frame.type)
        .join();
    }
    const refused = Object.keys(answers).map((type) => [type, "error"]);
    expect(answers).toEqual(Object.fromEntries(refused));
    socket.close();
    await target.expectWell();
  });

  test("2,000 frames at once are answered, or the socket is told to wait", async () => {
    for (const frame of ['{"content":"flood"}', '{"type":"ping"}', '{"type":"history"}', '{"type":"read"}', "x"]) {
      const { socket } = await connect("/ws/chat/{id}/");
      for (let i = 0; i < 2_000; i++) socket.send(frame);
      socket.send({ type: "ping", ref: "last" });
      const last = socket.until((frames) => frames.at(-1)?.ref === "last", 3 * PATIENCE_MS);
      const end = await Promise.race([socket.closed, last]);
      if (end) expect([end.code, frame]).toEqual([frame === "x" ? 1008 : 4429, frame]);
      else expect(frame).not.toBe("x");
      socket.close();
    }
    await expectLogWhole();
    await target.expectWell();
  });
});

interface Attack {
  kind: SocketKind;
  socket: Socket;
  /** Frames so far that count as abuse. */
  abuses: number;
}
