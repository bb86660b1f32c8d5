import { expect, test } from "bun:test";
import type {
  History,
  MessageView,
  NodeView,
  Operation,
  Page,
  Replica,
  Send,
  Stream,
  TrueConversation,
  Truth,
} from "./history.ts";
import { figuresOf, lacking, verdictOf } from "./report.ts";
import { verify } from "./verify.ts";

const ROOM = "room";
const [ANN, BOB] = [1, 2];

interface Recorded {
  history: History;
  truth: Truth;
  /** The parts, for whoever spoils one. */
  sends: Send[];
  stream: Stream;
  page: Page & { messages: MessageView[] };
  log: TrueConversation;
  view: NodeView;
  replica: Replica;
}

/** Ann sends four messages, edits the second; Bob is removed, asked in again, and gets all that is his. */
function recorded(): Recorded {
  const sends = [1, 2, 3, 4].map(
    (n): Send => ({
      kind: "send",
      person: ANN,
      conversation: ROOM,
      node: 0,
      invokedAt: n * 100,
      endedAt: n * 100 + 10,
      outcome: "ok",
      content: `text ${n}`,
      clientId: n === 3 ? undefined : `key ${n}`,
      connection: "ann#1@0",
      result: { id: `id ${n}`, seq: n },
    }),
  );
  // Versions: 1 to 3 messages, 4 the edit, 5 the removal, 6 the invitation, 7 the last message.
  const shown = (n: number, content = `text ${n}`) => ({
    id: `id ${n}`,
    seq: n,
    senderId: ANN,
    content,
    deleted: false,
  });
  const final = [shown(1), shown(2, "better"), shown(3), shown(4)];
  const asked = { conversation: ROOM, node: 0, outcome: "ok" as const };
  const page = {
    ...asked,
    kind: "page" as const,
    person: ANN,
    invokedAt: 360,
    endedAt: 370,
    newest: true,
    limit: 2,
    messages: final.slice(1, 3),
  };
  const operations: Operation[] = [
    ...sends,
    { ...asked, kind: "amend", person: ANN, invokedAt: 320, endedAt: 330, messageId: "id 2", content: "better" },
    { ...asked, kind: "members", person: ANN, invokedAt: 340, endedAt: 345, removed: BOB },
    { ...asked, kind: "members", person: ANN, invokedAt: 350, endedAt: 355, added: BOB },
    page,
    { ...asked, kind: "read", person: BOB, invokedAt: 500, endedAt: 510, seq: 4 },
  ];
  const follows = { person: BOB, device: "bob", node: 1, conversation: ROOM };
  const first: Stream = {
    ...follows,
    connection: "bob#1@1",
    after: 0,
    greeted: 0,
    frames: [1, 2, 3].map((n) => ({ at: n * 100 + 5, version: n, change: { kind: "message", message: shown(n) } })),
  };
  first.frames.push(
    { at: 325, version: 4, change: { kind: "amended", message: shown(2, "better") } },
    { at: 342, version: 5, change: { kind: "members", added: [], removed: [BOB] } },
  );
  const second: Stream = {
    ...follows,
    connection: "bob#2@0",
    after: 5,
    greeted: 6,
    frames: [
      { at: 358, version: 6, change: { kind: "members", added: [BOB], removed: [] } },
      { at: 405, version: 7, change: { kind: "message", message: shown(4) } },
    ],
  };
  const log: TrueConversation = {
    lastSeq: 4,
    lastVersion: 7,
    messages: final.map((message, i) => ({
      ...message,
      version: i === 3 ? 7 : i + 1,
      clientId: i === 2 ? null : `key ${i + 1}`,
    })),
    changes: [
      { version: 4, lastSeq: 3, messageSeq: 2, added: [], removed: [] },
      { version: 5, lastSeq: 3, messageSeq: null, added: [], removed: [BOB] },
      { version: 6, lastSeq: 3, messageSeq: null, added: [BOB], removed: [] },
    ],
    members: new Map([
      [ANN, 4],
      [BOB, 4],
    ]),
  };
  const unread = new Map([
    [ANN, 0],
    [BOB, 0],
  ]);
  const view: NodeView = { node: 1, conversation: ROOM, messages: final, total: 4, unread };
  const messages = new Map(final.map((message) => [message.seq, message]));
  const replica: Replica = { device: "bob", person: BOB, conversation: ROOM, version: 7, messages };
  const truth: Truth = { conversations: new Map([[ROOM, log]]), views: [view], replicas: [replica] };
  const history: History = { operations, streams: [first, second], faults: [], reconnects: 1, oddities: [] };
  return { history, truth, sends, stream: first, page, log, view, replica };
}

