import { afterAll } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { ChatMessage, ConfabClient, ConnectOptions, Conversation, KeyValueStorage } from "../../src/sdk/index.ts";
import { connect } from "../../src/sdk/index.ts";
import { presenceTimes } from "../../src/server/places/places.ts";
import { afterAllFiles } from "../support/cleanup.ts";
import type { Client } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Short times, so that a test need not wait. */
const QUICK = {
  backoff: 50,
  backoffMax: 200,
  pingAfter: 400,
  answerWithin: 400,
  connectWithin: 2_000,
  lease: 450,
};
const PATIENCE_MS = 15_000;

let shared: Promise<TestServer> | undefined;

/** One server for all files here that need no other. It ends after the last of them, and its presence ends soon. */
export function sharedServer(): Promise<TestServer> {
  shared ??= startTestServer("embedded", {}, { presence: { ...presenceTimes, grace: 100 } }).then((server) => {
    afterAllFiles(() => server.stop());
    return server;
  });
  return shared;
}

const opened = new Set<ConfabClient>();
afterAll(async () => {
  for (const client of opened) await client.close();
});

/** Connects with the session of this person, and with short times. */
export function clientOf(person: Client, options: Partial<ConnectOptions> = {}): ConfabClient {
  const token = person.cookie === undefined ? {} : { token: person.cookie };
  const client = connect({ url: person.url, ...token, ...options, timing: { ...QUICK, ...options.timing } });
  opened.add(client);
  return client;
}

/** Leaves a client whose storage takes nothing any more. Its `close` never resolves. */
export function crash(client: ConfabClient): void {
  opened.delete(client);
  void client.close();
}

export async function online(client: ConfabClient): Promise<ConfabClient> {
  await until(
    () => client.state === "online",
    () => `online, but it is ${client.state}: ${client.reason}`,
  );
  return client;
}

/** Waits until `holds` returns something true. */
export async function until(holds: () => unknown, what: () => string = () => String(holds)): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what()}`);
    await Bun.sleep(5);
  }
}

export const contents = (messages: readonly ChatMessage[]) => messages.map(({ content }) => content);

/** Whether the conversation has caught up, and has nothing unsent. */
export const isSettled = ({ state, messages }: Conversation) =>
  state === "live" && messages.every((message) => message.state === "sent");

/** The `seq` of each message. A complete conversation has 1 … n. */
export const seqsOf = ({ messages }: Conversation) => messages.map(({ seq }) => seq);

/** A storage that stops working for its tab at once, as when the tab dies. */
export function mortal(storage: KeyValueStorage) {
  let isDead = false;
  const write = <T>(work: () => Promise<T>) => (isDead ? new Promise<T>(() => {}) : work());
  const own: KeyValueStorage = {
    ...storage,
    set: (key, value) => write(() => storage.set(key, value)),
    delete: (key) => write(() => storage.delete(key)),
  };
  const kill = () => {
    isDead = true;
  };
  return { own, kill };
}

/** All messages of the conversation, as the server has them. */
export async function wholeLog(person: Client, id: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const path = `/api/chat/conversations/${id}/messages/?limit=100&after_seq=${messages.length}`;
    const page: Message[] = (await person.get(path)).body.data.messages;
    if (page.length === 0) return messages;
    messages.push(...page);
  }
}
