import type { Conversation, User } from "../../../../sdk/index.ts";
import { before, isInWord, isWord } from "../../../../text/borders.ts";
import { isFound } from "../../../../text/fold.ts";
import { type Mentioned, mentionMark } from "../../../../text/parsed.ts";
import { confirm } from "../../../design/confirm.ts";
import { mentionTexts } from "../../../texts/mentions.ts";
import { isInCode } from "../format/code.ts";
import { membersOf, noteGroup } from "./names.ts";

/** A larger group is asked about before all of it is notified. */
const MANY = 15;
const SHOWN = 7;
const NAME_MAX = 60;
/** The server returns no more members at once, and no more pages are read. */
const PAGE = 1000;
const PAGES = 3;

export type Suggestion = { kind: "person"; user: User } | { kind: "scope"; scope: "here" | "all" };

export interface TypedName {
  name: string;
  /** The place of the `@`. */
  from: number;
}

/** Whether an `@` at this place begins a name: it stands in no word, address, path or code. */
const begins = (text: string, at: number) =>
  text.charAt(at) === "@" && !isInWord(text, at) && !/[@./\\<_-]/.test(before(text, at)) && !isInCode(text, at);

/** The beginning of a name before the caret. */
export function nameAt(text: string, caret: number): TypedName | undefined {
  const from = text.lastIndexOf("@", caret - 1);
  if (from < 0 || caret - from > NAME_MAX || !begins(text, from)) return undefined;
  const name = text.slice(from + 1, caret);
  return /^(?! )[^\n@<>]*$/.test(name) && name.split(" ").length <= 4 ? { name, from } : undefined;
}

/** People first, those whose name begins with the text before others. Then everybody. */
export function suggestionsFor(conversation: Conversation, name: string, meId: number | undefined): Suggestion[] {
  const others = membersOf(conversation).filter(({ id, is_active }) => id !== meId && is_active !== false);
  const found = others.filter((user) => name === "" || isFound(user.full_name, name));
  const recent = conversation.messages.map(({ sender_id }) => sender_id);
  const rank = ({ id }: User) => recent.lastIndexOf(id);
  const scopes = conversation.info?.is_group
    ? (["here", "all"] as const).filter((scope) => scope.startsWith(name.toLowerCase()))
    : [];
  const people = found.sort((a, b) => rank(b) - rank(a)).slice(0, SHOWN - scopes.length);
  // The name is complete, so Enter sends.
  if (people.length === 1 && people[0]?.full_name === name) return [];
  return [
    ...people.map((user) => ({ kind: "person", user }) as const),
    ...scopes.map((scope) => ({ kind: "scope", scope }) as const),
  ];
}

/** The text that stands for a suggestion in the field. Of two people with one name, each has their number. */
export function typedAs(conversation: Conversation, suggestion: Suggestion): string {
  if (suggestion.kind === "scope") return `@${suggestion.scope}`;
  const { id, full_name } = suggestion.user;
  const isAmbiguous = membersOf(conversation).filter((user) => user.full_name === full_name).length > 1;
  return `@${full_name}${isAmbiguous ? `#${id}` : ""}`;
}

/** Reads the members of a group that are not known yet. */
async function loadGroup(conversation: Conversation): Promise<boolean> {
  const { info, id } = conversation;
  if (!info?.is_group || info.participant_count <= membersOf(conversation).length) return false;
  const users: User[] = [];
  let after: number | null = 0;
  for (let page = 0; page < PAGES && after !== null; page++) {
    const read: { users: User[]; next: number | null } = await conversation.participants({ limit: PAGE, after });
    users.push(...read.users);
    after = read.next;
  }
  noteGroup(id, users);
  return true;
}

/** The text as it is sent: `<@12>` for `@Bob Example`. */
export function marked(conversation: Conversation, text: string): string {
  const members = membersOf(conversation).toSorted((a, b) => b.full_name.length - a.full_name.length);
  const isGroup = conversation.info?.is_group ?? false;
  let sent = "";
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (at < from || !begins(text, at)) continue;
    const found = mentionAt(text, at + 1, members, isGroup);
    if (!found) continue;
    sent += text.slice(from, at) + mentionMark(found.of);
    from = found.end;
  }
  return sent + text.slice(from);
}

function mentionAt(
  text: string,
  at: number,
  members: readonly User[],
  isGroup: boolean,
): { of: Mentioned; end: number } | undefined {
  const ends = (end: number) => !isInWord(text, end) || !isWord(text.charAt(end));
  const named = members.filter(({ full_name }) => text.startsWith(full_name, at));
  const longest = named[0]?.full_name ?? "";
  const same = named.filter(({ full_name }) => full_name === longest);
  const end = at + longest.length;
  const [whole = "", number] = /^#(\d{1,10})(?!\d)/.exec(text.slice(end, end + 12)) ?? [];
  const one = same.find(({ id }) => String(id) === number);
  if (one) return { of: one.id, end: end + whole.length };
  if (same[0] && ends(end)) return { of: same[0].id, end };
  const [scope] = (isGroup && /^(?:here|all)(?![\p{L}\p{N}_-])/u.exec(text.slice(at, at + 6))) || [];
  return scope === "here" || scope === "all" ? { of: scope, end: at + scope.length } : undefined;
}

const SCOPE = /<!(here|all)>/;

/** A text does not wait longer than this for the members, in ms. */
const PATIENCE_MS = 4_000;

/** Whether all names that a text can have are known here. */
const isKnown = (conversation: Conversation) =>
  conversation.info !== undefined &&
  (!conversation.info.is_group || membersOf(conversation).length >= conversation.info.participant_count);

/** Waits until the conversation and its members are known. Returns whether they were not known before. */
export async function learn(conversation: Conversation): Promise<boolean> {
  const isNew = !conversation.info;
  if (isNew)
    await new Promise<void>((resolve) => {
      const off = conversation.on("change", () => {
        if (!conversation.info) return;
        off();
        resolve();
      });
    });
  return (await loadGroup(conversation)) || isNew;
}

/** @see withMentions */
export function sendMentioning(conversation: Conversation, text: string, send: (text: string) => void) {
  if (isKnown(conversation)) return sendMarked(conversation, text, send);
  const learned = learn(conversation).catch(() => {});
  const over = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  void Promise.race([learned, over]).then(() => sendMarked(conversation, text, send));
}

function sendMarked(conversation: Conversation, text: string, send: (text: string) => void) {
  const content = marked(conversation, text);
  const people = (conversation.info?.participant_count ?? 0) - 1;
  const scope = content === text ? undefined : SCOPE.exec(content)?.[1];
  if (!scope || people < MANY) return send(content);
  const { asksAll, asksHere } = mentionTexts;
  const question = scope === "all" ? asksAll(people) : asksHere(people);
  void confirm(question).then((isSure) => isSure && send(content));
}
