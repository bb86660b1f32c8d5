import type { Logger } from "../base/logger.ts";
import type { HistoryStore, Witness } from "./history-store.ts";

/** How often a node checks that the database still has the history that the node knows. */
const CHECK_EVERY_MS = 1_000;
/** How often it tries that while the database does not answer. */
const RETRY_EVERY_MS = 250;
const WITNESSES = 16;

/**
 * The history of the database, as this node knows it. A restored backup, a promoted replica or a lost tail takes
 * committed changes back, and their versions are used again. Tags show exactly which versions differ. A new epoch shows
 * all nodes and clients that some versions may differ.
 */
export class History {
  /** Everything that this node remembers belongs to this epoch. */
  epoch = "";
  private readonly witnesses: Witness[] = [];
  private next = 0;
  /** A room, or another reader, saw that the log contradicts delivered changes. */
  private isContradicted = false;
  private handler: (epoch: string) => void = () => {};
  /** The number of checks that have begun, and that number when the epoch changed. */
  private looks = 0;
  private changedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isWatching = false;

  constructor(
    private readonly store: HistoryStore,
    private readonly logger: Logger,
  ) {}

  /** Sets the handler of a changed epoch. Everything that the node remembers may be of another history then. */
  onChange(handler: (epoch: string) => void): void {
    this.handler = handler;
  }

  /** Checks the database for the first time. MUST be called before the node serves. */
  async open(): Promise<void> {
    await this.check();
  }

  /** Checks every second from now on. An embedded database needs no checks: it can't go back while its process lives. */
  watch(): void {
    this.isWatching = true;
    this.timer = setTimeout(() => void this.tick(), CHECK_EVERY_MS);
  }

  close(): void {
    this.isWatching = false;
    clearTimeout(this.timer);
  }

  /**
   * Remembers a change that was acked or delivered. Only the newest changes are remembered, because a database would
   * lose them first.
   */
  note({ conversationId, version, tag }: Witness): void {
    this.witnesses[this.next] = { conversationId, version, tag };
    this.next = (this.next + 1) % WITNESSES;
  }

  /** Remembers the head of a conversation, as long as there are few newer changes to remember. */
  noteHead(conversationId: string, version: number, tag: string | null): void {
    if (tag !== null && this.witnesses.length < WITNESSES) this.note({ conversationId, version, tag });
  }

  /** Call it with an epoch that was read along with other data. If the node knows another epoch, it checks at once. */
  observe(epoch: string): void {
    if (epoch !== this.epoch) void this.tick();
  }

  /** Call it when the log has another history than this epoch. */
  contradict(): void {
    this.isContradicted = true;
    void this.tick();
  }

  /**
   * Checks now. Two checks can be under way. One that began before the epoch changed does not count.
   * @param store another way to the same database
   */
  async check(store = this.store): Promise<void> {
    const look = ++this.looks;
    const found = await store.look(this.witnesses);
    if (look <= this.changedAt) return;
    if (this.epoch === "" && !found.isContradicted) this.epoch = found.epoch;
    if (this.epoch !== "" && found.epoch !== this.epoch) return this.change(found.epoch);
    if (!found.isContradicted && !this.isContradicted) return;
    const epoch = await store.renew(found.epoch);
    if (look > this.changedAt) this.change(epoch);
  }

  private change(epoch: string) {
    const isFirst = this.epoch === "";
    this.changedAt = this.looks;
    this.epoch = epoch;
    this.witnesses.length = 0;
    this.next = 0;
    this.isContradicted = false;
    this.logger.warn({ epoch }, "the database may have gone back in time: a new epoch begins");
    if (!isFirst) this.handler(epoch);
  }

  private async tick() {
    clearTimeout(this.timer);
    let pause = CHECK_EVERY_MS;
    try {
      await this.check();
    } catch (error) {
      this.logger.debug({ err: error }, "can't ask which history the database has");
      pause = RETRY_EVERY_MS;
    }
    clearTimeout(this.timer);
    if (this.isWatching) this.timer = setTimeout(() => void this.tick(), pause);
  }
}
