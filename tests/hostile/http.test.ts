import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { isInvisible } from "../../src/protocol/content.ts";
import { type AppServices, createApp } from "../../src/server/node/http-app.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachDatabase } from "../support/modes.ts";
import { uploadFile } from "../support/sent-files.ts";
import {
  documentOf,
  type Fields,
  hostileJson,
  hostileText,
  type Json,
  KEYS,
  keptContent,
  poll,
  positions,
  text,
} from "./values.ts";
import { expectErrorBody, PATIENCE_MS, startTarget, type Target, triesAMode } from "./wellbeing.ts";

const KIB_64 = 64 * 1024;

interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  path: string;
  /** The fields of its body. Without them the call takes no body. */
  body?: Fields;
  /** The query parameters it knows. */
  query?: string[];
  /** Passwords are hashed, by the call or to log in again after it, which is slow on purpose: fewer runs. */
  hashes?: true;
  /** It takes or gives bytes that are no JSON. */
  bytes?: true;
}

/** The attacker knows these ids. The first of each kind is their own. Filled in before the tests. */
const known = {
  users: [0],
  conversations: [""],
  messages: [""],
  files: [""],
  sessions: [""],
  codes: [""],
  requests: [""],
  scheduled: [""],
  email: "",
  password: PASSWORD,
};

const later = <T>(make: () => T) => fc.constant(null).map(make);
const oneOfKnown = <T>(list: () => readonly T[]) => fc.nat().map((n) => list()[n % list().length] as T);
const password = text(later(() => known.password));
const ids = fc
  .uniqueArray(fc.nat({ max: 4 }), { maxLength: 4 })
  .map((list): Json => JSON.stringify(list.map((n) => known.users[n])));
const letters = text(fc.constantFrom("Eve", "Zoë", "Ng uyen", "李四"));
const content = text(fc.string({ minLength: 1 }));
const token = text(fc.constantFrom("A".repeat(43), "A".repeat(42), "_".repeat(43)));
const clientId = text(fc.constantFrom("a", "b", "c d", "~".repeat(64)));
const ifSeq = fc.constantFrom<Json>("0", "1", "9007199254740991");

const messageIds = text(oneOfKnown(() => known.messages));
const times = fc.constantFrom<Json>(
  '"2999-01-01T00:00:00Z"',
  '"0000-01-01T00:00:00Z"',
  '"9999-12-31T23:59:59-12:00"',
  "null",
);
const repeats = fc.constantFrom<Json>('"daily"', '"weekdays"', '"weekly"', '"monthly"', "null");
const zones = fc.constantFrom<Json>(
  '"Europe/Berlin"',
  '"UTC"',
  '"Mars/Olympus"',
  '"Etc/GMT+14"',
  '"../../etc"',
  "null",
);

