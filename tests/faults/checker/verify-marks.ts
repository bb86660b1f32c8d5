import type { MessageChange } from "../../../src/protocol/message-changes.ts";
import type { Extras } from "./extras.ts";
import type { Mark, MessageView, Operation, Page, TrueConversation, TrueMarks, Truth, Violation } from "./history.ts";
import { faultOf, type Write } from "./writes.ts";

/** A thing that people set by a mark: a reaction of one of them, the pin of a message, a vote of one of them. */
type Place = { messageId: string } & (
  | { kind: "reaction"; emoji: string; person: number }
  | { kind: "pin" }
  | { kind: "vote"; person: number }
);
interface Marked {
  place: Place;
  writes: Write[];
}

const [OFF, ON, NO_VOTE] = ["off", "on", ""];

/** A page shows every mark that was acked before it was asked for, and none that was taken back by then. */
export function* marksInPages(pages: readonly Page[], operations: readonly Operation[]): Iterable<Violation> {
  const byMessage = Map.groupBy(marksIn(operations), ({ place }) => place.messageId);
  for (const { messages = [], conversation, node, invokedAt: from, endedAt: until } of pages)
    for (const message of messages) {
      if (message.deleted) continue;
      for (const { place, writes } of byMessage.get(message.id) ?? []) {
        const value = shown(place, message.extras);
        const fault = value !== undefined && faultOf(writes, value, { initial: initialOf(place), from, until });
        if (!fault) continue;
        const text = `a page of node ${node} of ${conversation} shows ${nameOf(place)} as "${value}", and ${fault}`;
        yield { check: "fresh pages", text };
      }
    }
}

/** The checks of marks at rest. `operations`: those that may be lost have no certain outcome. */
export function* marksAtRest(operations: readonly Operation[], { conversations, marks }: Truth): Iterable<Violation> {
  const byMessage = Map.groupBy(marksIn(operations), ({ place }) => place.messageId);
  for (const [id, stored] of marks ?? []) {
    const log = conversations.get(id);
    if (!log) continue;
    const tables = new Tables(stored);
    yield* lastMarkHolds(byMessage, log, tables);
    yield* marksReplay(id, log, tables);
  }
}

/** Each mark is that of its last write. A deleted message has none. */
function* lastMarkHolds(
  byMessage: ReadonlyMap<string, Marked[]>,
  { messages }: TrueConversation,
  tables: Tables,
): Iterable<Violation> {
  const check = "marks hold";
  for (const { id, seq, deleted } of messages) {
    if (deleted && tables.has(seq)) yield { check, text: `message ${id} is deleted and has marks` };
    if (deleted) continue;
    for (const { place, writes } of byMessage.get(id) ?? []) {
      const value = tables.valueOf(place, seq);
      const always = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
      const fault = faultOf(writes, value, { initial: initialOf(place), ...always });
      if (fault) yield { check, text: `${nameOf(place)} is "${value}", and ${fault}` };
    }
  }
}

/** The changes of the log, applied one after the other, make the marks. Each of them changes something. */
function* marksReplay(
  conversation: string,
  { messages, changes }: TrueConversation,
  tables: Tables,
): Iterable<Violation> {
  const states = new Map<string, State & { message: MessageView }>();
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  for (const { version, messageSeq, change } of changes) {
    const message = messageSeq === null ? undefined : bySeq.get(messageSeq);
    if (!message || !change || change.kind === "thread") continue;
    const next = stateIn(change, message);
    if (!next) continue;
    const key = nameOf(next.place);
    if ((states.get(key)?.value ?? initialOf(next.place)) === next.value)
      yield {
        check: "repeats take no version",
        text: `version ${version} of ${conversation} sets ${key} to "${next.value}", which it was`,
      };
    states.set(key, { ...next, message });
  }
  for (const [key, { place, value, message }] of states) {
    const stored = tables.valueOf(place, message.seq);
    if (!message.deleted && stored !== value)
      yield {
        check: "marks replay in order",
        text: `${key} is "${stored}", and the last change of ${conversation} made it "${value}"`,
      };
  }
  for (const message of messages) {
    const fault = message.deleted ? undefined : tables.differenceTo(message);
    if (fault) yield { check: "marks replay in order", text: `message ${message.id} of ${conversation} ${fault}` };
  }
}

type State = { place: Place; value: string };

function stateIn(change: MessageChange, { id }: MessageView): State | undefined {
  switch (change.kind) {
    case "reaction": {
      const { emoji, user_id: person, on } = change;
      return { place: { messageId: id, kind: "reaction", emoji, person }, value: on ? ON : OFF };
    }
    case "pin":
      return { place: { messageId: id, kind: "pin" }, value: change.on ? ON : OFF };
    case "vote":
      // Nobody is told of an anonymous vote.
      if (change.user_id === undefined) return undefined;
      return { place: { messageId: id, kind: "vote", person: change.user_id }, value: optionsOf(change.options ?? []) };
    case "thread":
      return undefined;
  }
}

