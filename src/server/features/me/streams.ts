import { encode } from "../../../protocol/frames.ts";
import type { Logger } from "../../base/logger.ts";
import { frameOf } from "./kinds.ts";
import type { Entry, MeStore } from "./store.ts";

/** The most entries that one statement reads. */
const ENTRIES_AT_ONCE = 200;
/** The most users whose heads one statement reads. */
const USERS_AT_ONCE = 1_000;
/** How soon a read that has failed is tried again. */
const RETRY_MS = 1_000;

/** A socket on `/ws/`, as far as the streams use it. */
interface StreamSocket {
  readonly actor: { readonly userId: number };
  readonly accepts: ReadonlySet<string>;
  send(frame: string): void;
  /** Resolves when the reader has caught up, or is gone. */
  writable(): Promise<void>;
}

/** Where a client goes on: the version that it has, and the epoch in which it has it, if it says so. */
interface Resume {
  after: number;
  epoch: string | undefined;
}

/** How far a socket has come. */
interface Reader {
  /** The socket's user has nothing up to here that it lacks. `undefined`: the socket is not greeted yet. */
  cursor: number | undefined;
  /** The version of its last frame. The next frame stands for everything since. */
  told: number;
  /** The stream has moved since before the socket was greeted. */
  isBehind: boolean;
}

/**
 * The streams of the users whose `/ws/` sockets are on this node. The events of the bus carry no entries: they only say
 * that a stream has moved, and the node reads what is new. So an event that is lost, doubled or late does no harm, and
 * every socket gets each entry once and in order.
 */
export class MeStreams {
  private readonly users = new Map<number, Map<StreamSocket, Reader>>();
  /** The users whose entries are being read, and whether they have moved since the last statement began. */
  private readonly reading = new Map<number, { again: boolean }>();
  /** Goes up when the database may have gone back. Reads that began before are then dropped. */
  private generation = 0;

  constructor(
    private readonly store: Pick<MeStore, "heads" | "entriesAfter">,
    private readonly logger: Logger,
  ) {}

  // Sockets

  /** Notes that the user's stream moves from now on. MUST be called before `head`. */
  begin(socket: StreamSocket): void {
    const { userId } = socket.actor;
    const readers = this.users.get(userId);
    const reader: Reader = { cursor: undefined, told: 0, isBehind: false };
    if (readers) readers.set(socket, reader);
    else this.users.set(userId, new Map([[socket, reader]]));
  }

  async head(userId: number): Promise<number> {
    return (await this.store.heads([userId])).get(userId) ?? 0;
  }

  /**
   * The socket was greeted with this head. It gets the entries after its cursor, or a `me_reset`, and then those that
   * come.
   * @param epoch the epoch in which `head` was read
   */
  start(socket: StreamSocket, head: number, resume: Resume | undefined, epoch: string): void {
    const { userId } = socket.actor;
    const reader = this.users.get(userId)?.get(socket);
    if (!reader) return;
    reader.cursor = head;
    reader.told = head;
    if (resume && (resume.after > head || (resume.epoch !== undefined && resume.epoch !== epoch))) reset(socket, head);
    else if (resume) {
      reader.cursor = resume.after;
      reader.told = resume.after;
    }
    if (reader.cursor < head || reader.isBehind) this.moved(userId);
  }

  /** MUST be called for every socket that began, when it has closed. For other sockets it does nothing. */
  end(socket: StreamSocket): void {
    const { userId } = socket.actor;
    const readers = this.users.get(userId);
    readers?.delete(socket);
    if (readers?.size === 0) this.users.delete(userId);
  }

  // Events

  /** The user's stream may have moved. Reads and sends what is new. */
  moved(userId: number): void {
    const readers = this.users.get(userId);
    if (!readers) return;
    for (const reader of readers.values()) reader.isBehind = reader.cursor === undefined;
    const turn = this.reading.get(userId);
    if (turn) turn.again = true;
    else void this.readUser(userId);
  }

