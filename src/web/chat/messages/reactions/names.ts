import { signal } from "@preact/signals";
import { reactedBy } from "../../../../sdk/features/reactions.ts";
import type { ChatMessage, Conversation, Reaction } from "../../../../sdk/index.ts";
import { reactionTexts } from "../../../texts/reactions.ts";

/** The names of people who are not among the first members of their group. */
const names = signal<ReadonlyMap<number, string>>(new Map());

/** Remembers the names in a page of the people who reacted. */
export function noteNames(people: readonly { user_id: number; full_name: string }[]) {
  names.value = new Map([...names.peek(), ...people.map(({ user_id, full_name }) => [user_id, full_name] as const)]);
}

/** How many names one text has. */
const NAMED = 8;

/** The first people of a reaction, as far as their names are known, and how many others there are. */
export function peopleOf(
  { count, user_ids }: Reaction,
  { info }: Conversation,
  me: { id: number; isIn: boolean },
): { named: string[]; others: number } {
  const members = new Map(info?.participants.map(({ id, full_name }) => [id, full_name]));
  const known = user_ids
    .filter((id) => id !== me.id)
    .flatMap((id) => members.get(id) ?? names.value.get(id) ?? [])
    .slice(0, NAMED);
  const named = me.isIn ? [reactionTexts.you, ...known] : known;
  return { named, others: Math.max(0, count - named.length) };
}

/** Reads the names of the first people of a reaction, if some are not known. */
export async function askNames(conversation: Conversation, { id }: ChatMessage, { emoji, user_ids }: Reaction) {
  const members = new Set(conversation.info?.participants.map((member) => member.id));
  const isMissing = user_ids.slice(0, NAMED).some((one) => !members.has(one) && !names.peek().has(one));
  if (id === undefined || !isMissing) return;
  const page = await reactedBy(conversation, id, { emoji, limit: NAMED + 1 }).catch(() => undefined);
  if (page) noteNames(page.people);
}
