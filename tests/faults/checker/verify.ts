import type {
  Amend,
  History,
  Join,
  Members,
  MessageView,
  Operation,
  Page,
  Read,
  Replica,
  Send,
  Stream,
  TrueConversation,
  Truth,
  Violation,
} from "./history.ts";
import { knowsFrom, type Side, Sides } from "./sides.ts";

/** The refusals for people who are not members, and for questions about them. */
const REFUSED_WHEN_OUT = ["not_a_participant", "not_found", "not_the_owner", "not_subscribed"];
/** The server may still carry out a call this long after its caller gave up, in ms. */
const LATE_MS = 15_000;

/** The number of violations that each check names. It counts the rest. */
const NAMED_MOST = 5;

/**
 * The checks that need the record alone: they may run while the run goes on, and find most faults early.
 */
export function verifyRecord(history: History): Violation[] {
  return limited(record(history, new Sides(history)));
}

function record(history: History, sides: Sides): Violation[] {
  return [
    ...history.oddities,
    ...sides.each.flatMap((side) => {
      const isIn = (of: Side) => of === "both" || of === side;
      const sends = sendsOf(history).flatMap((send) => {
        const { result, ...asked } = send;
        const of = result && sides.of(result.id, send.invokedAt);
        if (of === undefined || isIn(of)) return [send];
        // Its answer may come from either history, but it began before its resends.
        return of === "unknown" ? [asked] : [];
      });
      return [
        ...acksAgree(sends),
        ...oneMessagePerSeq(history, (id, from) => isIn(sides.of(id, from))),
        ...realTimeOrder(sends),
        ...pipelinedOrder(sends),
      ];
    }),
    ...streamsAreDense(history),
    ...pagesAreFresh(history, sides),
    ...refusalsMakeSense(history),
    ...oneHistory(history, sides),
    ...toldInTime(history),
  ];
}

/** All checks, of a run that has healed and come to rest. */
export function verify(history: History, truth: Truth): Violation[] {
  const operations = asFarAsKept(history);
  return limited([
    ...record(history, new Sides(history, truth)),
    ...logIsDense(truth),
    ...keptIsInTheLog(history, truth),
    ...sendsAreInTheLog(history, truth),
    ...streamsEqualTheLog(history, truth),
    ...nothingAfterLeaving({ ...history, operations }, truth),
    ...replicasEqualTheLog(history, truth),
    ...nodesShowTheLog(truth),
    ...amendmentsHold(operations, truth),
    ...unreadIsExact(operations, truth),
    ...invitesHold({ ...history, operations }, truth),
  ]);
}

