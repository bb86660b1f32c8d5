import type { MessageView, TrueConversation, TrueMarks, Truth, Violation } from "./history.ts";

/** The checks of mentions at rest: whom the log mentions, and how many each person is told of. */
export function* mentionsAtRest({ conversations, marks, settings, threads }: Truth): Iterable<Violation> {
  const check = "exact mentions";
  for (const [id, stored] of marks ?? []) {
    const log = conversations.get(id);
    if (!log) continue;
    // The people who can be mentioned in a thread are those of its conversation.
    const people = conversations.get(threads?.get(id) ?? id) ?? log;
    for (const text of faultsOf(log, people, stored)) yield { check, text: `${id}: ${text}` };
    for (const { node, person, mentions } of settings?.views ?? []) {
      const told = mentions.get(id);
      const truth = mentionsOf(log, stored, person, threads?.has(id) ? followsSince(log, people, person) : 0);
      if (told !== undefined && told !== truth)
        yield { check, text: `node ${node} tells user ${person} of ${told} mentions in ${id}, and there are ${truth}` };
    }
  }
}

/**
 * How many unread messages mention somebody, counted from the messages.
 * @param since the message since which everybody in the conversation means them too
 */
export function mentionsOf(
  { members, messages }: TrueConversation,
  { mentions }: TrueMarks,
  person: number,
  since = 0,
): number {
  const readSeq = members.get(person);
  if (readSeq === undefined) return 0;
  const unread = messages.filter(({ seq, senderId, deleted }) => seq > readSeq && senderId !== person && !deleted);
  return unread.filter((message) => isMentioned(message, mentions, person, since)).length;
}

/** The log alone does not tell who was online, so `here` is believed. */
function isMentioned(
  { seq, extras }: MessageView,
  rows: TrueMarks["mentions"],
  person: number,
  since: number,
): boolean {
  const { user_ids = [], scope } = extras?.mentions ?? {};
  // It mentions them in its thread.
  if (extras?.fromThread) return false;
  if (user_ids.includes(person) || (scope === "all" && seq > since)) return true;
  return scope !== undefined && rows.some((row) => row.seq === seq && row.person === person);
}

/**
 * The message since which somebody follows a thread for sure: the first one of their own. An edit can mention them in an
 * older message, from which they then have to read. Everybody in the messages between did not mean them, and the log does
 * not tell when they began to follow. So these rows are believed.
 */
function followsSince({ messages }: TrueConversation, { changes }: TrueConversation, person: number): number {
  // A removal ends it.
  if (changes.some(({ removed }) => removed.includes(person))) return Number.POSITIVE_INFINITY;
  return messages.find(({ senderId }) => senderId === person)?.seq ?? Number.POSITIVE_INFINITY;
}

/** Each message mentions the people in its text who are members, and the rows say no more. */
function* faultsOf(
  { messages }: TrueConversation,
  { members, changes }: TrueConversation,
  { mentions }: TrueMarks,
): Iterable<string> {
  const moving = new Set(changes.flatMap(({ added, removed }) => [...added, ...removed]));
  for (const { id, seq, senderId, content, deleted, extras } of messages) {
    const asked = [...content.matchAll(/<@(\d+)>/g)].map(([, person]) => Number(person));
    const told = extras?.mentions?.user_ids ?? [];
    const extra = told.find((person) => !asked.includes(person));
    if (extra !== undefined) yield `message ${id} mentions user ${extra}, and its text does not`;
    const lost = asked.find(
      (person) => members.has(person) && !moving.has(person) && person !== senderId && !told.includes(person),
    );
    if (lost !== undefined && !deleted) yield `message ${id} says <@${lost}>, and mentions ${told.join(", ")}`;
    const rows = mentions.filter((row) => row.seq === seq);
    if (extras?.fromThread && rows.length > 0) yield `message ${id} is a copy, and mentions ${rows.length} people`;
    if (deleted && rows.length > 0) yield `message ${id} is deleted, and mentions ${rows.length} people`;
    const wrong = rows.find(({ person }) => extras?.mentions?.scope === undefined && !told.includes(person));
    if (wrong && !deleted) yield `message ${id} counts for user ${wrong.person}, and mentions ${told.join(", ")}`;
  }
}
