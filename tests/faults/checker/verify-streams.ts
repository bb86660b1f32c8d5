import { textOfChange } from "./extras.ts";
import type { History, Members, Stream, TrueConversation, Truth, Violation } from "./history.ts";
import { show, tagsOf } from "./record.ts";
import { knowsFrom, type Sides } from "./sides.ts";
import { LATE_MS } from "./writes.ts";

/** Each frame is the next version; a stream begins right after what it resumed at, or after where a reset put it. */
export function* streamsAreDense(history: History): Iterable<Violation> {
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
export function* oneHistory(history: History, sides: Sides): Iterable<Violation> {
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
export function* toldInTime({ wentBack, streams }: History): Iterable<Violation> {
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

/** Each change that a client got is the log's change at its version, or a lost one that came before the client knew. */
export function* streamsEqualTheLog(history: History, truth: Truth): Iterable<Violation> {
  const logs = new Map([...truth.conversations].map(([id, conversation]) => [id, indexed(conversation)]));
  const tags = new Map([...truth.conversations].map(([id, conversation]) => [id, tagsOf(conversation)]));
  for (const stream of history.streams) {
    const { connection, conversation, frames } = stream;
    const knows = knowsFrom(stream, history);
    const mayBeLost = history.wentBack !== undefined && stream.greetedAt < history.wentBack.bornAt;
    for (const [i, { version, tag, tagOf = version, change }] of frames.entries()) {
      const entry = logs.get(conversation)?.get(version);
      const came = change.kind === "members" ? members(change) : amended(change.message, change.mark, change.kind);
      const isTheLogs = tags.get(conversation)?.get(tagOf) === tag;
      if ((isTheLogs && entry === came) || (!isTheLogs && mayBeLost && i < knows)) continue;
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
  changes: TrueConversation["changes"];
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
      change.messageSeq === null
        ? members(change)
        : amended({ id: bySeq.get(change.messageSeq), seq: change.messageSeq }, textOfChange(change.change)),
    );
  return byVersion;
}

const amended = ({ id, seq }: { id: string | undefined; seq: number }, mark: string | undefined, kind = "amended") =>
  [kind, id, seq, ...(mark === undefined ? [] : [mark])].join(" ");

const members = ({ added, removed }: { added: number[]; removed: number[] }) => `members +${added} -${removed}`;

/** A removed member gets the removal as the last change, until somebody adds them again. */
export function* nothingAfterLeaving(history: History, truth: Truth): Iterable<Violation> {
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
    for (const [i, { at, version, tag, tagOf = version }] of frames.entries()) {
      // The dead history had its own order of additions and removals.
      if (tags.get(tagOf) !== tag) continue;
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
