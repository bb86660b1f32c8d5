import type { History, Operation, Save, Schedule, Truth, Violation } from "./history.ts";
import { removalsIn } from "./settings.ts";
import { eraOfFrame } from "./verify-me-streams.ts";

/** A reminder comes once: it has one place in its user's own stream, whoever is told of it. */
export function* remindersRecord(history: History): Iterable<Violation> {
  const places = new Map<string, number>();
  for (const stream of history.meStreams ?? [])
    for (const [i, frame] of stream.frames.entries()) {
      const era = frame.kind === "reminder" && eraOfFrame(stream, i, history);
      if (!era || frame.kind !== "reminder") continue;
      const { version, messageId, remindAt } = frame;
      const key = `${era} ${stream.person} ${messageId} ${remindAt}`;
      const before = places.get(key) ?? version;
      places.set(key, before);
      if (before === version) continue;
      const text = `${stream.connection}: user ${stream.person} was reminded of ${messageId} at ${before} and at ${version}`;
      yield { check: "reminders come once", text };
    }
}

/** The checks of saved messages and of those that are sent later, at rest. */
export function* laterAtRest(operations: readonly Operation[], truth: Truth): Iterable<Violation> {
  const { later, conversations, threads } = truth;
  if (!later) return;
  const left = new Set(removalsIn(operations).map(({ removed, conversation }) => `${removed} ${conversation}`));
  const wasIn = ({ person, conversation }: Save | Schedule) =>
    !left.has(`${person} ${threads?.get(conversation) ?? conversation}`);
  const saves = operations.filter((one) => one.kind === "save").filter(wasIn);
  const schedules = operations.filter((one) => one.kind === "schedule");
  yield* remindersCome(saves, truth);
  const contents = [...conversations.values()].flatMap(({ messages }) => messages.map(({ content }) => content));
  const times = new Map<string, number>();
  for (const content of contents) times.set(content, (times.get(content) ?? 0) + 1);
  for (const schedule of schedules) {
    const { id, content, outcome, person } = schedule;
    const n = times.get(content) ?? 0;
    const row = later.scheduled.find((one) => one.id === id);
    const most = outcome === "fail" ? 0 : 1;
    const least = outcome === "ok" && wasIn(schedule) ? 1 : 0;
    if (n > most || n < least)
      yield {
        check: "scheduled once",
        text: `"${content}" of user ${person} is ${n} times in the log; its row: ${JSON.stringify(row ?? null)}`,
      };
    else if (n === 1 && row)
      yield { check: "scheduled once", text: `"${content}" was sent and still waits: ${JSON.stringify(row)}` };
  }
}

function* remindersCome(saves: readonly Save[], { conversations, later }: Truth): Iterable<Violation> {
  const check = "reminders come once";
  const messages = new Set([...conversations.values()].flatMap((log) => log.messages.map(({ id }) => id)));
  for (const { person, messageId, remindAt, outcome } of saves) {
    const isIts = (entry: { person: number; messageId: string }) =>
      entry.person === person && entry.messageId === messageId;
    const saved = later?.saved.find(isIts);
    if (outcome === "ok" && messages.has(messageId) && saved?.remindAt !== remindAt)
      yield { check, text: `user ${person} saved ${messageId} until ${remindAt}, and has ${JSON.stringify(saved)}` };
    if (outcome === "fail" && saved)
      yield { check, text: `user ${person} was refused to save ${messageId}, and has it` };
    const reminder = later?.reminders.find(isIts);
    if (saved && reminder?.remindAt !== saved.remindAt)
      yield { check, text: `user ${person} was to be reminded of ${messageId} at ${remindAt}, and was not` };
  }
}
