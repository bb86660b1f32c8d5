import type {
  Entry,
  Operation,
  Setting,
  Settings,
  SettingsView,
  TrueConversation,
  TrueMarks,
  TrueSettings,
  Truth,
  Violation,
} from "./history.ts";
import { isSame, removalsIn, settingsIn, show, versionOf } from "./settings.ts";
import { mentionsOf } from "./verify-mentions.ts";

/** The server may still carry out a call this long after its caller gave up, in ms. */
const LATE_MS = 15_000;
const NOTHING_SET: Settings = { archived_seq: null, muted_until: null, level: "all", unread_seq: null };

/** The checks of personal settings at rest. `operations`: those that may be lost have no certain outcome. */
export function* settingsAtRest(operations: Operation[], truth: Truth): Iterable<Violation> {
  const { settings, conversations } = truth;
  if (!settings) return;
  yield* lastWriteHolds(operations, settings, conversations);
  yield* settingsEndWithMembership(operations, settings, conversations);
  yield* nodesTellSettings(settings, conversations);
  yield* copiesEqualSettings(settings, conversations);
  yield* totalsAreExact(settings, truth);
}

/** The settings are those of the last answer, or of a later change without a certain answer. */
function* lastWriteHolds(
  operations: Operation[],
  { entries }: TrueSettings,
  conversations: Truth["conversations"],
): Iterable<Violation> {
  const check = "settings hold";
  const removals = removalsIn(operations);
  const sets = Map.groupBy(settingsIn(operations), ({ person, conversation }) => `${person} ${conversation}`);
  for (const [person, list] of entries)
    for (const { conversation } of list)
      if (!sets.has(`${person} ${conversation}`))
        yield { check, text: `user ${person} has settings of ${conversation}, and never set any` };
  for (const [first, ...others] of sets.values()) {
    if (!first || !conversations.get(first.conversation)?.members.has(first.person)) continue;
    const { person, conversation } = first;
    const entry = entryOf(entries, person, conversation);
    const left = removals.filter((removal) => removal.removed === person && removal.conversation === conversation);
    const since = Math.max(...left.map(({ endedAt, outcome }) => endedAt + (outcome === "ok" ? 0 : LATE_MS)));
    const own = [first, ...others].filter(({ invokedAt }) => invokedAt > since);
    const acked = own.filter(({ outcome, result }) => outcome === "ok" && result);
    const last = acked.reduce<Setting | undefined>((a, b) => (a && versionOf(a) >= versionOf(b) ? a : b), undefined);
    const now = entry?.settings ?? NOTHING_SET;
    const told = last?.result;
    const isTold = told && (entry?.version ?? 0) <= told.me_version && isSame(now, told);
    const isPossible =
      entry &&
      entry.version > (told?.me_version ?? 0) &&
      [first, ...others].some((set) => set.outcome !== "fail" && makes(set, entry.settings));
    if (isTold || isPossible || (!told && !entry)) continue;
    const answer = told ? `the last answer was ${show(told)} at ${told.me_version}` : "no change makes it that";
    yield { check, text: `user ${person} in ${conversation}: ${show(now)} at ${entry?.version}, and ${answer}` };
  }
}

/** Whether a change can have made it that. */
function makes({ changes, outcome, result }: Setting, settings: Settings): boolean {
  if (outcome === "ok") return result !== undefined && isSame(result, settings);
  const { archived, level, muted_until, unread } = changes;
  return (
    (archived === undefined || archived === (settings.archived_seq !== null)) &&
    (unread === undefined || unread === (settings.unread_seq !== null)) &&
    (level === undefined || level === settings.level) &&
    (muted_until === undefined || settings.muted_until === null || muted_until === settings.muted_until)
  );
}

/** Nobody has settings of a conversation that they are not in, or settings from before they were removed. */
function* settingsEndWithMembership(
  operations: Operation[],
  { entries }: TrueSettings,
  conversations: Truth["conversations"],
): Iterable<Violation> {
  const check = "settings end with the membership";
  const removals = removalsIn(operations);
  const sets = settingsIn(operations);
  for (const [person, list] of entries)
    for (const { conversation, version } of list) {
      const log = conversations.get(conversation);
      if (!log?.members.has(person)) {
        yield { check, text: `user ${person} has settings of ${conversation}, and is not in it` };
        continue;
      }
      // Each removal in the log has an operation of its own, so the nth was not there before the nth of these began.
      const times = log.changes.filter(({ removed }) => removed.includes(person)).length;
      const began = removals
        .filter((removal) => removal.removed === person && removal.conversation === conversation)
        .map(({ invokedAt }) => invokedAt)
        .sort((a, b) => a - b);
      const removedAt = times === 0 ? undefined : began[times - 1];
      const isIts = (set: Setting) =>
        set.person === person && set.conversation === conversation && set.result?.me_version === version;
      const made = sets.find((set) => set.outcome === "ok" && isIts(set));
      if (made && removedAt !== undefined && made.endedAt < removedAt)
        yield { check, text: `user ${person} was removed from ${conversation}, and has the settings of before` };
    }
}

