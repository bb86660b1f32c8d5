import type { History, MessageView, Send, Truth, Violation } from "./history.ts";
import { byConversation, sendsOf, show, writtenOnce } from "./record.ts";

/** A resend gives the first message back: one (id, seq) for a client_id, and one client_id for an id. */
export function* acksAgree(sends: Send[]): Iterable<Violation> {
  const byKey = new Map<string, Send>();
  const byId = new Map<string, Send>();
  for (const send of sends) {
    if (!send.result) continue;
    const { id, seq } = send.result;
    if (send.clientId !== undefined) {
      const key = `${send.conversation} ${send.person} ${send.clientId}`;
      const first = byKey.get(key) ?? send;
      byKey.set(key, first);
      if (first.result?.id !== id || first.result.seq !== seq)
        yield { check: "once", text: `${key} was acked as ${show(first.result)} and as ${show(send.result)}` };
    }
    const same = byId.get(id) ?? send;
    byId.set(id, same);
    if (same.content !== send.content)
      yield { check: "once", text: `message ${id} was acked for "${same.content}" and for "${send.content}"` };
  }
}

/** One message for each (conversation, seq), and one seq for each message, in acks, pushes and pages alike. */
export function* oneMessagePerSeq(history: History, isIn: (id: string, from: number) => boolean): Iterable<Violation> {
  const ids = new Map<string, string>();
  const places = new Map<string, string>();
  const see = function* (
    conversation: string,
    { id, seq }: { id: string; seq: number },
    from: number,
    where: string,
  ): Iterable<Violation> {
    if (!isIn(id, from)) return;
    const place = `${conversation} ${seq}`;
    const known = ids.get(place);
    if (known === undefined) ids.set(place, id);
    else if (known !== id) yield { check: "one order", text: `${place} is ${known}, but ${id} in ${where}` };
    const before = places.get(id);
    if (before === undefined) places.set(id, place);
    else if (before !== place)
      yield { check: "one order", text: `message ${id} is ${before}, but ${place} in ${where}` };
  };
  for (const operation of history.operations) {
    const { conversation } = operation;
    if (operation.kind === "send" && operation.result)
      yield* see(conversation, operation.result, operation.invokedAt, "an ack");
    if (operation.kind === "page")
      for (const message of operation.messages ?? [])
        yield* see(conversation, message, Number.NEGATIVE_INFINITY, `a page of node ${operation.node}`);
  }
  for (const { conversation, connection, frames } of history.streams)
    for (const { change } of frames)
      if (change.kind !== "members")
        yield* see(conversation, change.message, Number.NEGATIVE_INFINITY, `a frame of ${connection}`);
}

/** A send that was acked before another one began stands before it. */
export function* realTimeOrder(sends: Send[]): Iterable<Violation> {
  for (const [conversation, known] of byConversation(writtenOnce(sends))) {
    const starts = [...known].sort((a, b) => a.invokedAt - b.invokedAt);
    const ends = [...known].sort((a, b) => a.ackedAt - b.ackedAt);
    let newest: (typeof ends)[number] | undefined;
    let ended = 0;
    for (const send of starts) {
      for (let next = ends[ended]; next && next.ackedAt < send.invokedAt; next = ends[++ended])
        if (!newest || next.seq > newest.seq) newest = next;
      if (newest && newest.seq > send.seq)
        yield {
          check: "real-time order",
          text: `${conversation}: seq ${newest.seq} was acked before the send of seq ${send.seq} began`,
        };
    }
  }
}

/** Sends that one socket pipelined keep their order; resends have no place in that order. */
export function* pipelinedOrder(sends: Send[]): Iterable<Violation> {
  const attempts = new Map<string, number>();
  for (const { content } of sends) attempts.set(content, (attempts.get(content) ?? 0) + 1);
  const last = new Map<string, Send>();
  for (const send of [...sends].sort((a, b) => a.invokedAt - b.invokedAt)) {
    if (send.connection === undefined || !send.result || attempts.get(send.content) !== 1) continue;
    const key = `${send.connection} ${send.conversation}`;
    const before = last.get(key);
    if (before?.result && before.result.seq > send.result.seq)
      yield {
        check: "pipelined order",
        text: `${key}: "${before.content}" before "${send.content}" became ${before.result.seq} after ${send.result.seq}`,
      };
    last.set(key, send);
  }
}

/** An acked send is in the log once, as acked. A refused one is not there. An unknown one is there once at most. */
export function* sendsAreInTheLog(history: History, truth: Truth): Iterable<Violation> {
  const sends = sendsOf(history);
  const { wentBack } = history;
  const mayBeLost = ({ invokedAt, endedAt }: Send) =>
    wentBack !== undefined && invokedAt < wentBack.diedAt && endedAt >= wentBack.copiedAt;
  // A message keeps what it began as in its sends' contents, which are unique; an edit replaces it in the log.
  const byId = new Map<string, { conversation: string; message: MessageView }>();
  const copies = new Map<string, number>();
  for (const [conversation, { messages }] of truth.conversations)
    for (const message of messages) {
      byId.set(message.id, { conversation, message });
      const key =
        message.clientId === null ? message.content : `${conversation} ${message.senderId} ${message.clientId}`;
      copies.set(key, (copies.get(key) ?? 0) + 1);
    }
  const acked = new Set(sends.filter(({ result }) => result).map(({ content }) => content));
  const unknown = new Set(sends.filter(({ outcome }) => outcome === "unknown").map(({ content }) => content));
  for (const send of sends) {
    const { conversation, result, content, clientId, outcome, person } = send;
    if (result) {
      const found = byId.get(result.id);
      if (!found && mayBeLost(send)) continue;
      if (!found || found.conversation !== conversation)
        yield { check: "acked is durable", text: `"${content}", acked as ${show(result)}, is not in the log` };
      else if (found.message.seq !== result.seq)
        yield {
          check: "acked is durable",
          text: `"${content}" was acked as seq ${result.seq} and is ${found.message.seq}`,
        };
    }
    const n = (clientId === undefined ? copies.get(content) : copies.get(`${conversation} ${person} ${clientId}`)) ?? 0;
    if (n > 1) yield { check: "once", text: `"${content}" is ${n} times in the log` };
    if (n > 0 && outcome === "fail" && !acked.has(content) && !unknown.has(content))
      yield { check: "refused is not done", text: `"${content}" was refused (${send.why}) and is in the log` };
  }
}
