import { expect, test } from "bun:test";
import type {
  Delivered,
  History,
  MessageView,
  NodeView,
  Operation,
  Page,
  Replica,
  Send,
  Stream,
  TrueConversation,
  TrueInvite,
  Truth,
} from "./history.ts";
import { figuresOf, lacking, verdictOf } from "./report.ts";
import { verify, verifyRecord } from "./verify.ts";

const ROOM = "room";
const OPEN = "open";
const [ANN, BOB, CAT, EVE] = [1, 2, 3, 4];

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
  invite: TrueInvite;
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
  const follows = { person: BOB, device: "bob", node: 1, conversation: ROOM, resets: [] };
  const frame = (at: number, version: number, tag: string, change: Delivered["change"]) => ({
    at,
    version,
    tag,
    change,
  });
  const first: Stream = {
    ...follows,
    connection: "bob#1@1",
    askedAt: 50,
    greetedAt: 55,
    after: { version: 0, tag: undefined },
    greeted: 0,
    frames: [
      ...[1, 2, 3].map((n) => frame(n * 100 + 5, n, `id ${n}`, { kind: "message", message: shown(n) })),
      frame(325, 4, "tag 4", { kind: "amended", message: shown(2, "better") }),
      frame(342, 5, "tag 5", { kind: "members", added: [], removed: [BOB] }),
    ],
    endedAt: 343,
  };
  const second: Stream = {
    ...follows,
    connection: "bob#2@0",
    askedAt: 355,
    greetedAt: 356,
    after: { version: 5, tag: "tag 5" },
    greeted: 6,
    frames: [
      frame(358, 6, "tag 6", { kind: "members", added: [BOB], removed: [] }),
      frame(405, 7, "id 4", { kind: "message", message: shown(4) }),
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
      { version: 4, tag: "tag 4", lastSeq: 3, messageSeq: 2, added: [], removed: [] },
      { version: 5, tag: "tag 5", lastSeq: 3, messageSeq: null, added: [], removed: [BOB] },
      { version: 6, tag: "tag 6", lastSeq: 3, messageSeq: null, added: [BOB], removed: [] },
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
  const stands = { knowsTags: true, version: 7, tag: "id 4", fromSeq: 1 };
  const replica: Replica = { device: "bob", person: BOB, conversation: ROOM, ...stands, messages };
  // Cat came in by an invite for one, and Eve was turned away.
  const joined: TrueConversation = {
    lastSeq: 0,
    lastVersion: 1,
    messages: [],
    changes: [{ version: 1, tag: "tag", lastSeq: 0, messageSeq: null, added: [CAT], removed: [] }],
    members: new Map([
      [ANN, 0],
      [CAT, 0],
    ]),
  };
  const invite = { conversation: OPEN, maxUses: 1, uses: 1, people: [CAT] };
  const join = { ...asked, conversation: OPEN, kind: "join" as const, isNew: false, invokedAt: 100, endedAt: 110 };
  operations.push(
    { ...join, person: CAT },
    { ...join, person: EVE, outcome: "fail", why: "invite_ended" },
    { ...join, person: 0, isNew: true, outcome: "unknown" },
  );
  const conversations = new Map([
    [ROOM, log],
    [OPEN, joined],
  ]);
  const truth: Truth = { conversations, views: [view], replicas: [replica], invite };
  const history: History = { operations, streams: [first, second], faults: [], reconnects: 1, oddities: [] };
  return { history, truth, sends, stream: first, page, log, view, replica, invite };
}

/** Ways to spoil a record, each with the check that must notice it. */
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
  "a refusal to add a member, for the person who removed them": {
    check: "refusals make sense",
    spoil({ history }) {
      const added = history.operations.find((operation) => operation.kind === "members" && operation.added === BOB);
      Object.assign(added ?? {}, { outcome: "fail", why: "validation_failed" });
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
  "a frame under the version of another history": {
    check: "one order",
    spoil: ({ stream }) => Object.assign(stream.frames[3] ?? {}, { tag: "tag of another" }),
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
    spoil: ({ stream }) => void stream.resets.push({ at: 60, frames: 0, to: { version: 0, tag: undefined } }),
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
  "a client that waits for its page for ever": {
    check: "streams reach the end",
    spoil: ({ replica }) => void Object.assign(replica, { fromSeq: Number.POSITIVE_INFINITY }),
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
  "an invite that let in too many": {
    check: "invites are exact",
    spoil: ({ invite }) => void Object.assign(invite, { maxUses: 0 }),
  },
  "an invite whose uses are not its people": {
    check: "invites are exact",
    spoil: ({ invite }) => void Object.assign(invite, { uses: 0, maxUses: 0 }),
  },
  "somebody who was told that they are in, and is not": {
    check: "invites are exact",
    spoil: ({ truth, invite }) => {
      truth.conversations.get(OPEN)?.members.delete(CAT);
      Object.assign(invite, { people: [EVE] });
    },
  },
  "somebody who came in twice": {
    check: "invites are exact",
    spoil: ({ truth }) => {
      const log = truth.conversations.get(OPEN);
      const [change] = log?.changes ?? [];
      if (log && change) log.changes.push({ ...change, version: ++log.lastVersion });
    },
  },
  "an invite that turned people away too early": {
    check: "invites are exact",
    spoil: ({ invite }) => void Object.assign(invite, { maxUses: 2 }),
  },
  "people who came in and never asked": {
    check: "invites are exact",
    spoil: ({ history }) => void history.operations.splice(-3),
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

/**
 * The log goes back to two messages. Ann's third one and an edit are lost; she sends two others. Bob is told on the socket
 * that stays open; Cat resumes with the tag of what is lost, and Eve, who knows no tags, without.
 */
function wentBack() {
  const said = (n: number, at: number, id: string, content: string): Send => ({
    kind: "send",
    person: ANN,
    conversation: ROOM,
    node: 0,
    invokedAt: at,
    endedAt: at + 5,
    outcome: "ok",
    content,
    clientId: `key of ${content}`,
    connection: undefined,
    result: { id, seq: n },
  });
  const shown = (n: number, id: string, content: string) => ({ id, seq: n, senderId: ANN, content, deleted: false });
  const [one, two] = [shown(1, "id 1", "one"), shown(2, "id 2", "two")];
  const [lost, three, four] = [shown(3, "lost 3", "lost"), shown(3, "id 3", "three"), shown(4, "id 4", "four")];
  const sends = [
    said(1, 100, "id 1", "one"),
    said(2, 200, "id 2", "two"),
    said(3, 400, "lost 3", "lost"),
    said(3, 1_100, "id 3", "three"),
    said(4, 1_200, "id 4", "four"),
  ];
  const asked = { person: ANN, conversation: ROOM, node: 0, outcome: "ok" as const };
  const page: Page & { messages: MessageView[] } = {
    ...asked,
    kind: "page",
    invokedAt: 1_300,
    endedAt: 1_310,
    newest: true,
    limit: 5,
    messages: [one, two, three, four],
  };
  const oldPage: Page = { ...page, invokedAt: 500, endedAt: 510, messages: [one, shown(2, "id 2", "lost edit"), lost] };
  const operations: Operation[] = [
    ...sends,
    { ...asked, kind: "amend", invokedAt: 450, endedAt: 460, messageId: "id 2", content: "lost edit" },
    {
      ...asked,
      kind: "amend",
      invokedAt: 1_150,
      endedAt: 1_160,
      messageId: "lost 3",
      content: "x",
      outcome: "fail",
      why: "not_found",
    },
    oldPage,
    page,
  ];
  const frame = (at: number, version: number, message: MessageView): Delivered => ({
    at,
    version,
    tag: message.id,
    change: { kind: "message", message },
  });
  const dead = [frame(105, 1, one), frame(205, 2, two), frame(405, 3, lost)];
  const deadEdit: Delivered = {
    at: 465,
    version: 4,
    tag: "lost 4",
    change: { kind: "amended", message: shown(2, "id 2", "lost edit") },
  };
  const born = [frame(1_105, 3, three), frame(1_205, 4, four)];
  const begins = {
    node: 0,
    conversation: ROOM,
    askedAt: 50,
    greetedAt: 55,
    greeted: 0,
    after: { version: 0, tag: undefined },
  };
  const resumes = { ...begins, askedAt: 1_090, greetedAt: 1_095, greeted: 2, after: { version: 4, tag: "lost 4" } };
  const reset = (at: number, frames: number) => ({ at, frames, to: { version: 2, tag: "id 2" } });
  const bob: Stream = {
    ...begins,
    connection: "bob#1@0",
    person: BOB,
    device: "bob",
    resets: [reset(1_080, 4)],
    frames: [...dead, deadEdit, ...born],
  };
  const cat: Stream = {
    ...resumes,
    connection: "cat#2@0",
    person: CAT,
    device: "cat",
    resets: [reset(1_096, 0)],
    frames: [...born],
  };
  const eve: Stream = {
    ...resumes,
    after: { version: 3, tag: undefined },
    connection: "eve#2@0",
    person: EVE,
    device: "eve",
    resets: [],
    frames: born.slice(1),
  };
  const log: TrueConversation = {
    lastSeq: 4,
    lastVersion: 4,
    messages: [one, two, three, four].map((message) => ({
      ...message,
      version: message.seq,
      clientId: `key of ${message.content}`,
    })),
    changes: [],
    members: new Map([ANN, BOB, CAT, EVE].map((user) => [user, user === ANN ? 4 : 0])),
  };
  const kept = { ...log, lastSeq: 2, lastVersion: 2, messages: log.messages.slice(0, 2) };
  const replicaOf = (
    device: string,
    person: number,
    fromSeq: number,
    knowsTags: boolean,
    messages: MessageView[],
  ): Replica => ({
    device,
    person,
    conversation: ROOM,
    knowsTags,
    version: 4,
    tag: "id 4",
    fromSeq,
    messages: new Map(messages.map((message) => [message.seq, message])),
  });
  const replicas = [
    replicaOf("bob", BOB, 1, true, [one, two, three, four]),
    replicaOf("cat", CAT, 3, true, [three, four]),
    replicaOf("eve", EVE, 1, false, [one, two, lost, four]),
  ];
  const history: History = {
    operations,
    streams: [bob, cat, eve],
    faults: [],
    wentBack: {
      kind: "a copy",
      copiedAt: 300,
      diedAt: 1_000,
      bornAt: 1_050,
      toldBy: 3_050,
      kept: new Map([[ROOM, kept]]),
    },
    reconnects: 0,
    oddities: [],
  };
  const unread = new Map([ANN, BOB, CAT, EVE].map((user) => [user, user === ANN ? 0 : 4]));
  const views: NodeView[] = [{ node: 0, conversation: ROOM, messages: log.messages, total: 4, unread }];
  const truth: Truth = { conversations: new Map([[ROOM, log]]), views, replicas };
  return { history, truth, sends, page, oldPage, bob, cat, eve, log, kept, replicas, lost, deadEdit };
}

const spoiltHistories: Record<string, { check: string; spoil(run: ReturnType<typeof wentBack>): void }> = {
  "a socket that is not told": {
    check: "told in time",
    spoil: ({ bob }) => void bob.resets.pop(),
  },
  "a socket that is told too late": {
    check: "told in time",
    spoil: ({ bob }) => Object.assign(bob.resets[0] ?? {}, { at: 3_100 }),
  },
  "a cursor of the dead history that is taken for one of the new": {
    check: "one history",
    spoil({ cat }) {
      cat.resets.pop();
      Object.assign(cat, { greeted: 5, frames: [{ ...cat.frames[0], version: 5 }] });
    },
  },
  "something that is lost, after the reset": {
    check: "one history",
    spoil: ({ bob, deadEdit }) => void bob.frames.push({ ...deadEdit, at: 1_300, version: 5 }),
  },
  "a page that shows a lost message": {
    check: "one history",
    spoil: ({ page, lost }) => void page.messages.splice(2, 1, lost),
  },
  "a page that shows what a lost edit had made": {
    check: "one history",
    spoil: ({ page }) => Object.assign(page.messages[1] ?? {}, { content: "lost edit" }),
  },
  "a page without what was acked in the new history": {
    check: "fresh pages",
    spoil: ({ page }) => void page.messages.pop(),
  },
  "a send that is acked as a lost message": {
    check: "one history",
    spoil: ({ sends }) => Object.assign(sends[4] ?? {}, { result: { id: "lost 3", seq: 3 } }),
  },
  "an acked message of the new history that is gone": {
    check: "acked is durable",
    spoil: ({ log }) => void Object.assign(log, { lastSeq: 3, lastVersion: 3, messages: log.messages.slice(0, 3) }),
  },
  "a message that was acked before the copy and is gone": {
    check: "acked is durable",
    spoil: ({ history }) => Object.assign(history.wentBack ?? {}, { copiedAt: 450 }),
  },
  "a kept message that another one replaced": {
    check: "acked is durable",
    spoil: ({ kept }) => Object.assign(kept.messages[1] ?? {}, { id: "other" }),
  },
  "two messages under one number of the new history": {
    check: "one order",
    spoil: ({ cat }) => Object.assign(cat.frames[1]?.change ?? {}, { message: { id: "id 9", seq: 3 } }),
  },
  "two messages under one number of the dead history": {
    check: "one order",
    spoil: ({ oldPage }) => Object.assign(oldPage.messages?.[2] ?? {}, { id: "lost 9" }),
  },
  "a reset for no reason, long after": {
    check: "no holes",
    spoil({ history, cat }) {
      const late = { ...cat, askedAt: 5_000, greetedAt: 5_001, after: { version: 2, tag: "id 2" } };
      history.streams.push({
        ...late,
        resets: [{ at: 5_002, frames: 0, to: { version: 4, tag: "id 4" } }],
        frames: [],
      });
    },
  },
  "a hole after a reset": {
    check: "no holes",
    spoil: ({ bob }) => void bob.frames.splice(4, 1),
  },
  "a client with tags that shows both histories": {
    check: "streams equal the log",
    spoil: ({ replicas, lost }) => void replicas[0]?.messages.set(3, lost),
  },
  "a client without tags that was reset, and shows both histories": {
    check: "streams equal the log",
    spoil: ({ eve }) => void eve.resets.push({ at: 1_100, frames: 0, to: { version: 3, tag: "id 3" } }),
  },
};

test("a record in which the database went back and all is well passes", () => {
  const { history, truth } = wentBack();
  expect(verify(history, truth)).toEqual([]);
});

test("a send that began in the dead history and was carried out in the new one may be repeated", () => {
  const { history, sends } = wentBack();
  // The third message of the new history: its node asked the database again when that was back.
  const third = sends[3];
  if (!third) throw new Error("there is no third send");
  Object.assign(third, { invokedAt: 990, endedAt: 1_105 });
  history.operations.push({ ...third, invokedAt: 1_250, endedAt: 1_255 });
  expect(verifyRecord(history)).toEqual([]);
});

test("somebody who was added again in the dead history may see what both histories have, and nobody else may", () => {
  const { history, truth, kept, log, cat, eve } = wentBack();
  // Both histories now have a message, Eve's removal, and a message.
  const removal = { version: 2, tag: "tag 2", lastSeq: 1, messageSeq: null, added: [], removed: [EVE] };
  for (const each of [kept, log]) each.changes.push(removal);
  const [third] = cat.frames;
  if (!third) throw new Error("there is no third change");
  const resumed = { ...eve, after: { version: 2, tag: "tag 2" }, askedAt: 500, greetedAt: 505, endedAt: 600 };
  history.streams.push({ ...resumed, frames: [{ ...third, at: 510 }] });
  const asked = { person: ANN, conversation: ROOM, node: 0, outcome: "ok" as const, kind: "members" as const };
  history.operations.push({ ...asked, invokedAt: 210, endedAt: 215, removed: EVE });
  const checks = () => verify(history, truth).map(({ check }) => check);
  expect(checks()).toContain("nothing after leaving");
  history.operations.push({ ...asked, invokedAt: 410, endedAt: 415, added: EVE });
  expect(
    verify(history, truth).filter(({ text }) => text.includes("after their removal") && text.includes("version 3")),
  ).toEqual([]);
});

for (const [name, { check, spoil }] of Object.entries(spoiltHistories))
  test(`finds ${name}`, () => {
    const run = wentBack();
    spoil(run);
    expect(verify(run.history, run.truth).map((violation) => violation.check)).toContain(check);
  });

test("a read of a lost message moves to the newest one there is, and a read of a kept one to that", () => {
  const { history, truth, lost } = wentBack();
  const read = { kind: "read" as const, person: BOB, conversation: ROOM, node: 0, outcome: "ok" as const, seq: 3 };
  const at = { invokedAt: 1_060, endedAt: 1_065 };
  history.operations.push({ ...read, ...at, messageId: lost.id });
  expect(verify(history, truth)).toEqual([]);
  history.operations.push({ ...read, ...at, messageId: "id 3" });
  expect(verify(history, truth).map(({ check }) => check)).toContain("exact unread");
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

test("a run that did too little ends with too little evidence, not with violated", () => {
  const { history, truth } = recorded();
  const violations = verify(history, truth);
  const lacks = lacking(figuresOf(history), 20);
  expect(lacks.map((text) => text.split(" ")[1]?.replace(",", ""))).toEqual(
    expect.arrayContaining(["acked", "delivered", "reconnects", "faults", "pages"]),
  );
  expect(verdictOf(violations, lacks)).toBe("too little evidence");
});

test("a violation stays a violation when a run did too little", () => {
  const { history, truth, log } = recorded();
  log.messages.pop();
  expect(verdictOf(verify(history, truth), lacking(figuresOf(history), 20))).toBe("violated");
});
