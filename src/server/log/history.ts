import type { Logger } from "../base/logger.ts";

/** How often the database is asked whether it is still the one that this node knows. */
const CHECK_EVERY_MS = 1_000;
/** The same while it can't be asked. */
const RETRY_EVERY_MS = 250;
const WITNESSES = 16;

/** A change that this node has acked or delivered: the database must still have it. */
export interface Witness {
  conversationId: string;
  version: number;
  tag: string;
}

/** Stores of the epoch. Driver: stores/postgres/history.ts. */
export interface HistoryStore {
  /**
   * The epoch as it is now, and whether the database is no longer where it was when that began, or lacks one of the
   * witnesses. A conversation that retention or an admin has emptied contradicts nothing.
   * @throws Failure `unavailable` when it is away, or a replica that is not promoted
   */
  look(witnesses: readonly Witness[]): Promise<{ epoch: string; isContradicted: boolean }>;
  /** Begins a new epoch, unless another node has done so already. Returns the one that holds. */
  renew(epoch: string): Promise<string>;
}

/**
 * Which history the database has, as this node knows it. A restored backup, a promoted replica or a lost tail takes
 * committed changes back, and their versions are given again. The tags beside versions say exactly what differs; the
 * epoch says to all nodes and clients that something may.
 */
export class History {
  /** The epoch that everything this node remembers belongs to. */
  epoch = "";
  private readonly witnesses: Witness[] = [];
  private next = 0;
  /** A room or another reader has seen the log contradict what was delivered. */
  private isContradicted = false;
  private handler: (epoch: string) => void = () => {};
  /** Counts the looks at the database, and which was under way when the epoch changed. */
  private looks = 0;
  private changedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isWatching = false;

  constructor(
    private readonly store: HistoryStore,
    private readonly logger: Logger,
  ) {}

  /** Sets what is done when the epoch has changed: everything remembered may be of another history. */
  onChange(handler: (epoch: string) => void): void {
    this.handler = handler;
  }

  /** Compares the database with what it says of itself; MUST be called before the node serves. */
  async open(): Promise<void> {
    await this.check();
  }

  /** Checks every second from now on. An embedded database can't go back while its process lives. */
  watch(): void {
    this.isWatching = true;
    this.timer = setTimeout(() => void this.tick(), CHECK_EVERY_MS);
  }

  close(): void {
    this.isWatching = false;
    clearTimeout(this.timer);
  }

  /** Keeps a change that was acked or delivered; the newest are the first to be lost. */
  note({ conversationId, version, tag }: Witness): void {
    this.witnesses[this.next] = { conversationId, version, tag };
    this.next = (this.next + 1) % WITNESSES;
  }

  /** Keeps where a conversation stood, as long as there is nothing newer to keep. */
  noteHead(conversationId: string, version: number, tag: string | null): void {
    if (tag !== null && this.witnesses.length < WITNESSES) this.note({ conversationId, version, tag });
  }

  /** An epoch was read with something else: when it is another one, the database is asked at once. */
  observe(epoch: string): void {
    if (epoch !== this.epoch) void this.tick();
  }

  /** The log was seen to have another history than the one of this epoch. */
  contradict(): void {
    this.isContradicted = true;
    void this.tick();
  }

  /**
   * Asks the database now. Two looks may be under way: one that began before a change of the epoch counts no more.
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