/** The rows of the tables, by message. */
class Tables {
  private readonly reactions: Map<number, TrueMarks["reactions"]>;
  private readonly pins: Set<number>;
  private readonly votes: Map<number, TrueMarks["votes"]>;

  constructor({ reactions, pins, votes }: TrueMarks) {
    this.reactions = Map.groupBy(reactions, ({ seq }) => seq);
    this.pins = new Set(pins.map(({ seq }) => seq));
    this.votes = Map.groupBy(votes, ({ seq }) => seq);
  }

  has(seq: number): boolean {
    return this.reactions.has(seq) || this.pins.has(seq) || this.votes.has(seq);
  }

  valueOf(place: Place, seq: number): string {
    switch (place.kind) {
      case "reaction": {
        const isSet = ({ emoji, person }: { emoji: string; person: number }) =>
          emoji === place.emoji && person === place.person;
        return this.reactions.get(seq)?.some(isSet) ? ON : OFF;
      }
      case "pin":
        return this.pins.has(seq) ? ON : OFF;
      case "vote": {
        const own = (this.votes.get(seq) ?? []).filter(({ person }) => person === place.person);
        return optionsOf(own.map(({ option }) => option));
      }
    }
  }

  /** How a message's summary differs from the rows. */
  differenceTo({ seq, extras }: MessageView): string | undefined {
    const rows = (this.reactions.get(seq) ?? []).map(({ emoji, person }) => `${emoji} ${person}`);
    const told = (extras?.reactions ?? []).flatMap(({ emoji, user_ids }) => user_ids.map((id) => `${emoji} ${id}`));
    const counted = (extras?.reactions ?? []).reduce((sum, { count }) => sum + count, 0);
    if (!isSameSet(rows, told) || counted !== rows.length)
      return `tells of ${counted} reactions, ${told.join(", ")}; there are ${rows.join(", ")}`;
    if ((extras?.pinned !== undefined) !== this.pins.has(seq)) return "tells of another pin than there is";
    const votes = this.votes.get(seq) ?? [];
    if (!extras?.poll) return votes.length > 0 ? "has votes and is no poll" : undefined;
    const counts = extras.poll.options.map((_, i) => votes.filter(({ option }) => option === i).length);
    const voters = new Set(votes.map(({ person }) => person)).size;
    return Bun.deepEquals(counts, extras.poll.votes) && voters === extras.poll.voters
      ? undefined
      : `tells of the votes ${extras.poll.votes}, by ${extras.poll.voters}; there are ${counts}, by ${voters}`;
  }
}

const isSameSet = (a: string[], b: string[]) => a.length === b.length && new Set([...a, ...b]).size === a.length;

/** All marks, by the thing that they set. */
function marksIn(operations: readonly Operation[]): Marked[] {
  const found = new Map<string, Marked>();
  for (const operation of operations) {
    if (operation.kind !== "mark") continue;
    const { invokedAt, endedAt, outcome } = operation;
    const [place, value] = [placeOf(operation), valueSetBy(operation)];
    const marked = found.get(nameOf(place)) ?? { place, writes: [] };
    found.set(nameOf(place), marked);
    marked.writes.push({ value, invokedAt, endedAt, outcome });
  }
  return [...found.values()];
}

function placeOf({ messageId, person, of }: Mark): Place {
  switch (of.kind) {
    case "reaction":
      return { messageId, kind: "reaction", emoji: of.emoji, person };
    case "pin":
      return { messageId, kind: "pin" };
    case "vote":
      return { messageId, kind: "vote", person };
  }
}

const valueSetBy = ({ of }: Mark) => (of.kind === "vote" ? optionsOf(of.options) : of.on ? ON : OFF);
const initialOf = ({ kind }: Place) => (kind === "vote" ? NO_VOTE : OFF);
const optionsOf = (options: number[]) => options.toSorted((a, b) => a - b).join(",");

function nameOf(place: Place): string {
  switch (place.kind) {
    case "reaction":
      return `${place.emoji} of user ${place.person} on ${place.messageId}`;
    case "pin":
      return `the pin of ${place.messageId}`;
    case "vote":
      return `the vote of user ${place.person} in ${place.messageId}`;
  }
}

/** The value that a message shows; `undefined` when it tells nobody. */
function shown(place: Place, extras: Extras | undefined): string | undefined {
  switch (place.kind) {
    case "reaction": {
      const people = extras?.reactions?.find(({ emoji }) => emoji === place.emoji)?.user_ids;
      return people?.includes(place.person) ? ON : OFF;
    }
    case "pin":
      return extras?.pinned ? ON : OFF;
    case "vote": {
      const people = extras?.poll?.user_ids;
      return people && optionsOf(people.flatMap((ids, option) => (ids.includes(place.person) ? [option] : [])));
    }
  }
}
