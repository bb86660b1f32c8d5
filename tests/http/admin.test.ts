import { beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import {
  adminConversation,
  adminUser,
  adminUserDetail,
  auditActions,
  auditEntry,
  type LimitInForce,
  limitInForce,
} from "../../src/protocol/admin.ts";
import { CONTENT_MAX } from "../../src/protocol/content.ts";
import { BODY_BYTES_MAX } from "../../src/protocol/envelope.ts";
import { FRAME_BYTES_MAX } from "../../src/protocol/frames.ts";
import { messagePage } from "../../src/protocol/messages.ts";
import { USER_WATCHED_MAX, WATCHED_MAX } from "../../src/protocol/presence.ts";
import { dailyStatistics } from "../../src/protocol/statistics.ts";
import { SESSION_IDLE_MS } from "../../src/server/features/accounts/session-times.ts";
import { TOO_SLOW_BYTES } from "../../src/server/ws/sockets.ts";
import { REPLAY_MAX } from "../../src/server/ws/subscription.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectShape, expectUser, ids, times, UNKNOWN_ID } from "./expectations.ts";

inEachMode("administration", (mode) => {
  const server = withServer(mode);
  let root: Client;

  beforeAll(async () => {
    root = await superuser(server, "Root");
  });

  const userPath = (user: Client) => `/api/admin/users/${user.id}/`;
  const change = (user: Client, body: object, by = root) => by.patch(userPath(user), body);
  const auditOf = async (query: string) => dataOf(await root.get(`/api/admin/audit/?${query}`));
  const actionsOn = async (user: Client) =>
    (await auditOf(`target_type=user&target_id=${user.id}`)).map((entry: { action: string }) => entry.action);
  const messagesOf = (id: string) => `/api/admin/conversations/${id}/messages/`;

  test("everybody but superusers gets 404, whatever the method", async () => {
    const ann = await server.person("Ann");
    const unknown = await ann.call("GET", "/api/no-such-path/");
    for (const who of [server.visitor(), ann])
      for (const path of ["", "users/", userPath(ann).slice(11), "no-such-path/", "audit/"])
        for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
          const answer = await who.call(method, `/api/admin/${path}`);
          expect([answer.status, answer.text]).toEqual([404, unknown.text]);
          const names = [...answer.headers.keys()];
          expect(names).toEqual([...unknown.headers.keys()]);
        }
    expectError(await root.get("/api/admin/no-such-path/"), 404, { message: "Not found" });
    const wrong = await root.call("PUT", "/api/admin/users/");
    expectError(wrong, 405, { code: "method_not_allowed" });
    expect(wrong.headers.get("allow")).toBe("GET, HEAD, POST");
  });

  test("a page of another site is refused, also when it only reads", async () => {
    const answer = await root.get("/api/admin/users/", { "Sec-Fetch-Site": "cross-site" });
    expectError(answer, 403, { code: "foreign_origin" });
  });

  test("the statistics have a row for each of the last 30 days, for superusers alone", async () => {
    const path = "/api/admin/statistics/";
    const days = dataOf(await root.get(path));
    expectShape(z.array(dailyStatistics), days);
    const today = Date.now();
    const expected = Array.from({ length: 30 }, (_, i) =>
      new Date(today - (29 - i) * 86_400_000).toISOString().slice(0, 10),
    );
    expect(days.map(({ day }: { day: string }) => day)).toEqual(expected);
    expectError(await (await server.person("Ann")).get(path), 404, { message: "Not found" });
  });

  test("only superusers see that they are superusers, and only of themselves", async () => {
    const ann = await server.person("Ann");
    expect(dataOf(await root.get("/api/users/profile/")).is_superuser).toBe(true);
    const { may_add_me, ...user } = dataOf(await ann.get("/api/users/profile/"));
    expect(may_add_me).toBe("everybody");
    expectUser(user);
    for (const other of dataOf(await ann.get("/api/users/list/"))) expectUser(other);
  });

  test("people are found by name and e-mail, filtered, and paged newest first", async () => {
    const people = [];
    for (const name of ["Wilma", "Wilmb", "Wilmc"]) people.push(await server.person(name));
    const [first, second, third] = people as [Client, Client, Client];
    await change(second, { is_active: false });
    const found = async (query: string) => {
      const answer = await root.get(`/api/admin/users/?${query}`);
      for (const user of dataOf(answer)) expectShape(adminUser.strict(), user);
      expect(answer.body.meta.total_exact).toBe(true);
      return { ids: ids(dataOf(answer)), total: answer.body.meta.total };
    };
    const newest = [third.id, second.id, first.id];
    expect(await found("search=wilm")).toEqual({ ids: newest, total: 3 });
    expect(await found("search=wilm&limit=1&offset=1")).toEqual({ ids: [second.id], total: 3 });
    expect(await found("search=wilm&active=true")).toEqual({ ids: [third.id, first.id], total: 2 });
    expect(await found("search=wilm&active=0")).toEqual({ ids: [second.id], total: 1 });
    expect(await found(`search=${third.user?.email}`)).toEqual({ ids: [third.id], total: 1 });
    expect((await found("search=wilm%25")).total).toBe(0);
    const zoe = await server.person("Zoélie");
    for (const pasted of ["zoélie".normalize("NFD"), ` ${zoe.user?.email} `])
      expect((await found(`search=${encodeURIComponent(pasted)}`)).ids).toEqual([zoe.id]);
    expect((await found("superuser=true")).ids).toContain(root.id);
    expect((await found("superuser=false")).ids).not.toContain(root.id);
    expectError(await root.get("/api/admin/users/?active=maybe"), 400, { code: "validation_failed" });
  });

  test("a user's detail counts conversations, messages, sessions and open sockets", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    for (const content of ["1", "2"]) await ann.send(id, content);
    await bob.send(id, "3");
    const again = await server.visitor().logIn(ann.user?.email ?? "");
    const sockets = [await ann.chat(id), await again.hub()];
    const detail = dataOf(await root.get(userPath(ann)));
    expectShape(adminUserDetail.strict(), detail);
    expect(detail).toMatchObject({
      conversation_count: 1,
      conversation_count_exact: true,
      messages_sent: 2,
      messages_sent_exact: true,
      open_sockets: 2,
    });
    expect(detail.sessions).toHaveLength(2);
    for (const socket of sockets) socket.close();
    for (const unknown of ["999999", "0", "-1", "x", "2147483648", "%00"])
      expectError(await root.get(`/api/admin/users/${unknown}/`), 404, { message: "User not found" });
  });

  test("a deactivated person is signed out at once and can't sign in until they are reactivated", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob, eve], "All");
    const [chat, hub] = [await bob.chat(id), await bob.hub()];
    expect(dataOf(await change(bob, { is_active: false }))).toMatchObject({ id: bob.id, is_active: false });
    expect((await chat.closed).code).toBe(4401);
    expect((await hub.closed).code).toBe(4401);
    expect((await bob.get("/api/users/profile/")).status).toBe(401);
    const email = bob.user?.email ?? "";
    const login = () => server.visitor().post("/api/users/login/", { email, password: PASSWORD });
    expectError(await login(), 401, { code: "invalid_credentials" });
    expect(ids(dataOf(await ann.get("/api/users/list/")))).not.toContain(bob.id);
    expect(ids(dataOf(await ann.get(`/api/chat/conversations/${id}/`)).participants)).toContain(bob.id);
    const names = { first_name: "Other", last_name: "Body", password: PASSWORD, password_confirm: PASSWORD };
    const taken = await server.visitor().post("/api/users/register/", { email, ...names });
    expectError(taken, 400, { code: "validation_failed" });
    // It is so already: nothing is done, and nothing written down.
    dataOf(await change(bob, { is_active: false }));
    dataOf(await change(bob, { is_active: true }));
    expect((await login()).status).toBe(200);
    expect(await actionsOn(bob)).toEqual(["user_reactivated", "user_deactivated"]);
  });

  test("a new superuser has the right at once, and loses it at once", async () => {
    const ann = await server.person("Ann");
    expect((await ann.get("/api/admin/limits/")).status).toBe(404);
    dataOf(await change(ann, { is_superuser: true }));
    expect((await ann.get("/api/admin/limits/")).status).toBe(200);
    dataOf(await change(ann, { is_superuser: false }));
    expect((await ann.get("/api/admin/limits/")).status).toBe(404);
    expect(await actionsOn(ann)).toEqual(["superuser_revoked", "superuser_granted"]);
  });

  test("nobody can deactivate or demote themselves", async () => {
    for (const body of [{ is_active: false }, { is_superuser: false }, { is_active: false, is_superuser: false }])
      expectError(await change(root, body), 409, { code: "own_account" });
    expect(dataOf(await change(root, { is_active: true, is_superuser: true }))).toMatchObject({ is_superuser: true });
    expectError(await change(root, { is_active: "no", is_superuser: 1 }), 400, { code: "validation_failed" });
    expect(await actionsOn(root)).not.toContain("user_deactivated");
  });

  test("two superusers who take each other's right at the same moment: one of them keeps it", async () => {
    const [ann, bob] = [await superuser(server, "Ann"), await superuser(server, "Bob")];
    for (const loss of times(8, (i) => (i % 2 ? { is_superuser: false } : { is_active: false }))) {
      const answers = await Promise.all([change(ann, loss, bob), change(bob, loss, ann)]);
      const statuses = answers.map(({ status }) => status).sort();
      expect([401, 404]).toContain(statuses[1] ?? 0);
      expect(statuses[0]).toBe(200);
      for (const who of [ann, bob]) {
        await change(who, { is_active: true, is_superuser: true });
        await who.logIn(who.user?.email ?? "");
      }
    }
    for (const who of [ann, bob]) await change(who, { is_superuser: false });
  });

  test("sessions of a user end one by one or all, their sockets with them", async () => {
    const ann = await server.person("Ann");
    const other = await server.visitor().logIn(ann.user?.email ?? "");
    const third = await server.visitor().logIn(ann.user?.email ?? "");
    const [here, there] = [await ann.hub(), await other.hub()];
    const { sessions } = dataOf(await root.get(userPath(ann)));
    const own = dataOf(await ann.get("/api/users/sessions/")).find((s: { current: boolean }) => s.current);
    expect(ids(sessions)).toContain(own.id);
    dataOf(await root.delete(`${userPath(ann)}sessions/${own.id}/`));
    expect((await here.closed).code).toBe(4401);
    expect((await other.get("/api/users/profile/")).status).toBe(200);
    expectError(await root.delete(`${userPath(ann)}sessions/${own.id}/`), 404, { message: "Session not found" });
    expectError(await root.delete(`/api/admin/users/${root.id}/sessions/${sessions[0].id}/`), 404);
    const answer = await root.delete(`${userPath(ann)}sessions/`);
    expect(answer.body.meta).toEqual({ ended: 2 });
    expect((await there.closed).code).toBe(4401);
    expect((await third.get("/api/users/profile/")).status).toBe(401);
    expect(await actionsOn(ann)).toEqual(["sessions_ended", "session_ended", "user_viewed"]);
  });

  test("conversations are found by name, person and id, and show members and counts but no message", async () => {
    const [ann, bob, eve] = [await server.person("Annegret"), await server.person("Bob"), await server.person("Eve")];
    const pair = await ann.conversation([bob]);
    const group = await ann.conversation([bob, eve], "Quorum 100%");
    await ann.send(group.id, "a secret");
    const found = async (query: string) => {
      const answer = await root.get(`/api/admin/conversations/?${query}`);
      for (const each of dataOf(answer)) expectShape(adminConversation.strict(), each);
      expect(answer.text).not.toContain("a secret");
      return { ids: ids(dataOf(answer)), total: answer.body.meta.total };
    };
    expect(await found("search=quorum")).toEqual({ ids: [group.id], total: 1 });
    expect(await found("search=100%25")).toEqual({ ids: [group.id], total: 1 });
    expect(await found(`search=${eve.user?.email}`)).toEqual({ ids: [group.id], total: 1 });
    expect(await found("search=annegret")).toEqual({ ids: [group.id, pair.id], total: 2 });
    expect(await found(`search=%20${pair.id.toUpperCase()}%20`)).toEqual({ ids: [pair.id], total: 1 });
    expect(await found(`participant=${bob.id}&limit=1&offset=1`)).toEqual({ ids: [pair.id], total: 2 });
    const detail = dataOf(await root.get(`/api/admin/conversations/${group.id}/`));
    expectShape(adminConversation.strict(), detail);
    expect(detail).toMatchObject({ participant_count: 3, message_count: 1, last_version: 1, owner_id: ann.id });
    const members = `/api/admin/conversations/${group.id}/participants/`;
    const first = await root.get(`${members}?limit=2`);
    const rest = await root.get(`${members}?limit=2&after=${first.body.meta.next_after}`);
    expect([...ids(dataOf(first)), ...ids(dataOf(rest))].sort()).toEqual([ann.id, bob.id, eve.id].sort());
    expect(rest.body.meta).toEqual({ total: 3, next_after: null });
    for (const path of ["", "participants/", "messages/"])
      for (const id of [UNKNOWN_ID, "no-id", "%00"])
        expectError(await root.get(`/api/admin/conversations/${id}/${path}`), 404, {
          message: "Conversation not found",
        });
  });

  test("reading messages moves nobody's read position, and is in the audit log", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    for (const n of times(5, String)) await ann.send(id, n);
    const page = dataOf(await root.get(`${messagesOf(id)}?limit=2&before_seq=5`));
    expectShape(messagePage.strict(), page);
    expect(page.messages.map(({ seq }: { seq: number }) => seq)).toEqual([3, 4]);
    expect(dataOf(await bob.get(`/api/chat/conversations/${id}/`)).unread_count).toBe(5);
    const [entry] = await auditOf("action=messages_read");
    expectShape(auditEntry.strict(), entry);
    expect(entry).toMatchObject({
      actor: { id: root.id, email: root.user?.email },
      target: { type: "conversation", id },
      details: { count: 2, first_seq: 3, last_seq: 4 },
      address: "127.0.0.1",
    });
  });

  test("a removed message is a tombstone for everybody, as if its sender had deleted it", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob, eve]);
    const sent = await ann.send(id, "spam", "c");
    const [chat, hub] = [await bob.chat(id), await eve.hub()];
    const path = `${messagesOf(id)}${sent.id}/`;
    expect(dataOf(await root.delete(path))).toMatchObject({ id: sent.id, content: "" });
    expect(await chat.next("message_changed")).toMatchObject({ version: 2, message: { id: sent.id, content: "" } });
    await hub.next("activity", (frame) => frame.last_version === 2);
    const [tombstone] = dataOf(await ann.get(`/api/chat/conversations/${id}/messages/`)).messages;
    expect(tombstone).toMatchObject({ content: "", deleted_at: expect.any(String) });
    // Again: it is so already. A resend finds it.
    dataOf(await root.delete(path));
    expect((await ann.send(id, "spam", "c")).deleted_at).toBeString();
    const entries = await auditOf(`target_type=message&target_id=${sent.id}`);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ action: "message_removed", details: { conversation: id, seq: 1 } });
    expect(JSON.stringify(entries)).not.toContain("spam");
    const elsewhere = (await ann.conversation([bob])).id;
    expectError(await root.delete(`${messagesOf(elsewhere)}${sent.id}/`), 404, { message: "Message not found" });
    expectError(await root.delete(`${messagesOf(UNKNOWN_ID)}${sent.id}/`), 404, { message: "Conversation not found" });
    for (const socket of [chat, hub]) socket.close();
  });

  test("a removed conversation is gone for everybody, and no other is touched", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const [doomed, kept] = [await ann.conversation([bob, eve], "Doomed"), await ann.conversation([bob, eve], "Kept")];
    for (const { id } of [doomed, kept]) await ann.send(id, "hello");
    const [chat, keptChat] = [await ann.chat(doomed.id), await ann.chat(kept.id)];
    const [subscribed, watching] = [await bob.hub(), await eve.hub()];
    for (const { id } of [doomed, kept]) {
      subscribed.send({ type: "subscribe", conversation_id: id });
      await subscribed.next("subscribed", (frame) => frame.conversation_id === id);
    }
    // Some of these come before, some after.
    for (let i = 0; i < 20; i++) subscribed.send({ content: `${i}`, conversation_id: doomed.id, ref: `${i}` });
    dataOf(await root.delete(`/api/admin/conversations/${doomed.id}/`));
    expect((await chat.closed).code).toBe(4403);
    for (const hub of [subscribed, watching])
      expect(await hub.next("unsubscribed")).toMatchObject({ conversation_id: doomed.id, code: "removed" });
    await subscribed.until((frames) => frames.filter(({ ref }) => ref !== undefined).length === 20);
    for (const { code } of subscribed.all("error")) expect(["not_found", "not_a_participant"]).toContain(code);
    subscribed.send({ content: "late", conversation_id: doomed.id, ref: "late" });
    expect(await subscribed.next("error", ({ ref }) => ref === "late")).toMatchObject({ code: "not_found" });
    subscribed.send({ type: "subscribe", conversation_id: doomed.id, ref: "again" });
    await subscribed.next("error", ({ ref }) => ref === "again");

    const path = `/api/chat/conversations/${doomed.id}/`;
    expect(ids(dataOf(await ann.get("/api/chat/conversations/")))).toEqual([kept.id]);
    for (const answer of [
      await ann.get(path),
      await ann.patch(path, { name: "New" }),
      await ann.get(`${path}messages/`),
      await ann.post(`${path}messages/`, { content: "late" }),
      await ann.get(`/ws/chat/${doomed.id}/`),
      await root.get(`/api/admin/conversations/${doomed.id}/`),
      await root.delete(`/api/admin/conversations/${doomed.id}/`),
    ])
      expectError(answer, 404, { message: "Conversation not found" });

    const { version } = await ann.send(kept.id, "still here");
    for (const socket of [keptChat, subscribed])
      await socket.next("message", (frame) => frame.message.content === "still here");
    await watching.next("activity", (frame) => frame.conversation_id === kept.id && frame.last_version === version);
    expect(watching.all("unsubscribed")).toHaveLength(1);
    const [entry] = await auditOf(`target_type=conversation&target_id=${doomed.id}`);
    expect(entry).toMatchObject({ action: "conversation_removed", details: { name: "Doomed", participants: 3 } });
    for (const socket of [keptChat, subscribed, watching]) socket.close();
  });

  test("two people whose 1-on-1 was removed can begin another", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const first = await ann.conversation([bob]);
    await ann.send(first.id, "old");
    dataOf(await root.delete(`/api/admin/conversations/${first.id}/`));
    const second = await ann.conversation([bob]);
    expect(second.id).not.toBe(first.id);
    expect(dataOf(await bob.get(`/api/chat/conversations/${second.id}/messages/`)).messages).toEqual([]);
  });

  test("the audit log is paged by its cursor, filtered, and can't be changed", async () => {
    const [ann, admin] = [await server.person("Ann"), await superuser(server, "Admin")];
    for (const is_active of [false, true, false]) await change(ann, { is_active }, admin);
    const first = await root.get(`/api/admin/audit/?actor=${admin.id}&limit=2`);
    const rest = await root.get(`/api/admin/audit/?actor=${admin.id}&limit=2&before=${first.body.meta.next_before}`);
    const shown = [...dataOf(first), ...dataOf(rest)];
    for (const entry of shown) expectShape(auditEntry.strict(), entry);
    expect(shown.map(({ action }) => action)).toEqual(["user_deactivated", "user_reactivated", "user_deactivated"]);
    expect(ids(shown)).toEqual(ids(shown).sort((a, b) => Number(b) - Number(a)));
    expect([first.body.meta.total, rest.body.meta]).toEqual([3, { total: 3, total_exact: true, next_before: null }]);
    for (const bad of ["actor=x", "action=none", "target_type=none", "before=x", "limit=0"])
      expectError(await root.get(`/api/admin/audit/?${bad}`), 400, { code: "validation_failed" });
    const target = (query: string) => root.get(`/api/admin/audit/?${query}`);
    for (const bad of ["%00", "x", "1;2", "1%27", "0".repeat(37), ""]) {
      const answer = await target(`target_type=user&target_id=${bad}`);
      expectError(answer, 400, { code: "validation_failed" });
      expect(answer.body.errors).toEqual({ target_id: ["Not a valid id."] });
    }
    const alone = await target(`target_id=${ann.id}`);
    expectError(alone, 400, { code: "validation_failed" });
    expect(alone.body.errors).toEqual({ target_id: ["Say its target_type too."] });
    expect((await target(`target_type=user&target_id=${ann.id}`)).body.meta.total).toBe(3);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      for (const path of ["audit/", `audit/${shown[0].id}/`])
        expect([404, 405]).toContain((await root.call(method, `/api/admin/${path}`)).status);
    expect(auditActions).toContain(shown[0].action);
  });

  test("the limits in force are listed, with their settings if they have any", async () => {
    const limits = dataOf(await root.get("/api/admin/limits/"));
    for (const limit of limits) expectShape(limitInForce.strict(), limit);
    expect(new Set(limits.map(({ description }: LimitInForce) => description)).size).toBe(limits.length);
    for (const [unit, value] of [
      ["characters", CONTENT_MAX],
      ["bytes", BODY_BYTES_MAX],
      ["count", REPLAY_MAX],
      ["count", WATCHED_MAX],
      ["count", USER_WATCHED_MAX],
      ["bytes", FRAME_BYTES_MAX],
      ["bytes", TOO_SLOW_BYTES],
      ["ms", SESSION_IDLE_MS],
    ])
      expect(limits).toContainEqual(expect.objectContaining({ setting: null, unit, value }));
    expect(limits).toContainEqual(expect.objectContaining({ setting: "MAX_PARTICIPANTS", value: 1000 }));
    expect(limits).toContainEqual(expect.objectContaining({ setting: "RATE_LIMIT_USER", value: null }));
  });
});
