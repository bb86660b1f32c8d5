import { expect, test } from "bun:test";
import type {
  Entry,
  History,
  Members,
  MeStream,
  Setting,
  Settings,
  SettingsCopy,
  SettingsView,
  TrueConversation,
  TrueSettings,
  Truth,
} from "./history.ts";
import { verify } from "./verify.ts";

const [ANN, BOB] = [1, 2];
const [ROOM, GROUP] = ["room", "group"];
const NOTHING: Settings = { archived_seq: null, muted_until: null, level: "all", unread_seq: null };
const MUTED: Settings = { ...NOTHING, level: "nothing" };
const MARKED: Settings = { ...NOTHING, unread_seq: 2 };

interface Recorded {
  history: History;
  truth: Truth;
  stream: MeStream;
  sets: Setting[];
  settings: TrueSettings;
  view: SettingsView;
  copy: SettingsCopy;
  removal: Members;
}

/** Ann mutes the room, unmutes it, and marks it; then she mutes the group. Each of the two has a message of Bob's. */
function recorded(): Recorded {
  const set = (at: number, conversation: string, changes: Setting["changes"], version: number, result: Settings) => ({
    kind: "set" as const,
    person: ANN,
    conversation,
    node: 0,
    invokedAt: at,
    endedAt: at + 5,
    outcome: "ok" as const,
    changes,
    result: { ...result, archived: false, unread: result.unread_seq !== null, me_version: version },
  });
  const sets: Setting[] = [
    set(100, ROOM, { level: "nothing" }, 1, MUTED),
    set(110, ROOM, { level: "all" }, 2, NOTHING),
    set(120, ROOM, { unread: true }, 3, MARKED),
    set(130, GROUP, { level: "nothing" }, 4, MUTED),
    set(140, GROUP, { level: "nothing" }, 4, MUTED),
  ];
  const frame = (at: number, version: number, conversation: string, settings: Settings) => ({
    kind: "conversation" as const,
    at,
    from: version,
    version,
    conversation,
    settings,
  });
  const stream: MeStream = {
    connection: "ann#1@0",
    person: ANN,
    askedAt: 50,
    after: 0,
    isOfAnotherEpoch: false,
    greeted: 0,
    resets: [],
    frames: [
      frame(103, 1, ROOM, MUTED),
      frame(113, 2, ROOM, NOTHING),
      frame(123, 3, ROOM, MARKED),
      frame(133, 4, GROUP, MUTED),
    ],
  };
  const conversation = (): TrueConversation => ({
    lastSeq: 3,
    lastVersion: 3,
    messages: [1, 2, 3].map((n) => ({
      id: `id ${n}`,
      seq: n,
      version: n,
      senderId: BOB,
      clientId: null,
      content: `text ${n}`,
      deleted: false,
    })),
    changes: [],
    members: new Map([[ANN, 2]]),
  });
  const entries: Entry[] = [
    { conversation: ROOM, version: 3, settings: MARKED },
    { conversation: GROUP, version: 4, settings: MUTED },
  ];
  const listed = new Map([
    [ROOM, MARKED],
    [GROUP, MUTED],
  ]);
  const unread = { conversations: 1, messages: 1, mentions: 0, marked: 0 };
  const view: SettingsView = {
    node: 0,
    person: ANN,
    listed,
    unread,
    mentions: new Map(),
    replayed: structuredClone(entries),
  };
  const copy: SettingsCopy = { device: "ann", person: ANN, version: 4, isLoading: false, settings: new Map(listed) };
  const settings: TrueSettings = {
    entries: new Map([[ANN, entries]]),
    updatedMs: new Map(),
    readMs: 1_000,
    views: [view],
    copies: [copy],
  };
  const conversations = new Map([
    [ROOM, conversation()],
    [GROUP, conversation()],
  ]);
  const read = { kind: "read" as const, person: ANN, node: 0, invokedAt: 10, endedAt: 20, outcome: "ok" as const };
  const operations = [...sets, ...[ROOM, GROUP].map((each) => ({ ...read, conversation: each, seq: 2 }))];
  const history: History = {
    operations,
    streams: [],
    meStreams: [stream],
    faults: [],
    reconnects: 0,
    oddities: [],
  };
  const asked = { person: BOB, conversation: GROUP, node: 0, invokedAt: 150, endedAt: 155, outcome: "ok" as const };
  const removal: Members = { ...asked, kind: "members", removed: ANN };
  return {
    history,
    truth: { conversations, views: [], replicas: [], settings },
    stream,
    sets,
    settings,
    view,
    copy,
    removal,
  };
}

const checksOf = ({ history, truth }: Recorded) => verify(history, truth).map(({ check }) => check);

test("a record of personal settings in which all is well passes", () => {
  const { history, truth } = recorded();
  expect(verify(history, truth)).toEqual([]);
});

