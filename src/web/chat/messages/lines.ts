import type { Conversation, Line } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { NO_NOTICES, type Notice } from "./notices.ts";

/** How many people a notice names. It counts the others. */
const NAMED = 3;
const made = new WeakMap<readonly Line[], readonly Notice[]>();

/** The notices of a conversation, made of its lines. Lines that tell the same of several people are one notice. */
export function noticesOf({ lines }: Conversation, myId: number | undefined): readonly Notice[] {
  if (lines.length === 0) return NO_NOTICES;
  const known = made.get(lines) ?? deedsIn(lines).map((deed) => ({ version: deed.version, text: textOf(deed, myId) }));
  made.set(lines, known);
  return known;
}

/** A line, or several of them that are shown as one. */
interface Deed extends Line {
  /** Each of the people did it to themselves: they joined or left. */
  isOwn: boolean;
}

/** Lines one after another, without a message between them, by which one person did the same to several people. */
function deedsIn(lines: readonly Line[]): Deed[] {
  const found: Deed[] = [];
  for (const line of lines) {
    const deed: Deed = { ...line, isOwn: line.user_count === 1 && line.users[0]?.id === line.user_id };
    const last = found.at(-1);
    if (last && isSame(last, deed)) {
      const [users, user_count] = [[...last.users, ...deed.users], last.user_count + deed.user_count];
      found[found.length - 1] = { ...deed, users, user_count };
    } else found.push(deed);
  }
  return found;
}

const ABOUT_PEOPLE: readonly Line["kind"][] = ["members_added", "members_removed"];

const isSame = (a: Deed, b: Deed) =>
  a.kind === b.kind &&
  a.after_seq === b.after_seq &&
  ABOUT_PEOPLE.includes(a.kind) &&
  a.isOwn === b.isOwn &&
  (a.isOwn || a.user_id === b.user_id);

function textOf(deed: Deed, myId: number | undefined): string {
  const { notices } = texts.messages;
  const { kind, user_id, users, name, isOwn } = deed;
  const who = user_id === undefined ? undefined : user_id === myId ? notices.you : (deed.user_name ?? notices.somebody);
  const people = (you: string) => few(deed, myId, you);
  switch (kind) {
    case "members_added":
      return who === undefined || isOwn
        ? notices.joined(people(notices.you))
        : notices.added(who, people(notices.youToo));
    case "members_removed":
      if (isOwn) return notices.left(people(notices.you));
      return who === undefined ? notices.gone(people(notices.you)) : notices.removed(who, people(notices.youToo));
    case "renamed":
      if (who === undefined) return name == null ? notices.unnamed : notices.renamed(name);
      return name == null ? notices.unnamedBy(who) : notices.renamedBy(who, name);
    case "owner_changed":
      return users[0]?.id === myId ? notices.ownedByYou : notices.owned(users[0]?.full_name ?? notices.somebody);
    case "picture_changed":
      return notices.pictureChanged(who ?? notices.somebody);
    case "pinned":
      return notices.pinned(who ?? notices.somebody);
  }
}

/** One request may add a thousand people. */
function few({ users, user_count }: Line, myId: number | undefined, you: string): string[] {
  const { others } = texts.messages.notices;
  const names = users.map(({ id, full_name }) => (id === myId ? you : full_name));
  const shown = user_count - NAMED < 2 ? names : names.slice(0, NAMED);
  return user_count > shown.length ? [...shown, others(user_count - shown.length)] : shown;
}
