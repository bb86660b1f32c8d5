import pino from "pino";
import { searchFollower } from "../../../src/server/features/search/follower.ts";
import type { Search } from "../../../src/server/features/search/service.ts";
import { Followers } from "../../../src/server/followers/followers.ts";
import { FollowerStore } from "../../../src/server/followers/store.ts";
import type { Stores } from "../../../src/server/node/stores.ts";
import type { Database } from "../../../src/server/platform/postgres/database.ts";
import { parseQuery } from "../../../src/text/search-query.ts";
import { countCpu } from "../cpu.ts";
import type { Corpus, Filled } from "./corpus.ts";
import { at } from "./spread.ts";

const RATE = 500;
const SECONDS = 8;
const PAIRS = 4;
const SATURATED_SECONDS = 5;
const UNDER_WAY = 256;

interface Parts {
  database: Database;
  stores: Stores;
  search: Search;
  filled: Filled;
  corpus: Corpus;
  postgresPid: number;
  say(line: string): void;
}

/** Measures how late the index is at a rate of sends, and what the follower costs the sends. */
export async function measureSends(parts: Parts): Promise<void> {
  const { say } = parts;
  const bench = new Sending(parts);
  await bench.begin();
  const delays = await bench.delays();
  say(
    `at ${RATE} messages/s: ${delays.asked} searches for a message right after its send, ${delays.late} answered that the index is too late, ${delays.missed} were wrong`,
  );
  say(`at ${RATE} messages/s: in the index after ${delays.p50} ms p50, ${delays.p95} ms p95, ${delays.max} ms at most`);
  const [without, own]: [Round[], Round[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++)
    for (const isFollowed of pair % 2 === 0 ? [false, true] : [true, false])
      (isFollowed ? own : without).push(await bench.round(isFollowed));
  const median = (rounds: Round[], of: (round: Round) => number) => at(rounds.map(of), 0.5);
  for (const [name, of, digits] of [
    ["p50, ms", ({ p50 }: Round) => p50, 2],
    ["p99, ms", ({ p99 }: Round) => p99, 1],
    ["CPU of node and PostgreSQL, µs a message", ({ cpu }: Round) => cpu, 0],
  ] as const) {
    const [a, b] = [median(own, of), median(without, of)];
    const ratios = own.map((round, i) => (of(round) / of(without[i] ?? round)).toFixed(2)).join(", ");
    say(
      `sends with the follower, ${name}: ${a.toFixed(digits)}, without ${b.toFixed(digits)}, ${(a / b).toFixed(2)} × (${ratios})`,
    );
  }
  say(await bench.saturated());
  await bench.close();
}

interface Round {
  p50: number;
  p99: number;
  cpu: number;
}

class Sending {
  private readonly followers: Followers;
  private isFollowed = true;
  private sent = 0;

  constructor(private readonly parts: Parts) {
    const { database, stores } = parts;
    const logger = pino({ level: "silent" });
    this.followers = new Followers([searchFollower(10_000)], new FollowerStore(database), stores.log, logger);
  }

  /** Until it has swept, nothing is noted. */
  begin(): Promise<void> {
    return this.followers.sweep();
  }

  close(): Promise<void> {
    return this.followers.close();
  }

  async delays() {
    const times: number[] = [];
    let [asked, late, missed, isOver] = [0, 0, 0, false];
    const watch = (async () => {
      for (; !isOver; await Bun.sleep(100)) times.push(await this.lag());
    })();
    const find = (async () => {
      for (; !isOver; await Bun.sleep(200)) {
        const word = `unheard${asked++}`;
        const conversationId = await this.send(word);
        const { results, indexed } = await this.find(word);
        if (results.length > 0) continue;
        if (conversationId in indexed) late++;
        else missed++;
      }
    })();
    await this.sendAtRate();
    isOver = true;
    await Promise.all([watch, find]);
    await this.settle();
    const whole = (part: number) => Math.round(at(times, part));
    return { asked, late, missed, p50: whole(0.5), p95: whole(0.95), max: Math.round(Math.max(...times)) };
  }

  async round(isFollowed: boolean): Promise<Round> {
    this.isFollowed = isFollowed;
    const spent = countCpu({ server: [process.pid], postgres: this.parts.postgresPid });
    const took = await this.sendAtRate();
    const { server = 0, postgres = 0 } = spent() ?? {};
    this.isFollowed = true;
    await this.settle();
    return { p50: at(took, 0.5), p99: at(took, 0.99), cpu: ((server + postgres) * 1e6) / took.length };
  }

  async saturated(): Promise<string> {
    const until = performance.now() + SATURATED_SECONDS * 1_000;
    const before = this.sent;
    const senders = Array.from({ length: UNDER_WAY }, async () => {
      while (performance.now() < until) await this.send();
    });
    await Promise.all(senders);
    const rate = (this.sent - before) / SATURATED_SECONDS;
    const lag = await this.lag();
    const { indexed } = await this.find("ba");
    const since = performance.now();
    await this.settle();
    const caught = ((performance.now() - since) / 1_000).toFixed(1);
    return `at saturation, ${rate.toFixed(0)} messages/s: ${lag.toFixed(0)} ms late at the end, a search names ${
      Object.keys(indexed).length
    } conversations that it has not looked through, all is indexed ${caught} s later`;
  }

  private find(q: string) {
    const { search, filled } = this.parts;
    const asked = {
      query: parseQuery(`${q} `),
      conversationId: undefined,
      isOldest: false,
      after: undefined,
      limit: 20,
    };
    return search.find(filled.userId, asked);
  }

  private async send(text = this.parts.corpus.message()) {
    const { stores, filled } = this.parts;
    const conversationId = filled.own[this.sent++ % filled.own.length] ?? "";
    const { userId: senderId } = filled;
    await stores.log.append({ id: Bun.randomUUIDv7(), conversationId, senderId, content: text, clientId: undefined });
    if (this.isFollowed) this.followers.note(conversationId);
    return conversationId;
  }

  /** Sends on time, whatever the server does. */
  private async sendAtRate(): Promise<number[]> {
    const took: number[] = [];
    const started = performance.now();
    const sends: Promise<void>[] = [];
    for (let n = 0; n < RATE * SECONDS; n++) {
      const due = started + (n * 1_000) / RATE;
      const wait = due - performance.now();
      if (wait > 1) await Bun.sleep(wait);
      sends.push(this.send().then(() => void took.push(performance.now() - due)));
    }
    await Promise.all(sends);
    return took;
  }

  /** How long ago the oldest message was sent that the index does not have, in ms. */
  private async lag(): Promise<number> {
    const [row] = await this.parts.database.query<{ ms: number | null }>(LAG, []);
    return row?.ms ?? 0;
  }

  private async settle() {
    await this.followers.sweep();
    while ((await this.lag()) > 0) await Bun.sleep(50);
  }
}

const LAG = `SELECT (extract(epoch FROM clock_timestamp() - min(late.created_at)) * 1000)::double precision AS ms
  FROM conversations c JOIN follower_cursors f ON f.follower = 'search' AND f.conversation_id = c.id
  CROSS JOIN LATERAL (
    SELECT created_at FROM messages m WHERE m.conversation_id = c.id AND m.seq > c.last_seq - (c.last_version - f.version)
    ORDER BY m.seq LIMIT 1
  ) late WHERE f.version < c.last_version`;
