import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PASSWORD } from "../../support/client.ts";
import { spawnServer } from "../../support/process.ts";
import { type Ask, type Asking, asks } from "./asks.ts";
import { AMOUNTS, prepare, type Seat, seats } from "./seed.ts";

const HELP = `bun tests/bench/embedded/main.ts [options]

Measures how long one person's requests hold an embedded server that has 20,000 users and 1,000,000 messages: the
longest stretch of work between two turns of its event loop, the longest statement of its database, both in CPU time
of their thread, and by the clock the longest that somebody else's message waited for its ack.
Of several tries the shortest counts: what else runs on the machine only makes them longer.

  --data FOLDER   keep the data there for the next run; making it takes minutes
  --only TEXT     only what has the text in its name
  --tries N       (3)
`;

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    only: { type: "string", default: "" },
    tries: { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
if (values.help) {
  say(HELP);
  process.exit(0);
}

const PATIENCE_MS = 60_000;
const SEND_EVERY_MS = 5;

/** The effect of one call on everybody else, in ms. */
interface Held {
  /** The answer itself. */
  answer: number;
  loop: number;
  statement: number;
  ack: number;
}

const home = mkdtempSync(join(tmpdir(), "confab-bench-"));
const prepared = resolve(values.data ?? join(home, "prepared"));
if (!existsSync(prepared)) {
  await prepare(`${prepared}.unfinished`, AMOUNTS, say);
  renameSync(`${prepared}.unfinished`, prepared);
}
const data = join(home, "data");
cpSync(prepared, data, { recursive: true });
const probe = join(home, "probe.sock");
const server = await spawnServer(
  { DATA_DIR: data, LOG_DIR: "off", LOG_LEVEL: "warn", STALL_PROBE: probe },
  {
    program: [process.execPath, "--no-env-file", "--preload", join(import.meta.dir, "probe.ts"), "src/server/main.ts"],
  },
);
try {
  const measured = await measureAll();
  say(
    `\n| what is asked | longest stretch of the event loop | longest statement | another's ack |\n|---|---:|---:|---:|`,
  );
  for (const { name, held } of measured)
    say(`| ${name} | ${ms(held.loop)} | ${ms(held.statement)} | ${ms(held.ack)} |`);
} finally {
  server.kill("SIGKILL");
  await server.exited;
  rmSync(home, { recursive: true, force: true });
}

function ms(value: number) {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

async function measureAll() {
  const cookies = new Map<Seat, string>();
  for (const [seat, email] of seats) cookies.set(seat, await logIn(email));
  const call = (seat: Seat) => async (method: string, path: string, body?: unknown) => {
    const json =
      body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const headers = { ...json.headers, Cookie: cookies.get(seat) ?? "", Origin: server.url };
    const answer = await fetch(server.url + path, { ...json, method, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
  const found = JSON.parse(await call("ann")("GET", "/api/chat/conversations/?search=Largest&limit=1")).data[0];
  const others = JSON.parse(await call("ann")("GET", "/api/chat/conversations/?limit=2&search=Group")).data;
  let nextStranger = 5;
  const strangers = (count: number) => Array.from({ length: count }, () => 4 + (nextStranger++ % (AMOUNTS.users - 10)));
  const largest = { id: found.id, lastSeq: found.message_count };
  const asking = (seat: Seat): Asking => ({
    call: call(seat),
    socket: (path, send, until) => useSocket(path, cookies.get(seat) ?? "", send, until),
    largest,
    group: others[0].id,
    strangers,
  });
  const bob = await openSender(cookies.get("bob") ?? "", others[1].id);
  const measured: { name: string; held: Held }[] = [];
  for (const ask of asks.filter(({ name }) => name.includes(values.only))) {
    const tries: Held[] = [];
    for (let i = 0; i < (ask.once ? 1 : Number(values.tries)); i++)
      tries.push(await measure(ask, asking(ask.who), bob));
    const least = (of: keyof Held) => Math.min(...tries.map((held) => held[of]));
    const held = { answer: least("answer"), loop: least("loop"), statement: least("statement"), ack: least("ack") };
    measured.push({ name: ask.name, held });
    say(
      `${ask.name}: answer ${ms(held.answer)}, loop ${ms(held.loop)}, statement ${ms(held.statement)}, ack ${ms(held.ack)}`,
    );
  }
  bob.close();
  return measured;
}

async function measure(ask: Ask, asking: Asking, sender: Awaited<ReturnType<typeof openSender>>): Promise<Held> {
  await Bun.sleep(100);
  await Promise.all([longestOf(""), longestOf(".database")]);
  const stop = sender.start();
  const since = performance.now();
  await ask.run(asking).catch((error: unknown) => say(`${ask.name}: ${error}`));
  const answer = performance.now() - since;
  const ack = await stop();
  const [loop, statement] = await Promise.all([longestOf(""), longestOf(".database")]);
  return { answer, ack, loop, statement };
}

/** The longest stretch of a thread since this was asked before. */
async function longestOf(thread: "" | ".database"): Promise<number> {
  return Number(await (await fetch("http://probe/", { unix: probe + thread })).text());
}

async function logIn(email: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/users/login/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  if (!answer.ok) throw new Error(`login: ${answer.status} ${await answer.text()}`);
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

function openSocket(path: string, Cookie: string, onFrame: (frame: { type: string }) => void) {
  const socket = new WebSocket(server.url.replace("http", "ws") + path, { headers: { Cookie } });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.onmessage = ({ data: text }) => {
    const frame = JSON.parse(String(text));
    if (frame.type === "connection_established") resolve();
    onFrame(frame);
  };
  socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
  return { socket, greeted: promise };
}

async function useSocket(path: string, cookie: string, send: object[], until: (frame: { type: string }) => boolean) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { socket, greeted } = openSocket(path, cookie, (frame) => until(frame) && resolve());
  const timer = setTimeout(() => reject(new Error("the awaited frame did not come")), PATIENCE_MS);
  try {
    await greeted;
    for (const frame of send) socket.send(JSON.stringify(frame));
    await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** Somebody else who goes on sending. */
async function openSender(cookie: string, conversationId: string) {
  let sentAt = 0;
  let longest = 0;
  let acked: (() => void) | undefined;
  const { socket, greeted } = openSocket(`/ws/chat/${conversationId}/`, cookie, ({ type }) => {
    if (type !== "ack") return;
    longest = Math.max(longest, performance.now() - sentAt);
    acked?.();
  });
  await greeted;
  return {
    /** Sends one message after the other; what it returns stops that and tells how long the slowest ack took. */
    start() {
      longest = 0;
      let isOver = false;
      const sending = (async () => {
        while (!isOver) {
          const { promise, resolve } = Promise.withResolvers<void>();
          acked = resolve;
          sentAt = performance.now();
          socket.send(JSON.stringify({ type: "message", content: "Hello", client_id: crypto.randomUUID() }));
          await promise;
          await Bun.sleep(SEND_EVERY_MS);
        }
      })();
      return async () => {
        isOver = true;
        await sending;
        return longest;
      };
    },
    close: () => socket.close(),
  };
}