/** Every route of the server. */
const ROUTES: Route[] = [
  {
    method: "POST",
    path: "/api/users/register",
    body: {
      email: text(fc.nat().map((n) => `${n}@Example.com`)),
      first_name: letters,
      last_name: letters,
      password,
      password_confirm: password,
      invite: text(oneOfKnown(() => known.codes)),
      sign_in: fc.constantFrom<Json>("true", "false", '"true"', "null"),
    },
    hashes: true,
  },
  {
    method: "POST",
    path: "/api/users/login",
    body: { email: text(later(() => known.email)), password },
    hashes: true,
  },
  { method: "POST", path: "/api/users/logout", hashes: true },
  { method: "GET", path: "/api/users/profile" },
  {
    method: "PATCH",
    path: "/api/users/profile",
    body: {
      first_name: letters,
      last_name: letters,
      may_add_me: text(fc.constantFrom("everybody", "shared", "nobody")),
    },
  },
  { method: "GET", path: "/api/users/list", query: ["search", "limit", "offset"] },
  {
    method: "POST",
    path: "/api/users/password",
    body: { old_password: password, password, password_confirm: password },
    hashes: true,
  },
  { method: "POST", path: "/api/users/confirm", body: { password }, hashes: true },
  { method: "GET", path: "/api/users/notifications" },
  { method: "GET", path: "/api/users/previews" },
  {
    method: "PATCH",
    path: "/api/users/previews",
    body: { shown: fc.constantFrom<Json>("true", "false", "null", '"on"') },
  },
  {
    method: "PATCH",
    path: "/api/users/notifications",
    body: {
      zone: text(fc.constantFrom("Europe/Berlin", "UTC", "Asia/Kathmandu")),
      do_not_disturb: fc.constantFrom<Json>(
        "{}",
        '{"monday":null}',
        '{"sunday":{"from":"22:00","to":"07:00"}}',
        '{"__proto__":{"from":"22:00","to":"07:00"}}',
      ),
      snooze_until: fc.constantFrom<Json>('"2999-01-01T00:00:00Z"', '"0000-01-01T00:00:00Z"', "null"),
      keywords: fc.constantFrom<Json>("[]", '["deploy"]', '["\\u0000"]', `["${"x".repeat(60)}"]`),
    },
  },
  { method: "GET", path: "/api/users/sessions" },
  { method: "DELETE", path: "/api/users/sessions" },
  { method: "DELETE", path: "/api/users/sessions/:sessionId", hashes: true },
  { method: "POST", path: "/api/users/password/reset/check", body: { token } },
  {
    method: "POST",
    path: "/api/users/password/reset/confirm",
    body: { token, password, password_confirm: password, sign_in: fc.constantFrom("true", "false") },
  },
  {
    method: "POST",
    path: "/api/invites",
    body: {
      conversation_id: text(oneOfKnown(() => known.conversations)),
      max_uses: fc.nat({ max: 10_001 }).map(String),
      expires_in: fc.nat().map(String),
    },
  },
  { method: "GET", path: "/api/invites", query: ["conversation_id", "limit", "offset"] },
  { method: "GET", path: "/api/invites/:code" },
  { method: "POST", path: "/api/invites/:code/accept" },
  { method: "DELETE", path: "/api/invites/:code" },
  { method: "POST", path: "/api/chat/conversations", body: { participant_ids: ids, name: text(hostileText) } },
  { method: "GET", path: "/api/chat/conversations", query: ["limit", "offset", "archived"] },
  { method: "GET", path: "/api/chat/conversations/:conversationId" },
  { method: "PATCH", path: "/api/chat/conversations/:conversationId", body: { name: letters } },
  {
    method: "PATCH",
    path: "/api/chat/conversations/:conversationId/me",
    body: {
      archived: fc.constantFrom<Json>("true", "false"),
      archived_seq: fc.constantFrom<Json>("0", "1", "null", "9007199254740991"),
      muted_until: fc.constantFrom<Json>('"2999-01-01T00:00:00Z"', '"0000-01-01T00:00:00Z"', "null"),
      level: fc.constantFrom<Json>('"all"', '"mentions"', '"nothing"'),
      unread: fc.constantFrom<Json>("true", "false"),
      unread_seq: fc.constantFrom<Json>("0", "1", "null", "9007199254740991"),
    },
  },
  {
    method: "PUT",
    path: "/api/chat/conversations/:conversationId/me/draft",
    body: { content, based_on: fc.constantFrom<Json>("0", "1", "9007199254740991"), reply_to: messageIds },
  },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/me/draft", query: ["based_on"] },
  { method: "GET", path: "/api/chat/saved", query: ["before", "limit"] },
  { method: "PUT", path: "/api/chat/saved/:messageId", body: { note: content, remind_at: times } },
  { method: "DELETE", path: "/api/chat/saved/:messageId" },
  { method: "GET", path: "/api/chat/scheduled", query: ["limit", "offset"] },
  { method: "GET", path: "/api/chat/conversations/:conversationId/scheduled", query: ["limit", "offset"] },
  {
    method: "POST",
    path: "/api/chat/conversations/:conversationId/scheduled",
    body: { content, send_at: times, repeat: repeats, zone: zones, id: messageIds },
  },
  {
    method: "PATCH",
    path: "/api/chat/conversations/:conversationId/scheduled/:scheduledId",
    body: { content, send_at: times, repeat: repeats, zone: zones },
  },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/scheduled/:scheduledId" },
  { method: "POST", path: "/api/chat/conversations/:conversationId/scheduled/:scheduledId/send" },
  { method: "POST", path: "/api/chat/conversations/:conversationId/scheduled/:scheduledId/skip" },
  { method: "GET", path: "/api/chat/me/:kind", query: ["after", "limit"] },
  // A value of `wait` would hold the attacker up, and nobody else.
  {
    method: "GET",
    path: "/api/chat/conversations/:conversationId/changes",
    query: ["after_version", "tag", "limit"],
  },
  { method: "GET", path: "/api/chat/conversations/:conversationId/participants", query: ["after", "limit"] },
  { method: "POST", path: "/api/chat/conversations/:conversationId/participants", body: { user_ids: ids } },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/participants/:userId" },
  {
    method: "GET",
    path: "/api/chat/conversations/:conversationId/messages",
    query: ["limit", "offset", "before_seq", "after_seq", "around_seq", "mark_read"],
  },
  {
    method: "POST",
    path: "/api/chat/conversations/:conversationId/messages",
    body: {
      content,
      client_id: clientId,
      reply_to: fc.oneof(fc.constant(`"${crypto.randomUUID()}"`), fc.constantFrom('""', "null", "7")),
      poll,
    },
  },
  { method: "PATCH", path: "/api/chat/conversations/:conversationId/messages/:messageId", body: { content } },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/messages/:messageId" },
  { method: "POST", path: "/api/chat/conversations/:conversationId/messages/:messageId/thread" },
  {
    method: "POST",
    path: "/api/chat/conversations/:conversationId/messages/:messageId/thread/messages",
    body: { content, client_id: clientId, also_in_parent: fc.constantFrom("true", "false"), if_seq: ifSeq },
  },
  { method: "PUT", path: "/api/chat/conversations/:conversationId/follow" },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/follow" },
  { method: "PUT", path: "/api/chat/conversations/:conversationId/messages/:messageId/pin" },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/messages/:messageId/pin" },
  { method: "GET", path: "/api/chat/conversations/:conversationId/pins" },
  {
    method: "PUT",
    path: "/api/chat/conversations/:conversationId/messages/:messageId/vote",
    body: { options: positions },
  },
  {
    method: "GET",
    path: "/api/chat/conversations/:conversationId/votes/mine",
    query: ["after_seq", "before_seq", "limit"],
  },
  {
    method: "GET",
    path: "/api/chat/conversations/:conversationId/messages/:messageId/reactions",
    query: ["emoji", "after", "limit"],
  },
  { method: "PUT", path: "/api/chat/conversations/:conversationId/messages/:messageId/reactions/:emoji" },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/messages/:messageId/reactions/:emoji" },
  {
    method: "GET",
    path: "/api/chat/conversations/:conversationId/reactions/mine",
    query: ["after_seq", "before_seq", "limit"],
  },
  { method: "GET", path: "/api/chat/conversations/:conversationId/messages/:messageId/why" },
  { method: "GET", path: "/api/chat/mentions", query: ["before", "limit", "conversation_id", "unread"] },
  { method: "GET", path: "/api/server" },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/messages/:messageId/previews" },
  {
    method: "GET",
    path: "/api/chat/search",
    query: ["q", "conversation_id", "from", "after", "before", "has", "sort", "cursor", "limit", "time_zone"],
  },
  { method: "GET", path: "/api/chat/conversations/:conversationId/files", query: ["type", "before", "after", "limit"] },
  { method: "OPTIONS", path: "/api/files", bytes: true },
  { method: "POST", path: "/api/files", query: ["name", "alt", "duration", "waveform"], bytes: true },
  { method: "GET", path: "/api/files/:fileId", query: ["wait"] },
  { method: "PATCH", path: "/api/files/:fileId", bytes: true },
  { method: "DELETE", path: "/api/files/:fileId", bytes: true },
  { method: "GET", path: "/api/files/:fileId/:name", query: ["size", "for", "until", "signature"], bytes: true },
  { method: "POST", path: "/api/files/:fileId/address" },
  { method: "PUT", path: "/api/files/:fileId/alt", body: { alt: content } },
  { method: "PUT", path: "/api/users/me/avatar", bytes: true },
  { method: "DELETE", path: "/api/users/me/avatar" },
  { method: "GET", path: "/api/avatars", query: ["ids"] },
  { method: "GET", path: "/api/avatars/:pictureId", query: ["size"], bytes: true },
  { method: "PUT", path: "/api/chat/conversations/:conversationId/picture", bytes: true },
  { method: "DELETE", path: "/api/chat/conversations/:conversationId/picture" },
  { method: "GET", path: "/api/chat/conversations/:conversationId/picture/:pictureId", query: ["size"], bytes: true },
  { method: "GET", path: "/api/chat/requests", query: ["limit", "offset"] },
  { method: "POST", path: "/api/chat/requests/:requestId/accept" },
  { method: "DELETE", path: "/api/chat/requests/:requestId" },
  { method: "GET", path: "/api/chat/health" },
  { method: "GET", path: "/api/chat/health/ready" },
  { method: "GET", path: "/ws", query: ["after_me_version", "epoch"] },
  { method: "GET", path: "/ws/chat/:conversationId", query: ["after_version"] },
];

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const bodyRoutes = ROUTES.filter((route) => route.body);