/** Drops calls that ended while they could still be lost: they may be in the log or not. */
function asFarAsKept({ operations, wentBack }: History): Operation[] {
  if (!wentBack) return operations;
  const mayBeLost = ({ outcome, invokedAt, endedAt }: Operation) =>
    outcome === "ok" && invokedAt < wentBack.diedAt && endedAt >= wentBack.copiedAt;
  return operations.map((operation) => (mayBeLost(operation) ? { ...operation, outcome: "unknown" } : operation));
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
function* oneMessagePerSeq(history: History, isIn: (id: string, from: number) => boolean): Iterable<Violation> {
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

/** Sends that one socket pipelined keep their order; resends have no place in that order. */
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

/** Each frame is the next version; a stream begins right after what it resumed at, or after where a reset put it. */
function* streamsAreDense(history: History): Iterable<Violation> {
  for (const stream of history.streams) {
    const { connection, conversation, after, greeted, resets, frames } = stream;
    const where = `${connection} in ${conversation}`;
    for (const reset of resets)
      if (!isReasonable(reset.at, stream, history))
        yield {
          check: "no holes",
          text: `${where}: reset at ${reset.to.version} though it resumed after ${after.version}, greeted at ${greeted}`,
        };
    let version = after.version;
    let next = 0;
    for (const [i, frame] of frames.entries()) {
      for (let reset = resets[next]; reset && reset.frames <= i; reset = resets[++next]) version = reset.to.version;
      if (frame.version !== version + 1) {
        const pause = Math.round(frame.at - (frames[i - 1]?.at ?? frame.at));
        const resumed = `resumed after ${after.version}, greeted at ${greeted}, frame ${i}, ${resets.length} resets`;
        yield {
          check: "no holes",
          text: `${where}: version ${frame.version} came ${pause} ms after ${version} (${resumed})`,
        };
        break;
      }
      version = frame.version;
    }
  }
}

/** A reset is right for a cursor too far behind, and for everybody while the nodes notice that the database went back. */
function isReasonable(at: number, { after, greeted, askedAt, conversation }: Stream, { wentBack }: History): boolean {
  if (greeted - after.version > 10_000) return true;
  if (!wentBack || at < wentBack.diedAt) return false;
  const stoodBeyond = after.version > (wentBack.kept.get(conversation)?.lastVersion ?? 0);
  return stoodBeyond || askedAt <= (wentBack.toldBy ?? Number.POSITIVE_INFINITY);
}

/**
 * Once a client was told of the new history, or asks while there is no other, it is shown nothing of the dead one. A
 * cursor of the dead one, with its tag, is never taken for one of the new.
 */
function* oneHistory(history: History, sides: Sides): Iterable<Violation> {
  const { wentBack, operations, streams } = history;
  if (!wentBack) return;
  const check = "one history";
  for (const operation of operations) {
    if (operation.invokedAt < wentBack.bornAt) continue;
    const { conversation, node } = operation;
    if (operation.kind === "send" && operation.result && sides.isDead(operation.result.id))
      yield { check, text: `"${operation.content}" was acked as ${operation.result.id}, which is lost` };
    if (operation.kind !== "page") continue;
    const lost = operation.messages?.find(({ id, content }) => sides.isDead(id) || sides.isDeadContent(content));
    if (lost) yield { check, text: `a page of node ${node} of ${conversation} shows ${show(lost)}, which is lost` };
  }
  for (const stream of streams) {
    const { connection, conversation, after, askedAt, frames, resets } = stream;
    const where = `${connection} in ${conversation}`;
    const lost = frames.slice(knowsFrom(stream, history)).find(({ tag }) => sides.isDead(tag));
    if (lost) yield { check, text: `${where} got version ${lost.version}, which is lost, though it knew better` };
    const isOfTheDead = after.tag !== undefined && sides.isDead(after.tag) && askedAt >= wentBack.bornAt;
    if (isOfTheDead && resets.length === 0 && frames.length > 0)
      yield { check, text: `${where} resumed after version ${after.version}, which is lost, and was not reset` };
  }
}

/** A socket that stays open while the database goes back gets its reset in time, if it was shown a lost change. */
function* toldInTime({ wentBack, streams }: History): Iterable<Violation> {
  if (wentBack?.toldBy === undefined) return;
  const { diedAt, bornAt, toldBy } = wentBack;
  for (const { connection, conversation, askedAt, endedAt = Number.POSITIVE_INFINITY, resets, frames } of streams) {
    if (askedAt > diedAt || endedAt < toldBy || resets.some(({ at }) => at >= diedAt && at <= toldBy)) continue;
    const seen = frames.findLast(({ at }) => at < bornAt)?.version ?? 0;
    const kept = wentBack.kept.get(conversation)?.lastVersion ?? 0;
    if (seen > kept)
      yield {
        check: "told in time",
        text: `${connection} in ${conversation} stood at ${seen}, the log went back to ${kept}, and nobody said so for ${Math.round(toldBy - bornAt)} ms`,
      };
  }
}

/** A page shows what was acked before it was asked for: every message, and no content that was replaced by then. */
function* pagesAreFresh(history: History, sides: Sides): Iterable<Violation> {
  const { wentBack } = history;
  for (const side of sides.each) {
    // A page of one history says nothing about the other one, nor does a page asked for in between.
    const isIts = ({ invokedAt, endedAt }: Page) =>
      !wentBack || (side === "new" ? invokedAt >= wentBack.bornAt : endedAt < wentBack.diedAt);
    const pages = history.operations.filter(
      (operation): operation is Page => operation.kind === "page" && operation.outcome === "ok" && isIts(operation),
    );
    const sends = sendsOf(history).filter(({ result, invokedAt }) => {
      const of = result && sides.of(result.id, invokedAt);
      return of === undefined || of === "both" || of === side;
    });
    const amendments = amendmentsByMessage(side === "new" ? asFarAsKept(history) : history.operations);
    yield* areFresh(pages, sends, amendments);
  }
}

function* areFresh(pages: Page[], sends: Send[], amendments: Map<string, Amend[]>): Iterable<Violation> {
  const written = writtenOnce(sends);
  const acked = byConversation(written);
  /** The latest time at which a content can have been written. */
  const writtenBy = new Map<string, number>();
  for (const send of written) writtenBy.set(send.content, send.ackedAt);
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
      const since = message.deleted ? undefined : writtenBy.get(message.content);
      const replaced = since !== undefined && later.find((amend) => amend.invokedAt > since);
      if (replaced)
        yield {
          check: "fresh pages",
          text: `${where} shows "${message.content}" at seq ${message.seq}, which was replaced before by ${show(replaced.content)}`,
        };
    }
  }
}

