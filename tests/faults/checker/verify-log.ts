import type { History, MessageView, Replica, Truth, Violation } from "./history.ts";
import { show, tagsOf } from "./record.ts";

export function* logIsDense(truth: Truth): Iterable<Violation> {
  for (const [id, { lastSeq, lastVersion, messages, changes }] of truth.conversations) {
    const seqs = messages.map(({ seq }) => seq);
    if (!isDense(seqs, lastSeq)) yield { check: "dense", text: `${id}: seqs are not 1 to ${lastSeq}: ${gapsOf(seqs)}` };
    const versions = [...messages, ...changes].map(({ version }) => version).sort((a, b) => a - b);
    if (!isDense(versions, lastVersion))
      yield { check: "dense", text: `${id}: versions are not 1 to ${lastVersion}: ${gapsOf(versions)}` };
  }
}

/** The state that the database went back to is the beginning of the log: the new history replaced none of it. */
export function* keptIsInTheLog({ wentBack }: History, truth: Truth): Iterable<Violation> {
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

/** Each member's copy, after every frame is applied, equals the log. */
export function* replicasEqualTheLog(history: History, truth: Truth): Iterable<Violation> {
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

export function* nodesShowTheLog(truth: Truth): Iterable<Violation> {
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

const isDense = (numbers: number[], last: number) => numbers.length === last && numbers.every((n, i) => n === i + 1);

function gapsOf(numbers: number[]): string {
  const at = numbers.findIndex((n, i) => n !== i + 1);
  return `after ${numbers[at - 1] ?? 0} comes ${numbers[at] ?? "nothing"}`;
}

const sameMessage = (a: MessageView, b: MessageView) =>
  a.id === b.id &&
  a.seq === b.seq &&
  a.senderId === b.senderId &&
  a.content === b.content &&
  a.deleted === b.deleted &&
  show(a.extras) === show(b.extras);