  /** Reads the streams of all users: events may have been lost. */
  async heal(): Promise<void> {
    for (const [userId, head] of await this.headsOfAll()) {
      const readers = this.users.get(userId)?.values() ?? [];
      if ([...readers].some(({ cursor }) => cursor !== undefined && cursor !== head)) this.moved(userId);
    }
  }

  /** The database may have gone back: every socket begins again. Never rejects. */
  async restart(): Promise<void> {
    const generation = ++this.generation;
    while (generation === this.generation) {
      try {
        const heads = await this.headsOfAll();
        if (generation !== this.generation) return;
        // Reads that are under way know the cursors of before.
        this.generation++;
        for (const [userId, head] of heads)
          for (const [socket, reader] of this.users.get(userId) ?? [])
            if (reader.cursor !== undefined) this.resetReader(socket, reader, head);
        return;
      } catch (error) {
        this.logger.warn({ err: error }, "can't read the users' own streams in the new epoch yet");
        await Bun.sleep(RETRY_MS);
      }
    }
  }

  private async headsOfAll(): Promise<[number, number][]> {
    const users = [...this.users.keys()];
    const heads: [number, number][] = [];
    for (let i = 0; i < users.length; i += USERS_AT_ONCE)
      heads.push(...(await this.store.heads(users.slice(i, i + USERS_AT_ONCE))));
    return heads;
  }

  /** Only one read of a user goes on at a time, so that its frames keep their order. Never rejects. */
  private async readUser(userId: number) {
    const turn = { again: true };
    this.reading.set(userId, turn);
    while (turn.again && this.users.has(userId)) {
      turn.again = false;
      try {
        turn.again = (await this.readPage(userId)) || turn.again;
      } catch (error) {
        this.logger.warn({ err: error, user_id: userId }, "can't read a user's own stream, it will be tried again");
        turn.again = true;
        await Bun.sleep(RETRY_MS);
      }
    }
    this.reading.delete(userId);
  }

  /** Sends a page of entries to the sockets that lack them. Returns whether there may be more. */
  private async readPage(userId: number): Promise<boolean> {
    const greeted = [...(this.users.get(userId) ?? [])].flatMap(([socket, reader]) =>
      reader.cursor === undefined ? [] : { socket, reader, cursor: reader.cursor },
    );
    if (greeted.length === 0) return false;
    const after = Math.min(...greeted.map(({ cursor }) => cursor));
    const { generation } = this;
    const { head, floor, entries } = await this.store.entriesAfter(userId, after, ENTRIES_AT_ONCE);
    if (generation !== this.generation) return true;
    const isLast = entries.length < ENTRIES_AT_ONCE;
    for (const { socket, reader, cursor } of greeted) {
      // The socket has more than the database, which has gone back, or lacks entries that are gone and forgotten.
      if (cursor > head || cursor < floor) this.resetReader(socket, reader, head);
      else this.send(socket, reader, cursor, entries);
      // The newest versions may belong to entries that have ended since.
      if (isLast) reader.cursor = head;
    }
    if (isLast) return false;
    for (const { socket } of greeted) await socket.writable();
    return true;
  }

  private send(socket: StreamSocket, reader: Reader, cursor: number, entries: Entry[]) {
    for (const entry of entries) {
      if (entry.meVersion <= cursor) continue;
      reader.cursor = entry.meVersion;
      // The next frame stands for the entries that a socket does not get.
      const isForIt = !entry.isThread || socket.accepts.has("threads");
      const frame = isForIt ? frameOf(entry, reader.told + 1) : undefined;
      if (!frame) continue;
      reader.told = entry.meVersion;
      socket.send(encode(frame));
    }
  }

  private resetReader(socket: StreamSocket, reader: Reader, head: number) {
    reader.cursor = head;
    reader.told = head;
    reset(socket, head);
  }
}

const reset = (socket: StreamSocket, me_version: number) => socket.send(encode({ type: "me_reset", me_version }));
