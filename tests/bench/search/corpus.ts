import type { Sql } from "postgres";

/** Numbers that look random, and are the same in each run. */
export class Numbers {
  constructor(private state = 42) {}

  below(limit: number): number {
    this.state = (this.state * 48_271) % 2_147_483_647;
    return this.state % limit;
  }
}

const SYLLABLES = "ba de fi go lu ma ne pi ro su ta ve wi xo ya ze cha sto pre ing lor den".split(" ");
const HAN = "東京都大阪市日本語会議資料確認送信明日今週来月予定変更連絡開発環境設定問題解決報告書作成";

/** A text of common and rare words, as people write them: a few words make most of it. */
export class Corpus {
  private readonly words: string[] = [];
  private readonly numbers = new Numbers();

  constructor(vocabulary = 60_000) {
    for (let i = 0; i < vocabulary; i++) {
      let word = "";
      for (let n = i; word === "" || n > 0; n = Math.floor(n / SYLLABLES.length))
        word += SYLLABLES[n % SYLLABLES.length];
      this.words.push(`${word}${i % 7 === 0 ? "s" : ""}`);
    }
  }

  /** The word at a rank; 0 is the commonest. */
  word(rank: number): string {
    return this.words[rank] ?? "";
  }

  /** A rank by Zipf's law, roughly: each rank is about as common as its inverse. */
  private rank(): number {
    const place = this.numbers.below(1_000_000) / 1_000_000;
    return Math.min(this.words.length - 1, Math.floor(this.words.length ** place) - 1);
  }

  message(): string {
    const { numbers } = this;
    if (numbers.below(20) === 0) {
      const from = numbers.below(HAN.length - 8);
      return `${HAN.slice(from, from + 4 + numbers.below(4))}${HAN.slice(numbers.below(20), 20 + numbers.below(10))}`;
    }
    const length = 4 + numbers.below(16);
    const words = Array.from({ length }, () => this.word(this.rank()));
    if (numbers.below(30) === 0) words.push(`TICKET-${numbers.below(90_000)}`);
    return words.join(" ");
  }
}

export interface Filled {
  userId: number;
  /** The conversations of the user. One of them has few messages. */
  own: string[];
  rare: string;
  others: string[];
  /** How many messages each conversation has. */
  lengths: Map<string, number>;
}

/** This word is in every tenth message of others, and in none of the user's. */
export const ELSEWHERE = "elsewhere";
const RARE_LENGTH = 40;

/** Fills a database with messages of a year. Some conversations have many more than others. */
export async function fill(sql: Sql, messages: number, own: number, others: number, corpus: Corpus): Promise<Filled> {
  const people = await sql<{ id: number }[]>`
    INSERT INTO users (email, first_name, last_name, password_hash)
    SELECT 'bench' || n || '@example.com', 'Person', 'No ' || n, 'none' FROM generate_series(1, 50) n RETURNING id`;
  const ids = people.map(({ id }) => id);
  const [userId = 0] = ids;
  const places = Array.from({ length: own + others }, (_, i) => ({
    id: Bun.randomUUIDv7(),
    isOwn: i % (own + others) < own,
    seq: 0,
  }));
  const mixed = places.toSorted((a, b) => (a.id.slice(-12) < b.id.slice(-12) ? -1 : 1));
  const rare = mixed.find(({ isOwn }) => isOwn);
  if (!rare) throw new Error("the user has no conversation");
  const rest = mixed.filter((place) => place !== rare);
  const step = (365 * 86_400_000) / messages;
  const start = Date.now() - 365 * 86_400_000;
  const numbers = new Numbers(7);
  const draw = () => rest[Math.floor(rest.length * (numbers.below(1_000_000) / 1_000_000) ** 2)] ?? rare;
  const rareEvery = Math.floor(messages / RARE_LENGTH);
  await sql`INSERT INTO conversations (id, is_group, owner_id, participant_count)
    SELECT id, true, ${ids[10] ?? 0}, 10 FROM unnest(${places.map(({ id }) => id)}::uuid[]) id`;
  for (const isOwn of [true, false])
    await sql`INSERT INTO participants (conversation_id, user_id)
      SELECT c, u FROM unnest(${places.filter((place) => place.isOwn === isOwn).map(({ id }) => id)}::uuid[]) c
      CROSS JOIN unnest(${isOwn ? ids.slice(0, 10) : ids.slice(10, 20)}::integer[]) u`;
  const BATCH = 20_000;
  for (let n = 0; n < messages; ) {
    const rows: [string, number, string, number, string, string, number][] = [];
    for (; n < messages && rows.length < BATCH; n++) {
      const place = n % rareEvery === rareEvery - 1 ? rare : draw();
      const sender = ids[numbers.below(10) + (place.isOwn ? 0 : 10)] ?? userId;
      const said = corpus.message();
      const text = !place.isOwn && n % 10 === 0 ? `${said} ${ELSEWHERE}` : said;
      place.seq++;
      rows.push([
        place.id,
        place.seq,
        Bun.randomUUIDv7(),
        sender,
        crypto.randomUUID(),
        text,
        start + Math.floor(step * n),
      ]);
    }
    await sql`INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at)
      SELECT c, seq, seq, id, sender, 'Person No ' || sender, 'bench' || sender || '@example.com', client, content, to_timestamp(ms / 1000)
      FROM unnest(${rows.map((r) => r[0])}::uuid[], ${rows.map((r) => r[1])}::bigint[], ${rows.map((r) => r[2])}::uuid[],
        ${rows.map((r) => r[3])}::integer[], ${rows.map((r) => r[4])}::text[], ${rows.map((r) => r[5])}::text[],
        ${rows.map((r) => r[6])}::double precision[]) AS m (c, seq, id, sender, client, content, ms)`;
  }
  await sql`UPDATE conversations c SET last_seq = l.seq, last_version = l.seq
    FROM unnest(${places.map(({ id }) => id)}::uuid[], ${places.map(({ seq }) => seq)}::bigint[]) l (id, seq) WHERE l.id = c.id`;
  const idsOf = (isOwn: boolean) => places.filter((place) => place.isOwn === isOwn).map(({ id }) => id);
  return {
    userId,
    own: idsOf(true),
    rare: rare.id,
    others: idsOf(false),
    lengths: new Map(places.map(({ id, seq }) => [id, seq])),
  };
}