/** An escape that is none, bytes that are no UTF-8, and what a path or a query gives a meaning to. */
const escapes = fc.constantFrom(
  ..."% %% %z %zz %u0041 %00 %0d%0aX:y %ff %c0%80 %ed%a0%80 %f0%9f%98 %2e%2e%2f ..%2f %2F%2f ; ;a=b + %20 %E2%80%A8".split(
    " ",
  ),
);
const encoded = fc.oneof(
  escapes,
  hostileText.map((s) => encodeURIComponent(s.toWellFormed())),
  fc.constantFrom(
    ..."0 -0 1 -1 1.5 1e3 0x10 +1 1_000 99999999999999999999 9007199254740993 null true TRUE NaN".split(" "),
    "9".repeat(400),
    "\u0663",
  ),
  fc.tuple(escapes, fc.string(), escapes).map(([a, b, c]) => a + encodeURIComponent(b.toWellFormed()) + c),
);

const parameter: Record<string, fc.Arbitrary<string>> = {
  ":conversationId": oneOfKnown(() => known.conversations),
  ":messageId": oneOfKnown(() => known.messages),
  ":fileId": oneOfKnown(() => known.files),
  ":pictureId": oneOfKnown(() => known.files),
  ":name": fc.constantFrom("a.txt", "..", "a%2fb", "%0d%0aX-A: b"),
  ":userId": oneOfKnown(() => known.users).map(String),
  ":sessionId": oneOfKnown(() => known.sessions),
  ":code": oneOfKnown(() => known.codes),
  ":requestId": oneOfKnown(() => known.requests),
  ":scheduledId": oneOfKnown(() => known.scheduled),
  ":kind": fc.constantFrom("saved", "reminder", "draft", "scheduled", "conversation", "floor"),
  ":emoji": fc.constantFrom("👍", ":tada:", "❤", "👍🏽").map(encodeURIComponent),
};
const own: Record<string, () => string | number | undefined> = {
  ":conversationId": () => known.conversations[0],
  ":messageId": () => known.messages[0],
  ":fileId": () => known.files[0],
  ":pictureId": () => known.files[0],
  ":name": () => "a.txt",
  ":userId": () => known.users[0],
  ":sessionId": () => known.sessions[0],
  ":code": () => known.codes[0],
  ":requestId": () => known.requests[0],
  ":scheduledId": () => known.scheduled[0],
  ":kind": () => "draft",
  ":emoji": () => encodeURIComponent("👍"),
};
/** A route's path with what is the attacker's own. */
const ownPath = (path: string) => path.replace(/:\w+/g, (name) => String(own[name]?.()));
const ODD_SEGMENTS = [
  ...KEYS.filter((key) => key !== ""),
  "01A2033E-BD51-73D3-874F-61A6F61F73E0",
  "{01a2033e-bd51-73d3-874f-61a6f61f73e0}",
  "01a2033ebd5173d3874f61a6f61f73e0",
  "01a2033e-bd51-73d3-874f-61a6f61f73e0%00",
  "01a2033e-bd51-73d3-874f-61a6f61f73e0%0a",
  "01a2033e-bd51-73d3-874f-61a6f61f73eg",
  "-1",
  "1.0",
  "1e400",
  "2147483648",
  "9999999999",
  "9223372036854775808",
  "00000000001",
  "%00",
  "%ff",
  "%zz",
];
const segment = (name: string) =>
  fc.oneof(
    { weight: 6, arbitrary: parameter[name] ?? fc.constant(name) },
    { weight: 3, arbitrary: encoded },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
  );

