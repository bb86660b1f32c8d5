import { expect, test } from "bun:test";
import type { Amend, Download, History, Members, Search, Send, TrueFiles, Truth } from "./history.ts";
import { onlyAsks } from "./members.ts";
import { filesAtRest, filesRecord } from "./verify-files.ts";
import { searchAtRest, searchRecord } from "./verify-search.ts";

const ROOM = "room";
const [ANN, BOB, EVE] = [1, 2, 3];
const asked = { conversation: ROOM, node: 0, outcome: "ok" as const };

/** Ann sends a message with a file at 100; Bob, who comes and goes, reads it and finds it; Eve is never in the room. */
function recorded() {
  const send: Send = {
    ...{ ...asked, kind: "send", person: ANN, invokedAt: 100, endedAt: 110 },
    ...{ content: "1 zqab", clientId: "key", files: ["file"], connection: undefined, result: { id: "id 1", seq: 1 } },
  };
  const download: Download = {
    ...{ ...asked, kind: "download", person: BOB, invokedAt: 200, endedAt: 210 },
    ...{ messageId: "id 1", file: "file", digest: "right" },
  };
  const found = { id: "id 1", seq: 1, senderId: ANN, content: "1 zqab", deleted: false, conversation: ROOM };
  const search: Search & { found: unknown[] } = {
    ...{ ...asked, kind: "search", person: BOB, conversation: "", invokedAt: 200, endedAt: 210 },
    ...{ word: "zqab", found: [found], indexed: {}, exact: true },
  };
  const removal: Members = { ...asked, kind: "members", person: ANN, invokedAt: 150, endedAt: 155, removed: BOB };
  const change: Amend = {
    ...{ ...asked, kind: "amend", person: ANN, invokedAt: 150, endedAt: 155 },
    ...{ messageId: "id 1", content: null },
  };
  const history: History = {
    ...{ operations: [send, download, search], streams: [], faults: [], reconnects: 0, oddities: [] },
    places: new Map([[ROOM, { members: new Set([ANN, BOB]), movers: new Set([BOB]) }]]),
    files: new Map([["file", { person: ANN, name: "a.txt", bytes: 3, digest: "right" }]]),
  };
  const files: TrueFiles = {
    ofMessages: [{ conversation: ROOM, seq: 1, file: "file" }],
    lost: [],
    usage: [{ person: 0, counted: 3, bytes: 3 }],
    asked: [download, search],
  };
  const extras = { files: [{ id: "file", name: "a.txt", type: "text/plain", bytes: 3 }] };
  const message = {
    id: "id 1",
    seq: 1,
    senderId: ANN,
    content: "1 zqab",
    deleted: false,
    extras,
    version: 1,
    clientId: "key",
  };
  const log = { lastSeq: 1, lastVersion: 1, messages: [message], changes: [], members: new Map([[ANN, 1]]) };
  const truth: Truth = { conversations: new Map([[ROOM, log]]), views: [], replicas: [], files };
  return { history, truth, files, send, download, search, removal, change, message };
}
type Recorded = ReturnType<typeof recorded>;

const inRecord = ({ history }: Recorded) => [
  ...new Set(
    [...filesRecord(history, history.operations), ...searchRecord(history, history.operations)].map(
      ({ check }) => check,
    ),
  ),
];
const atRest = ({ history, truth }: Recorded) => [
  ...new Set(
    [...filesAtRest(history, history.operations, truth), ...searchAtRest(history, history.operations, truth)].map(
      ({ check }) => check,
    ),
  ),
];

test("the checks of files and of the search find nothing in a record in which all is well", () => {
  expect([...inRecord(recorded()), ...atRest(recorded())]).toEqual([]);
});

