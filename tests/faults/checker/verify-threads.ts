import type { History, Operation, Send, Truth, Violation } from "./history.ts";
import { asFarAsKept, sendsOf } from "./record.ts";
import { removalsIn } from "./settings.ts";
import { LATE_MS } from "./writes.ts";

/** How soon every node notices that somebody has left: while all works, and while something around it fails. */
const LEFT_WITHIN_MS = { up: 5_000, broken: 20_000 };

/** A reply that was sent to both is in both, as it is now, and the message of each thread shows all its replies. */
export function* threadsAtRest(
  operations: readonly Operation[],
  { conversations, threads = new Map() }: Truth,
): Iterable<Violation> {
  const check = "both or neither";
  for (const [threadId, parentId] of threads) {
    const [thread, parent] = [conversations.get(threadId), conversations.get(parentId)];
    if (!thread || !parent) continue;
    const copies = new Map(parent.messages.map((message) => [message.id, message]));
    const replies = new Map(thread.messages.map((message) => [message.id, message]));
    const byKey = new Map(thread.messages.map((reply) => [`${reply.senderId} ${reply.clientId}`, reply]));
    const inBoth = new Set<string>();
    for (const operation of operations) {
      if (operation.kind !== "send" || !operation.alsoInParent || operation.conversation !== threadId) continue;
      const { content, person, clientId } = operation;
      const reply = byKey.get(`${person} ${clientId}`);
      const copy = reply && copies.get(copyIdOf(reply.id));
      if (reply) inBoth.add(reply.id);
      if (reply && !copy) yield { check, text: `"${content}" is in thread ${threadId}, and not in ${parentId}` };
      if (!reply && parent.messages.some((message) => message.content === content))
        yield { check, text: `"${content}" is in ${parentId}, and not in thread ${threadId}` };
      if (reply && copy && (reply.content !== copy.content || reply.deleted !== copy.deleted))
        yield { check, text: `reply ${reply.id} is "${reply.content}", and its copy is "${copy.content}"` };
    }
    for (const { id, extras } of copies.values()) {
      const of = extras?.fromThread;
      if (of && of.id === threadId && !inBoth.has(replies.get(of.message_id)?.id ?? ""))
        yield { check, text: `message ${id} of ${parentId} is a copy of ${of.message_id}, which nobody sent to both` };
    }
    const root = parent.messages.find(({ extras }) => extras?.thread?.id === threadId);
    const told = root?.extras?.thread?.replies ?? 0;
    if (told !== thread.lastSeq)
      yield {
        check: "threads are summed up",
        text: `a message of ${parentId} tells of ${told} replies, and thread ${threadId} has ${thread.lastSeq}`,
      };
  }
}

/** The id of a copy follows from its reply's. */
const copyIdOf = (replyId: string) => Bun.randomUUIDv5("in_parent", replyId);

/** When the first try of a message began, by its id. The answer to this try may be lost, and a later one tells the id. */
function firstTriesOf(sends: readonly Send[]): (id: string) => number | undefined {
  const contents = new Map(sends.flatMap(({ result, content }) => (result ? [[result.id, content] as const] : [])));
  const tries = Map.groupBy(sends, ({ content }) => content);
  return (id) => {
    const own = tries.get(contents.get(id) ?? "");
    return own && Math.min(...own.map(({ invokedAt }) => invokedAt));
  };
}

/** Nothing that is sent to a thread after somebody's removal from its conversation reaches them, until they are asked back. */
export function* nothingOfThreadsAfterLeaving(history: History): Iterable<Violation> {
  const { streams, operations, threads, faults } = history;
  if (!threads) return;
  // A removal that the database lost when it went back leaves the person in.
  const removals = removalsIn(asFarAsKept(history)).filter(({ outcome }) => outcome === "ok");
  if (removals.length === 0) return;
  const sentAt = firstTriesOf(sendsOf(history));
  const added = operations.filter((one) => one.kind === "members" && one.added !== undefined && one.outcome !== "fail");
  for (const { connection, person, conversation, frames } of streams) {
    const parent = threads.get(conversation);
    if (parent === undefined) continue;
    for (const { removed, conversation: of, invokedAt, endedAt } of removals) {
      if (removed !== person || of !== parent) continue;
      const isBroken = faults.some(
        ({ kind, from, until }) =>
          !kind.startsWith("clients") && from < endedAt + LEFT_WITHIN_MS.broken && until > invokedAt - LATE_MS,
      );
      const since = endedAt + (isBroken ? LEFT_WITHIN_MS.broken : LEFT_WITHIN_MS.up);
      // An invitation that was under way may have come after the removal.
      const back = added
        .filter((one) => one.kind === "members" && one.added === person && one.conversation === parent)
        .filter((one) => one.endedAt + (one.outcome === "unknown" ? LATE_MS : 0) > invokedAt)
        .reduce((first, one) => Math.min(first, one.invokedAt), Number.POSITIVE_INFINITY);
      const late = frames.find(
        ({ at, change }) => change.kind === "message" && at < back && (sentAt(change.message.id) ?? 0) > since,
      );
      if (!late) continue;
      const text = `${connection}: user ${person} got version ${late.version} of thread ${conversation}, ${Math.round(late.at - endedAt)} ms after their removal`;
      yield { check: "nothing after leaving", text };
    }
  }
}
