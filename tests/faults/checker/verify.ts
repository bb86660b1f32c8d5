import type { Amend, History, Members, MessageView, Page, Read, Send, Stream, Truth, Violation } from "./history.ts";

/** What somebody hears who is no participant any more, or asks about one who is not. */
const REFUSED_WHEN_OUT = ["not_a_participant", "not_found", "not_the_owner", "not_subscribed"];
/** So long after its caller gave up may something still be carried out, in ms. */
const LATE_MS = 15_000;

/** Violations named for each check; the rest is counted. */
const NAMED_MOST = 5;

/**
 * The checks that need the record alone: they may run while the run goes on, and find most faults early.
 */
export function verifyRecord(history: History): Violation[] {
  return limited([
    ...history.oddities,
    ...acksAgree(sendsOf(history)),
    ...oneMessagePerSeq(history),
    ...realTimeOrder(sendsOf(history)),
    ...pipelinedOrder(sendsOf(history)),
    ...streamsAreDense(history.streams),
    ...pagesAreFresh(history),
    ...refusalsMakeSense(history),
  ]);
}

/** All checks, of a run that has healed and come to rest. */
export function verify(history: History, truth: Truth): Violation[] {
  return limited([
    ...verifyRecord(history),
    ...logIsDense(truth),
    ...sendsAreInTheLog(sendsOf(history), truth),
    ...streamsEqualTheLog(history.streams, truth),
    ...nothingAfterLeaving(history, truth),
    ...replicasEqualTheLog(truth),
    ...nodesShowTheLog(truth),
    ...amendmentsHold(history, truth),
    ...unreadIsExact(history, truth),
  ]);
}

const sendsOf = (history: History) =>
  history.operations.filter((operation): operation is Send => operation.kind === "send");

