import { beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { type Invite, invitePreview, invite as inviteSchema } from "../../src/protocol/invites.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectFaults, expectShape, ids, times, UNKNOWN_ID } from "./expectations.ts";

const UNKNOWN_CODE = "0".repeat(16);
let people = 0;
const newEmail = () => `invited${++people}@example.com`;
const registration = (changes: Record<string, unknown> = {}) => ({
  email: newEmail(),
  first_name: "New",
  last_name: "Comer",
  password: PASSWORD,
  password_confirm: PASSWORD,
  ...changes,
});
const register = (server: TestServer, body: unknown) => server.visitor().post("/api/users/register/", body);
const make = (by: Client, body: object = {}) => by.post("/api/invites/", body);
const invite = async (by: Client, body: object = {}): Promise<Invite> => dataOf(await make(by, body), 201);
const preview = (by: Client, code: string) => by.get(`/api/invites/${code}/`);
const accept = (by: Client, code: string) => by.post(`/api/invites/${code}/accept/`);
const revoke = (by: Client, code: string) => by.delete(`/api/invites/${code}/`);
const list = (by: Client, query = "") => by.get(`/api/invites/?${query}`);
const membersOf = async (by: Client, id: string) =>
  ids(dataOf(await by.get(`/api/chat/conversations/${id}/`)).participants);
const leave = (person: Client, id: string) => person.delete(`/api/chat/conversations/${id}/participants/${person.id}/`);

/** Asks until the invite is in this state. */
async function untilState(by: Client, code: string, state: string) {
  const until = performance.now() + 20_000;
  for (;;) {
    const found = dataOf(await preview(by, code)).state;
    if (found === state) return;
    if (performance.now() > until) throw new Error(`it is ${found}`);
    await Bun.sleep(50);
  }
}

/** Does something on a server, and goes on with the same people on one with other settings. */
async function afterRestart<T>(
  settings: Record<string, string>,
  before: (server: TestServer) => Promise<T>,
  after: (server: TestServer, made: T) => Promise<void>,
) {
  const first = await startTestServer("embedded");
  const made = await before(first);
  await first.running.stop();
  const second = await startTestServer("embedded", { ...first.environment, ...settings });
  try {
    await after(second, made);
  } finally {
    await second.stop();
    rmSync(dirname(first.environment["DATA_DIR"] ?? ""), { recursive: true, force: true });
  }
}

inEachMode("invites", (mode) => {
  const server = withServer(mode, { TRUSTED_PROXIES: "1" });
  let root: Client;
  let ann: Client;
  let bob: Client;
  beforeAll(async () => {
    root = await superuser(server, "Root");
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  });

  const group = async (name?: string, owner = ann) =>
    (await owner.conversation([bob, await server.person("Cem")], name)).id;
  const change = async (person: Client, body: object) =>
    dataOf(await root.patch(`/api/admin/users/${person.id}/`, body));

  describe("making an invite", () => {
    test("a member makes a link into their group, for seven days and without a limit by default", async () => {
      const id = await group("Lunch");
      const before = Date.now();
      const made = await invite(bob, { conversation_id: id });
      expectShape(inviteSchema.strict(), made);
      expect(made).toMatchObject({
        conversation: { id, name: "Lunch", display_name: "Lunch" },
        created_by: { id: bob.id, full_name: "Bob Tester" },
        max_uses: null,
        uses: 0,
        state: "active",
        registers: true,
      });
      expect(made.code).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/);
      expect(made.url).toBe(`${server.url}/invite/${made.code}`);
      const life = Date.parse(made.expires_at ?? "") - before;
      expect(Math.abs(life - 7 * 86_400_000)).toBeLessThan(60_000);
    });

    test("an unnamed group is called by its first three people", async () => {
      const id = await group();
      expect((await invite(ann, { conversation_id: id })).conversation?.display_name).toBe("Group with Bob, Cem, Ann");
    });

    test("null expires never", async () => {
      const made = await invite(ann, { conversation_id: await group(), expires_in: null, max_uses: null });
      expect(made).toMatchObject({ expires_at: null, max_uses: null });
    });

    test("the address is that which a trusted proxy says was asked for", async () => {
      const headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "chat.example.com",
        "X-Forwarded-Port": "8443",
      };
      const made = dataOf(await ann.post("/api/invites/", { conversation_id: await group() }, headers), 201);
      expect(made.url).toBe(`https://chat.example.com:8443/invite/${made.code}`);
    });

    test("a person outside the group gets the answer of an unknown one", async () => {
      const body = { conversation_id: await group() };
      const eve = await server.person("Eve");
      const unknown = await make(eve, { conversation_id: UNKNOWN_ID });
      expectError(unknown, 404, { message: "Conversation not found" });
      expect((await make(eve, body)).text).toBe(unknown.text);
      expect((await make(root, body)).text).toBe(unknown.text);
    });

    test("a 1-on-1 has none", async () => {
      const { id } = await ann.conversation([bob]);
      expectError(await make(ann, { conversation_id: id }), 400, { code: "not_a_group" });
    });

    test("only superusers make one to the server alone", async () => {
      expectFaults(await make(ann), "conversation_id");
      expect(await invite(root, { max_uses: 10 })).toMatchObject({ conversation: null, max_uses: 10, registers: true });
    });

    test("every faulty field is named at once", async () => {
      const wrong = { conversation_id: "x", max_uses: 0, expires_in: 0 };
      expectFaults(await make(ann, wrong), "conversation_id", "max_uses", "expires_in");
      expectFaults(await make(ann, { max_uses: 10_001, expires_in: 365 * 86_400 + 1 }), "max_uses", "expires_in");
      expectFaults(await make(ann, { max_uses: "10", expires_in: 1.5 }), "max_uses", "expires_in");
    });

    test("one person has a hundred that work, and revoking one makes room", async () => {
      const gus = await server.person("Gus");
      const body = { conversation_id: await group("Many", gus) };
      const made = [];
      for (const _ of times(100, (i) => i)) made.push(await invite(gus, body));
      expectError(await make(gus, body), 409, { code: "too_many_invites" });
      dataOf(await revoke(gus, made[0]?.code ?? ""));
      await invite(gus, body);
    });
  });

  describe("the page of a link", () => {
    test("everybody who has it sees where it leads, and nothing more", async () => {
      const { code, expires_at } = await invite(ann, { conversation_id: await group("Choir"), max_uses: 3 });
      const told = dataOf(await preview(server.visitor(), code));
      expectShape(invitePreview.strict(), told);
      expect(told).toEqual({
        code,
        state: "active",
        registers: true,
        server_name: null,
        conversation: { name: "Choir", display_name: "Choir", participant_count: 3 },
        invited_by: "Ann Tester",
        expires_at,
      });
    });

    test("it shows nothing of the group once the link has ended", async () => {
      const { code } = await invite(ann, { conversation_id: await group("Secret") });
      dataOf(await revoke(ann, code));
      const answer = await preview(server.visitor(), code);
      expect(dataOf(answer)).toMatchObject({ state: "revoked", registers: false, conversation: null });
      expect(answer.text).not.toContain("Secret");
    });

    test("a code is read in any letter case, and with letters that are taken for digits", async () => {
      const { code } = await invite(root);
      const typed = code.toUpperCase().replaceAll("0", "O").replaceAll("1", "I");
      expect(dataOf(await preview(server.visitor(), typed)).code).toBe(code);
    });

    test("an unknown code is not found, whatever it looks like", async () => {
      for (const code of [UNKNOWN_CODE, "x", "u".repeat(16), `${UNKNOWN_CODE}0`, "%00", "..%2f", "null", "a'b"])
        for (const answer of [await preview(server.visitor(), code), await accept(ann, code), await revoke(ann, code)])
          expectError(answer, 404, { message: "Invite not found", code: "not_found" });
    });
  });

  describe("accepting an invite", () => {
    test("makes a member at once, in everybody's open sockets, and counts one use", async () => {
      const id = await group("Open");
      await ann.send(id, "before");
      const { code } = await invite(ann, { conversation_id: id });
      const eve = await server.person("Eve");
      const [there, here] = [await ann.chat(id), await eve.hub()];
      const { conversation } = dataOf(await accept(eve, code));
      expect(conversation).toMatchObject({ id, name: "Open", participant_count: 4 });
      expect((await there.next("participants")).added).toEqual([expect.objectContaining({ id: eve.id })]);
      expect((await here.next("conversation")).conversation).toMatchObject({ id, participant_count: 4 });
      await ann.send(id, "after");
      expect((await eve.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages).toHaveLength(2);
      expect(dataOf(await list(ann, `conversation_id=${id}`))[0].uses).toBe(1);
      for (const socket of [there, here]) socket.close();
    });

    test("again, or by a member, gives the same and takes no use", async () => {
      const id = await group();
      const { code } = await invite(ann, { conversation_id: id, max_uses: 1 });
      const eve = await server.person("Eve");
      const first = dataOf(await accept(eve, code));
      for (const each of [eve, bob, ann]) expect(dataOf(await accept(each, code)).conversation.id).toBe(id);
      expect(dataOf(await accept(eve, code))).toEqual(first);
      expect(dataOf(await list(ann, `conversation_id=${id}`))[0]).toMatchObject({ uses: 1, state: "used_up" });
      expect((await membersOf(ann, id)).filter((member) => member === eve.id)).toHaveLength(1);
    });

    test("one to the server alone leads into no group", async () => {
      const { code } = await invite(root);
      expect(dataOf(await accept(ann, code))).toEqual({ conversation: null });
      expect(dataOf(await list(root))[0].uses).toBe(0);
    });

    test("a person who left comes back without another use", async () => {
      const id = await group();
      const { code } = await invite(ann, { conversation_id: id, max_uses: 1 });
      const eve = await server.person("Eve");
      for (const _ of times(3, (i) => i)) {
        dataOf(await accept(eve, code));
        expect(await membersOf(ann, id)).toContain(eve.id);
        dataOf(await leave(eve, id));
      }
      expect(dataOf(await list(ann, `conversation_id=${id}`))[0].uses).toBe(1);
    });

    test("needs a login", async () => {
      const { code } = await invite(root);
      expectError(await accept(server.visitor(), code), 401, { code: "authentication_required" });
    });
  });

  describe("the end of an invite", () => {
    test("says why it no longer works", async () => {
      const id = await group();
      const [expired, used, revoked] = [
        await invite(ann, { conversation_id: id, expires_in: 1 }),
        await invite(ann, { conversation_id: id, max_uses: 1 }),
        await invite(ann, { conversation_id: id }),
      ];
      dataOf(await accept(await server.person(), used.code));
      dataOf(await revoke(ann, revoked.code));
      await untilState(ann, expired.code, "expired");
      const eve = await server.person("Eve");
      const ended = async (code: string) => {
        const answer = await accept(eve, code);
        expectError(answer, 410, { code: "invite_ended" });
        return answer.body.message;
      };
      expect(await ended(expired.code)).toBe("This invite link has expired. Ask for a new one.");
      expect(await ended(used.code)).toBe("This invite link was used as often as it can be. Ask for a new one.");
      expect(await ended(revoked.code)).toBe("This invite link was revoked. Ask for a new one.");
      expect(await membersOf(ann, id)).not.toContain(eve.id);
    });

    test("comes with its maker's leaving, also when they come back", async () => {
      const id = await group();
      const { code } = await invite(bob, { conversation_id: id });
      dataOf(await leave(bob, id));
      const eve = await server.person("Eve");
      expectError(await accept(eve, code), 410, { code: "invite_ended" });
      dataOf(await accept(bob, (await invite(ann, { conversation_id: id })).code));
      expect(dataOf(await preview(eve, code)).state).toBe("revoked");
      expectError(await accept(eve, code), 410, { code: "invite_ended" });
      dataOf(await accept(eve, (await invite(bob, { conversation_id: id })).code));
    });

    test("comes with its maker's deactivation, also when they are active again", async () => {
      const gus = await server.person("Gus");
      const { code } = await invite(gus, { conversation_id: await group("Gone", gus) });
      await change(gus, { is_active: false });
      const state = async () => dataOf(await preview(ann, code)).state;
      expect(await state()).toBe("revoked");
      await change(gus, { is_active: true });
      expect(await state()).toBe("revoked");
      expectError(await accept(await server.person(), code), 410, { code: "invite_ended" });
    });

    test("to the server alone comes with its maker's right, also when they get it again", async () => {
      const max = await superuser(server, "Max");
      const own = await group("Max's", max);
      const [all, one] = [await invite(max), await invite(max, { conversation_id: own })];
      await change(max, { is_superuser: false });
      await change(max, { is_superuser: true });
      expect(dataOf(await preview(ann, all.code)).state).toBe("revoked");
      expect(dataOf(await preview(ann, one.code)).state).toBe("active");
    });

    test("comes with the removal of the group", async () => {
      const id = await group();
      const { code } = await invite(ann, { conversation_id: id });
      dataOf(await root.delete(`/api/admin/conversations/${id}/`));
      expectError(await preview(ann, code), 404);
      expectError(await accept(ann, code), 404);
    });

    test("is brought about by its maker, the group's owner and superusers, and by nobody else", async () => {
      const id = await group();
      const cem = await server.person("Cem");
      dataOf(await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [cem.id] }));
      for (const by of [bob, ann, root]) {
        const { code } = await invite(bob, { conversation_id: id });
        for (const other of [cem, await server.person()])
          expectError(await revoke(other, code), 403, { code: "not_your_invite" });
        expectError(await revoke(server.visitor(), code), 401);
        dataOf(await revoke(by, code), 200, "Invite revoked");
        dataOf(await revoke(by, code), 200, "Invite revoked");
        expect(dataOf(await preview(by, code)).state).toBe("revoked");
      }
    });
  });

  describe("lists", () => {
    test("your own are only yours, newest first and in pages", async () => {
      const gus = await server.person("Gus");
      const id = await group("Listed", gus);
      const made = [];
      for (const _ of times(5, (i) => i)) made.unshift((await invite(gus, { conversation_id: id })).code);
      const codes = async (query: string) => {
        const answer = await list(gus, query);
        for (const each of dataOf(answer)) expectShape(inviteSchema.strict(), each);
        return [answer.body.meta.total, ...dataOf(answer).map((each: Invite) => each.code)];
      };
      expect(await codes("")).toEqual([5, ...made]);
      expect(await codes("limit=2&offset=1")).toEqual([5, ...made.slice(1, 3)]);
      expect(await codes("offset=5")).toEqual([5]);
      expect(dataOf(await list(await server.person()))).toEqual([]);
    });

    test("a group's are for its members and superusers", async () => {
      const id = await group();
      const codes = [
        (await invite(ann, { conversation_id: id })).code,
        (await invite(bob, { conversation_id: id })).code,
      ];
      for (const who of [ann, bob, root])
        expect(dataOf(await list(who, `conversation_id=${id}`)).map((each: Invite) => each.code)).toEqual(
          codes.toReversed(),
        );
      expectError(await list(await server.person(), `conversation_id=${id}`), 404, {
        message: "Conversation not found",
      });
      expectError(await list(ann, `conversation_id=${UNKNOWN_ID}`), 404);
      expectFaults(await list(ann, "conversation_id=x&limit=0&offset=-1"), "conversation_id", "limit", "offset");
    });

    test("superusers see all", async () => {
      const { code } = await invite(ann, { conversation_id: await group() });
      expect(dataOf(await list(root, "limit=1")).map((each: Invite) => each.code)).toEqual([code]);
    });
  });

  describe("registering by an invite", () => {
    test("makes the account and the membership together, in open sockets too", async () => {
      const id = await group("New people");
      const { code } = await invite(ann, { conversation_id: id, max_uses: 1 });
      const there = await ann.chat(id);
      const user = dataOf(await register(server, registration({ invite: code })), 201, "User registered successfully");
      expect((await there.next("participants")).added).toEqual([expect.objectContaining({ id: user.id })]);
      expect(await membersOf(ann, id)).toContain(user.id);
      const newcomer = await server.visitor().logIn(user.email);
      expect(ids(dataOf(await newcomer.get("/api/chat/conversations/")))).toEqual([id]);
      there.close();
    });

    test("a taken e-mail takes no use", async () => {
      const id = await group();
      const { code } = await invite(ann, { conversation_id: id, max_uses: 1 });
      expectFaults(await register(server, registration({ invite: code, email: bob.user?.email })), "email");
      dataOf(await register(server, registration({ invite: code })), 201);
    });

    test("an unknown or ended one is refused, and nobody is registered", async () => {
      const { code } = await invite(root, { max_uses: 1 });
      dataOf(await register(server, registration({ invite: code })), 201);
      const body = registration();
      expectError(await register(server, { ...body, invite: code }), 410, { code: "invite_ended" });
      for (const unknown of [UNKNOWN_CODE, "", "x"])
        expectError(await register(server, { ...body, invite: unknown }), 404, { message: "Invite not found" });
      expectFaults(await register(server, { ...body, invite: 7 }), "invite");
      dataOf(await register(server, body), 201);
    });

    test("of 10 racing registrations of one e-mail one is done, and one use taken", async () => {
      const id = await group();
      const { code } = await invite(ann, { conversation_id: id });
      const body = registration({ invite: code });
      const answers = await Promise.all(times(10, () => register(server, body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...times(9, () => 400)]);
      expect(dataOf(await list(ann, `conversation_id=${id}`))[0].uses).toBe(1);
    });
  });

  test("actions of superusers are in the audit log, and actions of everybody in the security log", async () => {
    const { code } = await invite(root, { max_uses: 2 });
    dataOf(await revoke(root, code));
    const audit = dataOf(await root.get(`/api/admin/audit/?target_type=invite&target_id=${code}`));
    expect(audit.map((entry: { action: string }) => entry.action)).toEqual(["invite_revoked", "invite_made"]);
    await invite(ann, { conversation_id: await group() });
    const events = server.securityLog.map((line) => JSON.parse(line));
    expect(events).toContainEqual(expect.objectContaining({ event: "invite_made", by: ann.id }));
    expect(events).toContainEqual(expect.objectContaining({ event: "invite_revoked", by: root.id }));
    expect([...server.log, ...server.apiLog, ...server.securityLog].join("\n")).not.toContain(code);
  });
});

