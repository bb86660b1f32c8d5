import { useEffect, useState } from "preact/hooks";
import type { Conversation, MembersChange } from "../../../client/index.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { me } from "../session/session.ts";
import { NO_NOTICES, type Notice } from "./notices.ts";

/** So many are kept of a conversation. */
const KEPT = 500;
/** The others are counted. */
const NAMED = 3;
const heard = new WeakMap<Conversation, readonly Notice[]>();

/** What has happened in the group since it was opened for the first time; the same while the page lives. */
export function useNotices(conversation: Conversation): readonly Notice[] {
  const [, setLatest] = useState(0);
  useEffect(
    () =>
      conversation.on("members", (change) => {
        const text = textOf(change, conversation);
        heard.set(conversation, [...noticesOf(conversation), { version: change.version, text }].slice(-KEPT));
        setLatest(change.version);
        announce(text);
      }),
    [conversation],
  );
  return noticesOf(conversation);
}

const noticesOf = (conversation: Conversation) => heard.get(conversation) ?? NO_NOTICES;

function textOf({ added, removed, name }: MembersChange, conversation: Conversation): string {
  const { joined, left, renamed, unnamed } = texts.messages.notices;
  if (added.length > 0) return joined(few(added, (user) => (isMe(user.id) ? texts.messages.list.you : user.full_name)));
  if (removed.length > 0) return left(few(removed, (id) => nameOf(id, conversation)));
  return name === null ? unnamed : renamed(name);
}

/** One request may add a thousand. */
function few<T>(people: readonly T[], name: (one: T) => string): string[] {
  const left = people.length - NAMED;
  return left < 2 ? people.map(name) : [...people.slice(0, NAMED).map(name), texts.messages.notices.others(left)];
}

const isMe = (id: number) => id === me.peek()?.id;

/** Of the people of a large group only the first are known, and those who have written. */
const nameOf = (id: number, { info, messages }: Conversation) =>
  info?.participants.find((user) => user.id === id)?.full_name ??
  messages.findLast((message) => message.sender_id === id)?.sender_name ??
  texts.messages.notices.somebody;