/** Whether somebody else may have removed the person whom this operation adds, before it ended. */
const wasRemovedByAnother = ({ conversation, person, added, endedAt }: Members, operations: readonly Operation[]) =>
  added !== undefined &&
  operations.some(
    (other) =>
      other.kind === "members" &&
      other.conversation === conversation &&
      other.removed === added &&
      other.person !== person &&
      other.invokedAt < endedAt,
  );

/** Every refusal has its reason in the acts of other people. */
function* refusalsMakeSense({ operations, wentBack }: History): Iterable<Violation> {
  const moving = new Set(operations.filter(({ kind }) => kind === "members").map(({ conversation }) => conversation));
  for (const operation of operations) {
    const { kind, conversation, outcome, why = "" } = operation;
    const isOut = moving.has(conversation) && REFUSED_WHEN_OUT.includes(why);
    // A message that was lost can't be changed.
    const isLost = kind === "amend" && why === "not_found" && wentBack && operation.endedAt >= wentBack.diedAt;
    const isTooLate = kind === "join" && why === "invite_ended";
    // Only the owner can bring back a member whom the owner has removed.
    const isForOwner =
      operation.kind === "members" && why === "validation_failed" && wasRemovedByAnother(operation, operations);
    const isReasonable = isOut || isLost || isTooLate || isForOwner || why === "message_deleted";
    const isFault = why === "internal_error" || (outcome === "fail" && !isReasonable);
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

/** The state that the database went back to is the beginning of the log: the new history replaced none of it. */
function* keptIsInTheLog({ wentBack }: History, truth: Truth): Iterable<Violation> {
  for (const [id, kept] of wentBack?.kept ?? []) {
    const log = truth.conversations.get(id);
    const tags = log && tagsOf(log);
    const versions = tagsOf(kept);
    const other = [...versions].find(([version, tag]) => tags?.get(version) !== tag);
    if (other)
      yield {
        check: "acked is durable",
        text: `${id}: version ${other[0]} is another one than when the log went back`,
      };
  }
}

/** An acked send is in the log once, as acked. A refused one is not there. An unknown one is there once at most. */
function* sendsAreInTheLog(history: History, truth: Truth): Iterable<Violation> {
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

/** Each change that a client got is the log's change at its version, or a lost one that came before the client knew. */
function* streamsEqualTheLog(history: History, truth: Truth): Iterable<Violation> {
  const logs = new Map([...truth.conversations].map(([id, conversation]) => [id, indexed(conversation)]));
  const tags = new Map([...truth.conversations].map(([id, conversation]) => [id, tagsOf(conversation)]));
  for (const stream of history.streams) {
    const { connection, conversation, frames } = stream;
    const knows = knowsFrom(stream, history);
    const mayBeLost = history.wentBack !== undefined && stream.greetedAt < history.wentBack.bornAt;
    for (const [i, { version, tag, change }] of frames.entries()) {
      const entry = logs.get(conversation)?.get(version);
      const came =
        change.kind === "members" ? members(change) : `${change.kind} ${change.message.id} ${change.message.seq}`;
      const isTheLogs = tags.get(conversation)?.get(version) === tag;
      if ((isTheLogs && entry === came) || (!isTheLogs && mayBeLost && i < knows)) continue;
      yield {
        check: "one order",
        text: `${connection} in ${conversation}: version ${version} was ${came}, and the log has ${entry}`,
      };
      break;
    }
  }
}

/** The id of each change, by version. */
function tagsOf({ messages, changes }: Pick<TrueConversation, "messages" | "changes">): Map<number, string> {
  return new Map([
    ...messages.map(({ version, id }) => [version, id] as const),
    ...changes.map(({ version, tag }) => [version, tag] as const),
  ]);
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

/** A removed member gets the removal as the last change, until somebody adds them again. */
function* nothingAfterLeaving(history: History, truth: Truth): Iterable<Violation> {
  const { streams, operations, wentBack } = history;
  for (const stream of streams) {
    const { conversation, connection, person, frames } = stream;
    // The invitation itself may be lost with the dead history.
    const knows = wentBack ? knowsFrom(stream, history) : 0;
    const log = truth.conversations.get(conversation);
    const changes = log?.changes ?? [];
    const removals = changes.filter(({ removed }) => removed.includes(person)).map(({ version }) => version);
    if (removals.length === 0) continue;
    const tags = log ? tagsOf(log) : new Map<number, string>();
    const asked = operations.filter(
      (operation): operation is Members =>
        operation.kind === "members" && operation.conversation === conversation && operation.outcome !== "fail",
    );
    // Each removal in the log has an operation of its own, so the nth was not there before the nth of these began.
    const began = asked
      .filter(({ removed }) => removed === person)
      .map(({ invokedAt }) => invokedAt)
      .sort((a, b) => a - b);
    for (const [i, { at, version, tag }] of frames.entries()) {
      // The dead history had its own order of additions and removals.
      if (tags.get(version) !== tag) continue;
      const last = removals.findLastIndex((removed) => removed < version);
      const removal = removals[last];
      if (removal === undefined) continue;
      // A member who may have been added again sees the whole history.
      const removedAt = began[last] ?? 0;
      const isBack = i < knows || changes.some(({ version, added }) => version > removal && added.includes(person));
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

/** Each member's copy, after every frame is applied, equals the log. */
function* replicasEqualTheLog(history: History, truth: Truth): Iterable<Violation> {
  for (const replica of truth.replicas) {
    const { device, conversation, version, fromSeq, messages, state } = replica;
    const log = truth.conversations.get(conversation);
    if (!log) continue;
    if (version !== log.lastVersion || fromSeq === Number.POSITIVE_INFINITY) {
      yield {
        check: "streams reach the end",
        text: `${device} stands at version ${version} of ${log.lastVersion} of ${conversation}; it ${state}`,
      };
      continue;
    }
    if (mayMix(replica, history)) continue;
    const shown = log.messages.filter(({ seq }) => seq >= fromSeq);
    for (const message of shown) {
      const own = messages.get(message.seq);
      if (own && sameMessage(own, message)) continue;
      yield {
        check: "streams equal the log",
        text: `${device} in ${conversation} has ${show(own)} where the log has ${show(message)}`,
      };
      break;
    }
    if (messages.size !== shown.length)
      yield {
        check: "streams equal the log",
        text: `${device} has ${messages.size} messages of ${shown.length} of ${conversation}, from ${fromSeq} on`,
      };
  }
}

/**
 * Whether the contract allows that it mixes two histories: it resumed in the new one from a version of the dead one,
 * without the tag that tells them apart, and the new one had come as far.
 */
function mayMix({ device, conversation, knowsTags }: Replica, { streams, wentBack }: History): boolean {
  if (knowsTags || !wentBack) return false;
  const kept = wentBack.kept.get(conversation)?.lastVersion ?? 0;
  const own = streams.filter((stream) => stream.device === device && stream.conversation === conversation);
  const mixed = own.findLastIndex(
    ({ greetedAt, after, resets }) => greetedAt >= wentBack.bornAt && after.version > kept && resets.length === 0,
  );
  const reset = own.findLastIndex(({ resets }) => resets.some(({ at }) => at >= wentBack.bornAt));
  return mixed > reset;
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

/** A message has the content of its last change, where the record shows which one was last. */
function* amendmentsHold(operations: Operation[], truth: Truth): Iterable<Violation> {
  const amendments = amendmentsByMessage(operations);
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
function* unreadIsExact(operations: Operation[], truth: Truth): Iterable<Violation> {
  const reads = operations.filter((operation): operation is Read => operation.kind === "read");
  for (const [id, { members, messages, changes }] of truth.conversations) {
    const ids = new Set(messages.map((message) => message.id));
    for (const [person, readSeq] of members) {
      const own = messages.filter(({ senderId }) => senderId === person).map(({ seq }) => seq);
      const asked = reads.filter(
        (read) => read.person === person && read.conversation === id && read.outcome !== "fail",
      );
      // A position beyond the newest message moves to that. Messages of a lost history may have been beyond it.
      const sure = asked.filter(
        ({ outcome, messageId }) => outcome === "ok" && (messageId === undefined || ids.has(messageId)),
      );
      // A new member starts at the newest message. Read positions of an earlier membership are gone.
      const joined = changes.findLast(({ added }) => added.includes(person));
      const certain = joined ? Math.max(joined.lastSeq, ...own) : Math.max(0, ...own, ...sure.map(({ seq }) => seq));
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
        // Nobody asks for the unread count of people who registered by the invite.
        if (unread !== undefined && unread !== expected)
          yield {
            check: "exact unread",
            text: `node ${view.node} tells user ${person} of ${unread} unread in ${id}, and there are ${expected}`,
          };
      }
    }
  }
}

/** An invite lets in as many as it is for, each once; everybody who got a success is a member, and all members asked. */
function* invitesHold({ operations, wentBack }: History, truth: Truth): Iterable<Violation> {
  const { invite } = truth;
  const log = invite && truth.conversations.get(invite.conversation);
  if (!log) return;
  const { uses, maxUses, people } = invite;
  const check = "invites are exact";
  const joins = operations.filter((operation): operation is Join => operation.kind === "join");
  if (uses > maxUses) yield { check, text: `an invite for ${maxUses} was used ${uses} times` };
  if (uses !== people.length) yield { check, text: `an invite says ${uses} uses, and ${people.length} people used it` };
  for (const { person, outcome } of joins)
    if (outcome === "ok" && !log.members.has(person))
      yield { check, text: `user ${person} was told that they are in, and is not` };
  for (const person of people) {
    const times = log.changes.filter(({ added }) => added.includes(person)).length;
    if (times !== 1 || !log.members.has(person))
      yield { check, text: `user ${person} came in by an invite, and was added ${times} times` };
  }
  const asked = new Set(joins.filter(({ outcome }) => outcome !== "fail").map(({ person }) => person));
  const unasked = people.filter((person) => !asked.has(person));
  const unknown = joins.filter(({ person, outcome }) => outcome === "unknown" && person === 0);
  if (unasked.length > unknown.length)
    yield { check, text: `users ${unasked.join(", ")} came in, and ${unknown.length} may have registered` };
  const since = wentBack?.bornAt ?? 0;
  const refused = joins.filter(({ outcome, invokedAt }) => outcome === "fail" && invokedAt >= since);
  if (refused.length > 0 && uses < maxUses)
    yield { check, text: `an invite for ${maxUses} turned ${refused.length} away, and ${uses} used it` };
}

function amendmentsByMessage(operations: Operation[]): Map<string, Amend[]> {
  const amendments = new Map<string, Amend[]>();
  for (const operation of operations) {
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
