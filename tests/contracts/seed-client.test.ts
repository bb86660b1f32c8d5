import { afterAll, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { startServer } from "../../src/server/node/listen.ts";
import type { Answer } from "../support/client.ts";
import { makePlace, type Place } from "../support/modes.ts";

// A client of the seed's system, which knows nothing of this one, on a server without any settings. Texts are compared to the letter.

const PASSWORD = "SecurePass123";

type Json = Record<string, unknown>;

/** A plain client with a cookie jar of one cookie. */
class SeedClient {
  private cookie: string | undefined;

  constructor(private readonly url: string) {}

  async call(
    method: string,
    path: string,
    body?: Json,
  ): Promise<{ status: number; body: Answer["body"]; cookies: string[] }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(this.cookie === undefined ? {} : { Cookie: `sessionid=${this.cookie}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookies = response.headers.getSetCookie();
    const sessions = cookies.map((cookie) => /^sessionid=([^;]+)/.exec(cookie)?.[1]).filter((value) => value);
    if (sessions[0]) this.cookie = sessions[0];
    return { status: response.status, body: await response.json(), cookies };
  }

  socket(conversationId: string): Promise<SeedSocket> {
    const url = `${this.url.replace(/^http/, "ws")}/ws/chat/${conversationId}/`;
    const socket = new WebSocket(url, { headers: { Cookie: `sessionid=${this.cookie}` } });
    return new Promise((opened, refused) => {
      const made = new SeedSocket(socket);
      socket.onopen = () => opened(made);
      socket.onerror = refused;
    });
  }
}

class SeedSocket {
  private readonly frames: Answer["body"][] = [];
  private wake = () => {};

  constructor(private readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => {
      this.frames.push(JSON.parse(String(data)));
      this.wake();
    };
  }

  send(frame: Json) {
    this.socket.send(JSON.stringify(frame));
  }

  async next(type: string): Promise<Answer["body"]> {
    for (;;) {
      const i = this.frames.findIndex((frame) => frame.type === type);
      if (i >= 0) return this.frames.splice(i, 1)[0];
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    }
  }

  close() {
    this.socket.close();
  }
}

const person = (name: string, changes: Json = {}) => ({
  email: `${name.toLowerCase()}@example.com`,
  first_name: name,
  last_name: "Smith",
  password: PASSWORD,
  password_confirm: PASSWORD,
  ...changes,
});

let place: Place;
let running: ReturnType<typeof startServer>;
let url: string;
const people: { client: SeedClient; id: number }[] = [];

beforeAll(async () => {
  place = await makePlace("embedded");
  const environment = { ...place.environment, HOST: "127.0.0.1", PORT: "0" };
  running = startServer({
    config: readConfig(environment),
    logger: pino({ level: "silent" }),
    writeApiLog: () => {},
    writeSecurityLog: () => {},
    onLost: () => {},
  });
  await running.ready;
  url = running.url.origin;
});
afterAll(async () => {
  await running.stop();
  place.remove();
});

test("several people register openly, log in and find empty lists", async () => {
  for (const name of ["John", "Jane", "Mary"]) {
    const client = new SeedClient(url);
    const registered = await client.call("POST", "/api/users/register/", person(name));
    expect({ status: registered.status, body: registered.body }).toEqual({
      status: 201,
      body: {
        status: "success",
        message: "User registered successfully",
        data: {
          id: people.length + 1,
          email: `${name.toLowerCase()}@example.com`,
          first_name: name,
          last_name: "Smith",
          full_name: `${name} Smith`,
          last_seen: null,
          date_joined: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
      },
    });
    expect(registered.cookies).toEqual([]);
    const login = await client.call("POST", "/api/users/login/", {
      email: `${name.toLowerCase()}@example.com`,
      password: PASSWORD,
    });
    expect(login).toMatchObject({ status: 200, body: { status: "success", message: "Login successful" } });
    expect(Object.keys(login.body.data).sort()).toEqual(Object.keys(registered.body.data).sort());
    const { id } = login.body.data;
    people.push({ client, id });
    const profile = await client.call("GET", "/api/users/profile/");
    expect(profile.body.data).toMatchObject({ id, full_name: `${name} Smith` });
    const list = await client.call("GET", "/api/users/list/");
    expect(list.body.data.map((user: Json) => user["id"])).toEqual(
      people
        .map((known) => known.id)
        .filter((known) => known !== id)
        .reverse(),
    );
    expect((await client.call("GET", "/api/chat/conversations/")).body).toMatchObject({ status: "success", data: [] });
  }
});

test("a wrong request is refused in the words of the original server", async () => {
  const stranger = new SeedClient(url);
  const [first] = people;
  const refusals: [string, string, Json | undefined, number, Json, (SeedClient | undefined)?][] = [
    [
      "POST",
      "/api/users/register/",
      person("John"),
      400,
      { errors: { email: ["A user with this email already exists."] } },
    ],
    [
      "POST",
      "/api/users/register/",
      person("Joe", { first_name: "J0e", last_name: "Sm1th", password_confirm: "other" }),
      400,
      {
        message: "Validation failed",
        errors: {
          first_name: ["First name should contain only letters."],
          last_name: ["Last name should contain only letters."],
          password: ["Passwords do not match."],
        },
      },
    ],
    [
      "POST",
      "/api/users/login/",
      { email: "john@example.com", password: "wrong" },
      401,
      { message: "Invalid email or password" },
    ],
    ["POST", "/api/users/login/", { email: "no address", password: "wrong" }, 400, { message: "Validation failed" }],
    ["POST", "/api/users/logout/", undefined, 400, { message: "No user is currently logged in" }],
    ["GET", "/api/users/profile/", undefined, 401, { message: "Authentication required" }],
    [
      "POST",
      "/api/chat/conversations/",
      { participant_ids: [] },
      400,
      { errors: { participant_ids: ["A conversation must have at least 2 participants."] } },
      first?.client,
    ],
    [
      "POST",
      "/api/chat/conversations/",
      { participant_ids: [2, 2] },
      400,
      { errors: { participant_ids: ["Duplicate participants are not allowed."] } },
      first?.client,
    ],
    [
      "GET",
      "/api/chat/conversations/00000000-0000-4000-8000-000000000000/",
      undefined,
      404,
      { message: "Conversation not found" },
      first?.client,
    ],
  ];
  for (const [method, path, body, status, expected, who = stranger] of refusals) {
    const answer = await who.call(method, path, body);
    expect([path, answer]).toMatchObject([path, { status, body: { status: "error", ...expected } }]);
  }
});

test("they make conversations and chat over HTTP and sockets", async () => {
  const [john, jane, mary] = people;
  if (!john || !jane || !mary) throw new Error("nobody has registered");
  const made = await john.client.call("POST", "/api/chat/conversations/", { participant_ids: [jane.id] });
  expect(made).toMatchObject({
    status: 201,
    body: {
      message: "Conversation created successfully",
      data: { name: null, display_name: "Chat with Jane Smith", is_group: false, participant_count: 2 },
    },
  });
  const { id } = made.body.data;
  expect(await jane.client.call("POST", "/api/chat/conversations/", { participant_ids: [john.id] })).toMatchObject({
    status: 200,
    body: { message: "Conversation already exists", data: { id, display_name: "Chat with John Smith" } },
  });
  const group = await mary.client.call("POST", "/api/chat/conversations/", { participant_ids: [john.id, jane.id] });
  expect(group.body.data).toMatchObject({ is_group: true, display_name: "Group with John, Jane, Mary" });

  const sockets = [await john.client.socket(id), await jane.client.socket(id)] as const;
  for (const socket of sockets)
    expect(await socket.next("connection_established")).toMatchObject({
      message: "Connected to chat",
      conversation_id: id,
    });
  sockets[0].send({ type: "message", content: " Hello, Jane! " });
  for (const socket of sockets)
    expect((await socket.next("message")).message).toMatchObject({
      conversation_id: id,
      sender_id: john.id,
      sender_name: "John Smith",
      sender_email: "john@example.com",
      content: "Hello, Jane!",
      timestamp: expect.any(Number),
    });
  sockets[1].send({ type: "typing", is_typing: true });
  expect(await sockets[0].next("typing")).toMatchObject({ user_id: jane.id, user_name: "Jane Smith", is_typing: true });
  for (const [frame, message] of [
    [{ type: "message", content: "  " }, "Message content cannot be empty"],
    [{ type: "message", content: "x".repeat(5001) }, "Message content cannot exceed 5000 characters"],
    [{ type: "nonsense" }, "Unknown message type"],
  ] as const) {
    sockets[0].send(frame);
    expect((await sockets[0].next("error")).message).toBe(message);
  }
  const sent = await jane.client.call("POST", `/api/chat/conversations/${id}/messages/`, { content: "Hello, John!" });
  expect(sent).toMatchObject({ status: 201, body: { data: { content: "Hello, John!", sender_id: jane.id } } });
  expect((await sockets[0].next("message")).message.id).toBe(sent.body.data.id);

  const page = await john.client.call("GET", `/api/chat/conversations/${id}/messages/?limit=50&offset=0`);
  expect(page.body.data).toMatchObject({ conversation_id: id, count: 2, total: 2 });
  expect(page.body.data.messages.map((message: Json) => message["content"])).toEqual(["Hello, Jane!", "Hello, John!"]);
  expect(await mary.client.call("GET", `/api/chat/conversations/${id}/messages/`)).toMatchObject({
    status: 403,
    body: { message: "You are not a participant in this conversation" },
  });
  const list = await jane.client.call("GET", "/api/chat/conversations/");
  expect(list.body.data[0]).toMatchObject({
    id,
    message_count: 2,
    unread_count: 0,
    last_message: { content: "Hello, John!" },
  });
  for (const socket of sockets) socket.close();
});
