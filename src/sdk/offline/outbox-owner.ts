import { randomId } from "../base/random-id.ts";
import type { Core } from "../parts/core.ts";
import type { OutboxOwner } from "../parts/offline.ts";
import type { Store } from "../parts/store.ts";
import type { ActionEntry, OutboxEntry, WaitingEntry } from "../parts/stored.ts";

/** A lease that ends later than this many lease times from now is from before the clock was set back. */
const LEASES_AHEAD_MAX = 10;

/**
 * Gives the outbox of this client a folder of its own in the storage, and adopts the folders of dead clients.
 *
 * A folder is locked by `claim`, or by a lease in the storage that its owner renews. Should two clients adopt the same
 * folder, or its owner wake up again, no harm is done: they send the same texts in the same order with the same ids, and
 * the server stores each once.
 * @param leaseMs how long a lease lasts
 */
export function createOutboxOwner(core: Core, store: Store, leaseMs: number): OutboxOwner {
  const { conversations, reportError } = core;
  let owner: string | undefined;
  let userId = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  let release: (() => void) | undefined;
  /** Keys of unreadable entries, so that each is reported once. */
  const unreadable = new Set<string>();

  const folderOf = (name: string) => `outbox/${userId}/${name}/`;
  const leaseOf = (name: string) => `lease/${name}`;

  async function renewLease() {
    if (owner === undefined) return;
    core.session.checkSignedOutElsewhere();
    if (!release) await store.set(leaseOf(owner), Date.now() + leaseMs);
    const outboxes = await store.keys(`outbox/${userId}/`);
    // A dead client that had nothing unsent has left only its lease. Adopting it deletes that.
    const leases = await store.keys(leaseOf(""));
    const names = [...outboxes.map((key) => key.split("/")[2]), ...leases.map((key) => key.split("/")[1])];
    for (const name of new Set(names)) await adopt(name ?? "");
  }

  async function adopt(name: string) {
    const self = owner;
    if (name === self) return;
    const claimed = await store.claim(`owner ${name}`);
    if (claimed === undefined) return;
    // A storage without locks: the lease says whether the owner lives.
    const left = ((await store.get<number>(leaseOf(name))) ?? 0) - Date.now();
    if (claimed === null && left > 0 && left < LEASES_AHEAD_MAX * leaseMs) return;
    const keys = await store.keys(folderOf(name));
    const entries: OutboxEntry[] = [];
    const actions: ActionEntry[] = [];
    let hasVanished = false;
    for (const key of keys) {
      const stored = await store.get<OutboxEntry | ActionEntry | WaitingEntry>(key);
      const entry = stored && "waiting" in stored ? stored.waiting : stored;
      if (entry === undefined) hasVanished = true;
      else if (entry && "place" in entry) actions.push(entry);
      else if (entry?.conversation_id && entry.order) entries.push(entry);
      else if (!unreadable.has(key)) {
        unreadable.add(key);
        reportError(new Error(`An unsent text can't be read and stays where it is: ${key}`));
      }
    }
    // This client may have stopped meanwhile: then it adopts nothing, so it must delete nothing. If entries have vanished,
    // another client is adopting the folder, and sending the rest would break the order.
    if (!hasVanished && self === owner && self !== undefined) {
      entries.sort((a, b) => a.order - b.order);
      const adopted = [...(await adoptEntries(entries)), ...(await adoptActions(actions))];
      // The last ones first: another client that looks now still finds the first ones, in order.
      for (const { id } of adopted.reverse()) void store.delete(folderOf(name) + id);
      await store.delete(leaseOf(name));
    }
    claimed?.();
  }

  /** Returns the entries that were adopted. Those with files stay where they are when the module for files can't be loaded. */
  async function adoptEntries(entries: OutboxEntry[]): Promise<OutboxEntry[]> {
    const withFiles = entries.filter(({ uploads }) => uploads);
    const files = withFiles.length > 0 ? await import("../uploads/uploads.ts").catch(reportError) : undefined;
    const adopted = entries.filter(({ uploads }) => !uploads || files);
    for (const entry of adopted) {
      const conversation = conversations.get(entry.conversation_id);
      if (entry.uploads) files?.uploadsIn(conversation);
      conversation.outbox.adopt(entry);
    }
    return adopted;
  }

  /** Returns the actions that were adopted: none when their module can't be loaded now. They stay where they are then. */
  async function adoptActions(entries: ActionEntry[]): Promise<ActionEntry[]> {
    if (entries.length === 0) return entries;
    try {
      const { actionsOf } = await import("../actions/queue.ts");
      for (const entry of entries) actionsOf(conversations.get(entry.conversation_id)).adopt(entry);
      return entries;
    } catch (error) {
      reportError(error);
      return [];
    }
  }

  return {
    async start(forUserId) {
      userId = forUserId;
      // A new name each time: this client adopts what it left earlier like any other's.
      owner = randomId();
      release = (await store.claim(`owner ${owner}`)) ?? undefined;
      await renewLease();
      timer = setInterval(renewLease, leaseMs / 3);
    },
    async stop() {
      clearInterval(timer);
      if (owner === undefined) return;
      const lease = leaseOf(owner);
      owner = undefined;
      await store.delete(lease);
      release?.();
      release = undefined;
    },
    saveEntry(entry) {
      // Clients of earlier releases send an entry that has an `order`, and know nothing of files.
      const waits = "uploads" in entry && entry.uploads && !entry.options?.files;
      if (owner !== undefined) void store.set(folderOf(owner) + entry.id, waits ? { waiting: entry } : entry);
    },
    deleteEntry({ id }) {
      if (owner !== undefined) void store.delete(folderOf(owner) + id);
    },
  };
}
