import type { History, Stream, Truth } from "./history.ts";

/**
 * The history that an id belongs to. `both`: the log had it when it went back, or it never went back. `unknown`: the record
 * alone can't tell, because an answer may come after the database went back.
 */
export type Side = "both" | "dead" | "new" | "unknown";

/** The dead history of a run and the new one, as far as the record tells them apart; with the truth, all of it. */
export class Sides {
  private readonly kept = new Set<string>();
  private readonly dead = new Set<string>();
  private readonly final: Set<string> | undefined;
  private readonly deadContents = new Set<string>();

  constructor(
    private readonly history: History,
    truth?: Truth,
  ) {
    const { wentBack } = history;
    if (truth) this.final = new Set(idsOf(truth.conversations.values()));
    if (!wentBack) return;
    for (const id of idsOf(wentBack.kept.values())) this.kept.add(id);
    const { bornAt } = wentBack;
    const see = (id: string, at: number) => {
      const isDead = this.final ? !this.final.has(id) : at < bornAt && !this.kept.has(id);
      if (isDead) this.dead.add(id);
    };
    for (const operation of history.operations) {
      if (operation.kind === "send" && operation.result) see(operation.result.id, operation.endedAt);
      if (operation.kind === "page") for (const { id } of operation.messages ?? []) see(id, operation.endedAt);
    }
    for (const { frames } of history.streams) for (const { tag, at } of frames) see(tag, at);
    this.findDeadContents();
  }

  /** @param from the earliest moment at which it can have been committed */
  of(id: string, from: number): Side {
    const { wentBack } = this.history;
    if (!wentBack || this.kept.has(id)) return "both";
    if (this.dead.has(id)) return "dead";
    return this.final || from >= wentBack.diedAt ? "new" : "unknown";
  }

  isDead(id: string): boolean {
    return this.dead.has(id);
  }

  /** Whether it is the text of a lost edit. */
  isDeadContent(content: string): boolean {
    return this.deadContents.has(content);
  }

  /** The histories in which things have an order. There is none over both histories. */
  get each(): readonly ("dead" | "new")[] {
    return this.history.wentBack ? ["dead", "new"] : ["new"];
  }

  private findDeadContents() {
    const { wentBack, operations } = this.history;
    if (!wentBack) return;
    const kept = new Set([...wentBack.kept.values()].flatMap(({ messages }) => messages.map(({ content }) => content)));
    for (const operation of operations) {
      if (operation.kind !== "amend" || operation.outcome !== "ok" || operation.content === null) continue;
      // A kept text may have been replaced once more before the copy was made.
      const isLost = operation.invokedAt >= wentBack.copiedAt && operation.endedAt < wentBack.bornAt;
      if (isLost && !kept.has(operation.content)) this.deadContents.add(operation.content);
    }
  }
}

function* idsOf(conversations: Iterable<{ messages: { id: string }[]; changes: { tag: string }[] }>) {
  for (const { messages, changes } of conversations) {
    for (const { id } of messages) yield id;
    for (const { tag } of changes) yield tag;
  }
}

/**
 * The frame from which a stream is in the new history: after its reset, or from its beginning, when it
 * resumed by a tag and was not reset. Infinity: it does not know.
 */
export function knowsFrom({ askedAt, after, resets }: Stream, { wentBack }: History): number {
  if (!wentBack) return Number.POSITIVE_INFINITY;
  const told = resets.find(({ at }) => at >= wentBack.diedAt);
  if (told) return told.frames;
  return askedAt >= wentBack.bornAt && after.tag !== undefined ? 0 : Number.POSITIVE_INFINITY;
}