/** What is wrong with the record, and the check that must say so. */
const spoilt: Record<string, { check: string; spoil(run: Recorded): void }> = {
  "an acked message that is gone": {
    check: "acked is durable",
    spoil: ({ log }) => void log.messages.pop(),
  },
  "a message acked under another number": {
    check: "acked is durable",
    spoil: ({ sends }) => Object.assign(sends[3] ?? {}, { result: { id: "id 4", seq: 5 } }),
  },
  "a message that is there twice": {
    check: "once",
    spoil: ({ log }) => void log.messages.push({ ...log.messages[2], id: "id 5", seq: 5, version: 8 } as never),
  },
  "a resend that was given another message": {
    check: "once",
    spoil: ({ history, sends }) =>
      void history.operations.push({ ...sends[0], result: { id: "id 9", seq: 9 } } as Send),
  },
  "a refused send that is there": {
    check: "refused is not done",
    spoil({ sends: [send] }) {
      Object.assign(send ?? {}, { outcome: "fail", why: "throttled" });
      delete send?.result;
    },
  },
  "a refusal for no reason": {
    check: "refusals make sense",
    spoil({ sends: [send] }) {
      Object.assign(send ?? {}, { outcome: "fail", why: "client_id_conflict" });
      delete send?.result;
    },
  },
  "a fault of the server's own": {
    check: "refusals make sense",
    spoil: ({ page }) => void Object.assign(page, { outcome: "unknown", why: "internal_error" }),
  },
  "two messages under one number": {
    check: "one order",
    spoil: ({ stream }) =>
      Object.assign(stream.frames[1]?.change ?? {}, {
        message: { id: "id 7", seq: 2, senderId: ANN, content: "x", deleted: false },
      }),
  },
  "a frame that the log does not have": {
    check: "one order",
    spoil: ({ log }) => Object.assign(log.changes[0] ?? {}, { messageSeq: 3 }),
  },
  "a number acked before an earlier one was sent": {
    check: "real-time order",
    spoil: ({ sends: [first] }) => Object.assign(first ?? {}, { invokedAt: 450, endedAt: 460 }),
  },
  "pipelined sends in another order": {
    check: "pipelined order",
    spoil({ sends: [first, second] }) {
      Object.assign(first ?? {}, { invokedAt: 201, endedAt: 230 });
      Object.assign(second ?? {}, { invokedAt: 200, endedAt: 230 });
    },
  },
  "a hole in a stream": {
    check: "no holes",
    spoil: ({ stream }) => void stream.frames.splice(1, 1),
  },
  "a change that came twice": {
    check: "no holes",
    spoil: ({ stream }) => void stream.frames.splice(1, 0, ...stream.frames.slice(1, 2)),
  },
  "a stream that begins too late": {
    check: "no holes",
    spoil: ({ stream }) => void stream.frames.shift(),
  },
  "a reset for no reason": {
    check: "no holes",
    spoil: ({ stream }) => Object.assign(stream, { resetTo: 0 }),
  },
  "a page without what was acked before": {
    check: "fresh pages",
    spoil: ({ page }) => void page.messages.pop(),
  },
  "a page with a hole": {
    check: "fresh pages",
    spoil: ({ page }) =>
      void page.messages.unshift({ id: "id 0", seq: 0, senderId: ANN, content: "x", deleted: false }),
  },
  "a page with a content that was replaced before": {
    check: "fresh pages",
    spoil: ({ page }) => Object.assign(page.messages[0] ?? {}, { content: "text 2" }),
  },
  "a number that is missing in the log": {
    check: "dense",
    spoil: ({ log }) => Object.assign(log, { lastVersion: 8 }),
  },
  "something after a removal": {
    check: "nothing after leaving",
    spoil: ({ history }) =>
      history.operations.splice(
        history.operations.findIndex((o) => o.kind === "members" && o.added),
        1,
      ),
  },
  "a client that does not get to the end": {
    check: "streams reach the end",
    spoil: ({ replica }) => void replica.version--,
  },
  "a client that missed an edit": {
    check: "streams equal the log",
    spoil: ({ replica }) =>
      void replica.messages.set(2, { id: "id 2", seq: 2, senderId: ANN, content: "text 2", deleted: false }),
  },
  "a node that shows something else": {
    check: "nodes agree",
    spoil: ({ view }) => void view.messages.shift(),
  },
  "an edit that was lost": {
    check: "edits hold",
    spoil: ({ log, view, replica }) => {
      for (const message of [log.messages[1], view.messages[1], replica.messages.get(2)])
        if (message) message.content = "text 2";
    },
  },
  "a read position that was lost": {
    check: "exact unread",
    spoil: ({ log }) => void log.members.set(ANN, 3),
  },
  "a count that is wrong": {
    check: "exact unread",
    spoil: ({ view }) => void view.unread.set(BOB, 1),
  },
};

test("a record in which all is well passes", () => {
  const { history, truth } = recorded();
  expect(verify(history, truth)).toEqual([]);
});

for (const [name, { check, spoil }] of Object.entries(spoilt))
  test(`finds ${name}`, () => {
    const run = recorded();
    spoil(run);
    expect(verify(run.history, run.truth).map((violation) => violation.check)).toContain(check);
  });

test("a send without an answer may be there or not", () => {
  const { history, truth, sends } = recorded();
  const [send] = sends;
  Object.assign(send ?? {}, { outcome: "unknown" });
  delete send?.result;
  expect(verify(history, truth)).toEqual([]);
  Object.assign(send ?? {}, { content: "never arrived", clientId: "never arrived" });
  expect(verify(history, truth)).toEqual([]);
});

test("a run that did too little is too little evidence, and no violation", () => {
  const { history, truth } = recorded();
  const violations = verify(history, truth);
  const lacks = lacking(figuresOf(history), 20);
  expect(lacks.map((text) => text.split(" ")[1]?.replace(",", ""))).toEqual(
    expect.arrayContaining(["acked", "delivered", "reconnects", "faults", "pages"]),
  );
  expect(verdictOf(violations, lacks)).toBe("too little evidence");
});

test("a violation stays one however little a run did", () => {
  const { history, truth, log } = recorded();
  log.messages.pop();
  expect(verdictOf(verify(history, truth), lacking(figuresOf(history), 20))).toBe("violated");
});