/** How a record is spoilt, and the checks that find it: while people chat, and at rest. */
const SPOILT: [string, (parts: Recorded) => void, string[], string[]][] = [
  ["other bytes", ({ download }) => Object.assign(download, { digest: "wrong" }), ["files hold"], ["files hold"]],
  [
    "a refused file",
    ({ download }) => Object.assign(download, { outcome: "fail", why: "file_not_found" }),
    ["files hold"],
    ["files hold"],
  ],
  [
    "a stranger who reads and searches",
    ({ download, search }) => Object.assign(download, { person: EVE }) && Object.assign(search, { person: EVE }),
    ["files are for members", "search is for members"],
    ["files are for members", "search is for members"],
  ],
  [
    "somebody who was removed and reads on",
    ({ history, removal }) => history.operations.push(removal),
    ["files are for members", "search is for members"],
    ["files are for members", "search is for members"],
  ],
  [
    "a deletion that takes nothing away",
    ({ history, change, message }) => history.operations.push(change) && Object.assign(message, { deleted: true }),
    ["files go with their message", "search finds nothing that is gone"],
    ["files go with their message", "search finds nothing that is gone"],
  ],
  [
    "a word that an edit has removed",
    ({ history, change, message }) =>
      history.operations.push({ ...change, content: "2 zqcd" }) && Object.assign(message, { content: "2 zqcd" }),
    ["search finds nothing that is gone"],
    ["search finds nothing that is gone"],
  ],
  [
    "a word that is not found",
    ({ search }) => Object.assign(search, { found: [] }),
    ["search finds what is there"],
    ["search finds what is there"],
  ],
  ["a file that a message has lost", ({ files }) => Object.assign(files, { ofMessages: [] }), [], ["files hold"]],
  ["a file without a row", ({ files }) => files.lost.push("file"), [], ["files hold"]],
  [
    "bytes that are counted twice",
    ({ files }) => files.usage.push({ person: ANN, counted: 6, bytes: 3 }),
    [],
    ["exact usage"],
  ],
  [
    "a file of no message",
    ({ files }) => files.ofMessages.push({ conversation: ROOM, seq: 2, file: "file" }),
    [],
    ["files go with their message"],
  ],
];
test.each(SPOILT)("the checks of files and of the search find %s", (_, spoil, whileChatting, after) => {
  const parts = recorded();
  spoil(parts);
  expect({ whileChatting: inRecord(parts), after: atRest(parts) }).toEqual({ whileChatting, after });
});

test("the checks of files and of the search forgive what is not certain", () => {
  const forgiven: ((parts: Recorded) => unknown)[] = [
    // It says that it has not come that far.
    ({ search }) => Object.assign(search, { found: [], indexed: { [ROOM]: 0 } }),
    ({ search }) => Object.assign(search, { found: [], exact: false }),
    // The deletion was under way.
    ({ history, change, download, search }) =>
      history.operations.push({ ...change, endedAt: 205 }) &&
      Object.assign(download, { outcome: "fail" }) &&
      Object.assign(search, { found: [] }),
    // The removal was under way.
    ({ history, removal, download, search }) =>
      history.operations.push({ ...removal, endedAt: 205 }) &&
      Object.assign(download, { outcome: "fail" }) &&
      Object.assign(search, { found: [] }),
  ];
  for (const change of forgiven) {
    const parts = recorded();
    change(parts);
    expect(inRecord(parts)).toEqual([]);
  }
});

test("the checks of files and of the search know that people who left are only asked back", () => {
  /** Bob leaves, Ann adds him again, and then he gets and finds nothing. */
  const checksOf = (requested: number[]) => {
    const parts = recorded();
    const { history, removal, download, search } = parts;
    const invitation: Members = { ...asked, kind: "members", person: ANN, invokedAt: 160, endedAt: 165, added: BOB };
    onlyAsks(invitation, requested);
    history.operations.push({ ...removal, person: BOB }, invitation);
    Object.assign(download, { outcome: "fail" });
    Object.assign(search, { found: [] });
    return inRecord(parts);
  };
  expect(checksOf([])).toEqual(["files hold", "search finds what is there"]);
  expect(checksOf([BOB])).toEqual([]);
});