describe("registration", () => {
  test("with REGISTRATION=invite: people with a superuser's invite", async () => {
    await afterRestart(
      { REGISTRATION: "invite" },
      async (open) => [await superuser(open, "Ann"), await open.person("Bob"), await open.person("Cem")] as const,
      async (server, [ann, bob, cem]) => {
        const [root, member] = [ann.at(server.url), bob.at(server.url)];
        const { id } = await root.conversation([member, cem]);
        expectError(await register(server, registration()), 403, {
          code: "registration_by_invite",
          message: "You need an invite link to register here. Ask an admin of this server for one.",
        });
        const theirs = await invite(member, { conversation_id: id });
        expect(theirs.registers).toBe(false);
        expect(dataOf(await preview(server.visitor(), theirs.code)).registers).toBe(false);
        const refused = await register(server, registration({ invite: theirs.code }));
        expectError(refused, 403, { code: "registration_by_invite" });
        const { code } = await invite(root, { conversation_id: id });
        const user = dataOf(await register(server, registration({ invite: code })), 201);
        expect(await membersOf(root, id)).toContain(user.id);
        dataOf(await register(server, registration({ invite: (await invite(root)).code })), 201);
      },
    );
  });

  test("with REGISTRATION=closed: nobody, also by an invite", async () => {
    await afterRestart(
      { REGISTRATION: "closed" },
      async (open) => invite(await superuser(open, "Ann")),
      async (server, { code }) => {
        expect(dataOf(await preview(server.visitor(), code))).toMatchObject({ state: "active", registers: false });
        expectError(await register(server, registration({ invite: code })), 403, { code: "registration_closed" });
      },
    );
  });
});

