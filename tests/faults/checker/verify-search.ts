import type { History, Operation, Search, Truth, Violation } from "./history.ts";
import { Standing } from "./standing.ts";
import { placesOf, restOf } from "./verify-files.ts";
import { wordsIn } from "./words.ts";

const CHECKS = {
  finds: "search finds what is there",
  gone: "search finds nothing that is gone",
  members: "search is for members",
} as const;

const isSearch = (operation: Operation): operation is Search =>
  operation.kind === "search" && operation.outcome === "ok" && operation.found !== undefined;

/** Everything that was searched for while people chatted. */
export function searchRecord(history: History, operations: readonly Operation[]): Iterable<Violation> {
  return answersHold(operations.filter(isSearch), new Standing(history, operations), operations);
}

/** Everything that was searched for at rest: words that were edited in are found, too. */
export function searchAtRest(history: History, operations: readonly Operation[], truth: Truth): Iterable<Violation> {
  const rest = restOf(operations, truth);
  const standing = new Standing(placesOf(history), rest);
  return answersHold((truth.files?.asked ?? []).filter(isSearch), standing, rest, truth);
}

function* answersHold(
  searches: readonly Search[],
  standing: Standing,
  operations: readonly Operation[],
  truth?: Truth,
): Iterable<Violation> {
  const messageOf = truth ? wordsOfLog(truth) : wordsOfSends(operations);
  for (const search of searches) {
    const { person, node, word, conversation: asked, found = [], indexed = {}, exact } = search;
    const where = `node ${node}, asked by user ${person} for ${word}${asked === "" ? "" : ` in ${asked}`},`;
    for (const { id, conversation, content, deleted } of found) {
      if (!standing.isIn(person, conversation, search))
        yield { check: CHECKS.members, text: `${where} found message ${id} of ${conversation}, which they are not in` };
      const fault = standing.faultOfText(id, content, search);
      if (deleted || !wordsIn(content).includes(word) || fault !== undefined)
        yield {
          check: CHECKS.gone,
          text: `${where} found message ${id}, "${content.slice(0, 40)}": ${fault ?? "it lacks the word"}`,
        };
    }
    const sought = messageOf.get(word);
    if (!exact || !sought || (asked !== "" && asked !== sought.conversation)) continue;
    const isThere = truth !== undefined || standing.isUntouched(sought.id, search);
    const isCovered = (indexed[sought.conversation] ?? Number.POSITIVE_INFINITY) >= sought.seq;
    const mayRead = standing.isIn(person, sought.conversation, search, true);
    if (isThere && isCovered && mayRead && !found.some(({ id }) => id === sought.id))
      yield {
        check: CHECKS.finds,
        text: `${where} did not find message ${sought.id}, seq ${sought.seq} of ${sought.conversation}`,
      };
  }
}

type Sought = Map<string, { id: string; seq: number; conversation: string }>;

function wordsOfSends(operations: readonly Operation[]): Sought {
  const words: Sought = new Map();
  for (const operation of operations) {
    if (operation.kind !== "send" || !operation.result) continue;
    const { conversation, content, result } = operation;
    for (const word of wordsIn(content)) words.set(word, { ...result, conversation });
  }
  return words;
}

function wordsOfLog({ conversations }: Truth): Sought {
  const words: Sought = new Map();
  for (const [conversation, { messages }] of conversations)
    for (const { id, seq, content, deleted } of messages)
      if (!deleted) for (const word of wordsIn(content)) words.set(word, { id, seq, conversation });
  return words;
}
