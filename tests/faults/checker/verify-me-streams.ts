import type { History, MeStream, Setting, Settings, Violation } from "./history.ts";
import { isSame, removalsIn, settingsIn, show, versionOf } from "./settings.ts";

/** The checks of personal settings that need the record alone. */
export function* settingsRecord(history: History): Iterable<Violation> {
  yield* streamsAreInOrder(history);
  yield* versionsAgree(history);
  yield* repeatsTakeNoVersion(history);
  yield* acksAreInOrder(history);
}

/** `me_version` only goes up, and each frame begins right after the one before, the cursor or a reset. */
function* streamsAreInOrder({ meStreams = [], wentBack }: History): Iterable<Violation> {
  const check = "settings in order";
  for (const { connection, after, isOfAnotherEpoch, greeted, resets, frames } of meStreams) {
    for (const { at, to } of resets)
      if (!isOfAnotherEpoch && (!wentBack || at < wentBack.diedAt))
        yield { check, text: `${connection}: reset at ${to} without a reason, after ${after}, greeted at ${greeted}` };
    let version = after;
    let next = 0;
    for (const [i, frame] of frames.entries()) {
      for (let reset = resets[next]; reset && reset.frames <= i; reset = resets[++next]) version = reset.to;
      if (frame.from !== version + 1 || frame.version < frame.from) {
        yield { check, text: `${connection}: ${frame.from} to ${frame.version} came after ${version}` };
        break;
      }
      version = frame.version;
    }
  }
}

/** A version is one change: everybody who is told of it is told the same. */
function* versionsAgree(history: History): Iterable<Violation> {
  const known = new Map<string, string>();
  const see = function* (key: string, value: string, where: string): Iterable<Violation> {
    const before = known.get(key) ?? value;
    known.set(key, before);
    if (before !== value) yield { check: "settings in order", text: `${key} was ${before}, and ${value} in ${where}` };
  };
  for (const stream of history.meStreams ?? [])
    for (const [i, frame] of stream.frames.entries()) {
      if (frame.kind !== "conversation") continue;
      const { conversation, version, settings } = frame;
      const era = eraOfFrame(stream, i, history);
      if (!era) continue;
      const place = `${era} ${stream.person} ${version}`;
      yield* see(place, conversation, stream.connection);
      yield* see(`${place} ${conversation}`, show(settings), stream.connection);
    }
  // The answer to a repeat tells the newest version, which may be the one of another conversation.
  for (const { person, conversation, result, invokedAt, endedAt } of settingsIn(history.operations)) {
    const era = eraOf(invokedAt, endedAt, history);
    if (!era || !result || known.get(`${era} ${person} ${result.me_version}`) !== conversation) continue;
    yield* see(`${era} ${person} ${result.me_version} ${conversation}`, show(result), "an answer");
  }
}

/** Two versions of a conversation in a row differ, where the stream shows both and nobody was removed. */
function* repeatsTakeNoVersion(history: History): Iterable<Violation> {
  const left = new Set(removalsIn(history.operations).map(({ removed, conversation }) => `${removed} ${conversation}`));
  for (const stream of history.meStreams ?? []) {
    let last = new Map<string, { settings: Settings; era: string | undefined }>();
    for (const [i, frame] of stream.frames.entries()) {
      const { from, version } = frame;
      if (from !== version || stream.resets.some(({ frames }) => frames === i)) last = new Map();
      if (frame.kind !== "conversation") continue;
      const { conversation, settings } = frame;
      const era = eraOfFrame(stream, i, history);
      const before = last.get(conversation);
      last.set(conversation, { settings, era });
      if (!before || before.era !== era || left.has(`${stream.person} ${conversation}`)) continue;
      if (isSame(before.settings, settings))
        yield {
          check: "repeats take no version",
          text: `${stream.connection}: version ${version} of ${conversation} changes nothing`,
        };
    }
  }
}

/** A change that was acked before another one of the same person began has no later version. */
function* acksAreInOrder(history: History): Iterable<Violation> {
  for (const [person, sets] of Map.groupBy(settingsIn(history.operations), (set) => set.person)) {
    const ends = sets.filter(({ result }) => result).sort((a, b) => a.endedAt - b.endedAt);
    let newest: Setting | undefined;
    let ended = 0;
    for (const set of [...ends].sort((a, b) => a.invokedAt - b.invokedAt)) {
      for (let next = ends[ended]; next && next.endedAt < set.invokedAt; next = ends[++ended])
        if (!newest || eraOfSet(next, history) !== eraOfSet(newest, history) || versionOf(next) > versionOf(newest))
          newest = next;
      const isOneEra = newest && eraOfSet(newest, history) && eraOfSet(newest, history) === eraOfSet(set, history);
      if (newest && isOneEra && versionOf(newest) > versionOf(set))
        yield {
          check: "settings in order",
          text: `user ${person}: version ${versionOf(newest)} was acked before the change of ${versionOf(set)} began`,
        };
    }
  }
}

/** The history in which something happened, where that is certain. */
function eraOf(from: number, until: number, { wentBack }: History): "dead" | "new" | undefined {
  if (!wentBack || from >= wentBack.bornAt) return "new";
  return until < wentBack.diedAt ? "dead" : undefined;
}

const eraOfSet = ({ invokedAt, endedAt }: Setting, history: History) => eraOf(invokedAt, endedAt, history);

export function eraOfFrame({ askedAt, resets, frames }: MeStream, i: number, history: History) {
  const { wentBack } = history;
  const isTold = wentBack && resets.some((reset) => reset.frames <= i && reset.at >= wentBack.diedAt);
  return isTold ? "new" : eraOf(askedAt, frames[i]?.at ?? 0, history);
}
