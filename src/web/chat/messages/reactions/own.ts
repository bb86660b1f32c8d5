import { signal } from "@preact/signals";
import { myReactions } from "../../../../sdk/features/reactions.ts";
import type { ChatMessage, Conversation, Reaction } from "../../../../sdk/index.ts";

/**
 * Your own reactions to messages that do not name you, because many others came first. By message, with the emoji and whether
 * they are yours.
 */
const own = signal<ReadonlyMap<string, ReadonlyMap<string, boolean>>>(new Map());
/** The messages that the server was asked about. */
const asked = new Set<string>();
/** More messages are not remembered. */
const KEPT = 500;

const isCut = ({ count, user_ids }: Reaction) => count > user_ids.length;

/** Whether the user is among the people of a reaction. */
export function hasReacted({ id }: ChatMessage, reaction: Reaction, userId: number): boolean {
  if (reaction.user_ids.includes(userId)) return true;
  return isCut(reaction) && own.value.get(id ?? "")?.get(reaction.emoji) === true;
}

/** Notes a reaction of the user, as they or another device of theirs has just set it. */
export function noteOwn({ id }: ChatMessage, emoji: string, on: boolean) {
  if (id !== undefined) note(id, [[emoji, on]]);
}

function note(id: string, entries: Iterable<readonly [string, boolean]>) {
  const kept = [...own.peek()].filter(([other]) => other !== id).slice(-KEPT);
  own.value = new Map([...kept, [id, new Map([...(own.peek().get(id) ?? []), ...entries])]]);
}

/** Asks the server which reactions are the user's own, if the message does not say. */
export async function askOwn(conversation: Conversation, { id, seq, reactions }: ChatMessage) {
  if (id === undefined || asked.has(id) || !reactions?.some(isCut)) return;
  asked.add(id);
  try {
    const [mine] = await myReactions(conversation, { after_seq: seq - 1, before_seq: seq + 1 });
    // Anything that was set meanwhile is newer than the answer.
    const known = own.peek().get(id);
    note(
      id,
      (mine?.emoji ?? []).flatMap((emoji) => (known?.has(emoji) ? [] : [[emoji, true] as const])),
    );
  } catch {
    // The next time the message comes into view.
    asked.delete(id);
  }
}

/** Follows the reactions that the user sets on other devices, until the returned function is called. */
export const followOwn = (conversation: Conversation, myId: number) =>
  conversation.on("reaction", ({ message, change }) => {
    if (change.user_id === myId) noteOwn(message, change.emoji, change.on);
  });
