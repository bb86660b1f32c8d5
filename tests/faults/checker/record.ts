import type { History, Operation, Send, TrueConversation } from "./history.ts";

/** Drops calls that ended while they could still be lost: they may be in the log or not. */
export function asFarAsKept({ operations, wentBack }: History): Operation[] {
  if (!wentBack) return operations;
  const mayBeLost = ({ outcome, invokedAt, endedAt }: Operation) =>
    outcome === "ok" && invokedAt < wentBack.diedAt && endedAt >= wentBack.copiedAt;
  return operations.map((operation) => (mayBeLost(operation) ? { ...operation, outcome: "unknown" } : operation));
}

export const sendsOf = (history: History) =>
  history.operations.filter((operation): operation is Send => operation.kind === "send");

/** A message with its first invocation and its first ack, over all its resends. */
export function writtenOnce(sends: Send[]) {
  const written = new Map<
    string,
    { conversation: string; content: string; seq: number; invokedAt: number; ackedAt: number }
  >();
  const began = new Map<string, number>();
  for (const { content, invokedAt } of sends) began.set(content, Math.min(began.get(content) ?? invokedAt, invokedAt));
  for (const { conversation, content, result, endedAt } of sends) {
    if (!result) continue;
    const known = written.get(content);
    const ackedAt = Math.min(known?.ackedAt ?? endedAt, endedAt);
    written.set(content, { conversation, content, seq: result.seq, invokedAt: began.get(content) ?? 0, ackedAt });
  }
  return [...written.values()];
}

/** The id of each change, by version. */
export function tagsOf({ messages, changes }: Pick<TrueConversation, "messages" | "changes">): Map<number, string> {
  return new Map([
    ...messages.map(({ version, id }) => [version, id] as const),
    ...changes.map(({ version, tag }) => [version, tag] as const),
  ]);
}

export function byConversation<T extends { conversation: string }>(items: T[]): Map<string, T[]> {
  return Map.groupBy(items, ({ conversation }) => conversation);
}

export const show = (value: unknown) => JSON.stringify(value);
