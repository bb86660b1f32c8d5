import type { Conversation } from "../../src/protocol/conversations.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type { User } from "../../src/protocol/users.ts";
import { expectDocumented } from "./documents.ts";
import { Socket } from "./socket.ts";

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed body; tests look at what they expect. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its assertions what a body must hold
  body: any;
  text: string;
}

export const PASSWORD = "SecurePass123";
let people = 0;

/** `Aa`, `Ab`, …: letters only, as names must be. */
const letters = (n: number) =>
  n.toString(26).replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)));

/** One person's view of the server, as an HTTP client with a cookie jar. */
export class Client {
  cookie: string | undefined;
  user: User | undefined;

  constructor(public url: string) {}

  get id(): number {
    if (!this.user) throw new Error("nobody is logged in");
    return this.user.id;
  }

  /** The same person at another server's address. */
  at(url: string): Client {
    return Object.assign(new Client(url), { cookie: this.cookie, user: this.user });
  }

  async signUp(firstName?: string): Promise<this> {
    const n = ++people;
    const email = `person${n}.${process.pid}@example.com`;
    const body = {
      first_name: firstName ?? `Person${letters(n)}`,
      last_name: "Tester",
      password: PASSWORD,
      password_confirm: PASSWORD,
    };
    const registered = await this.post("/api/users/register/", { email, ...body });
    if (registered.status !== 201) throw new Error(`register: ${registered.status} ${registered.text}`);
    return this.logIn(email);
  }

  async logIn(email: string, password = PASSWORD): Promise<this> {
    const answer = await this.post("/api/users/login/", { email, password });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    this.user = answer.body.data;
    return this;
  }

  get = (path: string, headers?: Record<string, string>) => this.call("GET", path, undefined, headers);
  post = (path: string, body?: unknown, headers?: Record<string, string>) => this.call("POST", path, body, headers);
  put = (path: string, body?: unknown, headers?: Record<string, string>) => this.call("PUT", path, body, headers);
  patch = (path: string, body?: unknown, headers?: Record<string, string>) => this.call("PATCH", path, body, headers);
  delete = (path: string, headers?: Record<string, string>) => this.call("DELETE", path, undefined, headers);

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const type = body instanceof Uint8Array ? "application/octet-stream" : "application/json";
    const json = body === undefined ? {} : { "Content-Type": type };
    const cookie = this.cookie === undefined ? {} : { Cookie: `sessionid=${this.cookie}` };
    const response = await fetch(this.url + path, {
      method,
      redirect: "manual",
      headers: { ...json, ...cookie, ...headers },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const value = /^sessionid=([^;]*)/.exec(set)?.[1];
      if (value !== undefined) this.cookie = value === "" ? undefined : value;
    }
    const text = await response.text();
    expectDocumented(method, this.url + path, { status: response.status, headers: response.headers, text });
    return { status: response.status, headers: response.headers, body: parse(text), text };
  }

  /** A conversation with these people, the caller included. */
  async conversation(others: Client[], name?: string): Promise<Conversation> {
    const answer = await this.post("/api/chat/conversations/", {
      participant_ids: others.map((other) => other.id),
      name,
    });
    if (answer.status > 201) throw new Error(`conversation: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }

  async send(conversationId: string, content: string, client_id?: string): Promise<Message> {
    const answer = await this.post(`/api/chat/conversations/${conversationId}/messages/`, { content, client_id });
    if (answer.status > 201) throw new Error(`send: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }

  /** A socket on one conversation, greeted. `tag` is that of the change at `afterVersion`. */
  chat(conversationId: string, afterVersion?: number, tag?: string, accepts?: string): Promise<Socket> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ after_version: afterVersion, tag, accepts }))
      if (value !== undefined) query.set(name, String(value));
    return this.socket(`/ws/chat/${conversationId}/?${query}`);
  }

  /** A socket on all conversations, greeted. With `query` it resumes the user's own stream. */
  hub(query = ""): Promise<Socket> {
    return this.socket(`/ws/${query}`);
  }

  private async socket(path: string): Promise<Socket> {
    const socket = new Socket(this.url.replace(/^http/, "ws") + path, this.cookie);
    await socket.next("connection_established");
    return socket;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