function pathOf(path: string): fc.Arbitrary<string> {
  const parts = path.split("/").map((part) => (part.startsWith(":") ? segment(part) : fc.constant(part)));
  return fc.tuple(fc.tuple(...parts), fc.constantFrom("", "/")).map(([made, end]) => made.join("/") + end);
}

function queryOf(names: string[] = []): fc.Arbitrary<string> {
  const name = fc.oneof(
    ...(names.length > 0 ? [{ weight: 6, arbitrary: fc.constantFrom(...names) }] : []),
    { weight: 1, arbitrary: fc.constantFrom(...KEYS, ...names.map((known) => `${known}[]`)) },
    { weight: 1, arbitrary: encoded },
  );
  const value = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom("=1", "=7", "=0") },
    encoded.map((text) => `=${text}`),
  );
  const pair = fc
    .tuple(name, fc.oneof({ weight: 9, arbitrary: value }, fc.constant("")))
    .map((parts) => parts.join(""));
  return fc.array(pair, { maxLength: 3 }).map((pairs) => (pairs.length > 0 ? `?${pairs.join("&")}` : ""));
}

/** Bun itself refuses a request whose head is above 16 KiB; raw.test.ts has that. */
const fitting = (parts: string[]) => parts.join("").slice(0, 6_000);

