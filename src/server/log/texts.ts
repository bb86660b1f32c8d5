import type { Message } from "../../protocol/messages.ts";
import { peopleIn, setNames } from "./filling.ts";
import type { NamesById } from "./names.ts";

// A page is kept as the JSON of its messages. Names are set anew in the text: to parse and to write every message would cost a
// page read more than all its other work. `messageOf` (rows.ts) gives the order of the keys.

/** Where the sender's part begins: both ids before it have 36 characters. */
const SENDER = ',"sender_id":';
const SENDER_AT = '{"id":"","conversation_id":""'.length + 2 * 36;
const NAME = ',"sender_name":';
/** No text of a person can hold these, because JSON puts a backslash before each quotation mark in it. */
const CONTENT = ',"content":';
const REPLY = ',"reply_to":{';

export const isReply = (text: string): boolean => text.includes(REPLY);

/** The ids of the people whose names these texts show. */
export function peopleInTexts(texts: readonly string[]): Set<number> {
  const people = new Set<number>();
  for (const text of texts) {
    const id = isReply(text) ? undefined : senderIn(text);
    if (id === undefined) for (const person of peopleIn([parsed(text)])) people.add(person);
    else people.add(id);
  }
  return people;
}

/** The text of a message with these names. */
export function withNames(text: string, names: NamesById): string {
  const id = isReply(text) ? undefined : senderIn(text);
  if (id === undefined) {
    const message = parsed(text);
    setNames(message, names);
    return JSON.stringify(message);
  }
  const sender = names.get(id);
  if (!sender) return text;
  const from = SENDER_AT + SENDER.length + String(id).length;
  const to = text.indexOf(CONTENT, from);
  const part = `${NAME}${JSON.stringify(sender.name)},"sender_email":${JSON.stringify(sender.email)}`;
  return text.startsWith(part, from) && to === from + part.length ? text : text.slice(0, from) + part + text.slice(to);
}

/** The sender's id; `undefined` when the text has another order of keys, as of a newer release. */
function senderIn(text: string): number | undefined {
  if (!text.startsWith(SENDER, SENDER_AT)) return undefined;
  const from = SENDER_AT + SENDER.length;
  const to = text.indexOf(",", from);
  return text.startsWith(NAME, to) && text.indexOf(CONTENT, to) > 0 ? Number(text.slice(from, to)) : undefined;
}

/** The message in a text that this server, or another one with the key of the database, has written. */
export const parsed = (text: string): Message => JSON.parse(text);