test("a frame may stand for changes that a later frame replaces", () => {
  const run = recorded();
  run.stream.frames.splice(0, 2);
  Object.assign(run.stream.frames[0] ?? {}, { from: 1 });
  expect(checksOf(run)).toEqual([]);
});

test("a change without an answer may hold or not", () => {
  const run = recorded();
  const [, , third, fourth] = run.sets;
  for (const set of [third, fourth]) {
    Object.assign(set ?? {}, { outcome: "unknown" });
    delete set?.result;
  }
  expect(checksOf(run)).toEqual([]);
});

/** Ways to spoil the record, each with the check that must notice it. */
const spoilt: Record<string, { check: string; spoil(run: Recorded): void }> = {
  "a frame that is missing": { check: "settings in order", spoil: ({ stream }) => void stream.frames.splice(1, 1) },
  "a frame that came twice": {
    check: "settings in order",
    spoil: ({ stream }) => void stream.frames.splice(1, 0, ...stream.frames.slice(1, 2)),
  },
  "a reset without a reason": {
    check: "settings in order",
    spoil: ({ stream }) => void stream.resets.push({ at: 105, frames: 1, to: 1 }),
  },
  "a version that is two changes": {
    check: "settings in order",
    spoil: ({ history, stream }) =>
      void history.meStreams?.push({
        ...stream,
        frames: stream.frames.map((frame) => ({ ...frame, settings: NOTHING })),
      }),
  },
  "an answer that differs from the frame": {
    check: "settings in order",
    spoil: ({ sets: [set] }) => void Object.assign(set?.result ?? {}, { level: "all" }),
  },
  "a change acked before one with an earlier version began": {
    check: "settings in order",
    spoil: ({ sets: [first] }) => void Object.assign(first ?? {}, { invokedAt: 125, endedAt: 128 }),
  },
  "a repeat that took a version": {
    check: "repeats take no version",
    spoil: ({ stream }) =>
      void stream.frames.push({
        kind: "conversation",
        at: 143,
        from: 5,
        version: 5,
        conversation: GROUP,
        settings: MUTED,
      }),
  },
  "an acked change that is lost": {
    check: "settings hold",
    spoil: ({ settings }) => void settings.entries.get(ANN)?.pop(),
  },
  "a change that nobody made": {
    check: "settings hold",
    spoil: ({ settings }) => void Object.assign(settings.entries.get(ANN)?.[0] ?? {}, { settings: MUTED, version: 5 }),
  },
  "a node that lists something else": {
    check: "settings hold",
    spoil: ({ view }) => void view.listed.set(ROOM, NOTHING),
  },
  "a replay without an entry": { check: "settings reach devices", spoil: ({ view }) => void view.replayed.shift() },
  "a replay that has an entry twice": {
    check: "settings reach devices",
    spoil: ({ view }) => void view.replayed.push(...view.replayed.slice(0, 1)),
  },
  "a device that missed a change": {
    check: "settings reach devices",
    spoil: ({ copy }) => void copy.settings.set(ROOM, NOTHING),
  },
  "a device that loads for ever": {
    check: "settings reach devices",
    spoil: ({ copy }) => void Object.assign(copy, { isLoading: true }),
  },
  "settings of somebody who is gone": {
    check: "settings end with the membership",
    spoil: ({ truth }) => void truth.conversations.get(GROUP)?.members.delete(ANN),
  },
  "settings from before a removal": {
    check: "settings end with the membership",
    spoil({ history, truth, removal }) {
      history.operations.push(removal);
      const added = { version: 5, tag: "tag 5", lastSeq: 3, messageSeq: null, added: [ANN], removed: [] };
      const removed = { ...added, version: 4, tag: "tag 4", added: [], removed: [ANN] };
      const log = truth.conversations.get(GROUP);
      log?.changes.push(removed, added);
      log?.members.set(ANN, 3);
      Object.assign(log ?? {}, { lastVersion: 5 });
    },
  },
  "a total that counts muted messages": {
    check: "exact totals",
    spoil: ({ view }) => void Object.assign(view.unread, { conversations: 2, messages: 2 }),
  },
  "a total that counts archived messages": {
    check: "exact totals",
    spoil: ({ settings, view }) => {
      const archived = { ...NOTHING, archived_seq: 3 };
      Object.assign(settings.entries.get(ANN)?.[0] ?? {}, { settings: archived });
      view.listed.set(ROOM, archived);
    },
  },
  "a total without a marked conversation": {
    check: "exact totals",
    spoil: ({ truth }) => void truth.conversations.get(ROOM)?.messages.splice(2),
  },
};

for (const [name, { check, spoil }] of Object.entries(spoilt))
  test(`finds ${name}`, () => {
    const run = recorded();
    spoil(run);
    expect(checksOf(run)).toContain(check);
  });