/** Header values that a library is able to send. */
const headerText = fc.oneof(
  fc.constantFrom("", "null", "x", "1e400", "*", '"', ",,,", ";;", "=", "%00", "\u00ff\u00e9", "x".repeat(500)),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
);
const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant("application/json") },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "application/json; charset=utf-8",
      "APPLICATION/JSON",
      "application/json;charset=utf-16",
      "application/json, text/html",
      "application/problem+json",
      "application/jsonx",
      "text/json",
      "text/plain",
      "text/html; application/json",
      "multipart/form-data",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
    ),
  },
  { weight: 1, arbitrary: headerText },
);
const TOKEN = "A".repeat(43);
const planted = fc.oneof(
  fc.constantFrom(
    `sessionid=${TOKEN}`,
    `sessionid=${TOKEN}; sessionid=${TOKEN}`,
    "sessionid",
    "sessionid=",
    "sessionid=%",
    "sessionid=%00%zz%ff",
    'sessionid="x',
    "=; ;;; =x; __proto__=1; constructor=2",
    `sessionid=${"x".repeat(4_000)}`,
    "a=b; ".repeat(500),
  ),
  headerText,
);
const address = fc.constantFrom(
  ..."127.0.0.1 ::1 [::1]:80 ::ffff:1.2.3.4 1.2.3.4.5 fe80::1%eth0 1.2.3.4:99999 unknown , 0x7f.1 ::/0".split(" "),
  "9,".repeat(400),
);
const header = (name: string, ...values: fc.Arbitrary<string>[]) =>
  fc.tuple(fc.constant(name), fc.oneof(headerText, ...values));
const oddHeader = fc.oneof(
  { weight: 4, arbitrary: header("X-Forwarded-For", address) },
  { weight: 1, arbitrary: header("X-Forwarded-Proto", fc.constant("https")) },
  { weight: 1, arbitrary: header("X-Forwarded-Host", fc.constantFrom("a b", "[", "%", "a,b")) },
  { weight: 2, arbitrary: header("X-Request-Id", fc.constantFrom("a".repeat(256), "a".repeat(255))) },
  { weight: 2, arbitrary: header("User-Agent") },
  { weight: 1, arbitrary: header("Accept") },
  { weight: 1, arbitrary: header("Accept-Encoding") },
  { weight: 1, arbitrary: header("Content-Encoding", fc.constantFrom("gzip", "br")) },
  { weight: 1, arbitrary: header("Range", fc.constant("bytes=0-1")) },
  { weight: 1, arbitrary: header("If-None-Match", fc.constant("*")) },
  { weight: 1, arbitrary: header("Origin", fc.constantFrom("https://evil.example", "file://", "http://127.0.0.1:1")) },
  { weight: 1, arbitrary: header("Sec-Fetch-Site", fc.constantFrom("cross-site", "same-site", "none")) },
  { weight: 1, arbitrary: header("Cookie", planted) },
);
const oddHeaders: fc.Arbitrary<Record<string, string>> = fc
  .tuple(contentType, fc.array(oddHeader, { maxLength: 2 }))
  .map(([type, odd]) => ({ "Content-Type": type, ...Object.fromEntries(odd) }));

interface Shot {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

const bodyBytes = (json: fc.Arbitrary<string>): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> =>
  fc.oneof(
    { weight: 20, arbitrary: json },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1 }).map((bytes) => new Uint8Array(bytes)) },
    { weight: 1, arbitrary: json.map((document) => document.padEnd(KIB_64)) },
    { weight: 1, arbitrary: json.map((document) => document.padEnd(KIB_64 + 1)) },
  );

/** Requests that look as if they were meant for this route. */
function shotsAt({ method, path, body, query }: Route): fc.Arbitrary<Shot> {
  const unexpected = fc.option(hostileJson, { nil: undefined, freq: 4 });
  return fc
    .record({
      path: fc.tuple(pathOf(path), queryOf(query)).map(fitting),
      headers: oddHeaders,
      body: body ? bodyBytes(documentOf(body)) : method === "GET" ? fc.constant(undefined) : unexpected,
    })
    .map(({ body, ...shot }) => (body === undefined ? { method, ...shot } : { method, ...shot, body }));
}

