import type { History, Truth, Violation } from "./history.ts";
import { asFarAsKept, sendsOf } from "./record.ts";
import { type Side, Sides } from "./sides.ts";
import { filesAtRest, filesRecord } from "./verify-files.ts";
import { filledAtRest } from "./verify-filled.ts";
import { laterAtRest, remindersRecord } from "./verify-later.ts";
import { keptIsInTheLog, logIsDense, nodesShowTheLog, replicasEqualTheLog } from "./verify-log.ts";
import { marksAtRest } from "./verify-marks.ts";
import { settingsRecord } from "./verify-me-streams.ts";
import { invitesHold, refusalsMakeSense, unreadIsExact } from "./verify-members.ts";
import { mentionsAtRest } from "./verify-mentions.ts";
import { amendmentsHold, pagesAreFresh } from "./verify-pages.ts";
import { searchAtRest, searchRecord } from "./verify-search.ts";
import { acksAgree, oneMessagePerSeq, pipelinedOrder, realTimeOrder, sendsAreInTheLog } from "./verify-sends.ts";
import { settingsAtRest } from "./verify-settings.ts";
import { nothingAfterLeaving, oneHistory, streamsAreDense, streamsEqualTheLog, toldInTime } from "./verify-streams.ts";
import { nothingOfThreadsAfterLeaving, threadsAtRest } from "./verify-threads.ts";

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
    ...settingsRecord(history),
    ...remindersRecord(history),
    ...nothingOfThreadsAfterLeaving(history),
    ...filesRecord(history, asFarAsKept(history)),
    ...searchRecord(history, asFarAsKept(history)),
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
    ...settingsAtRest(operations, truth),
    ...marksAtRest(operations, truth),
    ...mentionsAtRest(truth),
    ...filledAtRest(operations, truth),
    ...laterAtRest(operations, truth),
    ...threadsAtRest(operations, truth),
    ...filesAtRest(history, operations, truth),
    ...searchAtRest(history, operations, truth),
  ]);
}

/** The first few of each check. */
function limited(violations: Violation[]): Violation[] {
  const seen = new Map<string, number>();
  return violations.filter(({ check }) => {
    const n = (seen.get(check) ?? 0) + 1;
    seen.set(check, n);
    return n <= NAMED_MOST;
  });
}
