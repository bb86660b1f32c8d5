import { randomId } from "../base/random-id.ts";
import type { Core } from "../parts.ts";
import type { Store } from "./store.ts";
import type { Entry } from "./stored.ts";

/** Of the time for which leases are given. */
const TOO_LONG = 10;

export type Lease = ReturnType<typeof createLease>;

/**
 * Whose unsent texts are whose. Several tabs or processes share a storage, each with a folder of its own there; what one
 * that died has left is taken over by another. Should two take it over, or its owner wake up again, no harm is done: they
 * send the same texts in the same order with the same ids, and the server has each once.
 */
export function createLease(core: Core, store: Store, ms: number) {
  const { conversations, onError } = core;
  let owner: string | undefined;
  let userId = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  let release: (() => void) | undefined;
  /** What can't be read is said once. */
  const unreadable = new Set<string>();

  const folderOf = (name: string) => `outbox/${userId}/${name}/`;
  const leaseOf = (name: string) => `lease/${name}`;

  async function renew() {
    if (owner === undefined) return;
    core.session.look();
    if (!release) await store.set(leaseOf(owner), Date.now() + ms);
    const outboxes = await store.keys(`outbox/${userId}/`);
    // Who has left nothing unsent has left this: nobody else takes it away.
    const leases = await store.keys(leaseOf(""));
    const names = [...outboxes.map((key) => key.split("/")[2]), ...leases.map((key) => key.split("/")[1])];
    for (const name of new Set(names)) await adopt(name ?? "");
  }

  async function adopt(name: string) {
    const self = owner;
    if (name === self) return;
    const claimed = await store.claim(`owner ${name}`);
    if (claimed === undefined) return;
    // Without such means by the clock. What is good for far too long is from before the clock was set back.
    const left = ((await store.get<number>(leaseOf(name))) ?? 0) - Date.now();
    if (claimed === null && left > 0 && left < TOO_LONG * ms) return;
    const keys = await store.keys(folderOf(name));
    const entries: Entry[] = [];
    let vanished = false;
    for (const key of keys) {
      const entry = await store.get<Entry>(key);
      if (entry === undefined) vanished = true;
      else if (entry?.conversation_id && entry.order) entries.push(entry);
      else if (!unreadable.has(key)) {
        unreadable.add(key);
        onError(new Error(`An unsent text can't be read and stays where it is: ${key}`));
      }
    }
    // It may have ended meanwhile: who takes nothing over must not remove anything. And when some have vanished, another
    // one is taking them over: without those that come before it, none may be sent.
    if (!vanished && self === owner && self !== undefined) {
      entries.sort((a, b) => a.order - b.order);
      for (const entry of entries) conversations.get(entry.conversation_id).outbox.adopt(entry);
      // The last ones first: what others still see is then a beginning.
      for (const { id } of entries.reverse()) void store.delete(folderOf(name) + id);
      await store.delete(leaseOf(name));
    }
    claimed?.();
  }

  return {
    /** Gives the outboxes a folder, and what was left for them. */
    async begin(forUserId: number): Promise<void> {
      userId = forUserId;
      // A new one each time: what this very client has left earlier is taken over like any other's.
      owner = randomId();
      release = (await store.claim(`owner ${owner}`)) ?? undefined;
      await renew();
      timer = setInterval(renew, ms / 3);
    },
    /** Others may take over what is left. */
    async end(): Promise<void> {
      clearInterval(timer);
      if (owner === undefined) return;
      const lease = leaseOf(owner);
      owner = undefined;
      await store.delete(lease);
      release?.();
      release = undefined;
    },
    keep(entry: Entry) {
      if (owner !== undefined) void store.set(folderOf(owner) + entry.id, entry);
    },
    unkeep({ id }: Entry) {
      if (owner !== undefined) void store.delete(folderOf(owner) + id);
    },
  };
}