inEachDatabase("hostile requests", (mode) => {
  let target: Target;
  let eve: Client;
  let friends: Client[];
  let foreignCode: string;
  let url: string;

  beforeAll(async () => {
    target = await startTarget(mode, { TRUSTED_PROXIES: "1" });
    url = target.server.url;
    eve = await target.server.person("Eve");
    friends = [await target.server.person(), await target.server.person()];
    const stranger = await target.server.person();
    const theirs = await stranger.conversation(friends, "Not Eve's");
    foreignCode = (await stranger.post("/api/invites/", { conversation_id: theirs.id })).body.data.code;
    const users = [eve.id, ...friends.map((friend) => friend.id), target.foreign.userId, 2 ** 31 - 1];
    Object.assign(known, { users, email: eve.user?.email, password: PASSWORD });
  });
  beforeEach(async () => {
    target.forgetLog();
    const { foreign } = target;
    const { id } = await eve.conversation(friends, "Eve's");
    known.conversations = [id, id, id.toUpperCase(), foreign.conversationId, crypto.randomUUID()];
    const mine = (await eve.send(id, "mine")).id;
    known.messages = [mine, mine, mine.toUpperCase(), foreign.messageId, crypto.randomUUID()];
    const file = await uploadFile(eve, { name: "a.txt", bytes: new TextEncoder().encode("text") });
    known.files = [file, file, file.toUpperCase(), crypto.randomUUID()];
    const invited = await eve.post("/api/invites/", { conversation_id: id });
    // Where they have as many as one person may have, an older one serves as well.
    const code = invited.body.data?.code ?? known.codes[0];
    known.codes = [code, code, code.toUpperCase(), foreignCode, "0".repeat(16)];
    const later = { content: "later", send_at: "2999-01-01T00:00:00Z", repeat: "weekly", zone: "Europe/Berlin" };
    const planned = await eve.post(`/api/chat/conversations/${id}/scheduled/`, later);
    const scheduled = planned.body.data?.id ?? known.scheduled[0];
    known.scheduled = [scheduled, scheduled, scheduled.toUpperCase(), crypto.randomUUID()];
    await eve.patch("/api/users/profile/", { may_add_me: "nobody" });
    const sender = await target.server.person();
    const sent = await sender.post("/api/chat/conversations/", { participant_ids: [eve.id] });
    const request = sent.body.data.request.id;
    known.requests = [request, request, request.toUpperCase(), crypto.randomUUID()];
    await learnSessions();
  });
  afterAll(() => target.server.stop());

  async function shoot({ method, path, headers, body }: Shot) {
    const session = eve.cookie === undefined ? {} : { Cookie: `sessionid=${eve.cookie}` };
    const response = await fetch(url + path, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { ...session, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    for (const set of response.headers.getSetCookie()) {
      const value = /^sessionid=([^;]*)/.exec(set)?.[1];
      if (value) eve.cookie = value;
      expect(value).not.toBe(TOKEN);
    }
    return answer;
  }

  /** A 2xx or a 4xx in the contract's envelope; or a page, where no call is. */
  function expectAnswer(answer: Awaited<ReturnType<typeof shoot>>, isHead = false, path = "/api/") {
    const { status, headers, text } = answer;
    expect(status, text).toBeLessThan(500);
    expect(headers.get("x-request-id"), text).toMatch(/^[\w=-]{1,255}$/);
    expect(headers.get("x-content-type-options"), text).toBe("nosniff");
    // A file, or the answer of a protocol without a body.
    const isBytes = /^\/api\/(files|avatars)|\/picture\//.test(path) && !/json/.test(headers.get("content-type") ?? "");
    if (isHead || (status < 400 && isBytes)) return;
    const isPage = status === 200 && !/^\/(api|ws)(\/|$)/.test(new URL(url + path).pathname);
    expect(headers.get("content-type"), text).toMatch(isPage ? /^text\/html/ : /^application\/json/);
    if (isPage) return;
    const body = JSON.parse(text);
    if (status >= 400) return expectErrorBody(body, text);
    expect([200, 201], text).toContain(status);
    expect(body.status, text).toBe("success");
    expect(text).not.toMatch(/password|is_superuser|is_active|\$argon2/);
  }

  /** The attack may have logged its person out, or given them another password. */
  async function logInAgain(shot: Shot, status: number) {
    if (status >= 300 || shot.method === "GET") return;
    if (shot.path.includes("/password")) known.password = JSON.parse(String(shot.body)).password;
    if (!/logout|password|sessions|register/.test(shot.path)) return;
    await eve.logIn(known.email, known.password);
    await learnSessions();
  }

  async function learnSessions() {
    const sessions = (await eve.get("/api/users/sessions/")).body.data;
    known.sessions = sessions.map((session: { id: string }) => session.id);
  }

  /** Returns the statuses that came, so that a test can tell how far its shots got. */
  async function attack(shots: fc.Arbitrary<Shot>, numRuns: number, examples: [Shot][] = []) {
    const statuses: number[] = [];
    const property = fc.asyncProperty(shots, async (shot) => {
      const answer = await shoot(shot);
      await logInAgain(shot, answer.status);
      expectAnswer(answer, shot.method === "HEAD", shot.path);
      statuses.push(answer.status);
    });
    await fc.assert(property, { numRuns, examples });
    return statuses;
  }

  test("the table has every route of the server", () => {
    // Routes are declared without looking at what serves them.
    const nothing = { corsOrigins: [], limits: {} } as unknown as AppServices;
    const declared = createApp(nothing).routes.filter(
      // admin.test.ts has those of superusers; pages and documents take nothing from their visitors.
      ({ method, path }) => method !== "ALL" && /^\/(api(?!\/(admin|docs|openapi|asyncapi))|ws)/.test(path),
    );
    expect(ROUTES.map(nameOf).sort()).toEqual([...new Set(declared.map(nameOf as never))].sort() as string[]);
  });

  for (const route of ROUTES) {
    test(`${nameOf(route)} answers whatever it gets`, async () => {
      const json = { "Content-Type": "application/json" };
      const odd = [...route.path.matchAll(/:\w+/g)].flatMap(([name]) =>
        ODD_SEGMENTS.map((segment) => `${ownPath(route.path.replace(name, segment))}/`),
      );
      const nul = (route.query ?? []).map((name) => `${ownPath(route.path)}/?${name}=%00`);
      const examples = [...odd, ...nul].map((path): [Shot] => [{ method: route.method, path, headers: json }]);
      const statuses = await attack(shotsAt(route), examples.length + triesAMode(route.hashes ? 40 : 100), examples);
      const turnedAway = statuses.filter((status) => [401, 403, 413, 415].includes(status));
      if (!route.bytes)
        expect(turnedAway.length, "shots that got no further than the guards").toBeLessThan(0.75 * statuses.length);
      await target.expectWell();
    });
  }

  test("any method on any path is answered, a known path's wrong method with Allow", async () => {
    const anyPath = fc.oneof(
      fc.constantFrom(...ROUTES.map(({ path }) => path)).chain(pathOf),
      fc
        .array(fc.oneof(encoded, fc.constantFrom("api", "chat", "users", "ws", "", ".", "..", "//evil.example")))
        .map((parts) => `/${parts.join("/")}`),
    );
    const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    const path = fc.tuple(anyPath, queryOf()).map(fitting);
    await attack(fc.record({ method, path, headers: oddHeaders }), triesAMode(200));
    for (const { path, method } of ROUTES) {
      const wrong = ["PUT", "POST", "PATCH"].find(
        (other) => !ROUTES.some((r) => r.path === path && r.method === other),
      );
      const answer = await shoot({ method: wrong ?? "", path: ownPath(path), headers: {} });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")?.split(", ")).toContain(method);
      expectAnswer(answer);
    }
    await target.expectWell();
  });

  for (const { method, path, body } of bodyRoutes) {
    test(`${method} ${path} names what is wrong with a body`, async () => {
      const json = { "Content-Type": "application/json" };
      const expectRefusal = async (body: NonNullable<Shot["body"]>, status: number, code: string, headers = json) => {
        const answer = await shoot({ method, path: ownPath(path), headers, body });
        expectAnswer(answer);
        expect([answer.status, JSON.parse(answer.text).code], String(body).slice(0, 80)).toEqual([status, code]);
      };
      for (const broken of ["{", "{'a':1}", "[1,]", '{"a":"\0"}', "nul", "\ufeff\ufeff{}", "{}x", "[".repeat(KIB_64)])
        await expectRefusal(broken, 400, "invalid_json");
      for (const bytes of [[0xff], [0x7b, 0xc0, 0x80, 0x7d], [0x22, 0xed, 0xa0, 0x80, 0x22]])
        await expectRefusal(new Uint8Array(bytes), 400, "invalid_json");
      const levels = KIB_64 / 2;
      for (const other of ["[]", "null", "1", '"{}"', "true", "1e400", "[".repeat(levels) + "]".repeat(levels)])
        await expectRefusal(other, 400, "invalid_body");
      await expectRefusal("[]".padEnd(KIB_64), 400, "invalid_body");
      await expectRefusal("[]".padEnd(KIB_64 + 1), 413, "payload_too_large");
      for (const type of ["text/plain", "application/jsonx", "multipart/form-data; boundary=x", "x"])
        await expectRefusal("{}", 415, "unsupported_media_type", { "Content-Type": type });
      const wrong = Object.keys(body ?? {}).map((field) => `${JSON.stringify(field)}:{"__proto__":{"length":1}}`);
      await expectRefusal(`{${wrong.join(",")}}`, 400, "validation_failed");
      const nested = Object.keys(body ?? {}).map(
        (field) => `${JSON.stringify(field)}:${"[".repeat(9_000)}${"]".repeat(9_000)}`,
      );
      await expectRefusal(`{${nested.slice(0, 3).join(",")}}`, 400, "validation_failed");
      await target.expectWell();
    });
  }

  test("a body without a length is counted as it comes", async () => {
    const stream = (bytes: number) =>
      new ReadableStream({
        async start(controller) {
          for (let sent = 0; sent < bytes; sent += 4_096) {
            controller.enqueue(new Uint8Array(Math.min(4_096, bytes - sent)).fill(0x20));
            await Bun.sleep(0);
          }
          controller.close();
        },
      });
    const send = async (bytes: number) => {
      const response = await fetch(`${url}/api/users/login/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: stream(bytes),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    const [fits, not] = [await send(KIB_64), await send(KIB_64 + 1)];
    for (const answer of [fits, not]) expectAnswer(answer);
    expect([fits.status, not.status]).toEqual([400, 413]);
    await target.expectWell();
  });

  test("100,000 participant ids, and as many as fit, are refused fast", async () => {
    const group = `/api/chat/conversations/${known.conversations[0]}/participants/`;
    for (const [path, field] of [
      ["/api/chat/conversations/", "participant_ids"],
      [group, "user_ids"],
    ] as const) {
      const send = async (ids: number[]) => {
        const started = performance.now();
        const answer = await eve.post(path, { [field]: ids });
        expectAnswer(answer);
        expect(performance.now() - started).toBeLessThan(1_000);
        return answer;
      };
      const many = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
      expect((await send(many(100_000))).status).toBe(413);
      for (const ids of [many(12_000), many(900).map((id) => id + 1_000_000), Array<number>(32_000).fill(7)]) {
        const answer = await send(ids);
        expect(answer.status).toBe(400);
        expect(answer.body.errors[field].join(" ").length).toBeLessThan(1_000);
      }
    }
    await target.expectWell();
  });

  test("a password of 5 KB is refused before it is hashed", async () => {
    for (const long of ["x".repeat(5_120), "\u{1f600}".repeat(1_280), "\0".repeat(5_120), "\ud800".repeat(5_120)]) {
      const passwords = { password: long, password_confirm: long };
      const names = { first_name: "Eve", last_name: "Tester" };
      const answers = [
        await eve.post("/api/users/register/", { email: "long@example.com", ...names, ...passwords }),
        await eve.post("/api/users/login/", { email: known.email, password: long }),
        await eve.post("/api/users/password/", { old_password: known.password, ...passwords }),
        await eve.post("/api/users/password/", { old_password: long, password: PASSWORD, password_confirm: PASSWORD }),
      ];
      for (const answer of answers) expectAnswer(answer);
      expect(answers.map((answer) => answer.status)).toEqual([400, 401, 400, 400]);
    }
    await target.expectWell();
  });

  test("no text of 64 KiB holds up the server", async () => {
    const path = `/api/chat/conversations/${known.conversations[0]}/messages/`;
    const spaces = " ".repeat(60_000);
    const pairs = ["a ", "a@", "a.", "\u0301a"].map((pair) => pair.repeat(20_000));
    const texts = [`a${spaces}b`, `${spaces}b`, `a${spaces}`, ...pairs];
    const slow: string[] = [];
    const fields: [string, string, string][] = [
      ["POST", path, "content"],
      ["POST", "/api/users/register/", "email"],
      ["POST", "/api/users/register/", "first_name"],
      ["PATCH", "/api/users/profile/", "last_name"],
      ["PATCH", `/api/chat/conversations/${known.conversations[0]}/`, "name"],
      ["POST", "/api/users/login/", "email"],
    ];
    for (const [method, path, field] of fields)
      for (const long of texts) {
        const started = performance.now();
        expectAnswer(await eve.call(method, path, { [field]: long }));
        const took = Math.round(performance.now() - started);
        if (took > 1_000) slow.push(`${method} ${path} ${field}: ${JSON.stringify(long.slice(0, 4))}… took ${took} ms`);
      }
    expect(slow).toEqual([]);
    await target.expectWell();
  });

  test("a content is kept exactly, or refused and not kept", async () => {
    const conversation = await eve.conversation(friends, "Exact");
    const path = `/api/chat/conversations/${conversation.id}/messages/`;
    let count = 0;
    await fc.assert(
      fc.asyncProperty(hostileText, async (content) => {
        const sent = await eve.post(path, { content });
        expectAnswer(sent);
        const kept = keptContent(content);
        expect(sent.status).toBe(kept === undefined ? 400 : 201);
        if (kept !== undefined) count++;
        const { total, messages } = (await eve.get(`${path}?limit=1`)).body.data;
        expect(total).toBe(count);
        if (kept !== undefined) expect(messages[0]).toMatchObject({ content: kept, seq: count, sender_id: eve.id });
      }),
      { numRuns: 200 },
    );
    await target.expectWell();
  });

  test("names are kept trimmed and composed, or refused and not kept", async () => {
    const conversation = `/api/chat/conversations/${known.conversations[0]}/`;
    await fc.assert(
      fc.asyncProperty(hostileText, async (name) => {
        for (const [path, field] of [
          [conversation, "name"],
          ["/api/users/profile/", "first_name"],
        ] as const) {
          const before = (await eve.get(path)).body.data[field];
          const answer = await eve.patch(path, { [field]: name });
          expectAnswer(answer);
          const kept = field === "name" && isInvisible(name) ? null : name.normalize("NFC").trim();
          expect((await eve.get(path)).body.data[field]).toBe(answer.status === 200 ? kept : before);
          if (/[\p{Cc}\p{Cs}]/u.test(name.trim())) expect(answer.status).toBe(400);
        }
      }),
      { numRuns: 100 },
    );
    await target.expectWell();
  });
});