/** A resend gives the first message back: one (id, seq) for a client_id, and one client_id for an id. */
function* acksAgree(sends: Send[]): Iterable<Violation> {
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
function* oneMessagePerSeq(history: History): Iterable<Violation> {
  const ids = new Map<string, string>();
  const places = new Map<string, string>();
  const see = function* (conversation: string, id: string, seq: number, where: string): Iterable<Violation> {
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
      yield* see(conversation, operation.result.id, operation.result.seq, "an ack");
    if (operation.kind === "page")
      for (const { id, seq } of operation.messages ?? [])
        yield* see(conversation, id, seq, `a page of node ${operation.node}`);
  }
  for (const { conversation, connection, frames } of history.streams)
    for (const { change } of frames)
      if (change.kind !== "members")
        yield* see(conversation, change.message.id, change.message.seq, `a frame of ${connection}`);
}

/** What was acked before another send began stands before it. */
function* realTimeOrder(sends: Send[]): Iterable<Violation> {
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

/** A message with its first invocation and its first ack, over all its resends. */
function writtenOnce(sends: Send[]) {
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

/** Sends that one socket pipelined keep their order; those that were sent anew later have lost their place. */
function* pipelinedOrder(sends: Send[]): Iterable<Violation> {
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

/** Each frame is the next version; a stream begins right after what it resumed at, or after its greeting. */
function* streamsAreDense(streams: Stream[]): Iterable<Violation> {
  for (const { connection, conversation, after, greeted, resetTo, frames } of streams) {
    const where = `${connection} in ${conversation}`;
    if (resetTo !== undefined && greeted - (after ?? 0) <= 10_000)
      yield {
        check: "no holes",
        text: `${where}: reset at ${resetTo} though it resumed after ${after}, greeted at ${greeted}`,
      };
    let version = resetTo ?? after ?? greeted;
    for (const [i, { version: next, at }] of frames.entries()) {
      if (next !== version + 1) {
        const pause = Math.round(at - (frames[i - 1]?.at ?? at));
        const stream = `resumed after ${after}, greeted at ${greeted}, frame ${i}`;
        yield { check: "no holes", text: `${where}: version ${next} came ${pause} ms after ${version} (${stream})` };
        break;
      }
      version = next;
    }
  }
}

/** A page shows what was acked before it was asked for: every message, and no content that was replaced by then. */
function* pagesAreFresh(history: History): Iterable<Violation> {
  const pages = history.operations.filter(
    (operation): operation is Page => operation.kind === "page" && operation.outcome === "ok",
  );
  const acked = byConversation(writtenOnce(sendsOf(history)));
  const amendments = amendmentsByMessage(history);
  /** Until when a content was written, at the latest. */
  const writtenBy = new Map<string, number>();
  for (const send of writtenOnce(sendsOf(history))) writtenBy.set(send.content, send.ackedAt);
  // One whose answer is unknown may have been carried out at any later time.
  for (const { content, outcome, endedAt } of [...amendments.values()].flat())
    if (content !== null && outcome === "ok") writtenBy.set(content, endedAt);
  for (const page of pages) {
    const { messages = [], conversation, node, invokedAt } = page;
    const where = `a page of node ${node} of ${conversation}`;
    for (const [i, message] of messages.entries())
      if (i > 0 && message.seq !== (messages[i - 1]?.seq ?? 0) + 1)
        yield { check: "fresh pages", text: `${where} jumps from seq ${messages[i - 1]?.seq} to ${message.seq}` };
    if (page.newest) {
      const newest = messages.at(-1)?.seq ?? 0;
      for (const { seq, ackedAt } of acked.get(conversation) ?? [])
        if (ackedAt < invokedAt && seq > newest)
          yield { check: "fresh pages", text: `${where} ends at seq ${newest}, though ${seq} was acked before` };
    }
    for (const message of messages) {
      const later = (amendments.get(message.id) ?? []).filter(
        (amend) => amend.outcome === "ok" && amend.endedAt < invokedAt,
      );
      const written = message.deleted ? undefined : writtenBy.get(message.content);
      const replaced = written !== undefined && later.find((amend) => amend.invokedAt > written);
      if (replaced)
        yield {
          check: "fresh pages",
          text: `${where} shows "${message.content}" at seq ${message.seq}, which was replaced before by ${show(replaced.content)}`,
        };
    }
  }
}

/** Nobody is refused but for what people do to each other here. */
function* refusalsMakeSense({ operations }: History): Iterable<Violation> {
  const moving = new Set(operations.filter(({ kind }) => kind === "members").map(({ conversation }) => conversation));
  for (const { kind, conversation, outcome, why = "" } of operations) {
    const isOut = moving.has(conversation) && REFUSED_WHEN_OUT.includes(why);
    const isFault = why === "internal_error" || (outcome === "fail" && !isOut && why !== "message_deleted");
    if (isFault) yield { check: "refusals make sense", text: `${kind} in ${conversation} was refused: ${why}` };
  }
}

function* logIsDense(truth: Truth): Iterable<Violation> {
  for (const [id, { lastSeq, lastVersion, messages, changes }] of truth.conversations) {
    const seqs = messages.map(({ seq }) => seq);
    if (!isDense(seqs, lastSeq)) yield { check: "dense", text: `${id}: seqs are not 1 to ${lastSeq}: ${gapsOf(seqs)}` };
    const versions = [...messages, ...changes].map(({ version }) => version).sort((a, b) => a - b);
    if (!isDense(versions, lastVersion))
      yield { check: "dense", text: `${id}: versions are not 1 to ${lastVersion}: ${gapsOf(versions)}` };
  }
}

/** What was acked is there once, as acked; what was refused is not there; what is unknown is there once at most. */
function* sendsAreInTheLog(sends: Send[], truth: Truth): Iterable<Violation> {
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

/** Each version that came to anybody is what the log has at that version. */
function* streamsEqualTheLog(streams: Stream[], truth: Truth): Iterable<Violation> {
  const logs = new Map([...truth.conversations].map(([id, conversation]) => [id, indexed(conversation)]));
  for (const { connection, conversation, frames } of streams) {
    const log = logs.get(conversation);
    for (const { version, change } of frames) {
      const entry = log?.get(version);
      const came =
        change.kind === "members" ? members(change) : `${change.kind} ${change.message.id} ${change.message.seq}`;
      if (entry === came) continue;
      yield {
        check: "one order",
        text: `${connection} in ${conversation}: version ${version} was ${came}, and the log has ${entry}`,
      };
      break;
    }
  }
}

function indexed({
  messages,
  changes,
}: {
  messages: { id: string; seq: number; version: number }[];
  changes: { version: number; messageSeq: number | null; added: number[]; removed: number[] }[];
}) {
  const byVersion = new Map<number, string>();
  const bySeq = new Map<number, string>();
  for (const { id, seq, version } of messages) {
    byVersion.set(version, `message ${id} ${seq}`);
    bySeq.set(seq, id);
  }
  for (const change of changes)
    byVersion.set(
      change.version,
      change.messageSeq === null ? members(change) : `amended ${bySeq.get(change.messageSeq)} ${change.messageSeq}`,
    );
  return byVersion;
}

const members = ({ added, removed }: { added: number[]; removed: number[] }) => `members +${added} -${removed}`;

/** Who was removed gets the removal as the last change, until they are asked in again. */
function* nothingAfterLeaving(history: History, truth: Truth): Iterable<Violation> {
  for (const { conversation, connection, person, frames } of history.streams) {
    const changes = truth.conversations.get(conversation)?.changes ?? [];
    const removals = changes.filter(({ removed }) => removed.includes(person)).map(({ version }) => version);
    if (removals.length === 0) continue;
    const asked = history.operations.filter(
      (operation): operation is Members =>
        operation.kind === "members" && operation.conversation === conversation && operation.outcome !== "fail",
    );
    // Each removal in the log has an operation of its own, so the nth was not there before the nth of these began.
    const began = asked
      .filter(({ removed }) => removed === person)
      .map(({ invokedAt }) => invokedAt)
      .sort((a, b) => a - b);
    for (const { at, version } of frames) {
      const last = removals.findLastIndex((removed) => removed < version);
      const removal = removals[last];
      if (removal === undefined) continue;
      // Who may have been asked in again since sees all of the history.
      const removedAt = began[last] ?? 0;
      const isBack = changes.some(({ version, added }) => version > removal && added.includes(person));
      const invited = asked.filter(
        ({ added, endedAt, outcome }) =>
          added === person && endedAt + (outcome === "unknown" ? LATE_MS : 0) > removedAt,
      );
      if (isBack && invited.some(({ invokedAt }) => invokedAt <= at)) continue;
      const text = `${connection}: user ${person} got version ${version} of ${conversation}, after their removal at ${removal}`;
      yield { check: "nothing after leaving", text };
      break;
    }
  }
}

/** What each member has, after applying all that came, is the log. */
function* replicasEqualTheLog(truth: Truth): Iterable<Violation> {
  for (const { device, conversation, version, messages, state } of truth.replicas) {
    const log = truth.conversations.get(conversation);
    if (!log) continue;
    if (version !== log.lastVersion) {
      yield {
        check: "streams reach the end",
        text: `${device} stands at version ${version} of ${log.lastVersion} of ${conversation}; it ${state}`,
      };
      continue;
    }
    for (const message of log.messages) {
      const own = messages.get(message.seq);
      if (own && sameMessage(own, message)) continue;
      yield {
        check: "streams equal the log",
        text: `${device} in ${conversation} has ${show(own)} where the log has ${show(message)}`,
      };
      break;
    }
    if (messages.size !== log.messages.length)
      yield {
        check: "streams equal the log",
        text: `${device} has ${messages.size} messages of ${log.messages.length} of ${conversation}`,
      };
  }
}

function* nodesShowTheLog(truth: Truth): Iterable<Violation> {
  for (const { node, conversation, messages, total } of truth.views) {
    const log = truth.conversations.get(conversation);
    if (!log) continue;
    const wrong = log.messages.findIndex((message, i) => {
      const shown = messages[i];
      return !shown || !sameMessage(shown, message);
    });
    if (wrong >= 0)
      yield {
        check: "nodes agree",
        text: `node ${node} shows ${show(messages[wrong])} of ${conversation}, where the log has ${show(log.messages[wrong])}`,
      };
    if (messages.length !== log.messages.length || total !== log.messages.length)
      yield {
        check: "nodes agree",
        text: `node ${node} shows ${messages.length} messages and says ${total}; the log of ${conversation} has ${log.messages.length}`,
      };
  }
}

/** A message is what the last change to it said, where it is known which one was last. */
function* amendmentsHold(history: History, truth: Truth): Iterable<Violation> {
  const amendments = amendmentsByMessage(history);
  for (const { messages } of truth.conversations.values())
    for (const message of messages) {
      const list = amendments.get(message.id);
      if (!list) continue;
      const content = message.deleted ? null : message.content;
      const last = list.find((amend) => amend.content === content && amend.outcome !== "fail");
      const done = list.filter(({ outcome }) => outcome === "ok");
      if (!last) {
        if (done.length > 0 || list.some((amend) => amend.content === content))
          yield {
            check: "edits hold",
            text: `message ${message.id} is ${show(content)}, which no successful change made it`,
          };
        continue;
      }
      const later = done.find(({ invokedAt }) => invokedAt > last.endedAt);
      // Nothing follows a deletion, and what is unknown may have happened a little later.
      const isSure = later && (last.outcome === "ok" || later.invokedAt > last.endedAt + LATE_MS);
      if (later && isSure && last.content !== null)
        yield {
          check: "edits hold",
          text: `message ${message.id} is ${show(content)}, though ${show(later.content)} came after it`,
        };
    }
}

/** At rest `unread_count` is the number of messages after the read position, and that is where the reader put it. */
function* unreadIsExact(history: History, truth: Truth): Iterable<Violation> {
  const reads = history.operations.filter((operation): operation is Read => operation.kind === "read");
  for (const [id, { members, messages, changes }] of truth.conversations)
    for (const [person, readSeq] of members) {
      const own = messages.filter(({ senderId }) => senderId === person).map(({ seq }) => seq);
      const asked = reads.filter(
        (read) => read.person === person && read.conversation === id && read.outcome !== "fail",
      );
      // Who joins starts at the newest; positions of an earlier membership are gone with it.
      const joined = changes.findLast(({ added }) => added.includes(person));
      const certain = joined
        ? Math.max(joined.lastSeq, ...own)
        : Math.max(0, ...own, ...asked.filter(({ outcome }) => outcome === "ok").map(({ seq }) => seq));
      const possible = Math.max(certain, ...asked.map(({ seq }) => seq));
      if (readSeq < certain || readSeq > possible)
        yield {
          check: "exact unread",
          text: `user ${person} has read ${id} up to ${readSeq}; it must be ${certain} to ${possible}`,
        };
      const expected = messages.filter(({ seq }) => seq > readSeq).length;
      for (const view of truth.views) {
        if (view.conversation !== id) continue;
        const unread = view.unread.get(person);
        if (unread !== expected)
          yield {
            check: "exact unread",
            text: `node ${view.node} tells user ${person} of ${unread} unread in ${id}, and there are ${expected}`,
          };
      }
    }
}

function amendmentsByMessage(history: History): Map<string, Amend[]> {
  const amendments = new Map<string, Amend[]>();
  for (const operation of history.operations) {
    if (operation.kind !== "amend") continue;
    const list = amendments.get(operation.messageId);
    if (list) list.push(operation);
    else amendments.set(operation.messageId, [operation]);
  }
  return amendments;
}

function byConversation<T extends { conversation: string }>(items: T[]): Map<string, T[]> {
  return Map.groupBy(items, ({ conversation }) => conversation);
}

const sameMessage = (a: MessageView, b: MessageView) =>
  a.id === b.id && a.seq === b.seq && a.senderId === b.senderId && a.content === b.content && a.deleted === b.deleted;

const isDense = (numbers: number[], last: number) => numbers.length === last && numbers.every((n, i) => n === i + 1);

function gapsOf(numbers: number[]): string {
  const at = numbers.findIndex((n, i) => n !== i + 1);
  return `after ${numbers[at - 1] ?? 0} comes ${numbers[at] ?? "nothing"}`;
}

const show = (value: unknown) => JSON.stringify(value);

/** The first few of each check. */
function limited(violations: Violation[]): Violation[] {
  const seen = new Map<string, number>();
  return violations.filter(({ check }) => {
    const n = (seen.get(check) ?? 0) + 1;
    seen.set(check, n);
    return n <= NAMED_MOST;
  });
}