/** Every node lists the settings that are stored, and replays them all, each once and in order. */
function* nodesTellSettings(
  { entries, views }: TrueSettings,
  conversations: Truth["conversations"],
): Iterable<Violation> {
  for (const { node, person, listed, replayed } of views) {
    for (const [conversation, settings] of listed) {
      const stored = entryOf(entries, person, conversation)?.settings ?? NOTHING_SET;
      if (!isSame(settings, stored))
        yield {
          check: "settings hold",
          text: `node ${node} tells user ${person} of ${conversation}: ${show(settings)}; stored: ${show(stored)}`,
        };
      if (!conversations.get(conversation)?.members.has(person))
        yield {
          check: "settings end with the membership",
          text: `node ${node} lists ${conversation} to user ${person}, who is not in it`,
        };
    }
    const place = ({ conversation, version, settings }: Entry) => `${version} ${conversation} ${show(settings)}`;
    const [came, stored] = [replayed.map(place).join(", "), (entries.get(person) ?? []).map(place).join(", ")];
    if (came !== stored)
      yield { check: "settings reach devices", text: `node ${node} replays to user ${person}: ${came}; not ${stored}` };
  }
}

/** Every device that follows its user has the settings that are stored. */
function* copiesEqualSettings({ entries, copies }: TrueSettings, conversations: Truth["conversations"]) {
  const check = "settings reach devices";
  for (const { device, person, version, isLoading, settings } of copies) {
    if (isLoading) yield { check, text: `${device} still loads the list at ${version}` };
    for (const [conversation, { members, changes }] of conversations) {
      if (!members.has(person)) continue;
      const stored = entryOf(entries, person, conversation)?.settings;
      // Nothing tells a device that is away of the settings that ended with an earlier membership.
      if (!stored && changes.some(({ removed }) => removed.includes(person))) continue;
      const own = settings.get(conversation) ?? NOTHING_SET;
      if (!isSame(own, stored ?? NOTHING_SET))
        yield { check, text: `${device} at ${version} has ${show(own)} of ${conversation}, not ${show(stored)}` };
    }
  }
}

/** The totals are what the conversations add up to: without muted and archived ones, and with marked ones. */
function* totalsAreExact(settings: TrueSettings, { conversations, marks, threads }: Truth): Iterable<Violation> {
  for (const { node, person, unread } of settings.views) {
    const truth = { conversations: 0, messages: 0, mentions: 0, marked: 0 };
    for (const [id, log] of conversations)
      if (!threads?.has(id)) addTo(truth, id, person, log, settings, marks?.get(id));
    if (!Bun.deepEquals(truth, unread))
      yield {
        check: "exact totals",
        text: `node ${node} tells user ${person} of ${JSON.stringify(unread)} unread, and there are ${JSON.stringify(truth)}`,
      };
  }
}

function addTo(
  totals: SettingsView["unread"],
  id: string,
  person: number,
  log: TrueConversation,
  { entries, updatedMs, readMs }: TrueSettings,
  marks: TrueMarks | undefined,
) {
  const { members, messages, lastSeq } = log;
  const readSeq = members.get(person);
  if (readSeq === undefined) return;
  const { archived_seq, muted_until, level, unread_seq } = entryOf(entries, person, id)?.settings ?? NOTHING_SET;
  const mutedUntil =
    level === "nothing" ? Number.POSITIVE_INFINITY : muted_until === null ? 0 : Date.parse(muted_until);
  const isArchived = archived_seq !== null && (archived_seq >= lastSeq || mutedUntil >= (updatedMs.get(id) ?? 0));
  if (isArchived || mutedUntil > readMs) return;
  const count = messages.filter(({ seq }) => seq > readSeq).length;
  const isMarked = unread_seq !== null && unread_seq >= readSeq;
  totals.messages += count;
  if (marks) totals.mentions += mentionsOf(log, marks, person);
  if (count > 0 || isMarked) totals.conversations++;
  if (count === 0 && isMarked) totals.marked++;
}

const entryOf = (entries: TrueSettings["entries"], person: number, conversation: string) =>
  entries.get(person)?.find((entry) => entry.conversation === conversation);