test("a group takes no more than MAX_PARTICIPANTS by an invite, and no use is taken", async () => {
  const server = await startTestServer("embedded", { MAX_PARTICIPANTS: "4" });
  try {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([await server.person(), await server.person()]);
    const { code } = await invite(ann, { conversation_id: id });
    dataOf(await accept(await server.person(), code));
    const eve = await server.person("Eve");
    const text = "This group is full. Ask its owner to make room.";
    expectError(await accept(eve, code), 409, { code: "group_full", message: text });
    const body = registration({ invite: code });
    expectError(await register(server, body), 409, { code: "group_full" });
    expect(dataOf(await list(ann))[0].uses).toBe(1);
    dataOf(await register(server, { ...body, invite: undefined }), 201);
  } finally {
    await server.stop();
  }
});

test("looking at a link counts as a request without login only when its code is wrong", async () => {
  await afterRestart(
    { RATE_LIMIT_ANON: "3/minute" },
    async (open) => {
      const ann = await superuser(open, "Ann");
      return { ann, code: (await invite(ann)).code };
    },
    async (server, { ann, code }) => {
      for (const _ of times(10, (i) => i)) dataOf(await preview(server.visitor(), code));
      for (const _ of times(3, (i) => i)) expectError(await preview(server.visitor(), UNKNOWN_CODE), 404);
      expectError(await preview(server.visitor(), UNKNOWN_CODE), 429);
      expectError(await preview(server.visitor(), code), 429);
      dataOf(await preview(ann.at(server.url), code));
    },
  );
});

test("a look at valid links counts against the limit of signed-in people, for that person alone", async () => {
  const server = await startTestServer("embedded", { RATE_LIMIT_USER: "30/minute", RATE_LIMIT_ANON: "3/minute" });
  try {
    const ann = await superuser(server, "Ann");
    const { code } = await invite(ann);
    for (const _ of times(30, (i) => i)) dataOf(await preview(server.visitor(), code));
    expectError(await preview(server.visitor(), code), 429);
    dataOf(await preview(ann, code));
  } finally {
    await server.stop();
  }
});

test("links begin with PUBLIC_URL, whatever was asked for", async () => {
  const server = await startTestServer("embedded", { PUBLIC_URL: "https://chat.example.com", TRUSTED_PROXIES: "1" });
  try {
    const ann = await superuser(server, "Ann");
    const answer = await ann.post("/api/invites/", {}, { "X-Forwarded-Host": "evil.example" });
    expect(dataOf(answer, 201).url).toStartWith("https://chat.example.com/invite/");
  } finally {
    await server.stop();
  }
});
