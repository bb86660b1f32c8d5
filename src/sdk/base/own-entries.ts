import type { ConfabClient } from "../public/client.ts";
import type { OwnEntries } from "../public/own-entries.ts";
import type { PersonalValues } from "../public/personal-changes.ts";
import { later } from "./platform.ts";

/** How soon entries that could not be loaded are asked for again, in ms. */
const RETRY_MS = 5_000;
/** How long a change that the server has taken shows before its frame comes, in ms. */
const FRAME_WITHIN_MS = 3_000;
const PAGE = 500;

interface Known<Value> {
  /** `null`: it is gone. */
  value: Value | null;
  version: number;
}

/** The entries, as the module of a feature changes them. */
export interface LiveEntries<Value> extends OwnEntries<Value> {
  /** Shows a change until the server has taken or refused it. */
  show(key: string, value: Value | null, done: Promise<unknown>): void;
  /** Applies the state of an answer. A newer one that is known stays. */
  apply(key: string, value: Value | null, version: number): void;
}

/** Follows the user's own entries of one kind, from the first call on. Each module calls it once for each kind. */
export function ownEntriesOf<Kind extends keyof PersonalValues>(kind: Kind) {
  const opened = new WeakMap<ConfabClient, LiveEntries<PersonalValues[Kind]>>();
  return (client: ConfabClient) => {
    const there = opened.get(client) ?? follow(client, kind);
    opened.set(client, there);
    return there;
  };
}

function follow<Kind extends keyof PersonalValues>(
  client: ConfabClient,
  kind: Kind,
): LiveEntries<PersonalValues[Kind]> {
  type Value = PersonalValues[Kind];
  const known = new Map<string, Known<Value>>();
  let waiting: { key: string; value: Value | null }[] = [];
  const listeners = new Set<(key: string | undefined) => void>();
  let all: Map<string, Value> | undefined;
  let isLoaded = false;
  let loads = 0;

  function changed(key?: string) {
    all = undefined;
    for (const listener of [...listeners]) listener(key);
  }

  function apply(key: string, value: Value | null, version: number) {
    if (version < (known.get(key)?.version ?? -1)) return;
    known.set(key, { value, version });
    changed(key);
  }

  /** Loads everything. Entries that the server does not have any more go. */
  async function load() {
    const mine = ++loads;
    const met = new Set<string>();
    let head: number | undefined;
    try {
      for (let after: string | null = ""; after !== null; ) {
        const answer = await client.call("GET", `chat/me/${kind}/?limit=${PAGE}&after=${encodeURIComponent(after)}`);
        if (mine !== loads) return;
        const { me_version, next } = answer.meta as { me_version: number; next: string | null };
        head ??= me_version;
        for (const entry of answer.data as { key: string; value: Value; me_version: number }[]) {
          met.add(entry.key);
          apply(entry.key, entry.value, entry.me_version);
        }
        after = next;
      }
    } catch {
      if (mine === loads) later(() => mine === loads && client.state === "online" && load(), RETRY_MS);
      return;
    }
    for (const [key, { version }] of known) if (!met.has(key) && version <= (head ?? 0)) known.delete(key);
    isLoaded = true;
    changed();
  }

  function restart() {
    loads++;
    isLoaded = false;
    if (client.state === "online") void load();
  }

  // A map of another history has higher versions: nothing of it may stay.
  client.on("me_reset", () => {
    known.clear();
    restart();
  });
  let userId = client.me?.id;
  client.on("me", (me) => {
    if (me?.id === userId) return;
    userId = me?.id;
    known.clear();
    waiting = [];
    restart();
    changed();
  });
  client.on("state", () => !isLoaded && restart());
  // All kinds have this form. The compiler can't see that for a kind that is not known yet.
  client.on(kind as "saved", ({ key, value, me_version }) => apply(key, value as Value | null, me_version));
  restart();

  return {
    get isLoaded() {
      return isLoaded;
    },
    get all() {
      if (all) return all;
      all = new Map();
      for (const [key, { value }] of known) if (value) all.set(key, value);
      for (const { key, value } of waiting) {
        if (value) all.set(key, value);
        else all.delete(key);
      }
      return all;
    },
    versionOf: (key) => known.get(key)?.version ?? 0,
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    apply,
    show(key, value, done) {
      const one = { key, value };
      const before = known.get(key)?.version ?? 0;
      waiting = [...waiting, one];
      changed(key);
      const end = () => {
        if (!waiting.includes(one)) return;
        waiting = waiting.filter((other) => other !== one);
        changed(key);
      };
      done.then(() => {
        // The frame mostly comes before the answer. Between the two, the old state must not show.
        if ((known.get(key)?.version ?? 0) > before) return end();
        const stop = client.on(kind as "saved", (change) => {
          if (change.key !== key) return;
          stop();
          end();
        });
        later(() => {
          stop();
          end();
        }, FRAME_WITHIN_MS);
      }, end);
    },
  };
}
