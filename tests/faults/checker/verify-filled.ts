import type { NodeView, Operation, TrueConversation, Truth, Violation } from "./history.ts";

/** At rest every message shows the names of today, and the present text of the message that it quotes. */
export function* filledAtRest(operations: readonly Operation[], truth: Truth): Iterable<Violation> {
  const { names, conversations, views } = truth;
  if (!names) return;
  yield* answersHold(operations, conversations);
  for (const view of views) {
    const log = conversations.get(view.conversation);
    if (log) yield* nodeFills(view, log, names);
  }
}

function* nodeFills(
  { node, conversation, messages }: NodeView,
  log: TrueConversation,
  names: ReadonlyMap<number, string>,
): Iterable<Violation> {
  const byId = new Map(log.messages.map((message) => [message.id, message]));
  for (const { id, senderId, extras, filled } of messages) {
    if (!filled) continue;
    const where = `node ${node}, message ${id} of ${conversation}`;
    if (filled.name !== names.get(senderId))
      yield { check: "names of today", text: `${where} is by "${filled.name}", who is "${names.get(senderId)}"` };
    const { quote } = filled;
    if (!extras?.replyTo || !quote) continue;
    const quoted = byId.get(extras.replyTo.id);
    const isGone = !quoted || quoted.deleted;
    if (quote.deleted !== isGone)
      yield {
        check: "quotes of today",
        text: `${where} quotes ${quote.deleted ? "a deleted" : "an existing"} message`,
      };
    // The rest of a text can be marks, which an excerpt has not.
    const [start = ""] = quoted?.content.split(" ") ?? [];
    if (isGone ? quote.excerpt !== "" : !quote.excerpt.startsWith(start))
      yield { check: "quotes of today", text: `${where} quotes "${quote.excerpt}", where the log has "${start}"` };
    if (!isGone && quote.name !== names.get(quoted.senderId))
      yield {
        check: "names of today",
        text: `${where} quotes "${quote.name}", who is "${names.get(quoted.senderId)}"`,
      };
  }
}

/** An acked answer quotes the message that its sender meant. */
function* answersHold(operations: readonly Operation[], conversations: Truth["conversations"]): Iterable<Violation> {
  const byId = new Map([...conversations.values()].flatMap(({ messages }) => messages.map((one) => [one.id, one])));
  for (const operation of operations) {
    if (operation.kind !== "send" || !operation.result || operation.replyTo === undefined) continue;
    const message = byId.get(operation.result.id);
    const answered = message?.extras?.replyTo?.id;
    if (message && !message.deleted && answered !== operation.replyTo)
      yield {
        check: "quotes of today",
        text: `"${operation.content}" answers ${operation.replyTo}, and quotes ${answered}`,
      };
  }
}
