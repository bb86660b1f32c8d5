import type { Ask, Cluster } from "./cluster.ts";
import type { Entry, Settings, TrueSettings } from "./history.ts";
import type { Person } from "./person.ts";
import { settingsOf } from "./settings.ts";
import { SHORT_MUTE_MS } from "./toggles.ts";

const LOOK_EVERY_MS = 100;
/** A change without an answer may still be carried out while the nodes are asked. */
const TRIES = 3;
/** People who ask a node at the same time. */
const AT_ONCE = 10;

type Tables = Pick<TrueSettings, "entries" | "updatedMs">;

/** Reads the settings of all people, once the devices that follow them have caught up, and each node's view of them. */
export async function readSettings(
  cluster: Cluster,
  people: readonly Person[],
  isLate: () => boolean,
): Promise<TrueSettings> {
  await Bun.sleep(SHORT_MUTE_MS);
  let tables = await cluster.ask(readTables);
  for (let tries = 1; ; tries++) {
    await untilCaughtUp(tables, people, isLate);
    const read: TrueSettings = { ...tables, readMs: Date.now(), views: [], copies: [] };
    const newest = (person: Person) => tables.entries.get(person.id)?.at(-1)?.version ?? 0;
    for (const node of cluster.nodes)
      for (let first = 0; first < people.length; first += AT_ONCE) {
        const some = people.slice(first, first + AT_ONCE);
        read.views.push(
          ...(await Promise.all(some.map((person) => person.views.settings(node, newest(person), isLate)))),
        );
      }
    for (const { followers } of people) read.copies.push(...followers.map(({ copy }) => copy));
    tables = await cluster.ask(readTables);
    if (tries === TRIES || Bun.deepEquals(tables.entries, read.entries)) return read;
  }
}

async function readTables(query: Ask): Promise<Tables> {
  const rows = await query("SELECT * FROM me_entries WHERE kind = 'conversation' ORDER BY me_version", []);
  const times = await query("SELECT id, extract(epoch FROM updated_at) * 1000 AS ms FROM conversations", []);
  const entries = new Map<number, Entry[]>();
  for (const row of rows) {
    const person = Number(row["user_id"]);
    const { value, key, me_version } = row;
    const settings: Settings = settingsOf(typeof value === "string" ? JSON.parse(value) : value);
    const entry = { conversation: String(key), version: Number(me_version), settings };
    entries.set(person, [...(entries.get(person) ?? []), entry]);
  }
  return { entries, updatedMs: new Map(times.map(({ id, ms }) => [String(id), Math.floor(Number(ms))])) };
}

/** The check of copies finds devices that do not catch up in time. */
async function untilCaughtUp({ entries }: Tables, people: readonly Person[], isLate: () => boolean) {
  const isBehind = () =>
    people.some(({ id, followers }) => {
      const newest = entries.get(id)?.at(-1)?.version ?? 0;
      return followers.some(({ copy: { version, isLoading } }) => isLoading || version < newest);
    });
  while (isBehind() && !isLate()) await Bun.sleep(LOOK_EVERY_MS);
}
